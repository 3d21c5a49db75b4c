package serial

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A line is a reader of numbered items, run in order by whoever holds the turn.
type line struct {
	m     *Monitor
	items []func(t *Turn) // the batch
	next  int             // the first item that nobody has begun; the holder's
	wg    sync.WaitGroup

	mu    sync.Mutex // guards what follows
	begun []int
	taken int // handovers
}

func (l *line) TakeOver() {
	l.mu.Lock()
	l.taken++
	l.mu.Unlock()
	l.start()
}

func (l *line) start() {
	t := l.m.Borrow(l)
	l.wg.Go(func() {
		defer l.m.Return(t)
		for l.next < len(l.items) {
			i := l.next
			l.next++
			l.mu.Lock()
			l.begun = append(l.begun, i)
			l.mu.Unlock()
			t.MayWait()
			l.items[i](t)
			if !t.Back() {
				return
			}
		}
	})
}

func (l *line) run(t *testing.T, items ...func(*Turn)) {
	t.Helper()
	l.items = items
	l.start()
	l.wg.Wait()
	l.m.Stop()
	for i, got := range l.begun {
		if got != i {
			t.Fatalf("items began in the order %v", l.begun)
		}
	}
	if len(l.begun) != len(items) {
		t.Errorf("%d of %d items began", len(l.begun), len(items))
	}
}

func quick(*Turn) {}

func TestQuickItemsStayOnOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{m: new(Monitor)}
		l.run(t, quick, quick, quick)
		if l.taken != 0 {
			t.Errorf("%d handovers, want none", l.taken)
		}
	})
}

func TestAnAnnouncedWaitIsHandedOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		done := make(chan struct{})
		l := &line{m: new(Monitor)}
		l.run(t,
			func(turn *Turn) { turn.HandOver(); <-done },
			func(*Turn) { close(done) }, // runs although the first waits
			quick)
		if l.taken != 1 {
			t.Errorf("%d handovers, want one", l.taken)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v, want no time", d)
		}
	})
}

func TestTheMonitorHandsOverAnUnannouncedWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var second time.Time
		start := time.Now()
		l := &line{m: new(Monitor)}
		l.run(t,
			func(*Turn) { time.Sleep(time.Second) },
			func(*Turn) { second = time.Now() })
		if d := second.Sub(start); d > 2*look {
			t.Errorf("the second item began after %v, want at most two looks", d)
		}
	})
}

func TestHandOverOutsideAWaitDoesNothing(t *testing.T) {
	m := new(Monitor)
	l := &line{m: m}
	turn := m.Borrow(l)
	turn.HandOver()
	turn.MayWait()
	if !turn.Back() {
		t.Error("lost the turn without a handover")
	}
	turn.HandOver()
	m.Return(turn)
	m.Stop()
	if l.taken != 0 {
		t.Errorf("%d handovers, want none", l.taken)
	}
}

func TestTheMonitorEndsWhenNothingIsBorrowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(Monitor)
		l := &line{m: m}
		m.Return(m.Borrow(l))
		time.Sleep((quiet + 2) * look)
		synctest.Wait()
		m.mu.Lock()
		running := m.stop != nil
		m.mu.Unlock()
		if running {
			t.Error("the monitor still runs")
		}
		m.Return(m.Borrow(l))
		m.Stop()
	})
}

// Many lines at once, their items waiting in all ways at random moments, is for
// the race detector.
func TestHandoversRaceWithReturns(t *testing.T) {
	m := new(Monitor)
	var lines sync.WaitGroup
	for range 20 {
		lines.Go(func() {
			for range 200 {
				l := &line{m: m, items: []func(*Turn){
					func(turn *Turn) { go turn.HandOver() },
					func(turn *Turn) { turn.HandOver() },
					quick, quick,
				}}
				l.start()
				l.wg.Wait()
				if len(l.begun) != 4 {
					t.Errorf("%d items began, want 4", len(l.begun))
				}
			}
		})
	}
	lines.Wait()
	m.Stop()
}

func BenchmarkTurn(b *testing.B) {
	m := new(Monitor)
	l := &line{m: m}
	b.ReportAllocs()
	for b.Loop() {
		t := m.Borrow(l)
		t.MayWait()
		t.Back()
		m.Return(t)
	}
	m.Stop()
}
