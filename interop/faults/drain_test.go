package faults

import (
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

// TestF02ADrainedServerLosesNothingThatItAcknowledged promises of Drain: connections are
// closed at an even rate over the time, their clients come to the successor one after the
// other, and no message is lost that was acknowledged, before or after.
func TestF02ADrainedServerLosesNothingThatItAcknowledged(t *testing.T) {
	inBubble(t, socketio.Options{}, func(t *testing.T, r *rig) {
		const clients, over = 100, 20 * time.Second
		l := newLedger(t, clients)
		var gone ends
		gone.watch(r.srv)
		l.keep(r.srv, 50*time.Millisecond)
		network := chaos.NewMemory()
		successor := serve(t, socketio.Options{}, network)
		l.keep(successor, 50*time.Millisecond)

		var sending sync.WaitGroup
		stop := make(chan struct{})
		for i := range clients {
			o := socketio.ClientOptions{Retries: 100, Backoff: socketio.Backoff{Min: time.Second}}
			o.Transports = []string{engineio.WebSocket}
			c := r.client(o)
			connect(t, c)
			sending.Go(func() {
				for n := 0; ; n++ {
					l.send(c, i, n)
					select {
					case <-stop:
						return
					case <-time.After(500 * time.Millisecond):
					}
				}
			})
		}
		r.proxy.Forward(network.Dial) // as a balancer does when readiness is off
		start := time.Now()
		if err := r.srv.Drain(t.Context(), over); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if n := successor.Stats().Sockets; n != clients {
			t.Errorf("%d of %d clients have come to the successor", n, clients)
		}
		close(stop)
		sending.Wait()
		if sum := l.check(); sum.Acked != sum.Sent || sum.Arrived != sum.Sent {
			t.Errorf("in the end %+v", sum)
		}
		wantEvenRate(t, gone.at, start, over)
	})
}

// wantEvenRate wants what happened to have happened at the same rate in each second, but
// for the first and the last, give or take a fifth.
func wantEvenRate(t *testing.T, at []time.Time, start time.Time, over time.Duration) {
	t.Helper()
	seconds := make([]int, int(over/time.Second)+1)
	for _, one := range at {
		seconds[min(int(one.Sub(start)/time.Second), len(seconds)-1)]++
	}
	rate := float64(len(at)) / over.Seconds()
	for i, n := range seconds[1 : len(seconds)-2] {
		if float64(n) < 0.8*rate || float64(n) > 1.2*rate {
			t.Errorf("second %d: %d, want %.1f give or take a fifth", i+1, n, rate)
		}
	}
}
