package faults

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
)

// TestF14HandlersThatPanicOrHangHarmNobodyElse promises: a handler that panics costs its
// event the acknowledgement and nothing else, as does one that ends its goroutine, and one
// that never returns holds up its own socket only. Everybody else is served, and each failure
// is reported once.
func TestF14HandlersThatPanicOrHangHarmNobodyElse(t *testing.T) {
	var reported atomic.Int64
	o := socketio.Options{OnError: func(_ context.Context, _ *socketio.Socket, err error) {
		p, ok := errors.AsType[*socketio.PanicError](err)
		if ok && len(p.Stack) > 0 || strings.Contains(err.Error(), "Goexit") {
			reported.Add(1)
		}
	}}
	inBubble(t, o, func(t *testing.T, r *rig) {
		echo(r.srv)
		var nothing *socketio.Server
		r.srv.On("panic", func(context.Context, *socketio.Socket, socketio.None) error { panic("oops") })
		r.srv.On("nil", func(context.Context, *socketio.Socket, socketio.None) error { return nothing.Shutdown(t.Context()) })
		r.srv.On("exit", func(context.Context, *socketio.Socket, socketio.None) error { runtime.Goexit(); return nil })
		r.srv.On("hang", func(ctx context.Context, _ *socketio.Socket, _ socketio.None) error { <-ctx.Done(); return nil })

		hung := r.client(over(engineio.WebSocket))
		connect(t, hung)
		hung.EmitArgs("hang", socketio.None{})
		random := rand.New(rand.NewPCG(14, 14))
		failures := int64(0)
		for _, list := range ways {
			c := r.client(over(list...))
			connect(t, c)
			id := c.ID()
			for range 200 {
				if random.IntN(10) == 0 {
					c.EmitArgs([]string{"panic", "nil", "exit"}[random.IntN(3)], socketio.None{})
					failures++
				}
				ask(t, c)
			}
			if c.ID() != id {
				t.Error("a handler has ended the connection")
			}
		}
		if got := reported.Load(); got != failures {
			t.Errorf("%d failures were reported, want %d", got, failures)
		}
		hung.Close()
	})
}

// A bomb panics wherever code of others can be called.
type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic(explode()) }
func (bomb) String() string               { panic(explode()) }
func (bomb) Error() string                { panic(explode()) }

// exploded is how often something has panicked.
var exploded atomic.Int64

func explode() string {
	exploded.Add(1)
	return "oops"
}

// TestF15PanicsOfOtherCodeOfTheUserAreContained promises the same of middleware, Allow,
// hooks, marshalers, Stringers, traces and loggers: who caused it is refused or told, and
// a client that is there gets what is broadcast afterwards.
func TestF15PanicsOfOtherCodeOfTheUserAreContained(t *testing.T) {
	for name, plant := range map[string]func(o *socketio.Options) func(srv *socketio.Server){
		"Allow": func(o *socketio.Options) func(*socketio.Server) {
			o.Allow = func(r *http.Request) error { mayPanic(r.Header.Get("X-Bomb") != ""); return nil }
			return nil
		},
		"middleware": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
					mayPanic(bombed(s))
					return nil, nil
				})
			}
		},
		"OnConnect": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { mayPanic(bombed(s)); return nil })
			}
		},
		"OnDisconnect": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, _ socketio.Reason) error { mayPanic(bombed(s)); return nil })
			}
		},
		"MarshalJSON of what is emitted": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
					if bombed(s) {
						return s.Emit("bomb", bomb{})
					}
					return nil
				})
			}
		},
		"an error's text": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
					if bombed(s) {
						return bomb{}
					}
					return nil
				})
			}
		},
		"a Stringer in a panic": func(*socketio.Options) func(*socketio.Server) {
			return func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
					if bombed(s) {
						panic(bomb{})
					}
					return nil
				})
			}
		},
		"OnError": func(o *socketio.Options) func(*socketio.Server) {
			o.OnError = func(context.Context, *socketio.Socket, error) { panic(explode()) }
			return func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
					if bombed(s) {
						return errRefused
					}
					return nil
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var o socketio.Options
			o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil)) // which formats what it is given
			register, before := plant(&o), exploded.Load()
			inBubble(t, o, func(t *testing.T, r *rig) {
				echo(r.srv)
				if register != nil {
					register(r.srv)
				}
				healthy := r.client(socketio.ClientOptions{})
				heard := make(chan int, 10)
				healthy.On("news", func(_ context.Context, _ *socketio.ClientSocket, n int) error { heard <- n; return nil })
				connect(t, healthy)
				for range 3 {
					o := over(engineio.Polling)
					o.Header = http.Header{"X-Bomb": {"1"}}
					o.Backoff.Attempts = -1
					o.OnError = func(context.Context, *socketio.ClientSocket, error) {}
					c := r.client(o)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					_ = c.Connect(ctx) // whether it is let in does not matter
					cancel()
					c.Close()
				}
				synctest.Wait()
				if err := r.srv.Emit("news", 7); err != nil || within(t, "the broadcast", heard) != 7 {
					t.Errorf("the broadcast: %v", err)
				}
				ask(t, healthy)
				if exploded.Load() == before {
					t.Error("nothing has panicked")
				}
			})
		})
	}
}

// bombed says whether a socket is that of a client that sets off the bomb.
func bombed(s *socketio.Socket) bool { return s.Handshake().Header.Get("X-Bomb") != "" }

func mayPanic(now bool) {
	if now {
		panic(explode())
	}
}

// A stuckLog is a slog.Handler whose sink takes nothing until it is let go.
type stuckLog struct {
	slog.Handler
	stuck   atomic.Int32
	release chan struct{}
}

func (l *stuckLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *stuckLog) Handle(context.Context, slog.Record) error {
	l.stuck.Add(1)
	<-l.release
	return nil
}

func (l *stuckLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *stuckLog) WithGroup(string) slog.Handler      { return l }

// TestF21ALogThatTakesNothingHoldsUpWhoCausedTheLineOnly promises: while the log is stuck
// those are served whose handlers have no errors; lines are written where the error was.
func TestF21ALogThatTakesNothingHoldsUpWhoCausedTheLineOnly(t *testing.T) {
	log := &stuckLog{release: make(chan struct{})}
	release := sync.OnceFunc(func() { close(log.release) })
	o := socketio.Options{}
	o.Logger = slog.New(log)
	r := overTCP(t, o)
	t.Cleanup(release)
	echo(r.srv)
	r.srv.On("fail", func(context.Context, *socketio.Socket, socketio.None) error { return errRefused })
	const failing, healthy = 10, 10
	var clients []*socketio.Client
	for range healthy {
		clients = append(clients, r.client(over(engineio.WebSocket)))
	}
	connect(t, clients...)
	for range failing {
		c := r.client(over(engineio.WebSocket))
		connect(t, c)
		c.EmitArgs("fail", socketio.None{})
	}
	eventually(t, "all lines wait", func() bool { return log.stuck.Load() == failing })
	for range 20 {
		for _, c := range clients {
			ask(t, c)
		}
	}
	late := r.client(socketio.ClientOptions{})
	connect(t, late)
	ask(t, late)
	release()
}
