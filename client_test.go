package socketio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

func TestClientTalksByEachTransport(t *testing.T) {
	const (
		say  Event[string]              = "say"
		blob Event[map[string]any]      = "blob"
		add  Call[Args2[int, int], int] = "add"
		ask  Call[string, string]       = "ask"
	)
	for name, list := range transports {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				r.srv.On(say, func(_ context.Context, s *Socket, v string) error { return s.Emit(say, "re: "+v) })
				r.srv.On(blob, func(_ context.Context, s *Socket, v map[string]any) error { return s.Emit(blob, v) })
				r.srv.OnAck(add, func(ctx context.Context, s *Socket, v Args2[int, int]) (int, error) {
					text, err := s.EmitAck(ctx, ask, "why?")
					if text != "because" {
						r.t.Errorf("the client answered %q, %v", text, err)
					}
					return v.A + v.B, err
				})
				c := r.goClient("", &ClientOptions{DialOptions: engineio.DialOptions{Transports: list}})
				said, blobs := make(chan string, 1), make(chan map[string]any, 1)
				c.On(say, func(_ context.Context, _ *ClientSocket, v string) error { said <- v; return nil })
				c.On(blob, func(_ context.Context, _ *ClientSocket, v map[string]any) error { blobs <- v; return nil })
				c.OnAck(ask, func(context.Context, *ClientSocket, string) (string, error) { return "because", nil })
				r.connect(c)
				if err := c.Emit(say, "hello"); err != nil {
					r.t.Fatal(err)
				}
				if got := <-said; got != "re: hello" {
					r.t.Errorf("received %q", got)
				}
				if err := c.Emit(blob, map[string]any{"a": []any{[]byte{1, 2}}}); err != nil {
					r.t.Fatal(err)
				}
				if got, ok := (<-blobs)["a"].([]any)[0].([]byte); !ok || string(got) != "\x01\x02" {
					r.t.Errorf("received %v", got)
				}
				if sum, err := c.EmitAck(r.t.Context(), add, Args2[int, int]{1, 2}); sum != 3 || err != nil {
					r.t.Errorf("EmitAck: %d, %v", sum, err)
				}
				m, err := c.EmitArgsAck(r.t.Context(), "add", 3, 4)
				var sum int
				if err != nil || m.Decode(&sum) != nil || sum != 7 {
					r.t.Errorf("EmitArgsAck: %d, %v", sum, err)
				}
				if !c.Connected() || c.ID() == "" || c.Name() != "/" || !c.Active() || c.Conn() == nil || c.Recovered() {
					r.t.Errorf("connected %v, id %q, name %q, active %v", c.Connected(), c.ID(), c.Name(), c.Active())
				}
				if _, ok := r.srv.Socket(c.ID()); !ok {
					r.t.Error("the server does not know the client's id")
				}
			})
		})
	}
}

func TestClientJoinsSeveralNamespacesOnOneConnection(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		for _, name := range []string{"/", "/chat", "/news"} {
			ns := r.srv.Of(name)
			ns.On("where", func(_ context.Context, s *Socket, _ None) error { return s.Emit("here", ns.Name()) })
		}
		c := r.goClient("/chat", nil)
		var j journal
		sockets := []*ClientSocket{c.ClientSocket, c.Of("/"), c.Of("news")}
		for _, s := range sockets {
			s.On("here", func(_ context.Context, s *ClientSocket, where string) error { j.add("%s", where); return nil })
		}
		r.connect(c)
		if n := r.srv.Engine().Len(); n != 1 {
			r.t.Errorf("%d connections", n)
		}
		for _, s := range sockets {
			s.Emit("where", None{})
			time.Sleep(time.Second)
			if got := j.take(); got != s.Name() {
				r.t.Errorf("%s answered from %s", s.Name(), got)
			}
		}
		if c.Of("chat") != c.ClientSocket || c.Of("/news") != sockets[2] {
			r.t.Error("Of makes a second socket of a namespace")
		}
		// Leaving one leaves the others; leaving the last closes the connection.
		sockets[1].Disconnect()
		synctest.Wait()
		if sockets[1].Connected() || !c.Connected() || r.srv.Engine().Len() != 1 {
			r.t.Error("leaving one namespace closed others")
		}
		if err := sockets[1].Connect(r.t.Context()); err != nil || !sockets[1].Connected() {
			r.t.Errorf("joining again: %v", err)
		}
		for _, s := range sockets {
			s.Disconnect()
		}
		time.Sleep(time.Second)
		if n := r.srv.Engine().Len(); n != 0 || c.Conn() != nil {
			r.t.Errorf("%d connections are left", n)
		}
	})
}

