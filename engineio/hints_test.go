package engineio

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// asked is a request as a proxy, or something else in front of the server, has left it.
func asked(method, target string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, http.NoBody)
	for _, f := range change {
		f(r)
	}
	return r
}

func with(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
}

func by(major, minor int) func(*http.Request) {
	return func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = major, minor }
}

func overTLS(r *http.Request) { r.TLS = new(tls.ConnectionState) }

func TestWhatTheSetUpCausesHasAHint(t *testing.T) {
	const poll, dial = "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket"
	upgrade := with("Connection", "keep-alive, Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	for _, tt := range []struct {
		name    string
		options Options
		request *http.Request
		cause   string // of the line in the log
		hint    string // part of it; "" is none
	}{
		{"a proxy that drops Upgrade", Options{}, asked("GET", dial), "TRANSPORT_HANDSHAKE_ERROR", "has lost its header Upgrade or Connection: have the proxy"},
		{"the same of a session", Options{}, asked("GET", dial+"&sid=held"), "TRANSPORT_MISMATCH", "has lost its header Upgrade"},
		{"a proxy that drops Connection", Options{}, asked("GET", dial, upgrade, with("Connection", "close")), "no Upgrade in the Connection header", "proxy_set_header Connection"},
		{"a proxy with a name", Options{}, asked("GET", dial, with("Via", "1.1 envoy")), "TRANSPORT_HANDSHAKE_ERROR", "upgrade_configs"},
		{"a proxy that speaks HTTP/1.0", Options{}, asked("GET", dial, by(1, 0)), "TRANSPORT_HANDSHAKE_ERROR", "came by HTTP/1.0: have the proxy speak HTTP/1.1"},
		{"a proxy that speaks HTTP/2", Options{}, asked("GET", dial, upgrade, by(2, 0)), "protocol must be HTTP/1.1", "came by HTTP/2.0"},
		{"another path", Options{}, asked("GET", "/engine.io/?EIO=4&transport=polling"), "another path", "Options.Path must be the same"},
		{"an origin", Options{}, asked("GET", poll, with("Origin", "https://a.example")), invalidOrigin, `add "https://a.example" to Options.CORS.Origins`},
		{"an origin that is not in the list", Options{CORS: CORS{Origins: []string{"https://b.example"}}},
			asked("GET", poll, with("Origin", "https://a.example", "X-Forwarded-Host", "a.example")), invalidOrigin, `if this page is yours, add`},
		{"a file", Options{}, asked("GET", poll, with("Origin", "null")), invalidOrigin, "the page is a file"},
		{"a proxy that changes Host", Options{}, asked("GET", poll, with("Origin", "https://a.example", "X-Forwarded-Host", "a.example:443")), invalidOrigin, "proxy_set_header Host $host"},
		{"a page that came without TLS", Options{}, asked("GET", poll, overTLS, with("Origin", "http://example.com")), invalidOrigin, "have http redirected to https"},
		{"a session of another server", Options{}, asked("GET", poll+"&sid=elsewhere"), "Session ID unknown", "have the balancer send all requests of a client to the same server"},
		{"the same behind a known balancer", Options{}, asked("POST", poll+"&sid=elsewhere", with("X-Amzn-Trace-Id", "Root=1")), "Session ID unknown", "target group"},
		{"a client of version 2", Options{}, asked("GET", "/socket.io/?EIO=3&transport=polling"), "Unsupported protocol version", "Options.EIO3"},
		{"a transport that is switched off", Options{Transports: []string{WebSocket}}, asked("GET", poll), "Transport unknown", `transports: ["websocket"]`},
		{"WebTransport over this handler", Options{}, asked("GET", "/socket.io/?EIO=4&transport=webtransport"), "Transport unknown", "socketio/webtransport"},
		{"a plain WebSocket", Options{}, asked("GET", "/socket.io/", upgrade), "Transport unknown", "use a Socket.IO client"},
		{"script tags", Options{}, asked("GET", poll+"&j=0"), "JSONP_INDEX", "Options.JSONP"},
		{"one address for all clients", Options{MaxConnectionsPerIP: 1}, asked("GET", poll, with("X-Forwarded-For", "203.0.113.9")), "MaxConnectionsPerIP", "Options.TrustedProxies"},
		{"a large body", Options{MaxPayload: 3}, asked("POST", poll+"&sid=held", func(r *http.Request) { r.ContentLength = 5 }), "body over the limit", "client_max_body_size"},
		{"middleware that hides the connection", Options{}, asked("GET", dial, upgrade), "no WebSocket can be made of this request", "Unwrap or Hijack"},

		{"a browser's own request", Options{}, asked("GET", "/favicon.ico"), "another path", ""},
		{"a person with a browser", Options{}, asked("GET", "/socket.io/"), "Transport unknown", ""},
		{"a transport that is none", Options{}, asked("GET", "/socket.io/?EIO=4&transport=smoke"), "Transport unknown", ""},
		{"no revision", Options{}, asked("GET", "/socket.io/?transport=polling"), "Unsupported protocol version", ""},
		{"ids that may name a server", Options{GenerateID: func(*http.Request) (string, error) { return "held", nil }},
			asked("GET", poll+"&sid=elsewhere"), "Session ID unknown", ""},
		{"a session that has ended here", Options{}, asked("GET", poll+"&sid=ended"), sessionEnded, ""},
		{"an address that is over the limit", Options{MaxConnectionsPerIP: 1}, asked("GET", poll), "MaxConnectionsPerIP", ""},
		{"the same where proxies are known", Options{MaxConnectionsPerIP: 1, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
			asked("GET", poll, with("X-Forwarded-For", "203.0.113.9")), "MaxConnectionsPerIP", ""},
		{"an error of the program", Options{Allow: refuseOthers}, asked("GET", poll, with("X-Who", "other")), "not you", ""},
		{"a method that is none", Options{}, asked("PUT", poll), "Bad handshake method", ""},
		{"a bad key", Options{}, asked("GET", dial, upgrade, with("Sec-WebSocket-Key", "x")), "bad Sec-WebSocket-Key", ""},
		{"a parameter that came twice", Options{}, asked("GET", poll+"&EIO=4"), "REPEATED_PARAMETER", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newServerRig(t, &tt.options, nil)
			defer r.server.Shutdown(t.Context())
			held := r.hold(asked("GET", "/socket.io/?EIO=4&transport=polling"))
			tt.request.URL.RawQuery = strings.Replace(tt.request.URL.RawQuery, "sid=held", "sid="+held, 1)
			if strings.Contains(tt.request.URL.RawQuery, "sid=ended") {
				tt.request.URL.RawQuery = strings.Replace(tt.request.URL.RawQuery, "sid=ended", "sid="+held, 1)
				c := r.server.conns[held]
				c.Close()
				c.step(event{input: inFetched}) // it has no poll to be told by
			}
			var traced *HandshakeError
			r.server.Trace(&Trace{Refused: func(_ *http.Request, err *HandshakeError) { traced = err }})

			r.server.ServeHTTP(httptest.NewRecorder(), tt.request)
			log := r.log.String()
			if strings.Count(log, "\n") != 1 || !strings.Contains(log, "engineio: request refused") || !strings.Contains(log, tt.cause) {
				t.Errorf("the log says %q, want one line with %q", log, tt.cause)
			}
			if hinted := strings.Contains(log, "hint="); hinted != (tt.hint != "") || hinted != !strings.Contains(log, "level=INFO") {
				t.Errorf("the log says %q, want the hint %q", log, tt.hint)
			}
			if unquoted := strings.ReplaceAll(log, `\"`, `"`); !strings.Contains(unquoted, tt.hint) {
				t.Errorf("the log says %q, want the hint %q", log, tt.hint)
			}
			if traced != nil && (tt.hint != "") != (traced.Hint() != "") {
				t.Errorf("the trace is told %q, want %q", traced.Hint(), tt.hint)
			}
		})
	}
}

