package ws

// Waiting for input costs a goroutine, whose smallest stack is more than all else that a
// connection at rest needs. On Linux a [Poller] waits instead: one epoll descriptor per
// processor, which a goroutine watches through Go's own poller, so that no thread waits
// either. That goroutine, a loop, reads what has come and handles it on the spot, which
// saves a switch of goroutines and, behind a read that found all there was, another read.
//
// The price is that whoever keeps a loop busy delays the other connections of that loop.
// So it runs code that may wait only for a connection that has proved quick: for others it
// makes way first, and goes on as that connection's goroutine to the end of the batch. If a
// handler of a quick connection waits after all, its successor gives the loop, too, to
// another goroutine.
//
// A new connection is read by the goroutine of its handshake until the first message has
// come, and one that closes by a goroutine of its own until the end, since a loop knows no
// deadlines.

// pause leaves the waiting for input to the poller, and says whether that is done. The
// caller, the reader, must not touch the reader's fields then.
func (c *Conn) pause() bool {
	if c.own {
		return false
	}
	if !c.config.Poller.add(c) {
		c.leavePoller()
		return false
	}
	return true
}

// settle makes nobody the reader, unless the connection is closing. The poller calls it,
// which sees what comes from then on.
func (c *Conn) settle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resting = !c.closed && !c.closeSent
	return c.resting
}

// wake makes the caller the reader of a connection that rests, and says whether it did.
func (c *Conn) wake() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rouse()
}

// rouse is wake for a caller who holds mu.
func (c *Conn) rouse() bool {
	rested := c.resting
	c.resting = false
	return rested
}

// leavePoller undoes what pause did, for good. The caller has become the reader.
func (c *Conn) leavePoller() {
	c.own = true
	c.config.Poller.remove(c)
}
