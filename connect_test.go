package socketio

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestConnectIsAnsweredByWhatTheNamespaceSays(t *testing.T) {
	tests := []struct {
		name, send string
		want       string // a prefix of the answer; "" for the end of the connection
	}{
		{"main namespace", `40`, `40{"sid":"`},
		{"another namespace", `40/chat,`, `40/chat,{"sid":"`},
		{"without the comma", `40/chat`, `40/chat,{"sid":"`},
		{"with an empty auth", `40{}`, `40{"sid":"`},
		{"with an auth", `40/chat,{"token":1}`, `40/chat,{"sid":"`},
		{"unknown namespace", `40/nope,`, `44/nope,{"message":"Invalid namespace"}`},
		{"unknown namespace with a query", `40/chat?y=1,`, `44/chat?y=1,{"message":"Invalid namespace"}`},
		{"two slashes", `40//,`, `44//,{"message":"Invalid namespace"}`},
		{"refused with data", `40/closed,`, `44/closed,{"message":"nope","data":{"code":7}}`},
		{"refused with data that is no JSON", `40/odd,`, `44/odd,{"message":"odd","data":null}`},
		{"refused without data", `40/plain,`, `44/plain,{"message":"no"}`},
		{"refused by an internal error", `40/broken,`, `44/broken,{"message":"connection refused"}`},
		{"refused by a panic", `40/panics,`, `44/panics,{"message":"connection refused"}`},
		{"auth that is an array", `40[]`, ""},
		{"auth that is a string", `40"x"`, ""},
		{"auth that is null", `40null`, ""},
		{"auth that is no JSON", `40{`, ""},
		{"a very long name", `40/` + strings.Repeat("x", 256) + `,`, ""},
		{"an event before", `42["hello"]`, ""},
		{"a DISCONNECT before", `41`, ""},
		{"an unknown type", `49`, ""},
		{"nothing at all", `4`, ""},
		{"a CONNECT_ERROR", `44{"message":"x"}`, ""},
		{"an attachment", "binary", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				refuse(r.srv.Of("closed"), &ConnectError{Message: "nope", Data: map[string]int{"code": 7}})
				refuse(r.srv.Of("odd"), &ConnectError{Message: "odd", Data: func() {}})
				refuse(r.srv.Of("plain"), &ConnectError{Message: "no"})
				refuse(r.srv.Of("broken"), errors.New("password of the database: 1234"))
				r.srv.Of("panics").Use(func(context.Context, *Socket) (context.Context, error) { panic("oh") })
				r.srv.Of("chat")
				c := r.dial()
				if tt.send == "binary" {
					c.sendBinary("x")
				} else {
					c.send(tt.send)
				}
				if tt.want == "" {
					c.wantEnd(time.Second)
					return
				}
				c.wantPrefix(tt.want)
				c.wantOpen()
			})
		})
	}
}

// refuse makes a namespace refuse everybody.
func refuse(ns *Namespace, err error) {
	ns.Use(func(context.Context, *Socket) (context.Context, error) { return nil, err })
}

func TestWhatMiddlewareFailsOfIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		secret := errors.New("secret")
		refuse(r.srv.Of("broken"), secret)
		refuse(r.srv.Of("closed"), &ConnectError{Message: "no"})
		r.srv.Of("panics").Use(func(context.Context, *Socket) (context.Context, error) { panic(secret) })
		c := r.dial()
		c.send(`40/closed,`, `40/broken,`, `40/panics,`)
		for range 3 {
			c.wantPrefix(`44`)
		}
		synctest.Wait()
		got := r.errors.take()
		if len(got) != 2 || got[0] != secret || !errors.Is(got[1], secret) {
			t.Errorf("OnError got %v, want the two errors that are not meant for the client", got)
		}
		if e, ok := errors.AsType[*PanicError](got[1]); !ok || len(e.Stack) == 0 {
			t.Errorf("the panic was reported as %v", got[1])
		}
	})
}

func TestMiddlewareRunsInOrderAndPassesTheContextOn(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		add := func(letter string) middleware {
			return func(ctx context.Context, s *Socket) (context.Context, error) {
				time.Sleep(20 * time.Millisecond) // as if it asked a database
				list, _ := ctx.Value(key{}).(string)
				return context.WithValue(ctx, key{}, list+letter), nil
			}
		}
		r.srv.Use(add("a"))
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) { return nil, nil })
		r.srv.Use(add("b"))
		r.srv.OnConnect(func(ctx context.Context, s *Socket) error {
			return s.EmitArgs("order", ctx.Value(key{}), s.Connected())
		})
		r.srv.On("again", func(ctx context.Context, s *Socket, _ None) error {
			return s.EmitArgs("order", ctx.Value(key{}), s.Context().Value(key{}))
		})
		c, _ := r.joined()
		c.want(`42["order","ab",true]`)
		c.send(`42["again"]`)
		c.want(`42["order","ab","ab"]`)
	})
}

