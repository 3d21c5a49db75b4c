package socketio_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"socketio/internal/ws"
)

// What the rig of the tests of bad input says and hears on its lines: HTTP, and frames of
// WebSocket, which it reads and breaks without the code under test.

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
