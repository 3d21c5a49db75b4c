package socketio

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// draining starts a Drain over a second, whose result comes later.
func (r *rig) draining(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- r.srv.Drain(ctx, time.Second) }()
	time.Sleep(1100 * time.Millisecond)
	return done
}

func TestDrainLetsHandlersFinishThatHaveBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		handled := 0
		r.srv.OnAck("slow", func(_ context.Context, _ *Socket, n int) (int, error) {
			time.Sleep(2 * time.Second)
			handled++
			return n, nil
		})
		c, _ := r.joined()
		c.send(`421["slow",1]`, `422["slow",2]`)
		time.Sleep(100 * time.Millisecond) // until another goroutine reads on
		start := time.Now()
		done := r.draining(t.Context())
		if got := r.srv.Stats(); !got.Draining || got.WebSockets != 1 {
			t.Errorf("draining: %v, with %d connections", got.Draining, got.WebSockets)
		}
		c.send(`423["slow",3]`) // comes too late
		c.want(`431[1]`, `432[2]`)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 3800*time.Millisecond || took > 4*time.Second {
			t.Errorf("it took %v, want as long as the handlers", took)
		}
		<-c.gone
		if handled != 2 || r.srv.Stats().Disconnected[ReasonServerShutdown] != 1 {
			t.Errorf("%d events were handled, and %v", handled, r.srv.Stats().Disconnected)
		}
	})
}

func TestDrainAwaitsAcknowledgements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c, id := r.joined()
		answer := make(chan error, 1)
		go func() {
			_, err := r.wantSocket(id).EmitAck[int](t.Context(), "question", 1)
			answer <- err
		}()
		question := c.wantPrefix(`42`)
		done := r.draining(t.Context())
		c.send("43" + question[2:3] + "[1]")
		if err := <-answer; err != nil {
			t.Errorf("EmitAck: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		<-c.gone
	})
}

func TestDrainEndsWhatIsUnderWayAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.On("hang", func(ctx context.Context, _ *Socket, _ int) error {
			<-ctx.Done()
			return nil
		})
		c, _ := r.joined()
		c.send(`42["hang",1]`)
		time.Sleep(100 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if err := <-r.draining(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain: %v", err)
		}
		<-c.gone
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("it took %v, want 5 s", took)
		}
	})
}