func TestEmitsBeforeConnectArriveOnceInOrderBeforeOnConnect(t *testing.T) {
	for name, list := range transports {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				var j journal
				r.srv.On("n", func(_ context.Context, _ *Socket, v string) error { j.add("%s", v); return nil })
				c := r.goClient("", &ClientOptions{DialOptions: engineio.DialOptions{Transports: list}})
				c.OnConnect(func(_ context.Context, s *ClientSocket) error { return s.Emit("n", "hook") })
				buf := []byte("binary")
				for i := range 3 {
					if err := c.Emit("n", fmt.Sprint(i)); err != nil {
						r.t.Fatal(err)
					}
				}
				c.Volatile().Emit("n", "volatile")
				c.EmitArgs("b", buf)
				r.connect(c)
				synctest.Wait()
				time.Sleep(time.Second)
				if got := j.take(); got != "0, 1, 2, hook" {
					r.t.Errorf("arrived: %s", got)
				}
			})
		})
	}
}

func TestABufferHasALimit(t *testing.T) {
	c := NewClient("http://nowhere", &ClientOptions{Buffer: 300})
	defer c.Close()
	var err error
	n := 0
	for ; err == nil; n++ {
		err = c.Emit("x", strings.Repeat("y", 20))
	}
	if !errors.Is(err, ErrQueueFull) || n != 3 {
		t.Errorf("Emit %d: %v", n, err)
	}
	none := NewClient("http://nowhere", &ClientOptions{Buffer: -1})
	defer none.Close()
	if err := none.Emit("x", 1); !errors.Is(err, ErrDisconnected) {
		t.Errorf("without a buffer: %v", err)
	}
	if err := c.Emit("connect", 1); err == nil {
		t.Error("a reserved name was taken")
	}
	if err := c.EmitArgs("x", make(chan int)); err == nil {
		t.Error("a channel was taken")
	}
}

func TestAcknowledgementsOfAClientEndWithTimeConnectionAndContext(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.srv.Handle("silence", func(context.Context, *Socket, *Message) error { return nil })
		c := r.connected(&ClientOptions{AckTimeout: 7 * time.Second})
		begun := time.Now()
		_, err := c.EmitArgsAck(r.t.Context(), "silence")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 7*time.Second {
			r.t.Errorf("by default: %v after %v", err, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		defer cancel()
		begun = time.Now()
		_, err = c.EmitArgsAck(ctx, "silence")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			r.t.Errorf("with a deadline: %v after %v", err, time.Since(begun))
		}
		time.AfterFunc(time.Second, func() { c.Conn().Close() })
		_, err = c.EmitArgsAck(r.t.Context(), "silence")
		if lost, ok := errors.AsType[*DisconnectError](err); !ok || lost.InDoubt != 3 {
			r.t.Errorf("at the end of the connection: %v, %+v", err, lost)
		}
		// Away: it waits in the buffer, and the context takes it out again.
		ctx, cancel = context.WithTimeout(r.t.Context(), 100*time.Millisecond)
		defer cancel()
		var j journal
		r.srv.OnAny(func(_ context.Context, _ *Socket, m *Message) error { j.add("%s", m.Event); return nil })
		if _, err = c.EmitArgsAck(ctx, "withdrawn"); !errors.Is(err, context.DeadlineExceeded) {
			r.t.Errorf("away: %v", err)
		}
		r.srv.OnAck("late", func(context.Context, *Socket, None) (int, error) { return 7, nil })
		if n, err := c.EmitAck[int](r.t.Context(), "late", None{}); n != 7 || err != nil {
			r.t.Errorf("kept for the next connection: %d, %v", n, err)
		}
		if got := j.take(); got != "late" {
			r.t.Errorf("the server saw %s", got)
		}
	})
}

