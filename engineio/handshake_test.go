package engineio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAllowDecidesOnNewConnectionsOnly(t *testing.T) {
	asked := 0
	r := newRig(t, &Options{Allow: func(*http.Request) error { asked++; return nil }}, nil)
	query := "transport=polling&sid=" + r.poll()
	r.want("POST", "POST", query, "4x", 200, "ok")
	r.want("GET", "GET", query, "", 200, "4x")
	r.ask("GET", "/socket.io/?EIO=3&transport=polling", "") // refused before
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	r.dial("transport=websocket").open()
	if asked != 2 {
		t.Errorf("asked %d times after another handshake", asked)
	}
}

func TestAllowRefuses(t *testing.T) {
	tests := []struct {
		name   string
		allow  func(r *http.Request) error
		status int
		body   string
		logs   string
	}{
		{"B16: by an error, which the client is told", func(*http.Request) error { return errors.New("denied by guard") },
			403, `{"code":4,"message":"denied by guard"}`, "denied by guard"},
		{"B16: an error that is no JSON", func(*http.Request) error { return errors.New("<\"\n\\>") },
			403, `{"code":4,"message":"<\"\n\\>"}`, ""},
		{"B17: by a panic", func(*http.Request) error { panic("oops") }, 500, "", "oops"},
		{"B17: by a nil pointer", func(r *http.Request) error { return errors.New(r.TLS.ServerName) }, 500, "", "nil pointer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, &Options{Allow: test.allow}, nil)
			var refused []*HandshakeError
			r.server.Trace(&Trace{Refused: func(_ *http.Request, err *HandshakeError) { refused = append(refused, err) }})
			for transport := range opened {
				got := r.openEither(transport)
				if got.status != test.status || got.body != test.body {
					t.Errorf("%s: %d %q, want %d %q", transport, got.status, got.body, test.status, test.body)
				}
			}
			if log := r.log.String(); !strings.Contains(log, test.logs) {
				t.Errorf("the log says %s", log)
			}
			if len(refused) != 2 || refused[0].Code != 4 {
				t.Errorf("traced %v", refused)
			}
			if n := r.server.Len(); n != 0 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestAllowHas10Seconds(t *testing.T) { // B17
	for name, allow := range map[string]func(ctx context.Context, never <-chan struct{}) error{
		"it takes notice":    func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() },
		"it takes no notice": func(_ context.Context, never <-chan struct{}) error { <-never; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				never := make(chan struct{})
				start := time.Now()
				r := newServerRig(t, &Options{Allow: func(r *http.Request) error { return allow(r.Context(), never) }}, nil)
				r.serveInMemory(httptest.NewTestServer(t, r.server))
				got := r.openEither(Polling)
				if took := time.Since(start); got.status != 500 || got.body != "" || took != allowTimeout {
					t.Errorf("%d %q after %v", got.status, got.body, took)
				}
				close(never)
			})
		})
	}
}

func TestGenerateID(t *testing.T) {
	next := "first"
	var fail error
	r := newRig(t, &Options{GenerateID: func(r *http.Request) (string, error) {
		if next == "panic" {
			panic("oops")
		}
		return next, fail
	}}, nil)
	if got := r.openEither(Polling); !strings.HasPrefix(got.body, `0{"sid":"first",`) {
		t.Errorf("got %s", got.body)
	}
	r.want("its session", "POST", "transport=polling&sid=first", "4x", 200, "ok")

	const body = `{"code":3,"message":"Bad request"}`
	for name, bad := range map[string]struct {
		id  string
		err error
	}{
		"taken":    {"first", nil},
		"empty":    {"", nil},
		"too long": {strings.Repeat("x", maxID+1), nil},
		"an error": {"x", errors.New("no entropy")},
		"a panic":  {"panic", nil},
	} {
		next, fail = bad.id, bad.err
		for transport := range opened {
			if got := r.openEither(transport); got.status != 400 || got.body != body {
				t.Errorf("%s, %s: %d %s", name, transport, got.status, got.body)
			}
		}
	}
	if log := r.log.String(); !strings.Contains(log, "ID_GENERATION_ERROR: no entropy") {
		t.Errorf("the log says %s", log)
	}
	r.want("the first one is unharmed", "GET", "transport=polling&sid=first", "", 200, "4x")
	if n := r.server.Len(); n != 1 {
		t.Errorf("%d connections", n)
	}
	next, fail = "second", nil
	if got := r.dial("transport=websocket").next(); !strings.HasPrefix(got, `0{"sid":"second",`) {
		t.Errorf("got %s", got)
	}
}

