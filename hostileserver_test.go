package socketio_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/ws"
)

// A hostile is how a server misbehaves, until the client has been let down twice.
type hostile struct {
	name  string
	http  http.HandlerFunc // what it answers, or
	raw   func(net.Conn)   // what it does with a connection
	over  string           // the one transport that it is about; empty for all
	says  string           // what the error must say
	see   seen             // what the error must tell
	sloth bool             // only DialTimeout ends the wait
}

// seen is what a typed error says about an answer.
type seen struct {
	status int    // 0: no ResponseError
	body   string // how its Body begins
	code   int    // of the HandshakeError, minus 1; 0 for none
}

const (
	errorPage = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
	opening   = `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}`
	quick     = `0{"sid":"x","upgrades":[],"pingInterval":200,"pingTimeout":100,"maxPayload":1000}`
)

// answered answers each request like that.
func answered(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// onceOpen opens sessions as open says, and then goes on like that: the poll's answer is
// body, and on a WebSocket come the frames.
func onceOpen(open, body string, frames ...[]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("transport") == engineio.WebSocket:
			early := append(ws.AppendFrame(nil, ws.OpText, []byte(open)), bytes.Join(frames, nil)...)
			upgraded(w, r, early)
		case r.FormValue("sid") == "":
			io.WriteString(w, open)
		case r.Method == http.MethodPost:
			io.WriteString(w, "ok")
		case body == "":
			<-r.Context().Done()
		default:
			io.WriteString(w, body)
		}
	}
}

// upgraded opens a WebSocket, sends that and reads until the client is gone.
func upgraded(w http.ResponseWriter, r *http.Request, early []byte) {
	nc, _, err := ws.Accept(w, r, nil, early)
	if err != nil {
		return
	}
	defer nc.Close()
	io.Copy(io.Discard, nc)
}

// webSocket is a server that only opens a WebSocket and sends these bytes.
func webSocket(early []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			http.Error(w, "a WebSocket is wanted", http.StatusUpgradeRequired)
			return
		}
		upgraded(w, r, early)
	}
}

// zipped answers with the first bytes of what is compressed.
func zipped(size, cut int) http.HandlerFunc {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, opening)
	for range size / 10_000 {
		z.Write(make([]byte, 10_000))
	}
	z.Close()
	if cut > 0 {
		b.Truncate(cut)
	}
	return answered(http.StatusOK, b.String(), "Content-Encoding", "gzip")
}

// endless writes without end, behind what it writes first.
func endless(first, then string) func(net.Conn) {
	return func(nc net.Conn) {
		for _, err := io.WriteString(nc, first); err == nil; {
			_, err = io.WriteString(nc, then)
		}
	}
}

// dripping writes a byte now and then.
func dripping(text string) func(net.Conn) {
	return func(nc net.Conn) {
		for i := range len(text) {
			if _, err := io.WriteString(nc, text[i:i+1]); err != nil {
				return
			}
			time.Sleep(200 * time.Millisecond)
		}
		io.Copy(io.Discard, nc)
	}
}

