package ws

import (
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"socketio/internal/serial"
)

// lingerBytes is how much we read, after we have closed because of a mistake of
// the peer, so that the network delivers our close frame before it resets the connection.
const lingerBytes = 64 << 10

// What becomes of a batch of input.
type outcome uint8

const (
	readOn     outcome = iota // this goroutine reads on
	handedOver                // another one does, and owns the reader's fields
	ended                     // nobody does: c.why says why
)

// proven is how many batches in a row have to run handlers that do not wait before
// the poller's goroutine runs those of this connection.
const proven = 64

// serve reads until the connection ends, rests, or a successor reads on. It begins with
// rest, which was read before.
func (c *Conn) serve(rest []byte) {
	c.turn.Store(nil)
	result := readOn
	if len(rest) > 0 {
		result = c.batch(rest)
	}
	for result == readOn && !c.renew && (c.own || !c.rested) {
		result = c.serveOnce()
	}
	switch {
	case result == ended:
		c.end()
	case result == readOn:
		c.renew, c.rested = false, true
		if !c.pause() {
			c.config.Goroutines.Go(func() { c.serve(nil) })
		}
	}
}

// serveOnce waits for a batch and handles it.
func (c *Conn) serveOnce() outcome {
	buf, n, err := c.read()
	if err != nil {
		c.why = err
		return ended
	}
	return c.handle(buf, n)
}

// handle handles n bytes in buf, or, without it, in the parser's own space.
func (c *Conn) handle(buf *buffer, n int) outcome {
	if buf == nil {
		return c.filled(n)
	}
	result := c.batch(buf.b[:n])
	// Whoever reads on now, buf stayed this goroutine's: the handler of a batch
	// that was handed over looked into it until it returned.
	full := n == len(buf.b)
	readBuffers.put(buf)
	if full && result == readOn {
		runtime.Gosched() // a peer that floods lets others run
	}
	return result
}

// batch takes b apart and has the handler run on its messages.
func (c *Conn) batch(b []byte) outcome {
	t := c.begin()
	for len(b) > 0 {
		m, n, err := c.parser.Next(b)
		b = b[n:]
		c.rest = b
		if result := c.take(t, m, err); result != readOn {
			return result
		}
	}
	return c.finish(t)
}