func TestHeaderAddsToEveryAnswerOfASession(t *testing.T) {
	r := newRig(t, &Options{Header: func(h http.Header, r *http.Request, first bool) {
		h.Set("X-Every", r.Method)
		if first {
			h.Add("Set-Cookie", "1=1; Max-Age=86400")
			h.Add("Set-Cookie", "2=2; Path=/; HttpOnly")
		}
	}}, nil)
	check := func(why string, a answer, method string, cookies int) {
		t.Helper()
		if a.header.Get("X-Every") != method || len(a.header["Set-Cookie"]) != cookies {
			t.Errorf("%s: %d %v", why, a.status, a.header)
		}
	}
	first := r.ask("GET", "/socket.io/?EIO=4&transport=polling", "")
	check("polling handshake", first, "GET", 2)
	target := "/socket.io/?EIO=4&transport=polling&sid=" + first.body[9:29]
	check("POST", r.ask("POST", target, "4x"), "POST", 0)
	check("GET", r.ask("GET", target, ""), "GET", 0)
	c, upgrade := r.handshake(strings.Replace(target, "=polling", "=websocket", 1))
	if c == nil {
		t.Fatal("no upgrade")
	}
	check("upgrade", upgrade, "GET", 0)
	_, direct := r.handshake("/socket.io/?EIO=4&transport=websocket")
	check("WebSocket handshake", direct, "GET", 2)
}

func TestHeadersOfMiddlewareAreKept(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.serve(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Mw", "1")
		w.Header()["x-lower"] = []string{"a\r\nInjected: 1"}
		r.server.ServeHTTP(w, req)
	})))
	sid := r.poll()
	target := "/socket.io/?EIO=4&transport=polling&sid=" + sid
	c, upgrade := r.handshake(strings.Replace(target, "=polling", "=websocket", 1))
	if c == nil {
		t.Fatal("no upgrade")
	}
	_, direct := r.handshake("/socket.io/?EIO=4&transport=websocket")
	for why, a := range map[string]answer{
		"handshake": r.ask("GET", "/socket.io/?EIO=4&transport=polling", ""),
		"POST":      r.ask("POST", target, "4x"),
		"an error":  r.ask("GET", "/socket.io/?EIO=4&transport=polling&sid=x", ""),
		"PUT":       r.ask("PUT", target, ""),
		"404":       r.ask("GET", "/other", ""),
		"upgrade":   upgrade,
		"WebSocket": direct,
	} {
		if a.header.Get("X-Mw") != "1" || a.header.Get("Injected") != "" {
			t.Errorf("%s: %d %v", why, a.status, a.header)
		}
	}
}

func TestCookieOfAPollingHandshake(t *testing.T) {
	tests := []struct {
		name   string
		cookie *http.Cookie
		want   string // SID for the session's id
	}{
		{"none", nil, ""},
		{"the defaults", &http.Cookie{}, "io=SID; Path=/; HttpOnly; SameSite=Lax"},
		{"a name", &http.Cookie{Name: "my-sid"}, "my-sid=SID; Path=/; SameSite=Lax"},
		{"a path", &http.Cookie{Path: "/custom", HttpOnly: true}, "io=SID; Path=/custom; HttpOnly; SameSite=Lax"},
		{"all", &http.Cookie{Name: "my-sid", Path: "/custom", SameSite: http.SameSiteStrictMode, MaxAge: 86400, Secure: true, Domain: "a.test"},
			"my-sid=SID; Path=/custom; Domain=a.test; Max-Age=86400; Secure; SameSite=Strict"},
		{"a value of its own is not sent", &http.Cookie{Value: "x"}, "io=SID; Path=/; HttpOnly; SameSite=Lax"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, &Options{Cookie: test.cookie}, nil)
			a := r.ask("GET", "/socket.io/?EIO=4&transport=polling", "")
			sid := a.body[9:29]
			want := strings.Replace(test.want, "SID", sid, 1)
			if got := strings.Join(a.header["Set-Cookie"], "; "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			for why, a := range map[string]answer{
				"POST": r.ask("POST", "/socket.io/?EIO=4&transport=polling&sid="+sid, "4x"),
				"GET":  r.ask("GET", "/socket.io/?EIO=4&transport=polling&sid="+sid, ""),
			} {
				if a.header.Get("Set-Cookie") != "" {
					t.Errorf("a cookie with a %s", why)
				}
			}
			if a := r.openEither(WebSocket); a.header.Get("Set-Cookie") != "" {
				t.Error("a cookie with a WebSocket")
			}
		})
	}
}

