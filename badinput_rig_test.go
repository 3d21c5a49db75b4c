package socketio_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/internal/ws"
)

// The rig of the tests of bad input: a server on a TCP port, a healthy client that was
// there before, and lines to the server on which an attacker writes what he likes. After
// each attack the healthy client must be served as ever, and nothing of the attacker
// may be left: no session, no goroutine, no descriptor.
//
// The tests are numbered by the catalogue of bad inputs that they go through, a file for
// each of its chapters. A number stays what it is, also in bug reports; some are
// missing because they are about what is not there.

// A badInput is one of the tests: what is sent, and what must come of it.
type badInput struct {
	name    string
	options *socketio.Options // nil for the defaults
	attack  func(v *victim)
}

func testBadInputs(t *testing.T, inputs []badInput) {
	for _, input := range inputs {
		t.Run(input.name, func(t *testing.T) {
			v := newVictim(t, input.options, nil)
			input.attack(v)
			v.settle()
		})
	}
}

// A victim is a server under attack.
type victim struct {
	*testing.T
	srv     *socketio.Server
	web     *http.Server
	connect func() (net.Conn, error)
	patient time.Duration // how long a line lasts
	healthy *healthy
	lines   []*line
	sids    []string // of sessions that began with polling

	// What there was before the attack.
	goroutines, descriptors int

	record
}

// A record is what the victim's own side has seen.
type record struct {
	mu      sync.Mutex // guards what follows
	relayed int        // events that reached the handler of "relay"
	errors  []error
	log     bytes.Buffer
}

// Write takes the log.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

func (r *record) onError(_ context.Context, _ *socketio.Socket, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, err)
}

// newVictim starts a server on a TCP port and lets the healthy client in. Its log and
// its errors are recorded. Configure may be nil.
func newVictim(t *testing.T, o *socketio.Options, configure func(*http.Server)) *victim {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{T: t, patient: patience}
	v.connect = func() (net.Conn, error) { return net.Dial("tcp", listener.Addr().String()) }
	v.start(o, configure, listener)
	return v
}

// newVictimInMemory is newVictim for a bubble of synctest.
func newVictimInMemory(t *testing.T, o *socketio.Options) *victim {
	t.Helper()
	listener := newMemory()
	v := &victim{T: t, patient: 10 * time.Minute, connect: listener.dial}
	v.start(o, nil, listener)
	return v
}

func (v *victim) start(o *socketio.Options, configure func(*http.Server), listener net.Listener) {
	v.Helper()
	var options socketio.Options
	if o != nil {
		options = *o
	}
	options.Logger = slog.New(slog.NewTextHandler(v, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options.OnError = v.onError
	before := len(goroutines())
	v.srv = socketio.NewServer(&options)
	v.register()
	v.web = &http.Server{Handler: v.srv, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	if configure != nil {
		configure(v.web)
	}
	var serving sync.WaitGroup
	serving.Go(func() { v.web.Serve(listener) })
	v.Cleanup(func() {
		v.hangUp()
		v.healthy.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := v.srv.Shutdown(ctx); err != nil {
			v.Errorf("the server did not end: %v\n%s", err, serverStacks())
		}
		v.web.Close()
		serving.Wait()
		v.until("all goroutines of the server end", func() bool { return len(goroutines()) <= before })
	})
	v.healthy = newHealthy(v)
	v.healthy.roundTrip()
	v.until("the healthy client is all there is", func() bool { return v.srv.Engine().Len() == 1 })
	v.goroutines, v.descriptors = len(goroutines()), descriptors()
}

// register adds the handlers that attacks aim at.
func (v *victim) register() {
	ns := v.srv.Namespace
	ns.Handle("echo", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		args, err := arguments(m)
		if err != nil {
			return err
		}
		return m.Ack(args...)
	})
	ns.Handle("raw", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		var raw jsontext.Value
		if err := m.Decode(&raw); err != nil {
			return err
		}
		return m.Ack(string(raw))
	})
	ns.Handle("relay", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		v.mu.Lock()
		v.relayed++
		v.mu.Unlock()
		args, err := arguments(m)
		if err != nil {
			return err
		}
		return s.Namespace().EmitArgs("relay", args...)
	})
	ns.OnAck(socketio.Call[int, int]("double"), func(_ context.Context, _ *socketio.Socket, n int) (int, error) {
		return 2 * n, nil
	})
	ns.Handle("twice", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		return errors.Join(m.Ack(1), m.Ack(2))
	})
	ns.Handle("ask", func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err := s.EmitArgsAck(ctx, "question")
		return m.Ack(errors.Is(err, context.DeadlineExceeded))
	})
	for _, name := range append(unusualNames, "1") {
		ns.Handle(name, func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error { return m.Ack(m.Event) })
	}
}

