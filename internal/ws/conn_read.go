package ws

import (
	"errors"
	"io"
	"os"
	"runtime"
	"time"

	"socketio/internal/serial"
)

// lingerBytes is how much we read, after we have closed because of a mistake of
// the peer, so that the network delivers our close frame before it resets the connection.
const lingerBytes = 64 << 10

// serve reads until the connection ends or a successor reads on. It begins with
// rest, which was read before.
func (c *Conn) serve(rest []byte) {
	c.turn.Store(nil)
	if len(rest) > 0 && !c.batch(rest) {
		return
	}
	for !c.renew {
		space := c.parser.Space()
		buf, n, err := c.read(space)
		mine := false
		switch {
		case err != nil:
			c.lost(err)
		case space != nil:
			mine = c.filled(n)
		default:
			mine = c.batch(buf.b[:n])
		}
		// Whoever reads on now, buf stays this goroutine's: the handler of a
		// batch that was handed over looked into it until it returned.
		if buf != nil {
			if mine && n == len(buf.b) {
				runtime.Gosched() // a peer that floods lets others run
			}
			readBuffers.put(buf)
		}
		if !mine {
			return
		}
	}
	c.renew = false
	c.config.Goroutines.Go(func() { c.serve(nil) })
}

// batch takes b apart and has the handler run on its messages. It says whether
// this goroutine is to read on.
func (c *Conn) batch(b []byte) bool {
	t := c.begin()
	for len(b) > 0 {
		m, n, err := c.parser.Next(b)
		b = b[n:]
		c.rest = b
		if !c.take(t, m, err) {
			return false
		}
	}
	c.finish(t)
	return true
}

// filled is batch for n bytes that were read straight into a message's buffer.
func (c *Conn) filled(n int) bool {
	m, err := c.parser.Filled(n)
	if err == nil && m.Op == 0 {
		return true
	}
	t := c.begin()
	c.rest = nil
	if !c.take(t, m, err) {
		return false
	}
	c.finish(t)
	return true
}

// begin starts a batch: this goroutine holds the turn, and what is written waits
// for the end of the batch.
func (c *Conn) begin() *serial.Turn {
	t := c.config.Monitor.Borrow(c)
	c.turn.Store(t)
	c.mu.Lock()
	c.corked = true
	c.mu.Unlock()
	return t
}

// finish ends a batch that was not handed over.
func (c *Conn) finish(t *serial.Turn) {
	c.turn.Store(nil)
	c.config.Monitor.Return(t)
	c.Uncork()
}

// Uncork lets what was written within the batch leave, and the rest of it not wait.
func (c *Conn) Uncork() {
	c.mu.Lock()
	c.corked = false
	c.flush()
}

// TakeOver starts a successor with the rest of the batch. [serial.Turn] calls it.
func (c *Conn) TakeOver() {
	rest := append([]byte(nil), c.rest...)
	c.config.Goroutines.Go(func() {
		// What the handler has written must not wait for what it waits for.
		c.Uncork()
		c.serve(rest)
	})
}

// take deals with one message, or with what is wrong with it. It says whether
// this goroutine is to go on with the batch; if not, the turn has been given back.
func (c *Conn) take(t *serial.Turn, m Message, err error) bool {
	if err != nil {
		c.finish(t)
		c.refuse(err)
		return false
	}
	switch m.Op {
	case OpText, OpBinary:
		if c.told {
			return true // what follows our close frame is of no interest
		}
		c.handler.Message(m)
		if !t.Back() {
			c.config.Monitor.Return(t)
			return false
		}
	case OpPing:
		if !c.ponged(m.Data) {
			c.finish(t)
			c.refuse(&CloseError{Code: StatusPolicyViolation, Reason: "too many pings"})
			return false
		}
	case OpClose:
		c.finish(t)
		why := ParseClose(m.Data)
		c.peerClosed(&why)
		return false
	}
	return true
}

// ponged answers a ping, unless the peer sends too many of them.
func (c *Conn) ponged(data []byte) bool {
	if now := time.Now(); now.Sub(c.pingStart) > time.Second {
		c.pingStart, c.pings = now, 0
	}
	if c.pings++; c.pings > pingBudget {
		return false
	}
	// A full queue means that the peer reads nothing, not even pongs.
	c.TryWrite(Frame{Op: OpPong, Data: data})
	return true
}

// tell tells the handler, once, that nothing more will be received.
func (c *Conn) tell(err error) {
	if !c.told {
		c.told = true
		c.handler.Closed(err)
	}
}

// lost ends the connection after a read has failed, perhaps because a write had.
func (c *Conn) lost(err error) {
	c.mu.Lock()
	if c.failed != nil {
		err = c.failed
	}
	c.shut()
	c.mu.Unlock()
	c.tell(err)
}

// peerClosed answers the peer's close frame and ends the connection when that is
// written.
func (c *Conn) peerClosed(why *CloseError) {
	c.tell(why)
	c.mu.Lock()
	c.appendClose(why.Code, "")
	c.hangUp = true
	c.flush()
}

// refuse tells the peer what it did wrong, and waits a little for it to hang up.
func (c *Conn) refuse(err error) {
	var why *CloseError
	if !errors.As(err, &why) {
		why = &CloseError{Code: StatusProtocolError}
	}
	c.tell(&RefusedError{*why})
	c.Close(why.Code, why.Reason)
	c.nc.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, c.nc, lingerBytes)
	c.CloseNow()
}

// read waits for input and reads it into space, or else into a buffer that it
// borrows.
func (c *Conn) read(space []byte) (buf *buffer, n int, err error) {
	if c.raw != nil {
		return c.readRaw(space)
	}
	if space == nil {
		buf = readBuffers.get()
		space = buf.b
	}
	n, err = c.nc.Read(space)
	if n > 0 {
		err = nil
	}
	return buf, n, err
}

// readRaw is read for a descriptor: no buffer is held while it waits.
func (c *Conn) readRaw(space []byte) (*buffer, int, error) {
	c.space = space
	err := c.raw.Read(c.readFD)
	buf, n := c.buf, c.n
	c.buf, c.space = nil, nil
	switch {
	case err != nil:
		return buf, 0, err
	case c.err != nil:
		return buf, 0, os.NewSyscallError("read", c.err)
	case n == 0:
		return buf, 0, io.EOF
	}
	return buf, n, nil
}
