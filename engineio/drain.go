package engineio

import (
	"context"
	"time"
)

// drainStep is how often Drain looks which connections are due.
const drainStep = 10 * time.Millisecond

// Drain refuses new connections with 503, and closes those that there are one after the
// other, in random order and spread over a time, so that clients do not all come to another
// server in the same moment. What is queued is sent. A [Receiver] with a method
//
//	Drain()
//
// is told instead, and closes the connection in a way of its own.
//
// Drain returns when the last one has been told, or with ctx's error; the rest then stays
// as it is, and new connections are still refused. Call Shutdown after it.
func (s *Server) Drain(ctx context.Context, over time.Duration) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	conns := s.all() // in the order of a map, which has nothing to do with who came when
	start, told := time.Now(), 0
	for told < len(conns) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for due := dueBy(time.Since(start), over, len(conns)); told < due; told++ {
			conns[told].drain()
		}
		if told == len(conns) {
			break
		}
		select {
		case <-time.After(max(over/time.Duration(len(conns)), drainStep)):
		case <-ctx.Done():
		}
	}
	return nil
}

// isDraining says whether newcomers are refused for good.
func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining || s.closing
}

// dueBy returns how many of all are to be closed when so much of the time is over: the
// first at once, and none when it is over.
func dueBy(passed, over time.Duration, all int) int {
	each := over / time.Duration(all)
	if each <= 0 {
		return all
	}
	return min(int(passed/each)+1, all)
}

// drain ends a connection as its receiver wants it.
func (c *Conn) drain() {
	c.mu.Lock()
	receiver := c.receiver
	c.mu.Unlock()
	if r, ok := receiver.(interface{ Drain() }); ok {
		r.Drain()
		return
	}
	c.Close()
}
