package socketio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
	"socketio/internal/ws"
	"socketio/sio5"
)

func TestReasonsOfDisconnect(t *testing.T) {
	quick := engineio.Options{PingInterval: time.Second, PingTimeout: time.Second}
	tests := []struct {
		name  string
		o     Options
		end   func(r *rig, c *client, s *Socket)
		want  Reason
		cause bool // whether more is known
	}{
		{"the client hangs up", Options{}, func(_ *rig, c *client, _ *Socket) { c.conn.Close(ws.StatusNoStatus, "") },
			ReasonTransportClose, true},
		{"the network fails", Options{}, func(_ *rig, c *client, _ *Socket) { c.cut() }, ReasonTransportClose, true},
		{"a WebSocket rule is broken", Options{}, func(_ *rig, c *client, _ *Socket) {
			c.conn.Write(ws.Frame{Op: ws.OpText, Data: []byte("4\xff")})
		}, ReasonTransportError, true},
		{"the client is silent", Options{Options: quick}, func(_ *rig, c *client, _ *Socket) {
			c.stall()
			time.Sleep(3 * time.Second)
		}, ReasonPingTimeout, false},
		{"an Engine.IO rule is broken", Options{}, func(_ *rig, c *client, _ *Socket) { c.send(`8`) },
			ReasonParseError, true},
		{"a Socket.IO rule is broken", Options{}, func(_ *rig, c *client, _ *Socket) { c.send(`42[`) },
			ReasonForcedClose, true},
		{"a limit is passed", Options{MaxNamespaces: 1}, func(r *rig, c *client, _ *Socket) {
			r.srv.Of("other")
			c.send(`40/other,`)
		}, ReasonForcedServerClose, true},
		{"the connection is closed below", Options{}, func(_ *rig, _ *client, s *Socket) { s.Conn().Close() },
			ReasonForcedClose, false},
		{"Shutdown", Options{}, func(r *rig, _ *client, _ *Socket) { r.srv.Shutdown(context.Background()) },
			ReasonServerShutdown, true},
		{"the client leaves", Options{}, func(_ *rig, c *client, _ *Socket) { c.send(`41`) },
			ReasonClientDisconnect, false},
		{"Disconnect", Options{}, func(_ *rig, _ *client, s *Socket) { s.Disconnect() }, ReasonServerDisconnect, false},
		{"Close", Options{}, func(_ *rig, _ *client, s *Socket) { s.Close() }, ReasonServerDisconnect, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, c, s := pair(t, &tt.o)
				s.Join("room")
				ctx := s.Context()
				reasons := make(chan Reason, 10)
				s.OnDisconnect(func(farewell context.Context, s *Socket, why Reason) error {
					rooms := slices.Collect(s.Rooms())
					if s.Connected() || farewell.Err() != nil || context.Cause(farewell) != nil || !slices.Equal(rooms, []string{s.ID(), "room"}) {
						t.Errorf("within OnDisconnect: connected %v, %v because of %v, rooms %q",
							s.Connected(), farewell.Err(), context.Cause(farewell), rooms)
					}
					reasons <- why
					return nil
				})
				tt.end(r, c, s)
				if why := <-reasons; why != tt.want {
					t.Errorf("the reason is %q, want %q", why, tt.want)
				}
				cause, ok := errors.AsType[*DisconnectError](context.Cause(ctx))
				if !ok || cause.Reason != tt.want || (cause.Err != nil) != tt.cause || !errors.Is(cause, ErrDisconnected) {
					t.Errorf("the socket's context ended because of %v", context.Cause(ctx))
				}
				synctest.Wait()
				if rooms := slices.Collect(s.Rooms()); rooms != nil || len(reasons) > 0 {
					t.Errorf("afterwards the rooms are %q, and there are %d more reasons", rooms, len(reasons))
				}
				s.Join("room")
				if _, ok := r.srv.Socket(s.ID()); ok || len(r.srv.rooms.sizes()) > 0 {
					t.Error("the socket or its room is still known")
				}
			})
		})
	}
}

func TestDisconnectLeavesOtherNamespacesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		other := r.srv.Of("other")
		other.On("event", func(_ context.Context, s *Socket, _ None) error { return s.Emit("seen", None{}) })
		c.join("/other")
		s.Disconnect()
		s.Disconnect()
		c.want(`41`)
		c.send(`42/other,["event"]`)
		c.want(`42/other,["seen"]`)
		c.send(`41/other,`)
		c.wantNothing()
		c.wantOpen()
	})
}

func TestCloseLeavesAllNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		reasons := make(chan Reason, 2)
		other := r.srv.Of("other")
		for _, ns := range []*Namespace{r.srv.Namespace, other} {
			ns.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error { reasons <- why; return nil })
		}
		c.join("/other")
		if err := errors.Join(s.Emit("last", 1), s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		c.want(`42["last",1]`, `41`, `41/other,`)
		c.wantEnd(time.Second)
		if a, b := <-reasons, <-reasons; a != ReasonServerDisconnect || b != ReasonServerDisconnect {
			t.Errorf("the reasons are %q and %q", a, b)
		}
	})
}

func TestEventsThatWaitAreDroppedByDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release, handled := stuck(t, nil)
		c, id := r.joined()
		c.send(`42["wait",""]`, `42["event",""]`)
		time.Sleep(time.Second)
		s := r.wantSocket(id)
		s.Disconnect()
		c.send(`42["event",""]`)
		synctest.Wait()
		release()
		c.want(`41`)
		c.wantOpen()
		if handled.Load() != 0 || s.peer.waiting != 0 {
			t.Errorf("%d events were handled, %d bytes wait", handled.Load(), s.peer.waiting)
		}
	})
}

// Whether a handler was waiting when the client went too far decides nothing.
func TestEventsBeforeABrokenRuleAreHandled(t *testing.T) {
	for name, last := range map[string]string{
		"a limit is passed":            `42["event",""]`,
		"a Socket.IO rule is broken":   `42[`,
		"an Engine.IO rule is broken":  `8`,
		"the namespace was not joined": `42/other,["event",""]`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, release, handled := stuck(t, &Options{EventsPerSecond: 4})
				var why Reason
				var before int64
				r.srv.OnDisconnect(func(_ context.Context, _ *Socket, reason Reason) error {
					why, before = reason, handled.Load()
					return nil
				})
				c, _ := r.joined()
				c.send(`42["wait",""]`)
				time.Sleep(10 * time.Millisecond) // by now another goroutine reads
				c.send(`42["event",""]`, `42["event",""]`, `42["event",""]`)
				synctest.Wait()
				c.send(last)
				c.wantEnd(time.Minute)
				if handled.Load() != 0 {
					t.Errorf("%d events were handled beside the first", handled.Load())
				}
				release()
				synctest.Wait()
				if before != 3 || handled.Load() != 3 || why == "" {
					t.Errorf("%d events were handled, %d of them before the OnDisconnect hook with %q; want 3", handled.Load(), before, why)
				}
			})
		})
	}
}

func TestDisconnectDoesNotRunHooksOnItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		release := make(chan struct{})
		s.OnDisconnect(func(context.Context, *Socket, Reason) error { <-release; return nil })
		s.Disconnect()
		c.want(`41`)
		close(release)
	})
}

func TestABroadcastDoesNotReachWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		s.Join("room")
		release := make(chan struct{})
		s.OnDisconnect(func(_ context.Context, s *Socket, _ Reason) error {
			<-release
			return s.Namespace().To("room").Emit("left", 1)
		})
		c.send(`41`)
		c.wantNothing()
		r.srv.To("room", s.ID()).Emit("event", 1)
		again := c.join("/") // now the connection would carry it
		synctest.Wait()
		r.wantSocket(again).Join("room")
		close(release)
		c.want(`42["left",1]`)
		c.wantNothing()
	})
}

func TestShutdownWaitsForHandlersAndHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var mu sync.Mutex // guards what follows
		var steps []string
		step := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			steps = append(steps, name)
		}
		r.srv.On("event", func(ctx context.Context, _ *Socket, _ None) error {
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), ErrServerClosed) {
				t.Errorf("the handler's context ended because of %v", context.Cause(ctx))
			}
			time.Sleep(2 * time.Second)
			step("handler")
			return nil
		})
		r.srv.OnDisconnect(func(ctx context.Context, _ *Socket, _ Reason) error {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				t.Error("the hook's context has ended")
			}
			step("hook")
			return nil
		})
		c, _ := r.joined()
		idle, _ := r.joined()
		c.send(`42["event"]`)
		time.Sleep(time.Second)
		began := time.Now()
		if err := r.srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		step("shutdown")
		if want := []string{"hook", "handler", "hook", "shutdown"}; !slices.Equal(steps, want) || time.Since(began) < 3*time.Second {
			t.Errorf("after %v: %q, want %q", time.Since(began), steps, want)
		}
		c.wantEnd(time.Second)
		idle.wantEnd(time.Second)
		c.wantNothing() // and no DISCONNECT: the client is to try again
		if err := r.srv.Shutdown(t.Context()); err != nil {
			t.Errorf("the second time the error is %v", err)
		}
		if err := r.srv.Emit("event", 1); !errors.Is(err, ErrServerClosed) {
			t.Errorf("Emit gives the error %v", err)
		}
		for _, err := range r.srv.EmitAcks[int](t.Context(), "event", 1) {
			if !errors.Is(err, ErrServerClosed) {
				t.Errorf("EmitAcks gives the error %v", err)
			}
		}
	})
}

func TestShutdownWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var ended error
		r.srv.OnDisconnect(func(ctx context.Context, _ *Socket, _ Reason) error {
			<-ctx.Done()
			ended = ctx.Err()
			return nil
		})
		r.joined()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := r.srv.Shutdown(ctx)
		synctest.Wait()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second || ended == nil {
			t.Errorf("after %v the error is %v, and the hook's context has %v", time.Since(began), err, ended)
		}
	})
}

func TestCloseDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ended := make(chan error, 1)
		r.srv.OnDisconnect(func(ctx context.Context, _ *Socket, _ Reason) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil
		})
		c, id := r.joined()
		synctest.Wait()
		ctx := r.wantSocket(id).Context()
		if err := errors.Join(r.srv.Close(), r.srv.Close()); err != nil {
			t.Error(err)
		}
		c.wantEnd(time.Second)
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the hook's context has %v", err)
		}
		cause, ok := errors.AsType[*DisconnectError](context.Cause(ctx))
		if !ok || cause.Reason != ReasonServerShutdown || !errors.Is(cause, ErrServerClosed) {
			t.Errorf("the socket ended because of %v", cause)
		}
	})
}

func TestNewcomersAreRefusedAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c, _ := r.joined()
		r.srv.Of("other")
		r.srv.end() // as if Shutdown had just begun
		c.send(`40/other,`)
		c.wantNothing()
		r.srv.Shutdown(t.Context())
		c.wantEnd(time.Second)
		client := &http.Client{Transport: &http.Transport{DialContext: r.pipes.dial, DisableKeepAlives: true}}
		resp, err := client.Get("http://in.memory/socket.io/?EIO=4&transport=polling")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(string(body), "sid") {
			t.Errorf("a newcomer gets %s, %s", resp.Status, body)
		}
	})
}

func TestTheContextHasTheValuesOfTheFirstRequest(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			r.srv.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), key{}, "value")))
		})
		values := make(chan any, 4)
		note := func(ctx context.Context) { values <- ctx.Value(key{}) }
		r.srv.Use(func(ctx context.Context, _ *Socket) (context.Context, error) { note(ctx); return nil, nil })
		r.srv.On("event", func(ctx context.Context, _ *Socket, _ None) error { note(ctx); return nil })
		r.srv.OnDisconnect(func(ctx context.Context, s *Socket, _ Reason) error { note(ctx); note(s.Context()); return nil })
		c, _ := r.joined()
		c.send(`42["event"]`, `41`)
		for range 4 {
			if v := <-values; v != "value" {
				t.Errorf("the value is %v", v)
			}
		}
	})
}

// A slowWaiter holds up whoever ends the socket.
type slowWaiter struct{ told, goOn chan struct{} }

func (w *slowWaiter) answer(*Socket, answer) {}

func (w *slowWaiter) abandon(*Socket, error) {
	close(w.told)
	<-w.goOn
}

func TestTheHooksFindASocketThatHasEndedAltogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		handle, said := make(chan struct{}), false
		r.srv.On("event", func(context.Context, *Socket, None) error {
			<-handle
			return nil
		})
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error {
			said = true
			return nil
		})
		c, id := r.joined()
		w := &slowWaiter{make(chan struct{}), make(chan struct{})}
		if err := r.wantSocket(id).expect(1, w); err != nil {
			t.Fatal(err)
		}
		c.send(`42["event"]`)
		synctest.Wait()
		c.cut()
		<-w.told
		close(handle) // its goroutine comes to the end of the inbox
		synctest.Wait()
		if said {
			t.Error("the hooks have run while the socket was still being ended")
		}
		close(w.goOn)
		synctest.Wait()
		if !said {
			t.Error("the hooks have not run")
		}
	})
}

func TestWithoutItsOnConnectHooksASocketHandlesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		handled := 0
		r.srv.Handle("event", func(context.Context, *Socket, *Message) error {
			handled++
			return nil
		})
		c, id := r.joined()
		defer c.cut()
		event := item{kind: itemEvent, packet: sio5.Packet{Type: sio5.Event, Event: []byte("event")}}
		// As when its connection ends between its middleware and its rooms.
		newSocket(r.srv.Namespace, r.wantSocket(id).peer, nil).perform(&event)
		if handled != 0 {
			t.Error("an event was handled, though no OnConnect hook had run")
		}
		r.wantSocket(id).perform(&event)
		if handled != 1 {
			t.Error("the event of a socket that is connected was not handled")
		}
	})
}
