package ws

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// To wait for input a goroutine calls RawConn.Read, which first tries and then
// waits: each wake-up costs a read that finds something and one that finds nothing. Within that
// call, after a read that did not fill its buffer, it can wait at once; what
// arrives meanwhile is not missed. So a connection whose handlers are quick is
// handled within RawConn.Read, which saves a system call in four.
//
// That the peer has gone may have been announced together with its last bytes, and
// is not announced again. So it waits at once only when it has written something after
// that read: a peer that is gone resets the connection then, which is news. One that
// has closed its sending half only, and takes the answer, shows at the next heartbeat.
//
// The price is that nobody else can read through that RawConn until the call
// returns. If a handler waits after all, its successor takes a detour: it reads
// through a second descriptor until the first goroutine, the insider, has left. And the
// connection has to prove itself again before it is handled inside.

// proven is after how many quick batches a connection is handled inside.
const proven = 64

// An insider is the goroutine that handles a connection within raw.Read. There is at most one.
type insider struct {
	handle func(fd uintptr) bool // given to raw.Read
	result outcome
}

// serveInside reads and handles batches within raw.Read.
func (c *Conn) serveInside() outcome {
	in := &c.insider
	if in.handle == nil {
		in.handle = c.handleInside
	}
	in.result = readOn
	c.inside = true
	err := c.raw.Read(in.handle)
	if in.result == handedOver {
		c.rejoin()
		return handedOver
	}
	c.inside = false
	if err != nil {
		c.why = err
		return ended
	}
	return in.result
}

// handleInside handles batches until there is nothing to read; then raw.Read
// waits and calls it again.
func (c *Conn) handleInside(fd uintptr) bool {
	in := &c.insider
	for in.result == readOn && !c.renew {
		space := c.parser.Space()
		c.space = space
		if !c.readNow(fd) {
			return false
		}
		c.wrote.Store(false)
		buf, n, err := c.buf, c.n, c.err
		c.buf, c.space = nil, nil
		if n <= 0 || err != nil {
			c.why, in.result = err, ended
			if err == nil {
				c.why = io.EOF
			}
			return true
		}
		room := len(space)
		if buf != nil {
			room = len(buf.b)
		}
		in.result = c.handle(buf, n)
		if in.result == readOn && n < room && !c.renew && c.wrote.Load() {
			return false
		}
	}
	return true
}

// detour makes the successor of an insider leave raw alone. The turn is locked.
func (c *Conn) detour() {
	c.away = true
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
}

// rejoin lets the reader use raw again. The insider calls it when it has left.
func (c *Conn) rejoin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	if c.spare != nil {
		c.spare.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
	}
}

// detoured says whether the reader has to leave raw alone, and ends the detour if
// not.
func (c *Conn) detoured() bool {
	if !c.away {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		return true
	}
	c.away = false
	if c.spare != nil && !c.closed {
		c.spare.Close()
	}
	c.spare = nil
	return false
}

// source is what to read from: raw, or a second descriptor, or nil if none can be had.
func (c *Conn) source() syscall.RawConn {
	if !c.detoured() {
		return c.raw
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spare == nil && c.held && !c.closed {
		c.spare = duplicate(c.nc)
	}
	if c.spare == nil {
		return nil
	}
	raw, err := c.spare.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// duplicate returns a second descriptor for a connection, or nil.
func duplicate(nc any) *os.File {
	if f, ok := nc.(interface{ File() (*os.File, error) }); ok {
		if file, err := f.File(); err == nil {
			return file
		}
	}
	return nil
}

// rejoined says whether a read failed only because a detour is over.
func (c *Conn) rejoined(err error) bool {
	return errors.Is(err, errRejoined) || errors.Is(err, os.ErrDeadlineExceeded) && c.away && !c.detoured()
}

// errRejoined is how readByAndBy says that the detour is over.
var errRejoined = errors.New("ws: the detour is over")

// readByAndBy reads when there is no descriptor left to wait with: it looks now and
// then, until there is something or the detour is over.
func (c *Conn) readByAndBy() error {
	const longest = 50 * time.Millisecond
	for pause := time.Millisecond; ; pause = min(2*pause, longest) {
		read := false
		if err := c.raw.Control(func(fd uintptr) { read = c.readNow(fd) }); err != nil || read {
			return err
		}
		time.Sleep(pause)
		if !c.detoured() {
			return errRejoined
		}
	}
}