func TestUpgradesAreOfferedOnlyWhereTheyArePossible(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		offered string // over polling; nothing if that is refused
		direct  int    // the status of a WebSocket's handshake
		later   int    // the status of an upgrade
	}{
		{"by default", Options{}, `"upgrades":["websocket"]`, 101, 101},
		{"NoUpgrade", Options{NoUpgrade: true}, `"upgrades":[]`, 101, 400},
		{"polling only", Options{Transports: []string{Polling}}, `"upgrades":[]`, 400, 400},
		{"WebSocket only", Options{Transports: []string{WebSocket}}, "", 101, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, &test.options, nil)
			if a := r.openEither(WebSocket); a.status != test.direct {
				t.Errorf("WebSocket: %d %s, want %d", a.status, a.body, test.direct)
			}
			a := r.openEither(Polling)
			if test.offered == "" {
				if a.status != 400 || a.body != `{"code":0,"message":"Transport unknown"}` {
					t.Errorf("polling: %d %s", a.status, a.body)
				}
				return
			}
			if !strings.Contains(a.body, test.offered) {
				t.Errorf("polling: %s, want %s", a.body, test.offered)
			}
			sid := a.body[9:29]
			if _, a := r.handshake("/socket.io/?EIO=4&transport=websocket&sid=" + sid); a.status != test.later {
				t.Errorf("upgrade: %d, want %d", a.status, test.later)
			}
			r.want("polling goes on", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
		})
	}
}

func TestImpossibleOptionsPanicWithASentence(t *testing.T) {
	for want, o := range map[string]Options{
		"unknown transport: carrier": {Transports: []string{"carrier"}},
		"duration":                   {PingInterval: -1},
		"size":                       {QueueBytes: -1},
		"a size in Options":          {MemoryBudget: -1},
		"refer back":                 {DropOldest: true, Deflate: Deflate{ContextTakeover: true}},
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.HasPrefix(v, "engineio: ") || !strings.Contains(v, want) {
					t.Errorf("panic %q, want one about %s", v, want)
				}
			}()
			NewServer(func(*Conn) {}, &o)
		}()
	}
}

func TestTraceHooksAddUpAndComeInOrder(t *testing.T) {
	r := newServerRig(t, nil, nil)
	events := make(chan string, 100)
	for i := range 2 {
		add := func(what string, c *Conn) { events <- fmt.Sprint(i, " ", what, " ", c.Transport()) }
		r.server.Trace(&Trace{
			Opened:   func(c *Conn) { add("opened", c) },
			Upgraded: func(c *Conn) { add("upgraded", c) },
			Closed:   func(c *Conn, err *CloseError) { add(err.Reason, c) },
		})
	}
	r.server.Trace(&Trace{}) // hooks may be missing
	r.listen()
	c, _ := r.upgraded()
	c.send("4x")
	c.expect("echo", "4x")
	c.send("1")
	r.wantClosed("transport close")
	var got []string
	for range 6 {
		got = append(got, <-events)
	}
	want := []string{
		"0 opened polling", "1 opened polling", "0 upgraded websocket", "1 upgraded websocket",
		"0 transport close websocket", "1 transport close websocket",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnOpenedHookMaySendAndClose(t *testing.T) {
	for transport := range opened {
		r := newServerRig(t, nil, nil)
		r.server.Trace(&Trace{Opened: func(c *Conn) {
			c.Send(Message{Data: []byte("welcome")})
			c.Close()
		}})
		r.listen()
		if transport == WebSocket {
			c := r.dial("transport=websocket").open()
			c.expect("sent, then closed", "4welcome", "close")
			c.Conn.Close()
		} else {
			query := "transport=polling&sid=" + r.poll()
			r.want("sent", "GET", query, "", 200, "4welcome")
			r.want("closed", "GET", query, "", 200, "1")
		}
		r.wantClosed("forced close")
	}
}
