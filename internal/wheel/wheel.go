// Package wheel keeps the deadlines of many connections with one goroutine.
//
// A timer wheel is a ring of slots, one per tick; a timer waits in the slot of
// its deadline. Setting and stopping a timer costs a lock and four pointers,
// whatever their number. The price is precision: a timer fires up to one tick
// late, never early. The goroutine lives only while a timer is set.
package wheel

import (
	"math"
	"sync"
	"time"
)

// slots is the length of the ring. With the coarsest tick it spans 25.6 s, the
// default ping interval: most timers are looked at once.
const slots = 512

// A Task is what a timer wakes.
type Task interface {
	// Expire is called once per setting of the timer, some time after its
	// deadline, unless the timer was stopped in time. A call may already be
	// under way when the timer is stopped or set anew, so a task compares its
	// own deadline.
	Expire()
}

// A Timer is one deadline. It is part of its task, which sets Task before the
// first use; a timer must not be copied.
type Timer struct {
	Task Task

	next, prev *Timer // in the ring, nil when not set
	due        int64  // tick at which it fires
}

// A Wheel sets timers. All methods may be called concurrently.
type Wheel struct {
	tick  time.Duration
	start time.Time
	tasks sync.WaitGroup // the goroutine of the wheel and those that run tasks

	mu      sync.Mutex // guards what follows
	ring    [slots]Timer
	set     int         // timers in the ring
	passed  int64       // the last tick that was looked at
	next    int64       // the tick that is looked at next
	alarm   *time.Timer // wakes the goroutine then
	running bool
}

// New returns a wheel that looks at its timers once per tick.
func New(tick time.Duration) *Wheel {
	w := &Wheel{tick: tick, start: time.Now()}
	for i := range w.ring {
		slot := &w.ring[i]
		slot.next, slot.prev = slot, slot
	}
	return w
}

// Set lets t fire after d, and no longer when it was to fire before.
func (w *Wheel) Set(t *Timer, d time.Duration) {
	since := time.Since(w.start)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(t)
	if !w.running {
		w.running = true
		w.passed = int64(since / w.tick)
		w.next = math.MaxInt64
		w.alarm = time.NewTimer(math.MaxInt64)
		w.tasks.Go(func() { w.turn(w.alarm) })
	}
	// Rounded up, and at least the next tick: never early.
	t.due = max(int64((since+d+w.tick-1)/w.tick), w.passed+1)
	if t.due < w.next {
		w.wakeAt(t.due, since)
	}
	slot := &w.ring[t.due%slots]
	t.next, t.prev = slot, slot.prev
	t.prev.next, t.next.prev = t, t
	w.set++
}

// Stop takes t out of the wheel, if it is in.
func (w *Wheel) Stop(t *Timer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(t)
	if w.running && w.set == 0 { // the goroutine is to end, but perhaps not yet
		since := time.Since(w.start)
		w.wakeAt(int64(since/w.tick)+1, since)
	}
}

// Wait returns when no timer is set and no task runs.
func (w *Wheel) Wait() { w.tasks.Wait() }

// wakeAt lets the goroutine look at a tick. The caller holds mu.
func (w *Wheel) wakeAt(tick int64, now time.Duration) {
	w.next = tick
	w.alarm.Reset(time.Duration(tick)*w.tick - now)
}

// remove unlinks t. The caller holds mu.
func (w *Wheel) remove(t *Timer) {
	if t.next == nil {
		return
	}
	t.next.prev, t.prev.next = t.prev, t.next
	t.next, t.prev = nil, nil
	w.set--
}

// turn is the wheel's goroutine. It runs no task itself: one that takes long
// must not make the others late.
func (w *Wheel) turn(alarm *time.Timer) {
	for range alarm.C {
		due, done := w.advance()
		if len(due) > 0 {
			w.tasks.Go(func() {
				for _, task := range due {
					task.Expire()
				}
			})
		}
		if done {
			return
		}
	}
}

// advance takes out the timers of all ticks that have passed, and says whether
// the ring is empty. If not, the goroutine sleeps until the next tick that has any.
func (w *Wheel) advance() (due []Task, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	since := time.Since(w.start)
	now := int64(since / w.tick)
	// After a long sleep of the machine one round sees every timer.
	for tick := max(w.passed+1, now-slots+1); tick <= now; tick++ {
		slot := &w.ring[tick%slots]
		for t := slot.next; t != slot; {
			next := t.next
			if t.due <= now {
				due = append(due, t.Task)
				w.remove(t)
			}
			t = next
		}
	}
	w.passed = now
	if w.set == 0 {
		w.running = false
		return due, true
	}
	tick := now + 1
	for slot := &w.ring[tick%slots]; slot.next == slot; slot = &w.ring[tick%slots] {
		tick++
	}
	w.wakeAt(tick, since)
	return due, false
}
