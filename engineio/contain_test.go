package engineio

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// plant does what says: it panics, or ends the goroutine.
func plant(what string) {
	switch what {
	case "panic":
		panic("planted")
	case "exit":
		runtime.Goexit()
	}
}

// planted is what a request asks for.
func planted(r *http.Request) string { return r.URL.Query().Get("plant") }

// A minefield is a server on which every function of the program that is called by a request
// with a parameter "plant", or for a message of that text, does that.
func minefield(t *testing.T, at string) *rig {
	o := new(Options)
	switch at {
	case "Allow":
		o.Allow = func(r *http.Request) error { plant(planted(r)); return nil }
	case "GenerateID":
		o.GenerateID = func(r *http.Request) (string, error) { plant(planted(r)); return newID(), nil }
	case "Header":
		o.Header = func(_ http.Header, r *http.Request, _ bool) { plant(planted(r)) }
	case "OriginFunc":
		o.CORS.OriginFunc = func(origin string) bool { plant(strings.TrimPrefix(origin, "http://")); return true }
	case "ClientIP":
		o.ClientIP = func(r *http.Request) string { plant(planted(r)); return "192.0.2.1" }
	}
	r := newServerRig(t, o, func(_ *Conn, m Message) bool {
		if at == "Receive" {
			plant(string(m.Data))
		}
		return false
	})
	of := func(c *Conn) string { return c.Request().URL.Query().Get("plant") }
	trace := new(Trace)
	switch at {
	case "handle":
		handle := r.server.handle
		r.server.handle = func(c *Conn) { plant(of(c)); handle(c) }
	case "Closed":
		r.server.handle = func(c *Conn) { c.Attach(sleeper{c, func() { plant(of(c)) }}) }
	case "Trace.Refused":
		trace.Refused = func(r *http.Request, _ *HandshakeError) { plant(planted(r)) }
	case "Trace.Opened":
		trace.Opened = func(c *Conn) { plant(of(c)) }
	case "Trace.Closed":
		trace.Closed = func(c *Conn, _ *CloseError) { plant(of(c)) }
	}
	r.server.Trace(trace)
	r.listen()
	return r
}

// A sleeper echoes, and does something when its connection ends.
type sleeper struct {
	c    *Conn
	last func()
}

func (s sleeper) Receive(m Message)  { _ = s.c.Send(m) }
func (s sleeper) Closed(*CloseError) { s.last() }

func TestTheProgramsOwnCodeMayPanicAnywhere(t *testing.T) {
	polled := func(r *rig, query string) answer {
		return r.ask("GET", "/socket.io/?EIO=4&transport=polling&"+query, "")
	}
	open := func(r *rig) {
		if a := polled(r, "plant=panic"); a.status != 200 {
			r.Errorf("polling: %d %s", a.status, a.body)
		}
		if c, a := r.handshake("/socket.io/?EIO=4&transport=websocket&plant=panic"); c == nil {
			r.Errorf("WebSocket: %d %s", a.status, a.body)
		}
	}
	failing := func(status, panics int) func(r *rig) int {
		return func(r *rig) int {
			if a := polled(r, "plant=panic"); a.status != status {
				r.Errorf("polling: %d %s, want %d", a.status, a.body, status)
			}
			if _, a := r.handshake("/socket.io/?EIO=4&transport=websocket&plant=panic", "Origin: http://x"); a.status != status {
				r.Errorf("WebSocket: %d %s, want %d", a.status, a.body, status)
			}
			return panics
		}
	}
	for at, attack := range map[string]func(r *rig) (panics int){
		"Allow":      failing(500, 2),
		"GenerateID": failing(400, 2),
		"ClientIP":   failing(500, 2),
		"OriginFunc": func(r *rig) int {
			_, a := r.handshake("/socket.io/?EIO=4&transport=websocket&plant=panic", "Origin: http://panic")
			if a.status != 500 {
				r.Errorf("%d %s", a.status, a.body)
			}
			return 1
		},
		"Header": func(r *rig) int {
			open(r)
			query := "transport=polling&plant=panic&sid=" + r.poll()
			r.want("a POST", "POST", query, "4x", 200, "ok")
			r.want("its echo", "GET", query, "", 200, "4x")
			return 4
		},
		"handle": func(r *rig) int {
			open(r)
			return 2
		},
		"Receive": func(r *rig) int {
			r.dial("transport=websocket").open().send("4panic")
			r.wantClosed(reasonForcedClose)
			query := "transport=polling&sid=" + r.poll()
			r.want("the POST", "POST", query, "4panic", 200, "ok")
			r.want("the end", "GET", query, "", 200, "1")
			r.wantClosed(reasonForcedClose)
			return 2
		},
		"Closed": func(r *rig) int {
			r.dial("transport=websocket&plant=panic").open().Conn.Close()
			return 1
		},
		"Trace.Refused": func(r *rig) int {
			if a := polled(r, "plant=panic&sid=x"); a.status != 400 {
				r.Errorf("%d %s", a.status, a.body)
			}
			return 1
		},
		"Trace.Opened": func(r *rig) int {
			open(r)
			return 2
		},
		"Trace.Closed": func(r *rig) int {
			r.dial("transport=websocket&plant=panic").open().Conn.Close()
			return 1
		},
	} {
		t.Run(at, func(t *testing.T) {
			r := minefield(t, at)
			healthy := r.dial("transport=websocket").open()
			panics := attack(r)
			r.until("every panic is counted", func() bool { return r.server.Stats().Panics == uint64(panics) })
			healthy.send("4hello")
			healthy.expect("the healthy client's echo", "4hello")
			r.dial("transport=websocket").open()
			r.until("each has its line in the log", func() bool { return strings.Count(r.log.String(), "planted") >= panics })
			if log := r.log.String(); strings.Count(log, "level=ERROR") != panics {
				t.Errorf("the log says\n%s", log)
			}
		})
	}
}

