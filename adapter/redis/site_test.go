package redis

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
	"socketio/engineio"
)

// kinds opens each kind of Bus.
var kinds = map[string]func(c rueidis.Client) adapter.Bus{
	"classic": func(c rueidis.Client) adapter.Bus { return NewClassic(c, &ClassicOptions{OnError: func(error) {}}) },
	"sharded": func(c rueidis.Client) adapter.Bus { return NewSharded(c, &ShardedOptions{OnError: func(error) {}}) },
	"streams": func(c rueidis.Client) adapter.Bus { return NewStreams(c, &StreamsOptions{OnError: func(error) {}}) },
}

// A site is a server with one client, which notes the numbers that it hears.
type site struct {
	t      *testing.T
	srv    *socketio.Server
	gate   *gate
	client *socketio.Client

	mu        sync.Mutex // guards what follows
	errors    []error    // that the server has reported
	numbers   []int
	connects  int
	recovered int // of these
}

// A gate is where connections come in, until it is shut.
type gate struct {
	net.Listener

	mu    sync.Mutex // guards what follows
	shut  bool
	conns []net.Conn
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		shut := g.shut
		g.conns = append(g.conns, conn)
		g.mu.Unlock()
		if !shut {
			return conn, nil
		}
		conn.Close()
	}
}

// close ends all connections and refuses others until it is opened.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for _, conn := range g.conns {
		tcp := conn.(*net.TCPConn) // which its server closes, and notices that there is an end
		_ = tcp.CloseRead()
		_ = tcp.CloseWrite()
	}
	g.conns = nil
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// newSite starts a server, with recovery if the bus allows it, and connects its client.
func newSite(t *testing.T, bus adapter.Bus) *site {
	t.Helper()
	x := &site{t: t}
	o := &socketio.Options{Bus: bus, OnError: func(_ context.Context, _ *socketio.Socket, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.errors = append(x.errors, err)
	}}
	if _, keeps := bus.(adapter.History); keeps {
		o.Recovery.Window = time.Minute
	}
	x.srv = socketio.NewServer(o)
	web := httptest.NewUnstartedServer(x.srv)
	x.gate = &gate{Listener: web.Listener}
	web.Listener = x.gate
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(func() { x.srv.Close() })
	x.client = socketio.NewClient(web.URL, &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}},
		Backoff:     socketio.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
		OnRetry:     func(int, time.Duration, error) {},
	})
	t.Cleanup(func() { x.client.Close() })
	x.client.On("n", func(_ context.Context, _ *socketio.ClientSocket, n int) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.numbers = append(x.numbers, n)
		return nil
	})
	x.client.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.connects++
		if s.Recovered() {
			x.recovered++
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := x.client.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return x
}

// emit sends numbers to all clients of the cluster.
func (x *site) emit(numbers ...int) {
	x.t.Helper()
	for _, n := range numbers {
		if err := x.srv.All().Emit("n", n); err != nil {
			x.t.Errorf("Emit: %v", err)
		}
	}
}

func (x *site) heard() []int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.numbers)
}

// wantNext waits until the client has heard these numbers, and nothing else.
func (x *site) wantNext(what string, numbers ...int) {
	x.t.Helper()
	until(x.t, what, func() bool { return len(x.heard()) >= len(numbers) })
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.Equal(x.numbers[:len(numbers)], numbers) {
		x.t.Errorf("%s: the client heard %v, want %v", what, x.numbers, numbers)
	}
	x.numbers = x.numbers[len(numbers):]
}

// comeBack lets a client that has been cut off come back, and says whether it was recovered.
func (x *site) comeBack() bool {
	x.t.Helper()
	x.mu.Lock()
	connects, recovered := x.connects, x.recovered
	x.mu.Unlock()
	x.gate.open()
	until(x.t, "the return of the client", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.connects > connects
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.recovered > recovered
}

// goAway cuts the client off, and waits until its server has left its session to others.
func (x *site) goAway(client rueidis.Client) {
	x.t.Helper()
	x.gate.close()
	until(x.t, "a session", func() bool { return len(sessionKeys(x.t, client)) > 0 })
}

func sessionKeys(t *testing.T, client rueidis.Client) []string {
	t.Helper()
	keys, err := client.Do(t.Context(), client.B().Keys().Pattern(sessionPrefix+"*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// reports returns how many errors the server has reported.
func (x *site) reports() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.errors)
}

// met waits until servers hear each other, and forgets what was sent to find that out. Of each
// server the number that was sent last has been heard by all then, so nothing comes late.
func met(t *testing.T, sites ...*site) {
	t.Helper()
	token := 0
	for _, x := range sites {
		until(t, "hearing the others", func() bool {
			token--
			x.emit(token)
			for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				if allHeard(sites, token) {
					return true
				}
			}
			return false
		})
	}
	for _, x := range sites {
		x.mu.Lock()
		x.numbers = nil
		x.mu.Unlock()
	}
}

func allHeard(sites []*site, number int) bool {
	for _, x := range sites {
		if !slices.Contains(x.heard(), number) {
			return false
		}
	}
	return true
}

// goroutines waits until there are no more than so many.
func goroutines(t *testing.T, most int) {
	t.Helper()
	until(t, "the end of goroutines", func() bool { return runtime.NumGoroutine() <= most })
}

// do sends a command to Redis.
func do(t *testing.T, client rueidis.Client, words ...string) {
	t.Helper()
	if err := client.Do(t.Context(), client.B().Arbitrary(words...).Build()).Error(); err != nil {
		t.Fatalf("%v: %v", words, err)
	}
}

// A link is how a client reaches Redis, until it is cut.
type link struct {
	mu    sync.Mutex // guards what follows
	gone  bool
	conns []net.Conn
}

var errCut = errors.New("there is no network")

func (l *link) dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.gone {
		conn.Close()
		err = errCut
	}
	if err != nil {
		return nil, err
	}
	l.conns = append(l.conns, conn)
	return conn, nil
}

// cut ends all connections and lets no other be made, or lets them be made again.
func (l *link) cut(gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = gone
	for _, conn := range l.conns {
		conn.Close()
	}
	l.conns = nil
}