// filled is batch for n bytes that were read straight into a message's buffer.
func (c *Conn) filled(n int) outcome {
	m, err := c.parser.Filled(n)
	if err == nil && m.Op == 0 {
		c.accountInput()
		return readOn
	}
	t := c.begin()
	c.rest = nil
	if result := c.take(t, m, err); result != readOn {
		return result
	}
	return c.finish(t)
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
func (c *Conn) finish(t *serial.Turn) outcome {
	c.accountInput()
	c.turn.Store(nil)
	c.config.Monitor.Return(t)
	c.Uncork()
	if c.risked {
		c.risked = false
		c.quick = min(c.quick+1, proven)
	}
	return readOn
}

// Uncork lets what was written within the batch leave, and the rest of it not wait.
func (c *Conn) Uncork() {
	c.mu.Lock()
	c.corked = false
	c.flush()
}

// Flush lets what was written leave now, within a batch that goes on. It is called
// within Message only.
func (c *Conn) Flush() {
	c.Uncork()
	c.mu.Lock()
	c.corked = true
	c.mu.Unlock()
}

// TakeOver starts a successor with the rest of the batch. [serial.Turn] calls it.
func (c *Conn) TakeOver() {
	rest := append([]byte(nil), c.rest...)
	c.quick, c.risked = 0, false
	if c.loop != nil {
		c.leaveLoop()
	}
	c.config.Goroutines.Go(func() {
		// What the handler has written must not wait for what it waits for.
		c.Uncork()
		c.serve(rest)
	})
}

// take deals with one message, or with what is wrong with it. Unless this goroutine
// is to go on with the batch, the turn has been given back.
func (c *Conn) take(t *serial.Turn, m Message, err error) outcome {
	switch {
	case err != nil:
	case m.Op == OpText || m.Op == OpBinary:
		c.give(t, m)
		if !t.Back() {
			c.config.Monitor.Return(t)
			return handedOver
		}
	case m.Op == OpPing:
		err = c.pong(m.Data)
	case m.Op == OpClose:
		why := ParseClose(m.Data)
		c.finish(t)
		c.why, c.byPeer = &why, true
		return ended
	}
	if err != nil {
		c.finish(t)
		c.why = err
		return ended
	}
	return readOn
}

// give lets the handler have a message. If that ends the goroutine, as testing.T.FailNow
// does, another one reads on.
func (c *Conn) give(t *serial.Turn, m Message) {
	returned := false
	defer func() {
		if !returned {
			t.MayWait()
			t.HandOver()
			t.Back()
			c.config.Monitor.Return(t)
		}
	}()
	c.handler.Message(m)
	returned = true
}

// end ends the connection after the last batch.
func (c *Conn) end() {
	if !c.own {
		c.leavePoller()
	}
	var why *CloseError
	switch {
	case !errors.As(c.why, &why):
		c.lost()
	case c.byPeer:
		c.answerClose(why)
	default:
		c.refuse(why)
	}
}

// pong answers a ping, unless the peer sends too many of them.
func (c *Conn) pong(data []byte) error {
	if now := time.Now(); now.Sub(c.pingStart) > time.Second {
		c.pingStart, c.pings = now, 0
	}
	if c.pings++; c.pings > pingBudget {
		return &CloseError{Code: StatusPolicyViolation, Reason: "too many pings"}
	}
	// It fails when the queue is full, and then the peer does not read pongs either.
	_ = c.Write(Frame{Op: OpPong, Keep: true, Data: data})
	return nil
}

// lost ends the connection after a read has failed, perhaps because a write had.
func (c *Conn) lost() {
	c.mu.Lock()
	err := c.why
	if c.failed != nil {
		err = c.failed
	}
	c.shut()
	c.mu.Unlock()
	c.handler.Closed(err)
}

// answerClose answers the peer's close frame and ends the connection when that is
// written. The handler, who might close with another code, is told afterwards.
func (c *Conn) answerClose(why *CloseError) {
	c.mu.Lock()
	c.appendClose(why.Code, "")
	c.hangUp = true
	c.flush()
	c.handler.Closed(why)
}

// refuse tells the peer what it did wrong, and then the handler. It waits a little for
// the peer to hang up, whose own close frame it could not make out.
func (c *Conn) refuse(why *CloseError) {
	reason := why.Reason
	if why.Code == StatusTooBig {
		reason = "" // the code says it all, and peers of the reference get no more
	}
	c.Close(why.Code, reason)
	c.mu.Lock()
	c.goodbye = true
	c.flush()
	c.handler.Closed(&RefusedError{*why})
	c.nc.SetReadDeadline(time.Now().Add(c.linger()))
	_, _ = io.CopyN(io.Discard, c.nc, lingerBytes) // until the end, whatever that is
	c.CloseNow()
}

// read waits for input and reads it into the parser's space, or else into a buffer that
// it borrows. Where there is a descriptor no buffer is held while it waits.
func (c *Conn) read() (buf *buffer, n int, err error) {
	if c.raw != nil {
		op := readOps.Get().(*readOp)
		defer readOps.Put(op)
		return op.read(c)
	}
	space := c.parser.Space()
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

// A readOp is the closure that RawConn.Read wants, made once.
type readOp struct {
	do     func(fd uintptr) bool
	atOnce bool    // do not wait for input
	space  []byte  // where to read to, unless nil
	buf    *buffer // what was read to otherwise
	n      int
	err    error
}

func newReadOp(atOnce bool) *readOp {
	op := &readOp{atOnce: atOnce}
	op.do = op.readNow
	return op
}

// read is Conn.read for a descriptor.
func (op *readOp) read(c *Conn) (buf *buffer, n int, err error) {
	op.space = c.parser.Space()
	err = c.raw.Read(op.do)
	buf, n = op.buf, op.n
	op.buf, op.space = nil, nil
	switch {
	case err != nil:
		return buf, 0, err
	case op.err != nil:
		return buf, 0, os.NewSyscallError("read", op.err)
	case n == 0:
		return buf, 0, io.EOF
	}
	return buf, n, nil
}

var readOps = sync.Pool{New: func() any { return newReadOp(false) }}
