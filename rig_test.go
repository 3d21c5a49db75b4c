package socketio

import (
	"bytes"
	"context"
	"encoding/json/v2"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/internal/serial"
	"socketio/internal/ws"
)

// The rig of the tests: a server on connections in memory, and clients that speak
// packets. It works within synctest, where time is no matter. Actual tests are
// elsewhere, but for one that shows how it works.

func TestRigShowsWhatTravels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.On("hello", func(_ context.Context, s *Socket, name string) error {
			return s.Emit("greeting", "hello "+name)
		})
		c := r.dial()
		c.send(`40`)
		c.wantPrefix(`40{"sid":"`)
		c.send(`42["hello","world"]`)
		c.want(`42["greeting","hello world"]`)
		c.wantNothing()
		c.cut()
	})
}

// A rig is a server that is being tested.
type rig struct {
	t       *testing.T
	srv     *Server
	handler http.Handler // srv, or around it
	errors  *errorLog
	pipes   *pipes
}

// newRig starts a server with the options, whose OnError it replaces if it is nil. The
// server ends with the test, which fails if anything of it remains.
func newRig(t *testing.T, o *Options) *rig {
	t.Helper()
	var options Options
	if o != nil {
		options = *o
	}
	r := &rig{t: t, errors: new(errorLog), pipes: newPipes()}
	if options.OnError == nil {
		options.OnError = r.errors.add
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	r.srv = NewServer(&options)
	r.handler = r.srv
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.handler.ServeHTTP(w, req)
	})}
	var served sync.WaitGroup
	served.Go(func() { web.Serve(r.pipes) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.srv.Shutdown(ctx); err != nil {
			t.Errorf("the server did not end: %v", err)
		}
		web.Close()
		served.Wait()
	})
	return r
}

// An errorLog is an OnError that remembers.
type errorLog struct {
	mu   sync.Mutex // guards what follows
	list []error
}

func (l *errorLog) add(_ context.Context, _ *Socket, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, err)
}

// take returns the errors since the last call.
func (l *errorLog) take() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.list
	l.list = nil
	return list
}

// pipes is a listener in memory.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// dial is the DialContext of clients.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepted <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A client is one connection to the server, over a WebSocket.
type client struct {
	t          testing.TB
	conn       ws.Conn
	monitor    serial.Monitor
	goroutines sync.WaitGroup
	deaf       atomic.Bool // nothing arrives any more
	stalled    atomic.Bool // the reader waits for resume
	resume     chan struct{}
	once       sync.Once       // closes resume
	arrived    chan ws.Message // all but what belongs to Engine.IO alone
	gone       chan struct{}   // closed when the connection has ended
}

// dial connects a client, which ends with the test.
func (r *rig) dial() *client {
	r.t.Helper()
	return r.dialRevision("4")
}

// dialRevision connects a client that speaks a revision of Engine.IO.
func (r *rig) dialRevision(revision string) *client {
	r.t.Helper()
	transport := &http.Transport{DialContext: r.pipes.dial, DisableKeepAlives: true}
	nc, early, _, err := ws.Dial(r.t.Context(), "ws://in.memory/socket.io/?transport=websocket&EIO="+revision,
		ws.DialOptions{Client: &http.Client{Transport: transport}})
	if err != nil {
		r.t.Fatal(err)
	}
	c := serveClient(r.t, nc, early)
	r.t.Cleanup(c.cut)
	return c
}

// serveClient makes a client of a connection whose handshake is done.
func serveClient(t testing.TB, nc net.Conn, early []byte) *client {
	c := &client{
		t: t, resume: make(chan struct{}), arrived: make(chan ws.Message, 100_000), gone: make(chan struct{}),
	}
	c.conn.Init(nc, &ws.Config{
		Client: true, MaxPayload: 1 << 24, QueueBytes: 1 << 26, WriteTimeout: time.Hour,
		Monitor: &c.monitor, Goroutines: &c.goroutines,
	}, c)
	c.goroutines.Go(func() { c.conn.Serve(early) })
	return c
}

// Message is called for what the server sends.
func (c *client) Message(m ws.Message) {
	if c.stalled.Load() {
		<-c.resume
	}
	if c.deaf.Load() && string(m.Data) != "2" {
		return
	}
	data := append([]byte(nil), m.Data...)
	switch {
	case m.Op == ws.OpBinary:
		c.arrived <- ws.Message{Op: m.Op, Data: data}
	case len(data) > 0 && data[0] == '2':
		c.conn.Write(ws.Frame{Op: ws.OpText, Data: []byte("3")})
	case len(data) > 0 && data[0] == '4':
		c.arrived <- ws.Message{Op: m.Op, Data: data}
	}
}

// Closed is called when the connection has ended.
func (c *client) Closed(error) { close(c.gone) }

