package socketio

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// panicOf returns what f panics with, "" if it does not.
func panicOf(f func()) (message string) {
	defer func() {
		if v := recover(); v != nil {
			message = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}

func TestRegisteringNonsensePanics(t *testing.T) {
	handler := func(context.Context, *Socket, int) error { return nil }
	answer := func(context.Context, *Socket, int) (int, error) { return 0, nil }
	raw := func(context.Context, *Socket, *Message) error { return nil }
	srv := NewServer(nil)
	ns := srv.Of("chat")
	ns.On("taken", handler)
	s := newSocket(ns, nil, nil)
	s.On("taken", handler) // the socket's own is another
	tests := []struct {
		name string
		do   func()
		want string // part of the message
	}{
		{"a second On", func() { ns.On("taken", handler) }, `namespace /chat has a handler for "taken" already`},
		{"a second OnAck", func() { ns.OnAck("taken", answer) }, `already`},
		{"a second Handle", func() { ns.Handle("taken", raw) }, `already`},
		{"a second On of a socket", func() { s.On("taken", handler) }, `the socket has a handler for "taken" already`},
		{"a second Handle of a socket", func() { s.Handle("taken", raw) }, `already`},
		{"connect", func() { srv.On("connect", handler) }, `use OnConnect`},
		{"disconnect", func() { srv.On("disconnect", handler) }, `use OnDisconnect`},
		{"disconnecting", func() { srv.OnAck("disconnecting", answer) }, `use OnDisconnect`},
		{"connect_error", func() { srv.Handle("connect_error", raw) }, `return a *ConnectError from Use`},
		{"newListener", func() { srv.On("newListener", handler) }, `reserved`},
		{"removeListener", func() { s.OnAck("removeListener", answer) }, `reserved`},
		{"nil in On", func() { srv.On[int]("event", nil) }, `On: a handler of nil`},
		{"nil in OnAck", func() { srv.OnAck[int, int]("event", nil) }, `OnAck`},
		{"nil in Handle", func() { srv.Handle("event", nil) }, `Handle`},
		{"nil in On of a socket", func() { s.On[int]("event", nil) }, `On`},
		{"nil in OnAck of a socket", func() { s.OnAck[int, int]("event", nil) }, `OnAck`},
		{"nil in Handle of a socket", func() { s.Handle("event", nil) }, `Handle`},
		{"nil in Use", func() { srv.Use(nil) }, `Use`},
		{"nil in Wrap", func() { srv.Wrap(nil) }, `Wrap`},
		{"nil of Wrap", func() { srv.Wrap(func(Handler) Handler { return nil }) }, `Wrap`},
		{"nil in OnConnect", func() { srv.OnConnect(nil) }, `OnConnect`},
		{"nil in OnDisconnect", func() { srv.OnDisconnect(nil) }, `OnDisconnect`},
		{"nil in OnDisconnect of a socket", func() { s.OnDisconnect(nil) }, `OnDisconnect`},
		{"nil in OnAny", func() { srv.OnAny(nil) }, `OnAny`},
		{"nil in OnAny of a socket", func() { s.OnAny(nil) }, `OnAny`},
		{"nil in OnAnyOutgoing", func() { srv.OnAnyOutgoing(nil) }, `OnAnyOutgoing`},
		{"nil in OnAnyOutgoing of a socket", func() { s.OnAnyOutgoing(nil) }, `OnAnyOutgoing`},
		{"nil in OnNamespace", func() { srv.OnNamespace(nil) }, `OnNamespace`},
		{"a comma in a name", func() { srv.Of("a,b") }, `comma`},
		{"a name that is too long", func() { srv.Of(strings.Repeat("x", 256)) }, `256 bytes`},
	}
	for _, tt := range tests {
		got := panicOf(tt.do)
		if !strings.Contains(got, tt.want) || !strings.HasPrefix(got, "socketio: ") {
			t.Errorf("%s: panics with %q, want …%s…", tt.name, got, tt.want)
		}
	}
	s.Off("taken")
	s.Off("unknown")
	if got := panicOf(func() { s.On("taken", handler) }); got != "" {
		t.Errorf("after Off: %s", got)
	}
	if got := panicOf(func() { srv.Of(strings.Repeat("x", 255)) }); got != "" {
		t.Errorf("a name of 256 bytes with its slash: %s", got)
	}
}

func TestAPanicLeavesTheRegistryUsable(t *testing.T) {
	ns := NewServer(nil).Namespace
	raw := func(context.Context, *Socket, *Message) error { return nil }
	ns.Handle("event", raw)
	panicOf(func() { ns.Handle("event", raw) })
	ns.Handle("other", raw)
	if n := len(ns.registry.load().handlers); n != 2 {
		t.Errorf("there are %d handlers", n)
	}
}

func TestHandlersCanBeAddedWhileServing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				name := fmt.Sprint("event", i)
				r.srv.On(Event[int](name), func(_ context.Context, s *Socket, n int) error { return s.Emit("ns", n) })
				s.On(Event[int](name), func(_ context.Context, s *Socket, n int) error { return s.Emit("own", n) })
				r.srv.OnAny(func(context.Context, *Socket, *Message) error { return nil })
				s.OnAny(func(context.Context, *Socket, *Message) error { return nil })
				c.send(`42["` + name + `",5]`)
			})
		}
		wg.Wait()
		for range 20 {
			c.want(`42["own",5]`)
		}
		if n := len(r.srv.registry.load().any); n != 20 {
			t.Errorf("the namespace has %d OnAny hooks", n)
		}
	})
}

func TestASocketTakesItsOwnHandlerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		r.srv.On("event", func(_ context.Context, s *Socket, n int) error { return s.Emit("namespace's", n) })
		s.On("event", func(_ context.Context, s *Socket, n int) error {
			s.Off("event")
			return s.Emit("once", n)
		})
		c.send(`42["event",1]`, `42["event",2]`)
		c.want(`42["once",1]`, `42["namespace's",2]`)
	})
}
