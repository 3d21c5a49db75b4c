package forward

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"socketio/internal/ws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long the tests wait for what must happen.
const patience = 30 * time.Second

const secret = "a secret of the tests"

// A directory is a list that a test writes.
type directory struct {
	settled chan struct{}

	mu      sync.Mutex // guards what follows
	known   map[uint32][]string
	doubted []string
}

func newDirectory() *directory {
	d := &directory{settled: make(chan struct{}), known: map[uint32][]string{}}
	close(d.settled)
	return d
}

func (d *directory) Find(tag uint32) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.known[tag])
}

func (d *directory) Doubt(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.doubted = append(d.doubted, address)
}

func (d *directory) Settled() <-chan struct{} { return d.settled }

func (d *directory) add(tag uint32, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[tag] = append(d.known[tag], address)
}

// A node is a Forwarder, and behind it a handler that stands for the node's server.
type node struct {
	t       *testing.T
	f       *Forwarder
	d       *directory
	address string

	mu   sync.Mutex // guards left
	left []string   // session ids of which Leave was told
}

// newNode starts a node that ends with the test.
func newNode(t *testing.T, tag uint32, own http.HandlerFunc, change func(*Config)) *node {
	t.Helper()
	n := &node{t: t, d: newDirectory()}
	c := Config{
		Tag: tag, Directory: n.d, Secret: secret, Path: "/socket.io/", MaxPayload: 1000,
		WriteTimeout: patience, Patience: patience, Logger: slog.New(slog.DiscardHandler),
		Leave: func(id string) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.left = append(n.left, id)
		},
	}
	if change != nil {
		change(&c)
	}
	n.f = New(c)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r = n.f.Serve(w, r); r != nil {
			own(w, r)
		}
	}))
	n.address = server.Listener.Addr().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := n.f.Shutdown(ctx); err != nil {
			t.Errorf("a node did not end: %v", err)
		}
		server.CloseClientConnections()
		server.Close()
		n.f.transport.CloseIdleConnections()
	})
	return n
}

// pair is a node that has sessions, of tag 1, and another one that they do not know of.
func pair(t *testing.T, owner, own http.HandlerFunc, change func(*Config)) (far, near *node) {
	t.Helper()
	far = newNode(t, 1, owner, change)
	near = newNode(t, 2, own, change)
	near.d.add(1, far.address)
	return far, near
}

// url is that of a request for a session.
func (n *node) url(id string) string {
	return fmt.Sprintf("http://%s/socket.io/?EIO=4&transport=polling&sid=%s", n.address, id)
}

func unknown(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprint(w, `{"code":1,"message":"Session ID unknown"}`)
}

func never(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was not forwarded", r.Method, r.RequestURI)
		unknown(w, r)
	}
}

// client has connections of its own, which end with the test.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 2 * patience}
}

// fetch is a GET or, with a body, a POST.
func fetch(t *testing.T, c *http.Client, url string, body io.Reader) (status int, text string, header http.Header) {
	t.Helper()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// socket is an owner's handler that takes WebSockets, without frames, and gives each to
// serve, which has to close it.
func socket(t *testing.T, serve func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, early, err := ws.Accept(w, r, http.Header{"X-Owner": {"yes"}}, []byte("welcome "))
		if err != nil {
			t.Error(err)
			return
		}
		if len(early) > 0 {
			t.Errorf("%q came before the answer", early)
		}
		serve(conn)
	}
}

// dialSocket opens a WebSocket for a session of tag 1 and reads what the owner says first.
func dialSocket(t *testing.T, n *node) net.Conn {
	t.Helper()
	conn, from, res := handshake(t, n)
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("X-Owner") != "yes" {
		t.Fatalf("the handshake was answered by %d", res.StatusCode)
	}
	b := make([]byte, len("welcome "))
	if _, err := io.ReadFull(from, b); err != nil || string(b) != "welcome " {
		t.Fatalf("the owner's first words are %q, %v", b, err)
	}
	return conn
}

func handshake(t *testing.T, n *node) (net.Conn, io.Reader, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", n.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(2 * patience))
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=websocket&sid=%s HTTP/1.1\r\nHost: example.com\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", NewID(1))
	from := bufio.NewReader(conn)
	res, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, from, res
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain waited for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
