package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pollingQuery   = "EIO=4&transport=polling"
	webSocketQuery = "EIO=4&transport=websocket"
	unknownSession = `{"code":1,"message":"Session ID unknown"}`
)

// A client talks to the servers in memory, within a bubble of synctest.
type client struct {
	*testing.T
	http   *http.Client
	dialer *websocket.Dialer
}

// newClient starts the protocols' servers, which end with the test.
func newClient(t *testing.T) *client {
	t.Helper()
	engine, socket := newEngineIO(), newSocketIO()
	mux := http.NewServeMux()
	mux.Handle(enginePath, engine)
	mux.Handle(socketPath, socket)
	return newClientOf(t, mux, engine, socket)
}

// A stopper is a server that can be shut down.
type stopper interface{ Shutdown(context.Context) error }

// newClientOf serves the handler until the test ends, and then shuts down what is behind it.
func newClientOf(t *testing.T, handler http.Handler, behind ...stopper) *client {
	t.Helper()
	listener := newMemory()
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for _, s := range append(behind, server) {
			if err := s.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}
	})
	return &client{
		T:      t,
		http:   &http.Client{Transport: &http.Transport{DialContext: listener.dial, DisableKeepAlives: true}},
		dialer: &websocket.Dialer{NetDialContext: listener.dial},
	}
}

// An answer is one to a request.
type answer struct {
	status int
	body   string
}

func (c *client) do(method, path, query, body string) answer {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), method, "http://official"+path+"?"+query, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		c.Fatalf("%s %s?%s: %v", method, path, query, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	return answer{response.StatusCode, string(text)}
}

// A session is one of Engine.IO over polling.
type session struct {
	*client
	query, upgradeQuery string
}

// polling begins a session.
func (c *client) polling() *session {
	c.Helper()
	got := c.do("GET", enginePath, pollingQuery, "")
	_, rest, found := strings.Cut(got.body, `{"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	if got.status != 200 || !found {
		c.Fatalf("handshake: %v", got)
	}
	return &session{c, pollingQuery + "&sid=" + sid, webSocketQuery + "&sid=" + sid}
}

func (s *session) wantPoll(status int, body string) {
	s.Helper()
	if got := s.do("GET", enginePath, s.query, ""); got != (answer{status, body}) {
		s.Fatalf("a poll: %v, want %d %q", got, status, body)
	}
}

func (s *session) wantPost(payload string, status int, body string) {
	s.Helper()
	if got := s.do("POST", enginePath, s.query, payload); got != (answer{status, body}) {
		s.Fatalf("a POST of %q: %v, want %d %q", payload, got, status, body)
	}
}

// park polls, and returns where the answer will be, when the server has the request.
func (s *session) park() <-chan answer {
	got := make(chan answer, 1)
	go func() { got <- s.do("GET", enginePath, s.query, "") }()
	synctest.Wait()
	return got
}

// A socket is a WebSocket.
type socket struct {
	*client
	conn *websocket.Conn
}

func (c *client) tryDial(path, query string) (s *socket, status int) {
	c.Helper()
	conn, response, err := c.dialer.DialContext(c.Context(), "ws://official"+path+"?"+query, nil)
	if response == nil {
		c.Fatalf("%s?%s: %v", path, query, err)
	}
	if err != nil {
		response.Body.Close()
		return nil, response.StatusCode
	}
	c.Cleanup(func() { conn.Close() })
	return &socket{c, conn}, response.StatusCode
}

func (c *client) dial(path, query string) *socket {
	c.Helper()
	s, status := c.tryDial(path, query)
	if s == nil {
		c.Fatalf("%s?%s: %d", path, query, status)
	}
	return s
}

// webSocket begins a session on a WebSocket.
func (c *client) webSocket(path string) *socket {
	c.Helper()
	s := c.dial(path, webSocketQuery)
	s.wantMatch(`0{.*}`)
	return s
}

// joined begins a session that has joined the main namespace.
func (c *client) joined() *socket {
	c.Helper()
	s := c.webSocket(socketPath)
	s.send("40")
	s.wantMatch(`40{"sid":"[\w-]{20}"}`)
	s.want(`42["auth",{}]`)
	return s
}

func (s *socket) send(packets ...string) {
	s.Helper()
	for _, packet := range packets {
		if err := s.conn.WriteMessage(websocket.TextMessage, []byte(packet)); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *socket) sendBinary(data string) {
	s.Helper()
	if err := s.conn.WriteMessage(websocket.BinaryMessage, []byte(data)); err != nil {
		s.Fatal(err)
	}
}

// closed is what next returns when the server has closed.
const closed = "(closed)"

// next returns the next message.
func (s *socket) next() string {
	s.Helper()
	kind, data, err := s.conn.ReadMessage()
	var why *websocket.CloseError
	switch {
	case errors.As(err, &why):
		return closed
	case err != nil:
		s.Fatal(err)
	case kind == websocket.BinaryMessage:
		return fmt.Sprintf("binary %x", data)
	}
	return string(data)
}

func (s *socket) want(packets ...string) {
	s.Helper()
	for _, packet := range packets {
		if got := s.next(); got != packet {
			s.Fatalf("%s came, want %s", got, packet)
		}
	}
}

func (s *socket) wantMatch(form string) {
	s.Helper()
	if got := s.next(); !regexp.MustCompile("^" + form + "$").MatchString(got) {
		s.Fatalf("%s came, want %s", got, form)
	}
}

func (s *socket) wantClosed() { s.Helper(); s.want(closed) }

// memory is a listener whose connections are pipes.
type memory struct {
	conns chan net.Conn
	ended chan struct{}
	end   func()
}

func newMemory() *memory {
	m := &memory{conns: make(chan net.Conn), ended: make(chan struct{})}
	m.end = sync.OnceFunc(func() { close(m.ended) })
	return m
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.conns <- theirs:
		return ours, nil
	case <-m.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.ended:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error { m.end(); return nil }

func (*memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
