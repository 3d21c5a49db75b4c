package socketio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// transports are the ways in which a client reaches a server.
var transports = map[string][]string{
	"polling":   {engineio.Polling},
	"websocket": {engineio.WebSocket},
	"upgrade":   {engineio.Polling, engineio.WebSocket},
}

// goClient returns a Client of the rig's server, which is closed at the end of the test.
func (r *rig) goClient(path string, o *ClientOptions) *Client {
	var options ClientOptions
	if o != nil {
		options = *o
	}
	transport := &http.Transport{DialContext: r.pipes.dial}
	options.HTTPClient = &http.Client{Transport: transport}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	c := NewClient("http://in.memory"+path, &options)
	r.t.Cleanup(func() {
		c.Close()
		transport.CloseIdleConnections()
	})
	return c
}

// connected returns a connected Client.
func (r *rig) connected(o *ClientOptions) *Client {
	r.t.Helper()
	c := r.goClient("", o)
	r.connect(c)
	return c
}

func (r *rig) connect(c *Client) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), testPatience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		r.t.Fatalf("Connect: %v", err)
	}
}

// inBubble runs a test with a server and no network.
func inBubble(t *testing.T, o *Options, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, o)) })
}

// A journal is what happened, in order.
type journal struct {
	mu    sync.Mutex // guards what follows
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := strings.Join(j.lines, ", ")
	j.lines = nil
	return all
}

// watch notes what happens to a socket.
func (j *journal) watch(s *ClientSocket) {
	s.OnConnect(func(context.Context, *ClientSocket) error { j.add("%s connected", s.Name()); return nil })
	s.OnDisconnect(func(_ context.Context, _ *ClientSocket, why Reason) error {
		j.add("%s ended: %s", s.Name(), why)
		return nil
	})
}

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

func TestAuthIsAskedForAtEachAttempt(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		r.srv.Use(func(ctx context.Context, s *Socket) (context.Context, error) {
			var auth struct{ Token string }
			if err := s.Handshake().DecodeAuth(&auth); err != nil {
				return nil, err
			}
			j.add("%s", auth.Token)
			return nil, nil
		})
		attempts := 0
		c := r.connected(&ClientOptions{AuthFunc: func(context.Context) (any, error) {
			if attempts++; attempts == 2 {
				return nil, errors.New("no token now")
			}
			return map[string]any{"token": fmt.Sprint("t", attempts)}, nil
		}})
		c.Conn().Close()
		time.Sleep(10 * time.Second)
		if got := j.take(); got != "t1, t3" {
			r.t.Errorf("the server saw %s", got)
		}
		static := r.connected(&ClientOptions{Auth: struct{ Token string }{"s"}})
		if got := j.take(); got != "s" || !static.Connected() {
			r.t.Errorf("the server saw %s", got)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("Auth and AuthFunc together are let pass")
		}
	}()
	NewClient("", &ClientOptions{Auth: 1, AuthFunc: func(context.Context) (any, error) { return nil, nil }})
}

func TestARefusalReachesConnectWithItsData(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		allowed := false
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			if allowed {
				return nil, nil
			}
			return nil, &ConnectError{Message: "who are you?", Data: map[string]any{"code": 401}}
		})
		c := r.goClient("", nil)
		err := c.Connect(r.t.Context())
		refusal, ok := errors.AsType[*ConnectError](err)
		if !ok || refusal.Message != "who are you?" || refusal.Data.(map[string]any)["code"] != 401.0 {
			r.t.Errorf("Connect: %v", err)
		}
		if c.Active() || c.Connected() {
			r.t.Error("a refused socket is active")
		}
		if err := c.Wait(r.t.Context()); !errors.As(err, &refusal) {
			r.t.Errorf("Wait: %v", err)
		}
		time.Sleep(time.Minute)
		if n := r.srv.Engine().Len(); n != 0 {
			r.t.Error("a connection that no namespace wants is left")
		}
		allowed = true
		r.connect(c)
		if err := c.Of("/nowhere").Connect(r.t.Context()); err == nil || !strings.Contains(err.Error(), "Invalid namespace") || !c.Connected() {
			r.t.Errorf("a namespace that is not there: %v", err)
		}
	})
}

