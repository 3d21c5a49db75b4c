package engineio

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDrainSpreadsTheCloses(t *testing.T) {
	for name, test := range map[string]struct {
		connections int
		over        time.Duration
	}{
		"few":       {10, 20 * time.Second},
		"one":       {1, 20 * time.Second},
		"many":      {90, time.Second},
		"at once":   {50, 0},
		"in no way": {0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, nil, nil, func(r *timeRig) {
				for range test.connections {
					r.dial("transport=websocket").open()
				}
				done := make(chan error, 1)
				start := time.Now()
				go func() { done <- r.server.Drain(r.Context(), test.over) }()
				const looks = 10
				for i := range looks {
					synctest.Wait()
					passed := time.Since(start)
					want := test.connections
					if test.over > 0 {
						want = int(passed * time.Duration(test.connections) / test.over)
					}
					// What is due since the last look may still be there, and one may be early.
					if gone := test.connections - r.server.Len(); gone > want+1 || gone < want-test.connections/looks-1 {
						t.Errorf("after %v %d are gone, want %d", passed, gone, want)
					}
					if i == 0 {
						r.wantTurnedAway("")
					}
					time.Sleep(test.over / looks)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if took := time.Since(start); r.server.Len() != 0 || took > test.over+drainStep {
					t.Errorf("%d are left after %v", r.server.Len(), took)
				}
				if got := r.server.Stats(); got.Unavailable != 2 || got.Closed[reasonForcedClose] != uint64(test.connections) {
					t.Errorf("counted %+v", got)
				}
			})
		})
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		for range 10 {
			r.dial("transport=websocket").open()
		}
		ctx, cancel := context.WithTimeout(r.Context(), 4500*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := r.server.Drain(ctx, 10*time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain returned %v", err)
		}
		synctest.Wait()
		if took := time.Since(start); took != 4500*time.Millisecond || r.server.Len() < 5 || r.server.Len() > 6 {
			t.Errorf("%d are left after %v, want 5 or 6 after 4.5 s", r.server.Len(), took)
		}
		r.wantTurnedAway("")
	})
}

// A leaver is a receiver that says goodbye before it goes.
type leaver struct{ c *Conn }

func (l leaver) Receive(Message)    {}
func (l leaver) Closed(*CloseError) {}
func (l leaver) Drain(context.Context) {
	l.c.Send(Message{Data: []byte("goodbye")})
	l.c.Close()
}

func TestDrainLetsAReceiverSayGoodbye(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.server.handle = func(c *Conn) { c.Attach(leaver{c}) }
	r.listen()
	c := r.dial("transport=websocket").open()
	r.only()
	query := "transport=polling&sid=" + r.poll()
	if err := r.server.Drain(t.Context(), 0); err != nil {
		t.Error(err)
	}
	c.expect("over a WebSocket", "4goodbye", "close")
	r.want("over polling", "GET", query, "", 200, "4goodbye")
	r.want("the end", "GET", query, "", 200, "1")
}

func TestReleaseHasAClientComeAgain(t *testing.T) {
	r := newRig(t, nil, nil)
	r.server.Release(r.Context(), "nobody")
	sid := r.poll()
	r.server.Release(r.Context(), sid) // nothing waits
	for range 2 {
		answer := r.parked(sid)
		r.server.Release(r.Context(), sid)
		if got := <-answer; got != "6" {
			t.Errorf("the poll was answered by %q, want a noop", got)
		}
	}
	r.want("the session is still there", "POST", "transport=polling&sid="+sid, "4hello", 200, "ok")
	c := r.dial("transport=websocket").open()
	for _, conn := range r.server.all() {
		if conn.Transport() == WebSocket {
			r.server.Release(r.Context(), conn.ID())
		}
	}
	got := c.next()
	for got == "2" { // a ping, where the machine is that busy
		got = c.next()
	}
	if got != "close" {
		t.Errorf("the WebSocket says %q, want its end", got)
	}
	c.Close()
	r.until("the end of the WebSocket's session", func() bool { return r.server.Stats().WebSockets == 0 })
	if got := r.server.Len(); got != 1 {
		t.Errorf("%d connections are left, want 1", got)
	}
}