func TestAQuestionThatComesTooLateForAConnectionWaitsForTheNext(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.srv.OnAck("ask", func(_ context.Context, _ *Socket, n int) (int, error) { return n, nil })
		c := r.connected(&ClientOptions{DialOptions: overWebSocket})
		for i := range 20 {
			c.Conn().Close() // of which the socket hears from another goroutine
			if n, err := c.EmitAck[int](r.t.Context(), "ask", i); n != i || err != nil {
				r.t.Fatalf("asked at the end of a connection: %d, %v", n, err)
			}
		}
	})
}

func TestHandlersOfAClientRunInOrderOverConnections(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		c := r.goClient("", nil)
		j.watch(c.ClientSocket)
		c.On("slow", func(ctx context.Context, _ *ClientSocket, n int) error {
			j.add("begin %d", n)
			time.Sleep(20 * time.Second)
			j.add("end %d", n)
			return ctx.Err()
		})
		r.connect(c)
		s := r.wantSocket(c.ID())
		s.Emit("slow", 1)
		s.Emit("slow", 2)
		synctest.Wait()
		s.Conn().Close()
		time.Sleep(10 * time.Second)
		if !c.Connected() {
			r.t.Error("a slow handler keeps the client from connecting")
		}
		time.Sleep(time.Minute)
		want := "/ connected, begin 1, end 1, begin 2, end 2, / ended: transport close, / connected"
		if got := j.take(); got != want {
			r.t.Errorf("happened: %s\nwant %s", got, want)
		}
	})
}

func TestHooksOfAClientSeeEventsAndErrorsReachOnError(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		r.srv.On("echo", func(_ context.Context, s *Socket, v int) error { return s.Emit("echoed", v) })
		c := r.goClient("", &ClientOptions{OnError: func(_ context.Context, s *ClientSocket, err error) { j.add("%s: %v", s.Name(), err) }})
		c.OnAny(func(_ context.Context, _ *ClientSocket, m *Message) error { j.add("in %s", m.Event); return nil })
		c.OnAnyOutgoing(func(_ context.Context, _ *ClientSocket, m *Message) error { j.add("out %s", m.Event); return nil })
		c.On("echoed", func(context.Context, *ClientSocket, int) error { return errors.New("handled badly") })
		c.Emit("echo", 1)
		r.connect(c)
		time.Sleep(time.Second)
		if got := j.take(); got != "out echo, in echoed, /: handled badly" {
			r.t.Errorf("happened: %s", got)
		}
		c.Off("echoed")
		c.Handle("echoed", func(context.Context, *ClientSocket, *Message) error { panic("oops") })
		c.Emit("echo", 1)
		time.Sleep(time.Second)
		if got := j.take(); got != "out echo, in echoed, /: socketio: panic: oops" {
			r.t.Errorf("happened: %s", got)
		}
	})
}

func TestNamesThatAClientCannotHandle(t *testing.T) {
	c := NewClient("http://x", nil)
	defer c.Close()
	for _, name := range []string{"connect", "connect_error", "disconnect", "newListener"} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "Connect") {
					t.Errorf("%s: %v", name, v)
				}
			}()
			c.On(Event[int](name), func(context.Context, *ClientSocket, int) error { return nil })
		}()
	}
}

func TestVolatileMessagesOfAClientAreDropped(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		r.srv.On("v", func(_ context.Context, _ *Socket, n int) error { j.add("%d", n); return nil })
		c := r.connected(&ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
		v := c.Volatile()
		v.Emit("v", 1)
		synctest.Wait()
		c.Conn().Close()
		if err := v.Emit("v", 2); err != nil {
			r.t.Error(err)
		}
		if _, err := v.EmitArgsAck(r.t.Context(), "v", 3); !errors.Is(err, ErrQueueFull) && !errors.Is(err, ErrDisconnected) {
			r.t.Errorf("a dropped question: %v", err)
		}
		time.Sleep(5 * time.Second)
		v.Emit("v", 4)
		synctest.Wait()
		if got := j.take(); got != "1, 4" {
			r.t.Errorf("arrived: %s", got)
		}
	})
}
