package faults

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

// patience is how long is waited for what must happen.
const patience = 30 * time.Second

// A rig is a server behind a proxy, and what its clients need.
type rig struct {
	t      *testing.T
	srv    *socketio.Server
	proxy  *chaos.Proxy
	direct string   // the server's own URL
	dial   dialFunc // nil for TCP
}

// inBubble runs a test on a network in memory, where time is no matter.
func inBubble(t *testing.T, o socketio.Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		front, back := chaos.NewMemory(), chaos.NewMemory()
		r := &rig{t: t, dial: front.DialContext}
		r.srv = serve(t, o, back)
		r.proxy = chaos.New(front, back.Dial, 1)
		t.Cleanup(func() { r.proxy.Close() })
		test(t, r)
	})
}

// overTCP returns a rig over a real network.
func overTCP(t *testing.T, o socketio.Options) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, direct: "http://" + l.Addr().String()}
	r.srv = serve(t, o, l)
	if r.proxy, err = chaos.Listen(l.Addr().String(), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.proxy.Close() })
	return r
}

// serve starts a server, which ends with the test.
func serve(t *testing.T, o socketio.Options, l net.Listener) *socketio.Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	srv := socketio.NewServer(&o)
	web := &http.Server{Handler: srv, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var served sync.WaitGroup
	served.Go(func() { _ = web.Serve(l) }) // it ends with Close
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("the server does not end: %v", err)
		}
		web.Close()
		served.Wait()
	})
	return srv
}

// client returns a client behind the proxy, which is closed at the end of the test.
func (r *rig) client(o socketio.ClientOptions) *socketio.Client {
	if r.dial == nil {
		return newClient(r.t, r.proxy.URL(), o)
	}
	transport := &http.Transport{DialContext: r.dial}
	r.t.Cleanup(transport.CloseIdleConnections)
	o.HTTPClient = &http.Client{Transport: transport}
	return newClient(r.t, "http://in.memory", o)
}

// newClient returns a client that comes back soon and says nothing of that.
func newClient(t *testing.T, target string, o socketio.ClientOptions) *socketio.Client {
	o.Logger = slog.New(slog.DiscardHandler)
	if o.OnRetry == nil {
		o.OnRetry = func(int, time.Duration, error) {}
	}
	if o.Backoff.Min == 0 {
		o.Backoff.Min, o.Backoff.Max = 20*time.Millisecond, 200*time.Millisecond
	}
	c := socketio.NewClient(target, &o)
	t.Cleanup(func() { c.Close() })
	return c
}

// connect connects clients.
func connect(t *testing.T, clients ...*socketio.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, c := range clients {
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// ask sends an event that the server answers with what it got, and wants that.
func ask(t *testing.T, c *socketio.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got, err := c.EmitAck[string](ctx, "echo", "hello"); got != "hello" || err != nil {
		t.Errorf("the answer is %q, %v", got, err)
	}
}

// echo lets a server answer what ask asks.
func echo(srv *socketio.Server) {
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, text string) (string, error) { return text, nil })
}

// over are options for clients on these transports.
func over(transports ...string) socketio.ClientOptions {
	return socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: transports}}
}

// ways are the transports by which a client connects.
var ways = map[string][]string{
	"polling":   {engineio.Polling},
	"websocket": {engineio.WebSocket},
	"upgrade":   {engineio.Polling, engineio.WebSocket},
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// within returns what ch gives, in time.
func within[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("%s: not within %v", what, patience)
	}
	return v
}

// ends notes with which reasons the sockets of a server end.
type ends struct {
	mu      sync.Mutex // guards what follows
	reasons []socketio.Reason
	at      []time.Time
}

func (e *ends) watch(srv *socketio.Server) {
	srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.reasons, e.at = append(e.reasons, why), append(e.at, time.Now())
		return nil
	})
}

func (e *ends) all() []socketio.Reason {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.reasons)
}

// lines are what somebody prints or logs, line by line.
type lines struct {
	mu   sync.Mutex // guards what follows
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// errRefused is what user code of these tests fails with.
var errRefused = errors.New("refused")
