package faults

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

// TestF08SlowReadersAreCutAndDelayNobody promises: who does not read is cut when QueueBytes
// wait for it, with ErrQueueFull and a counter, no more than that waits, and everybody else
// gets everything, in order.
func TestF08SlowReadersAreCutAndDelayNobody(t *testing.T) {
	const limit, healthy, slow, broadcasts = 1_000_000, 8, 3, 40
	inBubble(t, socketio.Options{Options: engineio.Options{QueueBytes: limit}}, func(t *testing.T, r *rig) {
		var full atomic.Int32
		r.srv.OnConnect(func(ctx context.Context, _ *socketio.Socket) error {
			context.AfterFunc(ctx, func() {
				if errors.Is(context.Cause(ctx), socketio.ErrQueueFull) {
					full.Add(1)
				}
			})
			return nil
		})
		heard := make([]chaos.History, healthy)
		for i := range healthy + slow {
			o := over(engineio.WebSocket)
			o.Backoff.Attempts = -1
			c := r.client(o)
			if i < healthy {
				c.On("news", func(_ context.Context, _ *socketio.ClientSocket, m socketio.Args2[int, string]) error {
					heard[i].Arrived(m.A, 1)
					return nil
				})
			}
			connect(t, c)
		}
		time.Sleep(time.Second)
		for _, l := range r.proxy.Links()[healthy:] {
			l.Set(chaos.Fault{Rate: 1000})
		}
		text := strings.Repeat("x", 64<<10)
		for n := range broadcasts {
			for i := range heard {
				heard[i].Sent(n)
			}
			r.srv.Emit("news", socketio.Args2[int, string]{A: n, B: text})
			time.Sleep(10 * time.Millisecond)
			if waits := r.srv.Stats().QueuedBytes; waits > slow*(limit+len(text)) {
				t.Fatalf("%d bytes wait", waits)
			}
		}
		time.Sleep(time.Second)
		if got := r.srv.Stats(); full.Load() != slow || got.HitQueueBytes != slow || got.Sockets != healthy {
			t.Errorf("%d were cut with ErrQueueFull, %d counted, %d are left", full.Load(), got.HitQueueBytes, got.Sockets)
		}
		for i := range heard {
			if got := heard[i].Check(); got.Broken() || got.Arrived != broadcasts {
				t.Errorf("client %d: %+v", i, got)
			}
		}
	})
}