func TestReasonsAndWhetherTheClientComesBack(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    func(c *Client, s *Socket)
		reason Reason
		back   bool
	}{
		{"the server disconnects it", func(_ *Client, s *Socket) { s.Disconnect() }, ReasonIOServerDisconnect, false},
		{"the client disconnects", func(c *Client, _ *Socket) { c.Disconnect() }, ReasonIOClientDisconnect, false},
		{"the client closes", func(c *Client, _ *Socket) { c.Close() }, ReasonIOClientDisconnect, false},
		{"the server hangs up", func(_ *Client, s *Socket) { s.Conn().Close() }, ReasonTransportClose, true},
		{"the program closes the connection", func(c *Client, _ *Socket) { c.Conn().Close() }, ReasonForcedClose, true},
		{"the server sends what is no packet", func(_ *Client, s *Socket) {
			s.Conn().Send(engineio.Message{Data: []byte("9")})
		}, ReasonParseError, true},
	} {
		for way, list := range transports {
			t.Run(tt.name+" by "+way, func(t *testing.T) {
				inBubble(t, nil, func(r *rig) {
					c := r.goClient("", &ClientOptions{DialOptions: engineio.DialOptions{Transports: list}})
					var j journal
					j.watch(c.ClientSocket)
					r.connect(c)
					time.Sleep(time.Second) // for the upgrade
					ctx := c.Context()
					s := r.wantSocket(c.ID())
					j.take()
					tt.end(c, s)
					time.Sleep(400 * time.Millisecond)
					if got, want := j.take(), "/ ended: "+string(tt.reason); got != want {
						r.t.Errorf("it %s, want %s", got, want)
					}
					if cause, ok := errors.AsType[*DisconnectError](context.Cause(ctx)); !ok || cause.Reason != tt.reason {
						r.t.Errorf("the context's cause is %v", context.Cause(ctx))
					}
					if c.Active() != tt.back {
						r.t.Errorf("Active is %v", c.Active())
					}
					time.Sleep(5 * time.Second)
					if c.Connected() != tt.back {
						r.t.Errorf("after 5 s Connected is %v", c.Connected())
					}
				})
			})
		}
	}
}

func TestEachConnectionHasItsContext(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.goClient("", nil)
		if err := context.Cause(c.Context()); !errors.Is(err, ErrDisconnected) {
			r.t.Errorf("before the first: %v", err)
		}
		r.connect(c)
		first := c.Context()
		c.Conn().Close()
		time.Sleep(5 * time.Second)
		if first.Err() == nil || c.Context().Err() != nil || first == c.Context() {
			r.t.Error("the second connection's context is the first's")
		}
	})
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

func TestAClosedClientTellsWhoWaits(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.goClient("", nil)
		failed := make(chan error, 2)
		go func() { _, err := c.EmitArgsAck(r.t.Context(), "x"); failed <- err }()
		go func() { failed <- c.Wait(r.t.Context()) }()
		synctest.Wait()
		c.Close()
		for range 2 {
			err := <-failed
			if end, ok := errors.AsType[*DisconnectError](err); !ok || !errors.Is(err, ErrClientClosed) || end.Unsent != 1 {
				r.t.Errorf("told of %v", err)
			}
		}
		if err := c.Connect(r.t.Context()); !errors.Is(err, ErrClientClosed) {
			r.t.Errorf("Connect: %v", err)
		}
		if err := c.Emit("x", 1); !errors.Is(err, ErrClientClosed) {
			r.t.Errorf("Emit: %v", err)
		}
	})
}

func TestConnectEndsWithItsContextAndStopsTrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int32
		c := NewClient("http://nowhere", &ClientOptions{
			DialOptions: engineio.DialOptions{HTTPClient: &http.Client{Transport: noNetwork{}}},
			OnRetry:     func(int, time.Duration, error) { attempts.Add(1) },
		})
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := c.Connect(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errNoNetwork) || attempts.Load() < 5 {
			t.Errorf("after %d attempts: %v", attempts.Load(), err)
		}
		attempts.Store(0)
		time.Sleep(time.Hour)
		if attempts.Load() > 0 || c.Active() {
			t.Errorf("%d attempts after Connect", attempts.Load())
		}
	})
	if err := NewClient("http://[", nil).Connect(t.Context()); err == nil {
		t.Error("a URL that is none is no error")
	}
	if err := NewClient("http://x/a,b", nil).Connect(t.Context()); err == nil {
		t.Error("a path that is no namespace is no error")
	}
}

// noNetwork is a network that does not work.
type noNetwork struct{}

var errNoNetwork = errors.New("no network")

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNoNetwork }

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

func TestAClientRemembersItsUpgrade(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.connected(&ClientOptions{RememberUpgrade: true})
		time.Sleep(time.Second)
		if !c.Conn().Upgraded() {
			r.t.Fatal("it has not upgraded")
		}
		c.Conn().Close()
		time.Sleep(5 * time.Second)
		if conn := c.Conn(); conn.Upgraded() || conn.Transport() != engineio.WebSocket {
			r.t.Errorf("the second connection is by %s", conn.Transport())
		}
	})
}

// overTCPClient returns a client that is connected over a real network.
func overTCPClient(t *testing.T, srv *Server) *Client {
	t.Helper()
	web := httptest.NewServer(srv)
	t.Cleanup(web.Close)
	c := NewClient(web.URL, &ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
	t.Cleanup(func() { c.Close() })
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// serveEngine serves an Engine.IO server of the test's own in memory.
func serveEngine(t *testing.T, pipes *pipes, engine *engineio.Server) {
	web := &http.Server{Handler: engine}
	var served sync.WaitGroup
	served.Go(func() { web.Serve(pipes) })
	t.Cleanup(func() {
		engine.Close()
		engine.Shutdown(context.Background())
		web.Close()
		served.Wait()
	})
}

// hidden returns the fields of Outer that have the name of one of Inner's.
func hidden[Outer, Inner any]() (names []string) {
	for field := range reflect.TypeFor[Inner]().Fields() {
		if outer, ok := reflect.TypeFor[Outer]().FieldByName(field.Name); ok && len(outer.Index) == 1 {
			names = append(names, field.Name)
		}
	}
	return names
}
