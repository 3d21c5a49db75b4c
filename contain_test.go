package socketio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
	"socketio/engineio"
)

// A mine does something bad in whatever method it is called by.
type mine struct{ Name string }

// goOff is what mines do.
var goOff atomic.Pointer[func()]

func blow() { (*goOff.Load())() }

func (mine) MarshalJSON() ([]byte, error) { blow(); return []byte("1"), nil }
func (*mine) UnmarshalJSON([]byte) error  { blow(); return nil }
func (mine) Error() string                { return "mine" }
func (mine) AckArgs() []any               { blow(); return []any{1} }

// minefields are where a program's own code is called: each plants blow in a namespace, which
// a client then joins, asks "x" and leaves.
var minefields = []struct {
	name  string
	plant func(r *rig, ns *Namespace)
	joins bool // the client is let in
}{
	{"Use", func(_ *rig, ns *Namespace) {
		ns.Use(func(context.Context, *Socket) (context.Context, error) { blow(); return nil, nil })
	}, false},
	{"data of a ConnectError", func(_ *rig, ns *Namespace) {
		ns.Use(func(context.Context, *Socket) (context.Context, error) {
			return nil, &ConnectError{Message: "no", Data: mine{}}
		})
	}, false},
	{"OnConnect", func(_ *rig, ns *Namespace) {
		ns.OnConnect(func(context.Context, *Socket) error { blow(); return nil })
	}, true},
	{"OnDisconnect", func(_ *rig, ns *Namespace) {
		ns.OnDisconnect(func(context.Context, *Socket, Reason) error { blow(); return nil })
	}, true},
	{"On", func(_ *rig, ns *Namespace) {
		ns.On("x", func(context.Context, *Socket, int) error { blow(); return nil })
	}, true},
	{"OnAck", func(_ *rig, ns *Namespace) {
		ns.OnAck("x", func(context.Context, *Socket, int) (int, error) { blow(); return 1, nil })
	}, true},
	{"Handle", func(_ *rig, ns *Namespace) {
		ns.Handle("x", func(context.Context, *Socket, *Message) error { blow(); return nil })
	}, true},
	{"Wrap", func(_ *rig, ns *Namespace) {
		ns.Wrap(func(next Handler) Handler {
			return func(ctx context.Context, s *Socket, m *Message) error {
				if m.Event == "x" {
					blow()
				}
				return next(ctx, s, m)
			}
		})
	}, true},
	{"OnAny", func(_ *rig, ns *Namespace) {
		ns.OnAny(func(_ context.Context, _ *Socket, m *Message) error {
			if m.Event == "x" {
				blow()
			}
			return nil
		})
	}, true},
	{"OnAnyOutgoing", func(_ *rig, ns *Namespace) {
		ns.OnAnyOutgoing(func(context.Context, *Socket, *Message) error { blow(); return nil })
		ns.On("x", func(_ context.Context, s *Socket, _ int) error { return s.Emit("y", 1) })
	}, true},
	{"a handler of the socket's own", func(_ *rig, ns *Namespace) {
		ns.OnConnect(func(_ context.Context, s *Socket) error {
			s.On("x", func(context.Context, *Socket, int) error { blow(); return nil })
			return nil
		})
	}, true},
	{"UnmarshalJSON", func(_ *rig, ns *Namespace) {
		ns.On("x", func(context.Context, *Socket, mine) error { return nil })
	}, true},
	{"Validate", func(_ *rig, ns *Namespace) {
		ns.On("x", func(context.Context, *Socket, gentleInt) error { return nil })
	}, true},
	{"MarshalJSON of a reply", func(_ *rig, ns *Namespace) {
		ns.OnAck("x", func(context.Context, *Socket, int) (mine, error) { return mine{}, nil })
	}, true},
	{"MarshalJSON of an event", func(_ *rig, ns *Namespace) {
		ns.On("x", func(_ context.Context, s *Socket, _ int) error { return s.Emit("y", mine{}) })
	}, true},
	{"MarshalJSON in a broadcast", func(_ *rig, ns *Namespace) {
		ns.On("x", func(_ context.Context, s *Socket, _ int) error { return ns.Emit("y", mine{}) })
	}, true},
	{"AckArgs", func(_ *rig, ns *Namespace) {
		ns.OnAck("x", func(context.Context, *Socket, int) (int, error) { return 0, mine{} })
	}, true},
}

// A gentleInt is a number that is looked at.
type gentleInt int

func (gentleInt) Validate() error { blow(); return nil }

func TestPanicsOfHandlersEndNothing(t *testing.T) {
	for _, field := range minefields {
		t.Run(field.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := func() { panic("planted") }
				goOff.Store(&bad)
				tread(t, field.joins, field.plant, func(err error) bool {
					e, ok := errors.AsType[*PanicError](err)
					return ok && e.Value == "planted"
				})
			})
		})
	}
}

// runtime.Goexit, which testing.T.FailNow calls, ends a goroutine that may be a reader of
// many connections.
func TestHandlersMayEndTheirGoroutine(t *testing.T) {
	for _, field := range minefields {
		if field.name == "data of a ConnectError" {
			continue // the refusal is what is lost then; FailNow has no business there
		}
		t.Run(field.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exit := runtime.Goexit
				goOff.Store(&exit)
				tread(t, field.joins, field.plant, func(err error) bool { return errors.Is(err, errExit) })
			})
		})
	}
}