// unusualNames are names of events that are nothing special.
var unusualNames = []string{"", "error", "__proto__", "toString", "constructor", "connection", "ping", "message", "%s", "🙂"}

// arguments decodes all that a message carries.
func arguments(m *socketio.Message) ([]any, error) {
	args := make([]any, m.Len())
	into := make([]any, len(args))
	for i := range args {
		into[i] = &args[i]
	}
	err := m.Decode(into...)
	return args, err
}

// patience is how long anything may take that has no time of its own.
const patience = 10 * time.Second

// until waits for something to become so.
func (v *victim) until(what string, so func() bool) {
	v.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			v.Fatalf("it did not happen that %s; %d sessions, %d descriptors, goroutines:\n%s",
				what, v.srv.Engine().Len(), descriptors(), serverStacks())
		}
	}
}

// settle ends what the attacker has open, and then expects that he is forgotten and the
// healthy client served.
func (v *victim) settle() {
	v.Helper()
	v.hangUp()
	v.healthy.roundTrip()
	v.until("the attacker's sessions end", func() bool { return v.srv.Engine().Len() == 1 })
	v.until("the attacker's goroutines end", func() bool { return len(goroutines()) <= v.goroutines })
	v.until("the attacker's descriptors are closed", func() bool { return descriptors() <= v.descriptors })
	v.healthy.roundTrip()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, sid := range v.sids {
		if bytes.Contains(v.log.Bytes(), []byte(sid)) {
			v.Errorf("the log shows the id of a session, which is a secret:\n%s", &v.log)
		}
	}
}

func (v *victim) hangUp() {
	for _, l := range v.lines {
		l.Close()
	}
	v.lines = nil
}

// wantNothingDelivered expects that no event has reached the handler of "relay". It is called
// once none can any more: the attacker's sessions have ended.
func (v *victim) wantNothingDelivered() {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.relayed != 0 {
		v.Errorf("%d events were delivered", v.relayed)
	}
}

