package postgres

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
)

// start starts a server with that Bus, with recovery if it keeps what that takes.
func start(t *testing.T, b listener) (*socketio.Server, string) {
	t.Helper()
	o := &socketio.Options{Bus: b}
	if _, keeps := b.(*Log); keeps {
		o.Recovery.Window = time.Minute
	}
	srv := socketio.NewServer(o)
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = srv.Shutdown(ctx) // the database may not be there
		web.Close()
	})
	return srv, strings.TrimPrefix(web.URL, "http://")
}

// meet waits until servers know of each other.
func meet(t *testing.T, servers ...*socketio.Server) {
	t.Helper()
	for _, srv := range servers {
		until(t, "the meeting of all servers", func() bool {
			n, err := srv.ServerCount(t.Context())
			return err == nil && n == len(servers)
		})
	}
}

// A guest is a client that can be cut off, and that goes to whichever server is told.
type guest struct {
	*socketio.Client
	admitted chan bool // when it is connected: whether it was recovered

	mu    sync.Mutex // guards what follows
	addr  string
	conns []*net.TCPConn
	heard []string
}

func visit(t *testing.T, addr string) *guest {
	t.Helper()
	g := &guest{addr: addr, admitted: make(chan bool, 10)}
	o := new(socketio.ClientOptions)
	o.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: g.dial}}
	o.Transports = []string{"websocket"}
	o.Backoff.Min, o.Backoff.Max = 10*time.Millisecond, 100*time.Millisecond
	o.Logger = slog.New(slog.DiscardHandler)
	g.Client = socketio.NewClient("http://fleet.test", o)
	t.Cleanup(func() { g.Close() })
	g.On("say", func(_ context.Context, _ *socketio.ClientSocket, text string) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.heard = append(g.heard, text)
		return nil
	})
	g.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		g.admitted <- s.Recovered()
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	<-g.admitted
	return g
}

func (g *guest) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", g.addr)
	if err == nil {
		g.conns = append(g.conns, conn.(*net.TCPConn))
	}
	return conn, err
}

// move cuts the guest off and makes it come back to another server once that is allowed. It
// returns whether it was recovered.
func (g *guest) move(t *testing.T, addr string, meanwhile func()) (recovered bool) {
	t.Helper()
	g.mu.Lock()
	g.addr = "127.0.0.1:1"         // where nobody is
	for _, conn := range g.conns { // a client that closes its own connection would not come back
		_ = errors.Join(conn.CloseWrite(), conn.CloseRead()) // of one that has ended
	}
	g.conns = nil
	g.mu.Unlock()
	meanwhile()
	g.mu.Lock()
	g.addr = addr
	g.mu.Unlock()
	select {
	case recovered = <-g.admitted:
	case <-time.After(patience):
		t.Fatal("the client has not come back")
	}
	return recovered
}

func (g *guest) all() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard
}

func (g *guest) hears(text string) bool {
	return slices.Contains(g.all(), text)
}
