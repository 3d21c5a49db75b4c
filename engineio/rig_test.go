package engineio

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
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
	wait   time.Duration    // how long to wait for what must happen

	inMemory bool // the network is; time need not pass there
	log      safeBuffer
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

// newRig starts a server on a TCP port. Each message goes to hook, if there is one,
// and is sent back unless that has dealt with it.
func newRig(t *testing.T, o *Options, hook func(c *Conn, m Message) bool) *rig {
	t.Helper()
	r := newServerRig(t, o, hook)
	r.listen()
	return r
}

// listen serves the rig's server on a TCP port.
func (r *rig) listen() { r.serve(httptest.NewServer(r.server)) }

// newServerRig makes the server, which serve has still to start.
func newServerRig(t *testing.T, o *Options, hook func(c *Conn, m Message) bool) *rig {
	r := &rig{T: t, closed: make(chan *CloseError, 100), wait: 30 * time.Second}
	r.server = NewServer(func(c *Conn) { c.Attach(&echo{c: c, rig: r, hook: hook}) }, r.quiet(o))
	return r
}

// quiet returns options that log to the rig, unless they say where to.
func (r *rig) quiet(o *Options) *Options {
	var quiet Options
	if o != nil {
		quiet = *o
	}
	if quiet.Logger == nil {
		quiet.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	}
	return &quiet
}

// serve makes h the rig's way to its server. At the end of the test nothing of the
// server may be left.
func (r *rig) serve(h *httptest.Server) {
	r.http = h
	r.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), r.wait)
		defer cancel()
		if err := r.server.Shutdown(ctx); err != nil {
			r.Errorf("Shutdown: %v", err)
		}
		if n := r.server.Len(); n != 0 {
			r.Errorf("%d connections are left", n)
		}
		r.http.Close()
	})
}

// A safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// An answer is what came of a request.
type answer struct {
	status int
	body   string
	header http.Header
}

// ask makes a request of a path with its query. Each header is "Name: value"; Host is
// the request's own.
func (r *rig) ask(method, target, body string, headers ...string) answer {
	r.Helper()
	req, err := http.NewRequest(method, r.http.URL+target, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Add(name, value)
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
	return answer{resp.StatusCode, string(b), resp.Header}
}

// raw sends a request as it stands.
func (r *rig) raw(request string) answer {
	r.Helper()
	nc := r.connect()
	if _, err := io.WriteString(nc, request); err != nil {
		r.Fatal(err)
	}
	return readAnswer(r.T, nc)
}

// readAnswer reads what comes back over a connection.
func readAnswer(t *testing.T, nc net.Conn) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, string(b), resp.Header}
}

// do makes a request with a query behind EIO=4&, and returns its answer.
func (r *rig) do(method, query, body string) (status int, answer string, h http.Header) {
	r.Helper()
	a := r.ask(method, "/socket.io/?EIO=4&"+query, body)
	return a.status, a.body, a.header
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
	end := time.Now().Add(r.wait)
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
func (r *rig) dial(query string, headers ...string) *wsClient {
	r.Helper()
	c, a := r.handshake("/socket.io/?EIO=4&"+query, headers...)
	if c == nil {
		r.Fatalf("no WebSocket: %d %s", a.status, a.body)
	}
	return c
}

// handshakeHeaders are those of a WebSocket's handshake. A header of the same name
// given besides replaces one; an empty one takes it away.
var handshakeHeaders = []string{
	"Host: x", "Connection: Upgrade", "Upgrade: websocket",
	"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
}

// handshake asks for a WebSocket. It returns nil and the answer if that is another one.
func (r *rig) handshake(target string, headers ...string) (*wsClient, answer) {
	r.Helper()
	nc := r.connect()
	io.WriteString(nc, "GET "+target+" HTTP/1.1\r\n"+headerLines(headers)+"\r\n")
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			r.Fatal(err)
		}
		a.body = string(b)
		return nil, a
	}
	early, _ := br.Peek(br.Buffered())
	return &wsClient{rig: r, Conn: nc, parser: ws.Parser{Client: true}, buf: bytes.Clone(early)}, a
}

func headerLines(headers []string) string {
	var b strings.Builder
	for _, h := range handshakeHeaders {
		name, _, _ := strings.Cut(h, ": ")
		if !slices.ContainsFunc(headers, func(given string) bool { return strings.HasPrefix(given, name+": ") }) {
			b.WriteString(h + "\r\n")
		}
	}
	for _, h := range headers {
		if _, value, _ := strings.Cut(h, ": "); value != "" {
			b.WriteString(h + "\r\n")
		}
	}
	return b.String()
}

// connect makes a bare connection to the server, TLS if that speaks it.
func (r *rig) connect() net.Conn {
	r.Helper()
	var nc net.Conn
	var err error
	transport := r.http.Client().Transport.(*http.Transport)
	if address, secure := strings.CutPrefix(r.http.URL, "https://"); secure {
		config := transport.TLSClientConfig.Clone()
		config.NextProtos = []string{"http/1.1"}
		nc, err = tls.Dial("tcp", address, config)
	} else {
		nc, err = transport.DialContext(r.Context(), "tcp", strings.TrimPrefix(r.http.URL, "http://"))
	}
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { nc.Close() })
	if !r.inMemory {
		nc.SetDeadline(time.Now().Add(r.wait))
	}
	return nc
}

// send sends text messages in one write.
func (c *wsClient) send(texts ...string) {
	c.Helper()
	var b []byte
	for _, text := range texts {
		b = appendText(b, text)
	}
	if _, err := c.Write(b); err != nil {
		c.Fatal(err)
	}
}

// sendBinary sends a binary message.
func (c *wsClient) sendBinary(data []byte) {
	c.Helper()
	if _, err := c.Write(ws.AppendMasked(nil, ws.OpBinary, data)); err != nil {
		c.Fatal(err)
	}
}

// next returns the text of the next message; "close" for a close frame, and "end" when
// there is nothing more.
func (c *wsClient) next() string {
	c.Helper()
	return c.message().text
}

// received is a message, or what next says instead.
type received struct {
	text   string
	binary bool
	code   int // of a close frame
}

func (c *wsClient) message() received {
	c.Helper()
	m, err := c.tryNext()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.Fatal("nothing came")
	case errors.As(err, new(*ws.CloseError)):
		c.Fatal(err)
	case err != nil:
		return received{text: "end"}
	}
	return m
}

// tryNext is message for another goroutine than the test's.
func (c *wsClient) tryNext() (received, error) {
	for {
		m, n, err := c.parser.Next(c.buf)
		c.buf = c.buf[n:]
		if err != nil {
			return received{}, err
		}
		switch m.Op {
		case 0:
			b := make([]byte, 4096)
			n, err := c.Read(b)
			if err != nil {
				return received{}, err
			}
			c.buf = b[:n]
		case ws.OpClose:
			return received{text: "close", code: ws.ParseClose(m.Data).Code}, nil
		default:
			return received{text: string(m.Data), binary: m.Op == ws.OpBinary}, nil
		}
	}
}

// appendText appends a client's text message.
func appendText(b []byte, text string) []byte { return ws.AppendMasked(b, ws.OpText, []byte(text)) }

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
	case <-time.After(r.wait):
		r.Fatalf("not closed, want %q", reason)
		return nil
	}
}

// find returns the connection with that id, nil if there is none.
func (s *Server) find(id string) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[id]
}