// goroutines returns the stacks of all goroutines but those that come and go with
// time and load, which the server has one of each.
func goroutines() []string {
	buf := make([]byte, 1<<16)
	for {
		if n := runtime.Stack(buf, true); n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	return slices.DeleteFunc(strings.Split(string(buf), "\n\n"), func(stack string) bool {
		return strings.Contains(stack, "serial.(*Monitor).watch") || strings.Contains(stack, "wheel.(*Wheel).turn")
	})
}

// serverStacks returns the stacks of the goroutines that are not the test's own.
func serverStacks() string {
	return strings.Join(slices.DeleteFunc(goroutines(), func(stack string) bool {
		return strings.Contains(stack, "testing.")
	}), "\n\n")
}

// waiting returns how many goroutines wait within a function of engineio.
func waiting(function string) int {
	n := 0
	for _, stack := range goroutines() {
		state, frames, _ := strings.Cut(stack, "\n")
		if strings.Contains(state, "[select") && strings.HasPrefix(frames, "socketio/engineio."+function+"(") {
			n++
		}
	}
	return n
}

// descriptors returns how many files and sockets this process has open, 0 where
// the system does not tell.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// A line is a TCP connection to the server.
type line struct {
	v *victim
	net.Conn
	in *bufio.Reader
}

// dial opens a line, which ends with the attack.
func (v *victim) dial() *line {
	v.Helper()
	nc, err := v.connect()
	if err != nil {
		v.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(v.patient))
	l := &line{v: v, Conn: nc, in: bufio.NewReader(nc)}
	v.lines = append(v.lines, l)
	return l
}

// write writes bytes as they are. The server need not take all of them.
func (l *line) write(b string) *line {
	l.v.Helper()
	_, err := io.WriteString(l, b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.v.Fatal("the server does not read")
	}
	return l
}

// An answer is an HTTP response.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) String() string { return fmt.Sprintf("%d %.300q", a.status, a.body) }

// answer reads an HTTP response to a request with the method.
func (l *line) answer(method string) answer {
	l.v.Helper()
	resp, err := http.ReadResponse(l.in, &http.Request{Method: method})
	if err != nil {
		l.v.Fatalf("reading a response: %v", err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return answer{resp.StatusCode, resp.Header, ""}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		l.v.Fatalf("reading the body of a response: %v", err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// want expects a response.
func (v *victim) want(why string, got answer, status int, body string) {
	v.Helper()
	if got.status != status || got.body != body {
		v.Errorf("%s: answered %v, want %v", why, got, answer{status: status, body: body})
	}
}

// The six errors of the protocol that matter here.
const (
	transportUnknown = `{"code":0,"message":"Transport unknown"}`
	sessionUnknown   = `{"code":1,"message":"Session ID unknown"}`
	badMethod        = `{"code":2,"message":"Bad handshake method"}`
	badRequest       = `{"code":3,"message":"Bad request"}`
	forbidden        = `{"code":4,"message":"Forbidden"}`
	wrongRevision    = `{"code":5,"message":"Unsupported protocol version"}`
)

// wantError expects one of them.
func (v *victim) wantError(why string, got answer, body string) {
	v.Helper()
	status := 400
	if body == forbidden {
		status = 403
	}
	v.want(why, got, status, body)
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		v.Errorf("%s: Content-Type %q", why, kind)
	}
}

// request is the text of a request. Headers are whole lines.
func request(method, target, body string, headers ...string) string {
	text := method + " " + target + " HTTP/1.1\r\nHost: victim.test\r\n"
	sized := method != "POST"
	for _, h := range headers {
		text += h + "\r\n"
		sized = sized || strings.HasPrefix(h, "Content-Length:")
	}
	if !sized {
		text += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return text + "\r\n" + body
}

// do sends a request on a line of its own and returns its answer.
func (v *victim) do(method, query, body string, headers ...string) answer {
	v.Helper()
	return v.exchange(method, request(method, "/socket.io/?"+query, body, append(headers, "Connection: close")...))
}

// exchange is do for the text of a whole request.
func (v *victim) exchange(method, text string) answer {
	v.Helper()
	l := v.dial()
	defer l.Close()
	return l.write(text).answer(method)
}

// polling is the query of a session's requests.
func polling(sid string) string { return "EIO=4&transport=polling&sid=" + sid }

func (v *victim) get(sid string) answer { v.Helper(); return v.do("GET", polling(sid), "") }

func (v *victim) post(sid, body string) answer { v.Helper(); return v.do("POST", polling(sid), body) }

// opened returns the id in the answer to a polling handshake.
func (v *victim) opened(why string, got answer) (sid string) {
	v.Helper()
	_, rest, ok := strings.Cut(got.body, `0{"sid":"`)
	if got.status != 200 || !ok || len(rest) < 20 {
		v.Fatalf("%s: answered %v, want an open packet", why, got)
	}
	v.sids = append(v.sids, rest[:20])
	return rest[:20]
}

// session begins a polling session.
func (v *victim) session() (sid string) {
	v.Helper()
	return v.opened("handshake", v.do("GET", "EIO=4&transport=polling", ""))
}

// joined begins a polling session that has joined the main namespace.
func (v *victim) joined() (sid string) {
	v.Helper()
	sid = v.session()
	v.want("CONNECT", v.post(sid, "40"), 200, "ok")
	if got := v.get(sid); !strings.HasPrefix(got.body, `40{"sid":"`) {
		v.Fatalf("CONNECT answered by %v", got)
	}
	return sid
}

// park sends a GET that waits.
func (v *victim) park(sid string) *line {
	v.Helper()
	before := waiting("(*Conn).serveGet")
	l := v.dial().write(request("GET", "/socket.io/?"+polling(sid), ""))
	v.until("the GET waits", func() bool { return waiting("(*Conn).serveGet") == before+1 })
	return l
}

// wantGone expects that a polling session is no more.
func (v *victim) wantGone(sid string) {
	v.Helper()
	v.wantError("a poll afterwards", v.get(sid), sessionUnknown)
}

// wantKept expects that a polling session lives, and ends it.
func (v *victim) wantKept(sid string) {
	v.Helper()
	v.want("a noop afterwards", v.post(sid, "6"), 200, "ok")
	v.want("the end of the session", v.post(sid, "1"), 200, "ok")
}

// webSocketHeaders are the lines of a handshake.
var webSocketHeaders = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
}

// handshake is the text of a WebSocket handshake.
func handshake(query string, headers ...string) string {
	return request("GET", "/socket.io/?"+query, "", append(slices.Clone(webSocketHeaders), headers...)...)
}

// tryUpgrade asks for a WebSocket.
func (v *victim) tryUpgrade(query string, headers ...string) (*line, answer) {
	v.Helper()
	l := v.dial().write(handshake(query, headers...))
	return l, l.answer("GET")
}

// upgrade makes a WebSocket.
func (v *victim) upgrade(query string, headers ...string) *line {
	v.Helper()
	l, got := v.tryUpgrade(query, headers...)
	if got.status != http.StatusSwitchingProtocols {
		v.Fatalf("no WebSocket: %v", got)
	}
	return l
}

// webSocket begins a session on a WebSocket.
func (v *victim) webSocket() *line {
	v.Helper()
	l := v.upgrade("EIO=4&transport=websocket")
	l.wantPrefix(`0{"sid":"`)
	return l
}

// joinedWebSocket begins a session on a WebSocket that has joined the main namespace.
func (v *victim) joinedWebSocket() *line {
	v.Helper()
	l := v.webSocket().text("40")
	l.wantPrefix(`40{"sid":"`)
	return l
}

// text sends text messages in one write.
func (l *line) text(texts ...string) *line {
	l.v.Helper()
	var b []byte
	for _, text := range texts {
		b = ws.AppendMasked(b, ws.OpText, []byte(text))
	}
	return l.write(string(b))
}

// binary sends a binary message.
func (l *line) binary(data string) *line {
	l.v.Helper()
	return l.write(string(ws.AppendMasked(nil, ws.OpBinary, []byte(data))))
}

// frame is a masked frame with a first byte of any kind.
func frame(first byte, payload string) string {
	b := ws.AppendMasked(nil, ws.OpText, []byte(payload))
	b[0] = first
	return string(b)
}

// next reads a message: its text, "binary " and its bytes, "ping", "pong", "close " and
// the code, or "end".
func (l *line) next() string {
	l.v.Helper()
	var head [2]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			l.v.Fatal("nothing comes from the server")
		}
		return "end"
	}
	size := uint64(head[1])
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(l.read(2)))
	case 127:
		size = binary.BigEndian.Uint64(l.read(8))
	}
	data := l.read(int(size))
	switch head[0] {
	case 0x81:
		return string(data)
	case 0x82:
		return "binary " + string(data)
	case 0x88:
		if len(data) == 0 {
			return "close 1005"
		}
		return fmt.Sprint("close ", binary.BigEndian.Uint16(data))
	case 0x89:
		return "ping"
	case 0x8A:
		return "pong"
	}
	l.v.Fatalf("a frame that begins with %#x", head[0])
	return ""
}