// stall makes the client read nothing more than the next message, until goOn.
func (c *client) stall() { c.stalled.Store(true) }

func (c *client) goOn() { c.once.Do(func() { close(c.resume) }) }

// cut ends the connection without a word.
func (c *client) cut() {
	c.goOn()
	c.conn.CloseNow()
	c.goroutines.Wait()
	c.monitor.Stop()
}

// send sends messages of text in one write, or as near to one as it gets.
func (c *client) send(texts ...string) {
	c.t.Helper()
	var frames []ws.Frame
	for _, text := range texts {
		frames = append(frames, ws.Frame{Op: ws.OpText, Data: []byte(text)})
	}
	if err := c.conn.Write(frames...); err != nil {
		c.t.Errorf("sending %.60q: %v", texts, err)
	}
}

// sendBinary sends a binary message.
func (c *client) sendBinary(data string) {
	c.t.Helper()
	if err := c.conn.Write(ws.Frame{Op: ws.OpBinary, Data: []byte(data)}); err != nil {
		c.t.Errorf("sending %d bytes: %v", len(data), err)
	}
}

// testPatience is how long a client waits for what it wants.
const testPatience = 20 * time.Second

// next returns the next message: its text, or "binary " and its bytes.
func (c *client) next() string {
	c.t.Helper()
	timeout := time.NewTimer(testPatience)
	defer timeout.Stop()
	select {
	case m := <-c.arrived:
		return describe(m)
	case <-timeout.C:
		c.t.Fatal("nothing arrived")
	case <-c.gone:
		select {
		case m := <-c.arrived: // before the end
			return describe(m)
		default:
			c.t.Fatal("the connection has ended")
		}
	}
	return ""
}

func describe(m ws.Message) string {
	if m.Op == ws.OpBinary {
		return fmt.Sprintf("binary %q", m.Data)
	}
	return string(m.Data)
}

// want fails unless these are the next messages.
func (c *client) want(messages ...string) {
	c.t.Helper()
	for _, want := range messages {
		if got := c.next(); got != want {
			c.t.Fatalf("received %.200s, want %.200s", got, want)
		}
	}
}

// wantPrefix fails unless the next message begins so, and returns it.
func (c *client) wantPrefix(prefix string) string {
	c.t.Helper()
	got := c.next()
	if !strings.HasPrefix(got, prefix) {
		c.t.Fatalf("received %.200s, want %s…", got, prefix)
	}
	return got
}

// wantNothing fails if something has arrived once nothing happens any more. It works
// within synctest only.
func (c *client) wantNothing() {
	c.t.Helper()
	synctest.Wait()
	select {
	case m := <-c.arrived:
		c.t.Fatalf("received %.200s, want nothing", describe(m))
	default:
	}
}

// wantEnd fails unless the server ends the connection, within the time.
func (c *client) wantEnd(within time.Duration) {
	c.t.Helper()
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-c.gone:
	case <-timeout.C:
		c.t.Fatalf("the connection has not ended within %v", within)
	}
}

// wantOpen fails if the connection has ended once nothing happens any more. It works
// within synctest only.
func (c *client) wantOpen() {
	c.t.Helper()
	synctest.Wait()
	select {
	case <-c.gone:
		c.t.Fatal("the connection has ended")
	default:
	}
}

// join joins a namespace and returns the socket's id.
func (c *client) join(namespace string) string {
	c.t.Helper()
	prefix := ""
	if namespace != "/" {
		prefix = namespace + ","
	}
	c.send("40" + prefix)
	reply := strings.TrimPrefix(c.wantPrefix("40"+prefix+"{"), "40"+prefix)
	var connected struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal([]byte(reply), &connected); err != nil || len(connected.SID) != 20 {
		c.t.Fatalf("the reply to CONNECT is %s (%v)", reply, err)
	}
	return connected.SID
}

// joined connects a client to the main namespace.
func (r *rig) joined() (c *client, id string) {
	r.t.Helper()
	c = r.dial()
	return c, c.join("/")
}

// wantSocket returns the server's end of a socket of the main namespace.
func (r *rig) wantSocket(id string) *Socket {
	r.t.Helper()
	s, ok := r.srv.Socket(id)
	if !ok {
		r.t.Fatalf("the server has no socket %s", id)
	}
	return s
}

// A lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// overTCP connects a client to srv's main namespace over a real network.
func overTCP(t testing.TB, srv *Server) *client {
	t.Helper()
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	c := dialTCP(t, web.Listener.Addr())
	t.Cleanup(c.cut)
	c.join("/")
	return c
}

func dialTCP(t testing.TB, addr net.Addr) *client {
	t.Helper()
	nc, early, _, err := ws.Dial(t.Context(), "ws://"+addr.String()+"/socket.io/?EIO=4&transport=websocket", ws.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return serveClient(t, nc, early)
}
