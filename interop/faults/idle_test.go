package faults

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
)

// TestF25AWeekAtRestChangesNothing promises: clients that only keep their connection for
// seven days have it still, with no more goroutines and memory than after the first day,
// and what the clocks of both sides count has not drifted.
func TestF25AWeekAtRestChangesNothing(t *testing.T) {
	o := socketio.Options{Options: engineio.Options{PingInterval: 5 * time.Minute}}
	inBubble(t, o, func(t *testing.T, r *rig) {
		var lost atomic.Int32
		for _, list := range ways {
			c := r.client(over(list...))
			c.OnDisconnect(func(context.Context, *socketio.ClientSocket, socketio.Reason) error { lost.Add(1); return nil })
			connect(t, c)
		}
		time.Sleep(24 * time.Hour)
		goroutines, heap := atRest()
		time.Sleep(6 * 24 * time.Hour)
		laterGoroutines, laterHeap := atRest()
		if lost.Load() != 0 || r.srv.Stats().Sockets != len(ways) {
			t.Errorf("%d connections were lost", lost.Load())
		}
		if laterGoroutines > goroutines {
			t.Errorf("%d goroutines after a day, %d after a week", goroutines, laterGoroutines)
		}
		if laterHeap > heap+heap/5+100_000 {
			t.Errorf("%d bytes after a day, %d after a week", heap, laterHeap)
		}
	})
}

// atRest returns the goroutines and the live heap when nothing runs.
func atRest() (goroutines int, heap uint64) {
	synctest.Wait()
	runtime.GC()
	runtime.GC() // pools let go at the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}