func (l *line) read(n int) []byte {
	l.v.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(l.in, b); err != nil {
		l.v.Fatalf("within a frame: %v", err)
	}
	return b
}

// want expects messages.
func (l *line) want(messages ...string) *line {
	l.v.Helper()
	for _, want := range messages {
		if got := l.next(); got != want {
			l.v.Fatalf("received %.300q, want %.300q", got, want)
		}
	}
	return l
}

func (l *line) wantPrefix(prefix string) string {
	l.v.Helper()
	got := l.next()
	if !strings.HasPrefix(got, prefix) {
		l.v.Fatalf("received %.300q, want %q and more", got, prefix)
	}
	return got
}

// wantClosed expects a close frame with the code, 1005 for none, answers it, and expects that
// the server hangs up.
func (l *line) wantClosed(code int) {
	l.v.Helper()
	l.want(fmt.Sprint("close ", code))
	l.write(frame(0x88, ""))
	l.wantEnd()
}

// wantEnd expects that the server hangs up.
func (l *line) wantEnd() {
	l.v.Helper()
	if b, err := l.in.ReadByte(); err == nil {
		l.v.Errorf("%#x instead of the connection's end", b)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		l.v.Error("the server does not hang up")
	}
}

// wantHangUp expects that the server hangs up, whatever it says before.
func (l *line) wantHangUp() {
	l.v.Helper()
	if _, err := io.Copy(io.Discard, l.in); errors.Is(err, os.ErrDeadlineExceeded) {
		l.v.Error("the server does not hang up")
	}
}

// A healthy is the client that must not suffer. A goroutine reads what it gets and
// answers pings.
type healthy struct {
	*line
	n        int
	acks     chan string
	received sync.WaitGroup
}

func newHealthy(v *victim) *healthy {
	v.Helper()
	h := &healthy{line: v.joinedWebSocket(), acks: make(chan string, 1)}
	h.SetDeadline(time.Time{})
	v.lines = nil // not the attacker's
	h.received.Go(h.receive)
	return h
}

func (h *healthy) receive() {
	for {
		switch m := h.next(); {
		case m == "end", strings.HasPrefix(m, "close"):
			return
		case m == "2":
			h.text("3")
		case strings.HasPrefix(m, "43"):
			h.acks <- m
		}
	}
}

// Close ends the client.
func (h *healthy) Close() {
	h.Conn.Close()
	h.received.Wait()
}

// roundTrip expects an acknowledgement within a second.
func (h *healthy) roundTrip() {
	h.v.Helper()
	h.n++
	h.text(fmt.Sprintf(`42%d["echo",%d]`, h.n, h.n))
	select {
	case got := <-h.acks:
		if want := fmt.Sprintf(`43%d[%d]`, h.n, h.n); got != want {
			h.v.Fatalf("the healthy client received %q, want %q", got, want)
		}
	case <-time.After(time.Second):
		h.v.Fatal("the healthy client waits for an acknowledgement for more than a second")
	}
}
