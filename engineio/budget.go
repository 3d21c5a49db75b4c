package engineio

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// A budget bounds what all connections of a server together make it hold; see
// Options.MemoryBudget. Its methods may be called on a nil one, which has no bound, and
// with any lock held.
type budget struct {
	limit      int
	exceeded   func() // called, on a goroutine of its own, once at a time
	goroutines *sync.WaitGroup

	held atomic.Int64
	busy atomic.Bool // exceeded runs
}

// errOverBudget is why connections are refused, and cut.
var errOverBudget = fmt.Errorf("engineio: Options.MemoryBudget reached: %w", ErrQueueFull)

// add says that so many bytes more are held.
func (b *budget) add(bytes int) {
	if b == nil {
		return
	}
	held := b.held.Add(int64(bytes))
	if bytes > 0 && held > int64(b.limit) && b.busy.CompareAndSwap(false, true) {
		b.goroutines.Go(func() {
			defer b.busy.Store(false)
			b.exceeded()
		})
	}
}

// bytes is how many are held.
func (b *budget) bytes() int {
	if b == nil {
		return 0
	}
	return int(b.held.Load())
}

// tight says whether there is no room for newcomers.
func (b *budget) tight() bool { return b != nil && b.bytes() >= b.low() }

// scarce says whether there is no room for what may be dropped.
func (b *budget) scarce() bool { return b != nil && b.bytes() >= b.limit/10*9 }

// low is what is left when the largest have been cut.
func (b *budget) low() int { return b.limit / 10 * 8 }

// cutLargest ends the connections that hold the most, at once and without sending what
// waits for them, until little enough is held. First go those that only say goodbye.
func (s *Server) cutLargest() {
	before := s.budget.bytes()
	s.cut()
	type holder struct {
		conn *Conn
		held int
	}
	var holders []holder
	for _, c := range s.all() {
		if held := c.holds(); held > 0 {
			holders = append(holders, holder{c, held})
		}
	}
	slices.SortFunc(holders, func(a, b holder) int { return cmp.Compare(b.held, a.held) })
	over, cut := s.budget.bytes()-s.budget.low(), 0
	for _, h := range holders {
		if over <= 0 {
			break
		}
		h.conn.step(event{input: inFull, cause: errOverBudget})
		if sock := h.conn.socket.Load(); sock != nil {
			sock.CloseNow() // what waits for it is not held any longer
		}
		over -= h.held
		cut++
	}
	s.log.Warn("engineio: Options.MemoryBudget reached: the connections that hold the most are cut",
		"held", before, "budget", s.budget.limit, "cut", cut)
	s.trace.overBudget(before, cut)
}

// holds is how many bytes of the budget a connection holds.
func (c *Conn) holds() int {
	held := 0
	if s := c.socket.Load(); s != nil {
		held = s.Holds()
	}
	c.mu.Lock()
	if p := c.poll.Load(); p != nil {
		held += p.held
	}
	receiver := c.receiver
	c.mu.Unlock()
	if r, ok := receiver.(interface{ Held() int }); ok {
		held += r.Held()
	}
	return held
}

// accountPoll tells the budget how what waits for polls has changed. The caller holds mu.
func (c *Conn) accountPoll() {
	p := c.poll.Load()
	if c.server.budget == nil || p == nil {
		return
	}
	holds := len(p.queue.records)
	if c.session.state == stateOver {
		holds = 0
	}
	if holds != p.held {
		c.server.budget.add(holds - p.held)
		p.held = holds
	}
}

// Account tells that the program holds so many bytes more for this connection, or fewer if
// it is negative, which count against Options.MemoryBudget of its server. A [Receiver] that
// calls it has a method Held, which returns how many it holds, so that the connections that
// hold the most can be found; Held must not call the connection.
func (c *Conn) Account(bytes int) {
	if c.server != nil {
		c.server.budget.add(bytes)
	}
}