func TestAContextThatMiddlewareEndsLendsOnlyItsValues(t *testing.T) {
	type key struct{}
	tests := []struct {
		name string
		use  middleware
	}{
		{"a deadline", func(ctx context.Context, _ *Socket) (context.Context, error) {
			ctx, cancel := context.WithTimeout(context.WithValue(ctx, key{}, 1), time.Second)
			_ = cancel // forgotten
			return ctx, nil
		}},
		{"cancelled when it returns", func(ctx context.Context, _ *Socket) (context.Context, error) {
			ctx, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
			defer cancel()
			return ctx, nil
		}},
		{"of its own", func(context.Context, *Socket) (context.Context, error) {
			return context.WithValue(context.Background(), key{}, 1), nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.srv.Use(tt.use)
				c, id := r.joined()
				s := r.wantSocket(id)
				time.Sleep(time.Minute)
				synctest.Wait()
				ctx := s.Context()
				if err := ctx.Err(); err != nil {
					t.Errorf("the socket's context has ended: %v", err)
				}
				if ctx.Value(key{}) != 1 || socketOf(ctx) != s {
					t.Errorf("the context has the values %v and %p, want 1 and %p", ctx.Value(key{}), socketOf(ctx), s)
				}
				c.cut()
				synctest.Wait()
				if cause := context.Cause(ctx); !errors.Is(cause, ErrDisconnected) {
					t.Errorf("the cause of its end is %v", cause)
				}
			})
		})
	}
}

func TestWhatMiddlewareEmitsArrivesBeforeTheReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			if s.Connected() {
				t.Error("the socket is connected already")
			}
			return nil, s.Emit("early", 1)
		})
		r.srv.OnConnect(func(_ context.Context, s *Socket) error { return s.Emit("late", 2) })
		c := r.dial()
		c.send(`40`)
		c.want(`42["early",1]`)
		c.wantPrefix(`40{`)
		c.want(`42["late",2]`)
	})
}

func TestRoomsJoinedWithinMiddlewareCountOnceConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			s.Join("pre")
			return nil, s.ns.To("pre").Emit("too", "early")
		})
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			return errors.Join(
				s.EmitArgs("rooms", slices.Collect(s.Rooms())[1:]),
				s.ns.To("pre").Emit("hello", None{}))
		})
		c, _ := r.joined()
		c.want(`42["rooms",["pre"]]`, `42["hello"]`)
		c.wantNothing()
	})
}

func TestNothingHappensToAClientThatLeftMeanwhile(t *testing.T) {
	for _, leave := range []string{"41", "cut"} {
		t.Run(leave, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				var ended error
				r.srv.Use(func(ctx context.Context, s *Socket) (context.Context, error) {
					s.Join("room")
					<-ctx.Done()
					ended = context.Cause(ctx)
					return nil, nil
				})
				r.srv.OnConnect(func(context.Context, *Socket) error { t.Error("OnConnect"); return nil })
				r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { t.Error("OnDisconnect"); return nil })
				c := r.dial()
				c.send(`40`)
				synctest.Wait()
				time.Sleep(time.Second) // the reading has been handed over
				if leave == "cut" {
					c.cut()
				} else {
					c.send(leave)
					c.wantNothing()
				}
				synctest.Wait()
				if !errors.Is(ended, ErrDisconnected) {
					t.Errorf("the middleware's context ended because of %v", ended)
				}
				if errs := r.errors.take(); errs != nil {
					t.Errorf("OnError got %v", errs)
				}
				for room := range r.srv.Rooms() {
					t.Errorf("room %q is left", room)
				}
			})
		})
	}
}

func TestDisconnectWithinMiddlewareRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			s.Disconnect()
			return nil, nil
		})
		c := r.dial()
		c.send(`40`)
		c.want(`44{"message":"connection refused"}`)
		c.wantNothing()
		c.wantOpen()
	})
}

