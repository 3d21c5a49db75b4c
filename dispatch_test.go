package socketio

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestASocketsLifeIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var mu sync.Mutex // guards what follows
		var seen []string
		var running int
		// Every step waits, so that what comes next could overtake it.
		step := func(name string) {
			mu.Lock()
			seen = append(seen, name)
			if running++; running > 1 {
				t.Errorf("%s began while another step was running", name)
			}
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
		}
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) { step("use"); return nil, nil })
		r.srv.OnConnect(func(context.Context, *Socket) error { step("connect"); return nil })
		r.srv.On("event", func(_ context.Context, _ *Socket, n int) error { step(fmt.Sprint("event ", n)); return nil })
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { step("disconnect"); return nil })
		c := r.dial()
		c.send(`40`, `42["event",1]`, `42["event",2]`)
		c.wantPrefix(`40`)
		c.send(`42["event",3]`, `41`)
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		want := []string{"use", "connect", "event 1", "event 2", "event 3", "disconnect"}
		if !slices.Equal(seen, want) {
			t.Errorf("ran %q, want %q", seen, want)
		}
	})
}

func TestAHandlerRegisteredByOnConnectMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			time.Sleep(time.Second)
			s.On("event", func(_ context.Context, s *Socket, n int) error { return s.Emit("seen", n) })
			return nil
		})
		c := r.dial()
		c.send(`40`, `42["event",1]`)
		c.wantPrefix(`40`)
		c.want(`42["seen",1]`)
	})
}

func TestAHandlerMayWaitForItsOwnClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OnAck("ask me", func(ctx context.Context, s *Socket, _ None) (string, error) {
			first, err := s.EmitAck[string](ctx, "question", 1)
			if err != nil {
				return "", err
			}
			second, err := s.EmitAck[string](ctx, "question", 2)
			return first + second, err
		})
		r.srv.On("event", func(_ context.Context, s *Socket, n int) error { return s.Emit("seen", n) })
		c, _ := r.joined()
		c.send(`420["ask me"]`, `42["event",7]`)
		c.want(`420["question",1]`)
		c.send(`430["a"]`)
		c.want(`421["question",2]`)
		c.send(`431["b"]`)
		c.want(`430["ab"]`, `42["seen",7]`)
	})
}

func TestEventsStayInOrderWhateverTheirHandlersDo(t *testing.T) {
	const events = 10_000
	r := newRig(t, nil)
	var want atomic.Int64
	done := make(chan struct{})
	r.srv.On("event", func(ctx context.Context, s *Socket, n int64) error {
		if !want.CompareAndSwap(n, n+1) {
			t.Errorf("event %d came when %d was due", n, want.Load())
		}
		var err error
		switch rand.IntN(400) {
		case 0: // waits and does not say so
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		case 1: // waits for its own client
			var answer int64
			answer, err = s.EmitAck[int64](ctx, "question", n)
			if answer != n {
				t.Errorf("the answer to %d is %d", n, answer)
			}
		}
		if n == events-1 {
			close(done)
		}
		return err
	})
	c, _ := r.joined()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for {
			select {
			case m := <-c.arrived:
				var id, n int64
				if _, err := fmt.Sscanf(string(m.Data), `42%d["question",%d]`, &id, &n); err != nil {
					t.Errorf("received %s: %v", m.Data, err)
				}
				c.send(fmt.Sprintf(`43%d[%d]`, id, n))
			case <-done:
				return
			case <-c.gone:
				t.Error("the connection has ended")
				return
			}
		}
	}()
	for n := 0; n < events; {
		var batch []string
		for range min(1+rand.IntN(40), events-n) {
			batch = append(batch, fmt.Sprintf(`42["event",%d]`, n))
			n++
		}
		c.send(batch...)
	}
	<-answered
	if errs := r.errors.take(); errs != nil {
		t.Errorf("OnError got %v", errs)
	}
}

func TestSocketsOfOneConnectionDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.On("wait", func(ctx context.Context, _ *Socket, _ None) error { <-ctx.Done(); return nil })
		r.srv.Of("b").OnAck("echo", func(_ context.Context, _ *Socket, v string) (string, error) { return v, nil })
		c, _ := r.joined()
		c.join("/b")
		c.send(`42["wait"]`, `42/b,1["echo","x"]`)
		c.want(`43/b,1["x"]`)
	})
}

// stuck is a server with a handler that waits until release is called.
func stuck(t *testing.T, o *Options) (r *rig, release func(), handled *atomic.Int64) {
	r = newRig(t, o)
	released := make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	handled = new(atomic.Int64)
	r.srv.On("wait", func(context.Context, *Socket, string) error { <-released; return nil })
	r.srv.On("event", func(context.Context, *Socket, string) error { handled.Add(1); return nil })
	return r, release, handled
}

func TestAFullInboxHoldsTheClientBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release, handled := stuck(t, &Options{Inbox: 10_000})
		c, id := r.joined()
		p := r.wantSocket(id).peer
		c.send(`42["wait",""]`)
		synctest.Wait()
		time.Sleep(10 * time.Millisecond) // by now another goroutine reads
		event := `42["event","` + strings.Repeat("x", 1000) + `"]`
		for range 50 {
			c.send(event)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.mu.Lock()
		waiting := p.waiting
		p.mu.Unlock()
		if waiting < 10_000 || waiting > 12_000 {
			t.Errorf("%d bytes wait in the inbox, want the limit and at most one event more", waiting)
		}
		c.wantOpen()
		release()
		synctest.Wait()
		if handled.Load() != 50 {
			t.Errorf("%d events were handled, want 50", handled.Load())
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.waiting != 0 || p.room != nil {
			t.Errorf("%d bytes wait in an idle inbox, room %v", p.waiting, p.room)
		}
	})
}

func TestAHeldReaderIsFreedByTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release, handled := stuck(t, &Options{Inbox: 100})
		c, id := r.joined()
		s := r.wantSocket(id)
		c.send(`42["wait",""]`)
		time.Sleep(10 * time.Millisecond)
		c.send(`42["event","` + strings.Repeat("x", 100) + `"]`)
		synctest.Wait()
		s.Disconnect()
		c.want(`41`)
		release()
		c.wantOpen()
		c.join("/") // it is read again
		if handled.Load() != 0 {
			t.Error("an event was handled after Disconnect")
		}
	})
}

func TestReadingGoesOnWhileAHandlerWaitsForItsClient(t *testing.T) {
	event := `42["event","` + strings.Repeat("x", 1000) + `"]`
	start := func(t *testing.T, events int) (*rig, *client) {
		r := newRig(t, &Options{Inbox: 10_000})
		r.srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
			_, err := s.EmitAck[int](ctx, "question", 0)
			return err
		})
		r.srv.On("event", func(context.Context, *Socket, string) error { return nil })
		c, _ := r.joined()
		c.send(`42["ask"]`)
		c.want(`420["question",0]`)
		for range events {
			c.send(event)
		}
		return r, c
	}
	t.Run("up to twice the limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, c := start(t, 18)
			c.send(`430[1]`)
			time.Sleep(time.Second)
			c.wantOpen()
			if errs := r.errors.take(); errs != nil {
				t.Errorf("OnError got %v", errs)
			}
		})
	})
	t.Run("and no further", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, c := start(t, 19)
			c.wantEnd(time.Second)
			synctest.Wait()
			errs := r.errors.take()
			if len(errs) != 1 || !errors.Is(errs[0], ErrDisconnected) {
				t.Errorf("OnError got %v, want that the question failed", errs)
			}
		})
	})
}

func TestAReaderThatIsHeldGoesOnWhenTheHandlerBeginsToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Inbox: 1000})
		r.srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
			time.Sleep(time.Second) // meanwhile the inbox fills
			answer, err := s.EmitAck[int](ctx, "question", 0)
			return errors.Join(err, s.Emit("answer", answer))
		})
		r.srv.On("event", func(context.Context, *Socket, string) error { return nil })
		c, _ := r.joined()
		c.send(`42["ask"]`)
		time.Sleep(100 * time.Millisecond)
		c.send(`42["event","` + strings.Repeat("x", 1200) + `"]`)
		c.want(`420["question",0]`)
		c.send(`430[5]`)
		c.want(`42["answer",5]`)
	})
}

func TestWhatArrivedBeforeTheClientLeftIsHandled(t *testing.T) {
	for _, leave := range []string{`41`, "close"} {
		t.Run(leave, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, release, handled := stuck(t, nil)
				gone := make(chan Reason, 1)
				r.srv.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error {
					if handled.Load() != 2 {
						t.Errorf("%d events were handled before OnDisconnect", handled.Load())
					}
					gone <- why
					return nil
				})
				c, _ := r.joined()
				c.send(`42["wait",""]`, `42["event",""]`, `42["event",""]`)
				time.Sleep(time.Second)
				want := ReasonClientDisconnect
				if leave == "close" {
					c.conn.Close(1000, "")
					want = ReasonTransportClose
				} else {
					c.send(leave)
				}
				synctest.Wait()
				release()
				if got := <-gone; got != want {
					t.Errorf("the reason is %q, want %q", got, want)
				}
			})
		})
	}
}