func hostiles() []hostile {
	text := func(s string) []byte { return ws.AppendFrame(nil, ws.OpText, []byte(s)) }
	return []hostile{
		// In place of a session.
		{name: "an error page", http: answered(200, errorPage), see: seen{status: 200, body: "<!DOCTYPE"}},
		{name: "an error page with a status", http: answered(502, errorPage), see: seen{status: 502, body: "<!DOCTYPE"}, says: "502 Bad Gateway"},
		{name: "moved", http: answered(301, "", "Location", "/elsewhere/"), over: engineio.WebSocket, see: seen{status: 301}},
		{name: "moved without saying where to", http: answered(301, ""), see: seen{status: 301}},
		{name: "moved to another scheme", http: answered(301, "", "Location", "ftp://example.com/"), over: engineio.Polling, says: "ftp"},
		{name: "endless redirects", http: answered(302, "", "Location", "?again"), see: seen{status: 302}},
		{name: "forbidden", http: answered(403, `{"code":4,"message":"no entry"}`), see: seen{status: 403, code: 4 + 1}, says: "no entry"},
		{name: "an unknown session", http: answered(400, `{"code":1,"message":"Session ID unknown"}`), see: seen{status: 400, code: 1 + 1}},
		{name: "too large", http: answered(413, ""), see: seen{status: 413}},
		{name: "no packet", http: onceOpen("hello", ""), see: seen{status: 200, body: "hello"}, over: engineio.Polling},
		{name: "no packet by WebSocket", http: onceOpen("hello", ""), see: seen{status: 101, body: "hello"}, over: engineio.WebSocket},
		{name: "no open packet", http: onceOpen("4hello", ""), see: seen{status: 200, body: "4hello"}, over: engineio.Polling},
		{name: "no open packet by WebSocket", http: onceOpen("4hello", ""), see: seen{status: 101, body: "4hello"}, over: engineio.WebSocket},
		{name: "an open packet without an id", http: onceOpen(`0{"pingInterval":1,"pingTimeout":1}`, ""), says: "no sid"},
		{name: "an open packet with an id that is too long", http: onceOpen(`0{"sid":"`+strings.Repeat("x", 2000)+`"}`, ""), says: "too long"},
		{name: "an open packet that is cut off", http: onceOpen(opening[:20], ""), says: "handshake"},
		{name: "truncated gzip", http: zipped(0, 30), over: engineio.Polling, see: seen{status: 200}, says: "unexpected EOF"},
		{name: "what is not gzip", http: answered(200, opening, "Content-Encoding", "gzip"), over: engineio.Polling, says: "gzip"},
		{name: "a gzip bomb", http: zipped(50_000_000, 0), over: engineio.Polling, see: seen{status: 200, body: opening[:20]}, says: "over the limit"},
		{name: "a large answer", http: answered(200, strings.Repeat("4x\x1e", 20_000)), over: engineio.Polling, see: seen{status: 200, body: "4x"}, says: "over the limit"},
		{name: "a WebSocket server of another kind", http: webSocket(text(`{"type":"hello"}`)), over: engineio.WebSocket, see: seen{status: 101, body: `{"type"`}},
		{name: "a WebSocket server that waits", http: webSocket(nil), over: engineio.WebSocket, sloth: true},
		{name: "no WebSocket server for polls", http: webSocket(nil), over: engineio.Polling, see: seen{status: 426, body: "a WebSocket is wanted"}},
		{name: "garbage in place of frames", http: webSocket([]byte("\xff\xff garbage")), over: engineio.WebSocket},
		{name: "another protocol", raw: func(nc net.Conn) { io.WriteString(nc, "SSH-2.0-OpenSSH_9.9\r\n") }, says: "SSH-2.0"},
		{name: "a hang-up", raw: func(net.Conn) {}},
		{name: "silence", raw: func(nc net.Conn) { io.Copy(io.Discard, nc) }, sloth: true},
		{name: "a slow header", raw: dripping("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), sloth: true},
		{name: "a slow body", raw: dripping(opening), sloth: true},
		{name: "an endless header", raw: endless("HTTP/1.1 200 OK\r\n", "X-Header: and so on\r\n")},
		{name: "an endless line", raw: endless("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxxxxxxxx")},
		{name: "endless news that it goes on", raw: endless("", "HTTP/1.1 100 Continue\r\n\r\n")},

		// Within a session.
		{name: "an unknown packet", http: onceOpen(opening, "9", text("9")), says: "parse error"},
		{name: "a page in place of packets", http: onceOpen(opening, errorPage, text(errorPage)), says: "DOCTYPE"},
		{name: "wrong base64", http: onceOpen(opening, "b!!", text("b!!")), says: "parse error"},
		{name: "too large a message", http: onceOpen(opening, "4"+strings.Repeat("x", 50_000), ws.AppendFrame(nil, ws.OpText, make([]byte, 50_000)))},
		{name: "frames that are none", http: onceOpen(opening, "\xff", []byte("\x8f\x7f garbage"))},
		{name: "no pings", http: onceOpen(quick, ""), says: "ping timeout"},
		{name: "a close packet", http: onceOpen(opening, "1", text("1")), says: "transport close"},
		{name: "no packet of Socket.IO", http: onceOpen(opening, "4hello", text("4hello")), says: "parse error"},
		{name: "wrong placeholders", http: onceOpen(opening, connects+`451-["x",{"_placeholder":true,"num":7}]`+"\x1ebAA==",
			text(`40{"sid":"y"}`), text(`451-["x",{"_placeholder":true,"num":7}]`), ws.AppendFrame(nil, ws.OpBinary, []byte{0})), says: "parse error"},
		{name: "too many attachments", http: onceOpen(opening, connects+`43-["x"]`, text(`40{"sid":"y"}`), text(`453-["x"]`)), says: "parse error"},
		{name: "deep JSON", http: onceOpen(opening, connects+deep, text(`40{"sid":"y"}`), text(deep)), says: "parse error"},
	}
}

const connects = `40{"sid":"y"}` + "\x1e"

var deep = `42["x",` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `]`

// A hostileRig is a listening server that misbehaves for a while, and its client.
type hostileRig struct {
	*testing.T
	bad    hostile
	good   atomic.Bool
	asked  atomic.Int32 // requests, or connections, while it was bad
	url    string
	causes []error // why the client tried again
	mu     sync.Mutex
}

func newHostileRig(t *testing.T, bad hostile) *hostileRig {
	r := &hostileRig{T: t, bad: bad}
	o := &socketio.Options{}
	o.Logger = slog.New(slog.DiscardHandler)
	srv := socketio.NewServer(o)
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.good.Load() {
			srv.ServeHTTP(w, req)
			return
		}
		r.asked.Add(1)
		bad.http(w, req)
	}))
	web.Config.ErrorLog = quiet
	if bad.raw != nil {
		web.Listener = &hostileListener{Listener: web.Listener, rig: r}
	}
	web.Start()
	t.Cleanup(func() {
		srv.Close()
		web.CloseClientConnections()
		web.Close()
	})
	r.url = web.URL
	return r
}

