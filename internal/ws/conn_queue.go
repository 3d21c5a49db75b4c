package ws

import "errors"

// Waiting returns how many frames wait to be written, and how many bytes of them
// and of those that are being written.
func (c *Conn) Waiting() (frames, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames, c.waiting()
}

// waiting is the bytes that count against the queue's limit, without the cost of
// the frames. The caller holds mu.
func (c *Conn) waiting() int {
	if c.out == nil {
		return c.inflight
	}
	return c.inflight + c.out.size()
}

// admits says whether so much more may wait as things are. The caller holds mu.
func (c *Conn) admits(size, number int) bool {
	return !c.closed && !c.closeSent && c.fits(size, number)
}

// makeRoom returns nil if so much more may wait after all, since older frames were dropped
// for it. The caller holds mu.
func (c *Conn) makeRoom(size, number int, keep bool) (dropped int, err error) {
	switch {
	case c.closed || c.closeSent:
		return 0, ErrClosed
	case !c.config.DropOldest:
		return 0, ErrQueueFull
	}
	dropped = c.dropOldest(size + frameCost*number)
	switch {
	case c.fits(size, number):
		return dropped, nil
	case keep:
		return dropped, ErrQueueFull
	default:
		return dropped + number, errDropped
	}
}

// errDropped says that what is being written leaves no room for what was to be written.
var errDropped = errors.New("ws: dropped")

// madeRoom tells the handler what makeRoom has dropped, and returns what Write does. The
// caller holds no lock.
func (c *Conn) madeRoom(dropped int, err error) error {
	if d, wants := c.handler.(Dropper); wants && dropped > 0 {
		d.Dropped(dropped)
	}
	if errors.Is(err, errDropped) {
		return nil
	}
	return err
}

// A Dropper is a [Handler] that is told how many frames Config.DropOldest has dropped.
type Dropper interface{ Dropped(frames int) }

// fits says whether so much more may wait. The caller holds mu.
func (c *Conn) fits(size, number int) bool {
	queued := c.waiting() + frameCost*c.frames
	return queued == 0 || queued+size+frameCost*number <= c.config.QueueBytes
}

// A group is frames that were written together, and are dropped together.
type group struct {
	bytes, frames int
	keep          bool
}

// queued makes b, which is c.output() and a number of frames more, what waits. The caller
// holds mu.
func (c *Conn) queued(b []byte, number int, keep bool) {
	if c.config.DropOldest {
		c.out.groups = append(c.out.groups, group{len(b) - len(c.out.b), number, keep})
	}
	c.out.b = b
	c.frames += number
}

// dropOldest drops groups that wait, the oldest first, until so much more fits or none is
// left that may be dropped, and returns how many frames they had. The caller holds mu.
func (c *Conn) dropOldest(more int) (dropped int) {
	if c.out == nil {
		return 0
	}
	over := c.waiting() + frameCost*c.frames + more - c.config.QueueBytes
	kept, end, n := c.out.groups[:0:0], 0, 0
	for _, g := range c.out.groups {
		if over <= 0 {
			break
		}
		n++
		end += g.bytes
		if g.keep {
			kept = append(kept, g)
			continue
		}
		over -= g.bytes + frameCost*g.frames
		dropped += g.frames
	}
	c.frames -= dropped
	c.out.cut(n, end, kept)
	return dropped
}

// cut drops the first n groups, which end at end, but those that are kept. These move up to
// the rest, which may be much longer than they are.
func (b *buffer) cut(n, end int, kept []group) {
	to, from, k := end, end, len(kept)
	for i := n - 1; i >= 0; i-- {
		g := b.groups[i]
		from -= g.bytes
		if g.keep {
			to -= g.bytes
			copy(b.b[to:], b.b[from:from+g.bytes])
		}
	}
	b.b = b.b[to:]
	b.groups = b.groups[n-k:]
	copy(b.groups, kept)
}

// account tells Config.Held how what waits to be written has changed. The caller holds mu.
func (c *Conn) account() {
	if c.config.Held == nil {
		return
	}
	holds := c.waiting()
	if c.closed {
		holds = 0
	}
	if holds != c.accounted {
		c.config.Held(holds - c.accounted)
		c.accounted = holds
	}
}

// accountInput tells Config.Held how what has come of a message has changed. It is the
// reader's.
func (c *Conn) accountInput() {
	if c.config.Held == nil {
		return
	}
	holds := int64(0)
	if part := c.parser.part; part != nil {
		holds = int64(cap(part.data))
	}
	for before := c.received.Load(); before != holds && before != settled; before = c.received.Load() {
		if c.received.CompareAndSwap(before, holds) {
			c.config.Held(int(holds - before))
			return
		}
	}
}

// settled is what received is when the connection is closed.
const settled = -1

// settleAccount tells Config.Held that the connection, which is closed, holds nothing any
// more. The caller holds mu.
func (c *Conn) settleAccount() {
	if c.config.Held == nil {
		return
	}
	c.account()
	if before := c.received.Swap(settled); before > 0 {
		c.config.Held(-int(before))
	}
}

// Holds is how many bytes of a connection Config.Held knows of.
func (c *Conn) Holds() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accounted + max(int(c.received.Load()), 0)
}
