package wheel

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A bell is a task that remembers when it was woken.
type bell struct {
	Timer
	start time.Time
	rang  []time.Duration
}

func (b *bell) Expire() { b.rang = append(b.rang, time.Since(b.start)) }

func newBell() *bell {
	b := &bell{start: time.Now()}
	b.Task = b
	return b
}

func TestATimerFiresOnceAndNeverEarly(t *testing.T) {
	const tick = 50 * time.Millisecond
	for _, d := range []time.Duration{
		0, 1, tick - 1, tick, tick + 1, 25 * time.Second,
		slots*tick - 1, slots * tick, slots*tick + 1, 10 * slots * tick,
	} {
		t.Run(d.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := New(tick)
				time.Sleep(tick / 3) // the wheel's ticks are its goroutine's, not the caller's
				b := newBell()
				w.Set(&b.Timer, d)
				w.Wait()
				if len(b.rang) != 1 {
					t.Fatalf("fired %d times, want once", len(b.rang))
				}
				if late := b.rang[0] - d; late < 0 || late > 2*tick {
					t.Errorf("fired %v after its deadline, want 0 to two ticks", late)
				}
			})
		})
	}
}

func TestAStoppedTimerDoesNotFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(time.Millisecond)
		stopped, other := newBell(), newBell()
		w.Set(&stopped.Timer, 5*time.Millisecond)
		w.Set(&other.Timer, 9*time.Millisecond)
		time.Sleep(2 * time.Millisecond)
		w.Stop(&stopped.Timer)
		w.Stop(&stopped.Timer)
		w.Wait()
		if len(stopped.rang) != 0 || len(other.rang) != 1 {
			t.Errorf("stopped timer fired %d times, the other %d times; want 0 and 1", len(stopped.rang), len(other.rang))
		}
	})
}

func TestSettingATimerAnewMovesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(time.Millisecond)
		b := newBell()
		w.Set(&b.Timer, 5*time.Millisecond)
		w.Set(&b.Timer, 70*time.Millisecond)
		w.Wait()
		if len(b.rang) != 1 || b.rang[0] < 70*time.Millisecond {
			t.Errorf("fired at %v, want once, at 70ms", b.rang)
		}
	})
}

func TestTheGoroutineEndsWithTheLastTimerAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(time.Millisecond)
		for range 3 {
			b := newBell()
			w.Set(&b.Timer, 3*time.Millisecond)
			w.Wait() // would wait for ever if the goroutine went on without timers
			if len(b.rang) != 1 {
				t.Fatalf("fired %d times, want once", len(b.rang))
			}
			time.Sleep(time.Hour)
		}
	})
}

// A counter is a task that only counts.
type counter struct {
	Timer
	n *atomic.Int64
}

func (c *counter) Expire() { c.n.Add(1) }

// benchTimers is how many timers are set while one operation is measured.
const benchTimers = 100_000

// interval is what heartbeats are set to.
const interval = 25 * time.Second

// benchWheel returns a wheel whose goroutine never runs, so that the benchmark turns it, and its timers,
// spread over an interval.
func benchWheel() (*Wheel, []counter) {
	w := New(50 * time.Millisecond)
	w.running = true
	timers := make([]counter, benchTimers)
	n := new(atomic.Int64)
	for i := range timers {
		timers[i] = counter{n: n}
		timers[i].Task = &timers[i]
		w.Set(&timers[i].Timer, interval*time.Duration(i)/benchTimers)
	}
	return w, timers
}

// BenchmarkSet moves a timer, as every heartbeat does.
func BenchmarkSet(b *testing.B) {
	w, timers := benchWheel()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.Set(&timers[i*7919%len(timers)].Timer, interval)
	}
}

// BenchmarkStopAndSet takes a timer out and puts it back.
func BenchmarkStopAndSet(b *testing.B) {
	w, timers := benchWheel()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t := &timers[i*7919%len(timers)].Timer
		w.Stop(t)
		w.Set(t, interval)
	}
}

// BenchmarkTick advances by one tick, in which one 500th of the timers expire, and sets
// those anew.
func BenchmarkTick(b *testing.B) {
	w, _ := benchWheel()
	b.ReportAllocs()
	expired := 0
	for b.Loop() {
		w.start = w.start.Add(-w.tick)
		due, _ := w.advance()
		for _, task := range due {
			task.Expire()
			w.Set(&task.(*counter).Timer, interval)
		}
		expired += len(due)
	}
	b.ReportMetric(float64(expired)/float64(b.N), "timers/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(expired, 1)), "ns/timer")
}

func TestTheGoroutineEndsSoonAfterTheLastTimerIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tick = 50 * time.Millisecond
		w := New(tick)
		far, near := newBell(), newBell()
		w.Set(&far.Timer, time.Hour)
		w.Set(&near.Timer, time.Minute)
		w.Stop(&near.Timer)
		w.Stop(&far.Timer)
		start := time.Now()
		w.Wait()
		if d := time.Since(start); d > tick {
			t.Errorf("it took %v, want at most a tick", d)
		}
	})
}

func TestATimerThatIsSetBeforeAllOthersIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tick = 50 * time.Millisecond
		w := New(tick)
		far := newBell()
		w.Set(&far.Timer, time.Minute)
		time.Sleep(time.Second)
		near := newBell()
		w.Set(&near.Timer, time.Second)
		w.Wait()
		if d := near.rang[0]; d < time.Second || d > time.Second+tick {
			t.Errorf("it fired after %v, want a second", d)
		}
	})
}
