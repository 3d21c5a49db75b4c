package engineio

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"
)

// drainStep is how often Drain looks which connections are due.
const drainStep = 10 * time.Millisecond

// Drain refuses new connections with 503, and closes those that there are one after the
// other, in random order and spread over a time, so that clients do not all come to another
// server in the same moment: each has a random moment in its own share of that time. What is
// queued is sent. A [Receiver] with a method
//
//	Drain(ctx context.Context)
//
// is told instead, with Drain's context, and closes the connection in a way of its own. It
// must not wait.
//
// Drain returns when the last one has been told, or with ctx's error; the rest then stays
// as it is, and new connections are still refused. Call Shutdown after it.
func (s *Server) Drain(ctx context.Context, over time.Duration) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	conns := s.all() // in the order of a map, which has nothing to do with who came when
	start := time.Now()
	for told := 0; told < len(conns); {
		due := dueAt(told, over, len(conns))
		for wait := due - time.Since(start); wait > 0; wait = due - time.Since(start) {
			select {
			case <-time.After(max(wait, drainStep)):
			case <-ctx.Done():
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		conns[told].drain(ctx)
		told++
	}
	return nil
}

// dueAt returns when one of all is to be closed: at a random moment of its share of the
// time, the last of which is over with the time itself.
func dueAt(number int, over time.Duration, all int) time.Duration {
	var b [4]byte
	rand.Read(b[:]) // never fails
	where := float64(binary.NativeEndian.Uint32(b[:])) / (1 << 32)
	return time.Duration((float64(number) + where) / float64(all) * float64(over))
}

// isDraining says whether newcomers are refused for good.
func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining || s.closing
}

// drain ends a connection as its receiver wants it.
func (c *Conn) drain(ctx context.Context) {
	c.mu.Lock()
	receiver := c.receiver
	c.mu.Unlock()
	if r, ok := receiver.(interface{ Drain(context.Context) }); ok {
		r.Drain(ctx)
		return
	}
	c.Close()
}

// Release has the client of a connection send its next request anew, on behalf of who passes
// its requests on to this server and is about to end. A poll that waits is answered, with
// nothing if there is nothing. A connection that is on another transport is closed as
// [Server.Drain] does it, with ctx. An id that is nobody's is ignored. Release does not wait.
func (s *Server) Release(ctx context.Context, id string) {
	c := s.hold(id)
	if c == nil {
		return
	}
	defer s.release()
	if c.Transport() != Polling {
		c.drain(ctx)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.poll.Load(); p != nil {
		p.answer(c, c.releaseBody())
	}
}
