package serial

import (
	"sync"
	"time"
)

const (
	// look is how often the monitor looks: code that waits unannounced holds
	// its connection up for one to two looks.
	look = time.Millisecond

	// quiet is after how many looks without a borrowed turn the monitor ends. Beginning
	// again costs less than a look; but where input never pauses it is not to end at all.
	quiet = 10

	// keep is how many free turns are kept.
	keep = 64
)

// A Monitor lends turns and hands over those that wait for long. Its goroutine
// lives only while turns are borrowed, and a little longer. The zero value is
// ready to use; all methods may be called concurrently.
type Monitor struct {
	wg sync.WaitGroup // the monitor's goroutine

	mu      sync.Mutex // guards what follows
	turns   []*Turn    // the borrowed ones
	free    []*Turn
	stop    chan struct{} // ends the goroutine; nil when it does not run
	stopped bool
}

// Borrow returns a turn for a batch of r's input.
func (m *Monitor) Borrow(r Reader) *Turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	var t *Turn
	if n := len(m.free); n > 0 {
		t, m.free = m.free[n-1], m.free[:n-1]
	} else {
		t = new(Turn)
	}
	// The count goes on, so that a late look at the turn's earlier use
	// mistakes nothing.
	t.word.Store(t.word.Load() &^ stateMask)
	t.reader = r
	t.index = len(m.turns)
	m.turns = append(m.turns, t)
	if m.stop == nil && !m.stopped {
		stop := make(chan struct{})
		m.stop = stop
		m.wg.Go(func() { m.watch(stop) })
	}
	return t
}

// Return takes back a turn that its holder is done with, lost or not.
func (m *Monitor) Return(t *Turn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.turns) - 1
	m.turns[t.index] = m.turns[last]
	m.turns[t.index].index = t.index
	m.turns[last] = nil
	m.turns = m.turns[:last]
	t.reader = nil
	if len(m.free) < keep {
		m.free = append(m.free, t)
	}
}

// Stop ends the monitor's goroutine and waits for it. Turns may still be
// borrowed, but are handed over by HandOver only.
func (m *Monitor) Stop() {
	m.mu.Lock()
	m.stopped = true
	if m.stop != nil {
		close(m.stop)
		m.stop = nil
	}
	m.mu.Unlock()
	m.wg.Wait()
}

// watch is the monitor's goroutine.
func (m *Monitor) watch(stop chan struct{}) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var late []*Turn
	for idle := 0; ; {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		var busy bool
		if late, busy = m.late(late[:0]); busy {
			idle = 0
		} else if idle++; idle >= quiet && m.retire(stop) {
			return
		}
		for _, t := range late {
			t.mu.Lock()
			t.handOver(t.seen)
			t.mu.Unlock()
		}
	}
}

// late appends the turns that have waited since the last look, and says whether
// any turn is borrowed at all.
func (m *Monitor) late(late []*Turn) ([]*Turn, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.turns {
		w := t.word.Load()
		if w&stateMask == waiting && w == t.seen {
			late = append(late, t)
		}
		t.seen = w
	}
	return late, len(m.turns) > 0
}

// retire ends the goroutine's registration unless a turn was borrowed meanwhile.
func (m *Monitor) retire(stop chan struct{}) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.turns) > 0 {
		return false
	}
	if m.stop == stop {
		m.stop = nil
	}
	return true
}