// runtime.Goexit, which testing.T.FailNow calls, cannot be stopped; so others take over what
// the goroutine did.
func TestAGoroutineThatTheProgramEndsIsReplaced(t *testing.T) {
	t.Run("Allow", func(t *testing.T) {
		r := minefield(t, "Allow")
		if a := r.ask("GET", "/socket.io/?EIO=4&transport=polling&plant=exit", ""); a.status != 500 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("handle", func(t *testing.T) {
		r := minefield(t, "handle")
		r.dial("transport=websocket&plant=exit")
		r.until("nobody is left", func() bool { return r.server.Len() == 0 })
	})
	t.Run("Receive over a WebSocket", func(t *testing.T) {
		r := minefield(t, "Receive")
		other := r.dial("transport=websocket").open()
		c := r.dial("transport=websocket").open()
		for range 3 {
			c.send("4before", "4exit", "4after")
			c.expect("its echoes", "4before", "4after")
			other.send("4x")
			other.expect("the other's", "4x")
		}
	})
	t.Run("Receive over polling", func(t *testing.T) {
		r := minefield(t, "Receive")
		query := "transport=polling&sid=" + r.poll()
		for range 3 {
			r.want("a POST", "POST", query, "4before\x1e4exit\x1e4after", 200, "ok")
			for got := ""; !strings.HasSuffix(got, "4after"); {
				_, got, _ = r.do("GET", query, "")
			}
		}
		for range 2 * provenPosts { // until its POSTs are handled on their own goroutine
			r.want("a POST", "POST", query, "4x", 200, "ok")
			r.want("its echo", "GET", query, "", 200, "4x")
		}
		r.want("a POST", "POST", query, "4exit\x1e4after", 200, "ok")
		r.want("what follows", "GET", query, "", 200, "4after")
	})
}

// A broken handler of a log panics at each line.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenLog) Handle(context.Context, slog.Record) error { panic("planted") }

func TestALogThatPanicsHarmsNobody(t *testing.T) {
	r := newRig(t, &Options{QueueBytes: 100, Logger: slog.New(brokenLog{slog.DiscardHandler})}, nil)
	if a := r.ask("GET", "/socket.io/?EIO=4&transport=pigeon", ""); a.status != 400 {
		t.Errorf("a refusal: %d %s", a.status, a.body)
	}
	r.poll()
	conn := r.only()
	for conn.Send(Message{Data: []byte("x")}) == nil { // which is logged by a goroutine of ours
	}
	r.wantClosed(reasonTransportError)
	c := r.dial("transport=websocket").open()
	c.send("4x")
	c.expect("its echo", "4x")
}
