package engineio

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"socketio/internal/ws"
)

// A rig is a server that sends back what it gets, and clients that speak the
// protocol to it over real connections.
type rig struct {
	*testing.T
	server *Server
	http   *httptest.Server
	closed chan *CloseError // of every connection
	log    *bytes.Buffer
}

// An echo is a receiver that sends back what it gets.
type echo struct {
	c    *Conn
	rig  *rig
	hook func(c *Conn, m Message) bool // true: dealt with
}

func (e *echo) Receive(m Message) {
	if e.hook != nil && e.hook(e.c, m) {
		return
	}
	e.c.Send(m)
}

func (e *echo) Closed(err *CloseError) { e.rig.closed <- err }

func newRig(t *testing.T, o *Options, hook func(c *Conn, m Message) bool) *rig {
	t.Helper()
	if o == nil {
		o = &Options{}
	}
	r := &rig{T: t, closed: make(chan *CloseError, 100)}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r.server = NewServer(func(c *Conn) { c.Attach(&echo{c: c, rig: r, hook: hook}) }, o)
	r.http = httptest.NewServer(r.server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if n := r.server.Len(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		r.http.Close()
	})
	return r
}

// do makes a request with a query behind EIO=4&, and returns its answer.
func (r *rig) do(method, query, body string) (status int, answer string, h http.Header) {
	r.Helper()
	req, err := http.NewRequest(method, r.http.URL+"/socket.io/?EIO=4&"+query, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	resp, err := r.http.Client().Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// want makes a request and compares its status and body.
func (r *rig) want(why, method, query, body string, status int, answer string) {
	r.Helper()
	if got, gotBody, _ := r.do(method, query, body); got != status || gotBody != answer {
		r.Fatalf("%s: got %d %q, want %d %q", why, got, gotBody, status, answer)
	}
}

// poll begins a polling session and returns its id.
func (r *rig) poll() (sid string) {
	r.Helper()
	status, body, _ := r.do("GET", "transport=polling", "")
	_, rest, ok := strings.Cut(body, `{"sid":"`)
	if status != 200 || !ok || len(rest) < 20 {
		r.Fatalf("handshake: %d %q", status, body)
	}
	return rest[:20]
}

// parked makes a GET that waits, and returns where its answer will be.
func (r *rig) parked(sid string) <-chan string {
	r.Helper()
	answer := make(chan string, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		resp, err := r.http.Client().Get(r.http.URL + "/socket.io/?EIO=4&transport=polling&sid=" + sid)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-started
	r.until("the GET is parked", func() bool {
		c := r.server.find(sid)
		if c == nil {
			return true
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		p := c.poll.Load()
		return p == nil || p.get != nil || len(answer) > 0
	})
	return answer
}

// until waits for something to become so.
func (r *rig) until(what string, so func() bool) {
	r.Helper()
	end := time.Now().Add(10 * time.Second)
	for !so() {
		if time.Now().After(end) {
			r.Fatalf("it did not happen that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// A wsClient is a bare WebSocket client.
type wsClient struct {
	*rig
	net.Conn
	parser ws.Parser
	buf    []byte
}

// dial makes a WebSocket with the query behind EIO=4&.
func (r *rig) dial(query string) *wsClient {
	r.Helper()
	c, status := r.tryDial(query)
	if c == nil {
		r.Fatalf("no WebSocket: %s", status)
	}
	return c
}

func (r *rig) tryDial(query string) (*wsClient, string) {
	r.Helper()
	nc, err := net.Dial("tcp", r.http.Listener.Addr().String())
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(nc, "GET /socket.io/?EIO=4&"+query+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		r.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, resp.Status
	}
	early, _ := br.Peek(br.Buffered())
	return &wsClient{rig: r, Conn: nc, parser: ws.Parser{Client: true}, buf: bytes.Clone(early)}, resp.Status
}

// send sends text messages in one write.
func (c *wsClient) send(texts ...string) {
	c.Helper()
	var b []byte
	for _, text := range texts {
		b = ws.AppendMasked(b, ws.OpText, []byte(text))
	}
	if _, err := c.Write(b); err != nil {
		c.Fatal(err)
	}
}

// next returns the next message: its text, or "close", or the error.
func (c *wsClient) next() string {
	c.Helper()
	for {
		m, n, err := c.parser.Next(c.buf)
		c.buf = c.buf[n:]
		if err != nil {
			c.Fatal(err)
		}
		switch m.Op {
		case 0:
			b := make([]byte, 4096)
			n, err := c.Read(b)
			if err != nil {
				return "end"
			}
			c.buf = b[:n]
		case ws.OpClose:
			return "close"
		default:
			return string(m.Data)
		}
	}
}

func (c *wsClient) expect(why string, texts ...string) {
	c.Helper()
	for _, want := range texts {
		if got := c.next(); got != want {
			c.Fatalf("%s: got %.200q, want %q", why, got, want)
		}
	}
}

// open expects the open packet.
func (c *wsClient) open() *wsClient {
	c.Helper()
	if got := c.next(); !strings.HasPrefix(got, `0{"sid":"`) {
		c.Fatalf("got %q, want the open packet", got)
	}
	return c
}

// wantClosed expects that a connection has ended for a reason.
func (r *rig) wantClosed(reason string) error {
	r.Helper()
	select {
	case err := <-r.closed:
		if err.Reason != reason {
			r.Fatalf("closed with %q (%v), want %q", err.Reason, err.Err, reason)
		}
		return err.Err
	case <-time.After(10 * time.Second):
		r.Fatalf("not closed, want %q", reason)
		return nil
	}
}