// A hostileListener treats connections as the rig's server does.
type hostileListener struct {
	net.Listener
	rig *hostileRig
}

func (l *hostileListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil || l.rig.good.Load() {
			return nc, err
		}
		l.rig.asked.Add(1)
		go func() {
			defer nc.Close()
			buf := make([]byte, 4096)
			if _, err := nc.Read(buf); err == nil { // it answers a request
				l.rig.bad.raw(nc)
			}
		}()
	}
}

// retry notes a failure. The second one makes the server good.
func (r *hostileRig) retry(_ int, _ time.Duration, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.causes = append(r.causes, cause); len(r.causes) == 2 {
		r.good.Store(true)
	}
}

// check holds the first failure to what the server did.
func (r *hostileRig) check() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.causes) < 2 {
		r.Fatalf("it failed %d times", len(r.causes))
	}
	for _, cause := range r.causes[:2] {
		if !strings.Contains(cause.Error(), r.bad.says) {
			r.Errorf("the error is %q, and does not say %q", cause, r.bad.says)
		}
		if errors.Is(cause, context.DeadlineExceeded) != r.bad.sloth {
			r.Errorf("the error is %v, a matter of time: want %v", cause, r.bad.sloth)
		}
		answer, ok := errors.AsType[*engineio.ResponseError](cause)
		if want := r.bad.see; want.status != 0 && (!ok || answer.Status != want.status || !strings.HasPrefix(answer.Body, want.body)) {
			r.Errorf("the error is %v, want status %d and %q", cause, want.status, want.body)
		}
		refusal, ok := errors.AsType[*engineio.HandshakeError](cause)
		if want := r.bad.see.code - 1; ok != (want >= 0) || ok && refusal.Code != want {
			r.Errorf("the error is %v, want code %d", cause, want)
		}
	}
	if n := r.asked.Load(); n > 2*20 {
		r.Errorf("%d requests in two attempts", n)
	}
}

func TestAClientComesBackFromAServerThatMisbehaves(t *testing.T) {
	ways := map[string][]string{
		engineio.Polling:   {engineio.Polling},
		engineio.WebSocket: {engineio.WebSocket},
		"upgrade":          {engineio.Polling, engineio.WebSocket},
	}
	for _, bad := range hostiles() {
		for way, list := range ways {
			if bad.over != "" && bad.over != list[0] {
				continue
			}
			t.Run(fmt.Sprint(bad.name, " by ", way), func(t *testing.T) {
				t.Parallel()
				r := newHostileRig(t, bad)
				o := &socketio.ClientOptions{
					Backoff: socketio.Backoff{Min: time.Millisecond, Max: time.Millisecond}, OnRetry: r.retry,
					MaxAttachments: 2,
				}
				o.Transports, o.MaxPayload, o.Logger = list, 40_000, slog.New(slog.DiscardHandler)
				if bad.sloth {
					o.DialTimeout = 500 * time.Millisecond // too little for the good server costs one more attempt
				}
				c := socketio.NewClient(r.url, o)
				defer c.Close()
				ended := make(chan struct{})
				c.OnConnect(func(ctx context.Context, s *socketio.ClientSocket) error {
					if r.good.Load() && s.ID() != "y" {
						close(ended)
					}
					return nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := c.Connect(ctx); err != nil {
					t.Fatal(err)
				}
				select {
				case <-ended:
				case <-ctx.Done():
					t.Fatal("it did not come back")
				}
				r.check()
			})
		}
	}
}