// tread has a client step on a mine, and expects that OnError is told of an expected error,
// that the client's connection is as before, and others as well.
func tread(t *testing.T, joins bool, plant func(r *rig, ns *Namespace), expected func(error) bool) {
	r := newRig(t, nil)
	healthy := func(_ context.Context, _ *Socket, n int) (int, error) { return n, nil }
	r.srv.OnAck("echo", healthy)
	field := r.srv.Of("/field")
	field.OnAck("echo", healthy)
	plant(r, field)
	other, _ := r.joined()
	c, _ := r.joined()
	c.send(`40/field,`)
	if joins {
		c.wantPrefix(`40/field,{"sid":"`)
		c.send(`42/field,1["x",1]`, `42/field,2["echo",2]`)
		for got := ""; got != `43/field,2[2]`; { // whatever "x" brings
			got = c.next()
		}
		c.send(`41/field,`)
	} else {
		c.wantPrefix(`44/field,`)
	}
	synctest.Wait()
	if errs := r.errors.take(); !slices.ContainsFunc(errs, expected) {
		t.Errorf("OnError was told %v", errs)
	}
	c.send(`423["echo",3]`)
	c.want(`433[3]`)
	other.send(`424["echo",4]`)
	other.want(`434[4]`)
	time.Sleep(time.Minute)
	if got := r.srv.Stats(); got.WebSockets != 2 || got.Sockets != 2 {
		t.Errorf("there are %d connections with %d sockets, want two of each", got.WebSockets, got.Sockets)
	}
}

func TestPanicsOfHooksThatObserveEndNothing(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		plant   func(r *rig)
	}{
		"Trace.Received": {plant: func(r *rig) { r.srv.Trace(&Trace{Received: func(*Socket, string, int) { blow() }}) }},
		"Trace.Sent":     {plant: func(r *rig) { r.srv.Trace(&Trace{Sent: func(*Socket, string, int) { blow() }}) }},
		"Trace.Handled": {plant: func(r *rig) {
			r.srv.Trace(&Trace{Handled: func(*Socket, string, time.Duration, error) { blow() }})
		}},
		"Trace.Handling": {plant: func(r *rig) {
			r.srv.Trace(&Trace{Handling: func(ctx context.Context, _ *Socket, _ string) (context.Context, func(error)) { blow(); return ctx, nil }})
		}},
		"what Trace.Handling returns": {plant: func(r *rig) {
			r.srv.Trace(&Trace{Handling: func(ctx context.Context, _ *Socket, _ string) (context.Context, func(error)) {
				return ctx, func(error) { blow() }
			}})
		}},
		"Trace.Room": {plant: func(r *rig) { r.srv.Trace(&Trace{Room: func(*Namespace, adapter.RoomEvent) { blow() }}) }},
		"Trace.Slow": {plant: func(r *rig) { r.srv.Trace(&Trace{Slow: func(*Socket, int) { blow() }}) }},
		"the log":    {options: Options{Options: engineio.Options{Logger: slog.New(brokenLog{slog.DiscardHandler})}}, plant: func(*rig) {}},
		"OnError":    {options: Options{OnError: func(context.Context, *Socket, error) { blow() }}, plant: func(*rig) {}},
		"OfFunc": {plant: func(r *rig) {
			r.srv.OfFunc(func(string) bool { blow(); return true })
		}},
		"OnNamespace": {plant: func(r *rig) {
			r.srv.OfFunc(func(name string) bool { return name == "/new" })
			r.srv.OnNamespace(func(ns *Namespace) {
				if ns.Name() == "/new" {
					blow()
				}
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := func() { panic("planted") }
				goOff.Store(&bad)
				r := newRig(t, &test.options)
				r.srv.OnAck("ask", func(_ context.Context, s *Socket, n int) (int, error) {
					s.Join("room")
					err := errors.Join(s.Emit("told", n), s.Namespace().Emit("all", n))
					for range 3 {
						_ = s.Volatile().Emit("volatile", strings.Repeat("x", 1000))
					}
					return n, errors.Join(err, errors.New("for OnError"))
				})
				test.plant(r)
				c, _ := r.joined()
				c.send(`40/new,`, `421["ask",1]`)
				synctest.Wait()
				c.send(`421["ask",2]`)
				synctest.Wait()
				other, _ := r.joined()
				other.send(`40/new,`)
				time.Sleep(time.Minute)
				if got := r.srv.Stats(); got.WebSockets != 2 {
					t.Errorf("there are %d connections, want two", got.WebSockets)
				}
			})
		})
	}
}

// A badError panics in each of its methods.
type badError struct{}

func (badError) Error() string        { panic("planted") }
func (badError) Unwrap() error        { panic("planted") }
func (badError) Is(error) bool        { panic("planted") }
func (badError) As(any) bool          { panic("planted") }
func (badError) AckArgs() []any       { panic("planted") }
func (badError) String() string       { panic("planted") }
func (badError) LogValue() slog.Value { panic("planted") }

func TestAnErrorWhoseMethodsPanicIsAnErrorLikeOthers(t *testing.T) {
	var log bytes.Buffer
	srv := NewServer(&Options{Options: engineio.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}})
	defer srv.Close()
	srv.report(t.Context(), nil, "here", badError{})
	srv.report(t.Context(), nil, "there", fmt.Errorf("wrapped: %w", badError{}))
	if got := log.String(); strings.Count(got, "level=ERROR") != 2 || !strings.Contains(got, "in=here") {
		t.Errorf("the log says %s", got)
	}
}

// A brokenLog panics at each line.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenLog) Handle(context.Context, slog.Record) error { panic("planted") }