func TestPacketsWaitWhileTheirConnectIsDecided(t *testing.T) {
	events := func(n int) (list []string) {
		for range n {
			list = append(list, `42["event"]`)
		}
		return list
	}
	slow := func(r *rig) (handled *int) {
		handled = new(int)
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			time.Sleep(time.Second)
			return nil, nil
		})
		r.srv.On("event", func(context.Context, *Socket, None) error { *handled++; return nil })
		return handled
	}
	t.Run("sixteen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			handled := slow(r)
			c := r.dial()
			c.send(append([]string{`40`}, events(16)...)...)
			c.wantPrefix(`40`)
			c.wantOpen()
			if *handled != 16 {
				t.Errorf("%d events were handled", *handled)
			}
		})
	})
	t.Run("seventeen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			handled := slow(r)
			c := r.dial()
			c.send(append([]string{`40`}, events(17)...)...)
			c.wantEnd(500 * time.Millisecond)
			time.Sleep(time.Second)
			if *handled != 0 {
				t.Errorf("%d events were handled", *handled)
			}
		})
	})
	t.Run("an event right behind the CONNECT", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.srv.On("event", func(_ context.Context, s *Socket, _ None) error { return s.Emit("seen", None{}) })
			c := r.dial()
			c.send(`40`, `42["event"]`)
			c.wantPrefix(`40`)
			c.want(`42["seen"]`)
		})
	})
}

func TestASecondConnectEndsTheConnection(t *testing.T) {
	t.Run("to a joined namespace", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			c, _ := r.joined()
			c.send(`40`)
			c.wantEnd(time.Second)
		})
	})
	t.Run("while the first is decided", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.srv.Use(func(ctx context.Context, s *Socket) (context.Context, error) {
				<-ctx.Done()
				return nil, nil
			})
			c := r.dial()
			c.send(`40`, `40`)
			c.wantEnd(time.Second)
		})
	})
}

func TestNamespacesOfAConnectionAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{MaxNamespaces: 2})
		r.srv.Of("a")
		r.srv.Of("b")
		c, _ := r.joined()
		c.join("/a")
		c.wantOpen()
		c.send(`40/b,`)
		c.wantEnd(time.Second)
	})
}

func TestRefusalsOfAConnectionAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c := r.dial()
		refused := func(times int) {
			for range times {
				c.send(`40/nope,`)
				c.wantPrefix(`44/nope,`)
			}
		}
		refused(5)
		c.join("/") // who is let in may try again
		refused(5)
		c.wantOpen()
		c.send(`40/nope,`)
		c.wantEnd(time.Second)
	})
}

func TestAConnectionWithoutNamespaceEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c := r.dial()
		time.Sleep(44 * time.Second)
		c.wantOpen()
		c.wantEnd(2 * time.Second)
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{ConnectTimeout: time.Second})
		c, _ := r.joined()
		time.Sleep(time.Minute)
		c.wantOpen()
		c.send(`41`)
		time.Sleep(900 * time.Millisecond)
		c.wantOpen()
		c.wantEnd(200 * time.Millisecond)
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{ConnectTimeout: -1})
		c := r.dial()
		time.Sleep(time.Hour)
		c.wantOpen()
	})
}

func TestAnErrorOfOnConnectDisconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		failed := errors.New("failed")
		var reasons []Reason
		r.srv.OnConnect(func(context.Context, *Socket) error { panic("a panic does not") })
		r.srv.OnConnect(func(context.Context, *Socket) error { return failed })
		r.srv.OnConnect(func(context.Context, *Socket) error { t.Error("the next hook ran"); return nil })
		r.srv.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error {
			reasons = append(reasons, why)
			return nil
		})
		c := r.dial()
		c.send(`40`)
		c.wantPrefix(`40`)
		c.want(`41`)
		c.wantOpen()
		if !slices.Equal(reasons, []Reason{ReasonServerDisconnect}) {
			t.Errorf("disconnected because of %q", reasons)
		}
		errs := r.errors.take()
		if len(errs) != 2 || errs[1] != failed {
			t.Errorf("OnError got %v", errs)
		}
	})
}

func TestANamespaceCanBeJoinedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.On("event", func(_ context.Context, s *Socket, _ None) error { return s.Emit("seen", s.ID()) })
		c, first := r.joined()
		c.send(`41`)
		c.send(`42["event"]`) // for nobody, but it may have been under way
		c.wantNothing()
		c.wantOpen()
		second := c.join("/")
		if first == second {
			t.Error("both sockets have one id")
		}
		c.send(`42["event"]`)
		c.want(`42["seen","` + second + `"]`)
	})
}

func TestAClientThatComesAndGoesGathersNoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{MaxNamespaces: 1})
		var deciding atomic.Int64
		decide := make(chan struct{})
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			deciding.Add(1)
			<-decide // takes no notice of the context
			return nil, nil
		})
		c := r.dial()
		for range maxEnding + 1 {
			c.send(`40`, `41`)
		}
		synctest.Wait()
		c.wantOpen()
		c.send(`40`, `41`)
		c.wantEnd(time.Second)
		if n := deciding.Load(); n != maxEnding+1 {
			t.Errorf("%d CONNECTs were being decided, want %d", n, maxEnding+1)
		}
		close(decide)
		synctest.Wait()
	})
}
