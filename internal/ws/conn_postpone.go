package ws

// postponed is how much may wait for [Conn.WritePostponed].
const postponed = 16 << 10

// Postpone is WriteEncoded for who writes to many connections and comes back soon: the
// frames may wait for [Conn.WritePostponed], and leave before that together with whatever else is
// written. It says whether WritePostponed is to be called on their account.
func (c *Conn) Postpone(frames []byte, number int) (flush bool, err error) {
	c.mu.Lock()
	if c.raw == nil || !c.admits(len(frames), number) || c.waiting()+len(frames) > postponed {
		c.mu.Unlock()
		return false, c.WriteEncoded(frames, number, false)
	}
	flush = c.out == nil && !c.corked && !c.writing // else somebody will
	c.queueEncoded(frames, number, false, true)
	c.account()
	c.mu.Unlock()
	return flush, nil
}

// WritePostponed writes what Postpone has left.
func (c *Conn) WritePostponed() {
	c.mu.Lock()
	c.flush()
}

// relieved writes what was postponed, and says whether so much more may wait then.
// The caller holds mu.
func (c *Conn) relieved(size, number int) bool {
	return c.clear() && c.admits(size, number)
}

// freed is relieved for who writes only if nothing waits. The caller holds mu.
func (c *Conn) freed() bool { return c.clear() && c.free() }

// clear writes what was postponed, and says whether there was something. The caller
// holds mu, and does so again afterwards.
func (c *Conn) clear() bool {
	if c.out == nil || c.corked || c.writing || c.closed {
		return false
	}
	c.flush()
	c.mu.Lock()
	return true
}