func refuseOthers(r *http.Request) error {
	if r.Header.Get("X-Who") == "" {
		return nil
	}
	return errors.New("not you")
}

// hold opens a session by polling if options let it, and returns its id.
func (r *rig) hold(request *http.Request) (id string) {
	if len(r.server.options.Transports) == 1 {
		return ""
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, request)
	if w.Code != http.StatusOK {
		r.Fatalf("no session: %d %s", w.Code, w.Body)
	}
	for id = range r.server.conns {
		return id
	}
	r.Fatal("no session")
	return ""
}

func TestAHintIsGivenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newServerRig(t, nil, nil)
		strange := func() {
			r.server.ServeHTTP(httptest.NewRecorder(), asked("GET", "/socket.io/?EIO=4&transport=polling&sid=x"))
		}
		old := func() {
			r.server.ServeHTTP(httptest.NewRecorder(), asked("GET", "/socket.io/?EIO=3&transport=polling"))
		}
		want := func(lines, hints int) {
			t.Helper()
			if log := r.log.String(); strings.Count(log, "\n") != lines || strings.Count(log, "hint=") != hints {
				t.Fatalf("the log says\n%s\nwant %d lines and %d hints", log, lines, hints)
			}
		}
		strange()
		strange()
		want(2, 1)
		old() // another kind
		old()
		want(4, 2)
		time.Sleep(adviceInterval - time.Nanosecond)
		strange()
		want(5, 2)
		time.Sleep(time.Nanosecond)
		strange()
		strange()
		want(7, 3)
	})
}

func TestOfManyAtOnceOneGivesTheHint(t *testing.T) {
	var a advisories
	var given atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if a.due(onPath, 0) {
				given.Add(1)
			}
		})
	}
	all.Wait()
	if n := given.Load(); n != 1 {
		t.Errorf("%d hints, want 1", n)
	}
	if a.due(noAdvice, 0) {
		t.Error("no advice is due")
	}
}

func TestEndedSessionsAreRememberedUpToALimit(t *testing.T) {
	var ended endedIDs
	if ended.has("") {
		t.Error("nobody has ended yet")
	}
	id := func(i int) string { return strings.Repeat("x", i) }
	for i := range rememberedIDs + 10 {
		ended.add(id(i))
	}
	for i, want := range map[int]bool{0: false, 9: false, 10: true, rememberedIDs: true, rememberedIDs + 9: true, rememberedIDs + 10: false} {
		if got := ended.has(id(i)); got != want {
			t.Errorf("session %d: %v, want %v", i, got, want)
		}
	}
	if len(ended.hashes) != rememberedIDs {
		t.Errorf("%d are remembered", len(ended.hashes))
	}
}

func TestWhatAServerAnswersHasAHintForItsClient(t *testing.T) {
	r := newRig(t, nil, nil)
	_, err := Dial(t.Context(), r.http.URL, &DialOptions{EIO3: true, Transports: []string{Polling}, Logger: r.server.log})
	refused, ok := errors.AsType[*HandshakeError](err)
	if !ok || refused.Code != codeUnsupportedProtocol || !strings.Contains(refused.Hint(), "allowEIO3") {
		t.Errorf("refused with %v", err)
	}
}
