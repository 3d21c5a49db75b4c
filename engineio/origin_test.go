package engineio

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// openEither begins a session over one of the transports, and returns the answer.
func (r *rig) openEither(transport string, headers ...string) answer {
	r.Helper()
	target := "/socket.io/?EIO=4&transport=" + transport
	if transport == Polling {
		return r.ask("GET", target, "", headers...)
	}
	c, a := r.handshake(target, headers...)
	if c != nil {
		c.open()
	}
	return a
}

// opened is the status of a handshake that was accepted.
var opened = map[string]int{Polling: 200, WebSocket: 101}

const forbiddenBody = `{"code":4,"message":"Forbidden"}`

func TestOriginsOnBothTransports(t *testing.T) {
	listed := CORS{Origins: []string{"http://127.0.0.1:5500", "https://ok.example", "null"}}
	unlisted := CORS{Origins: []string{"https://ok.example"}}
	tests := []struct {
		name     string
		cors     CORS
		origin   string
		host     string
		accepted bool
	}{
		{"a program, by default", CORS{}, "", "ok.example", true},
		{"the own origin, by default", CORS{}, "http://ok.example", "ok.example", true},
		{"the own origin with a port", CORS{}, "http://ok.example:3000", "ok.example:3000", true},
		{"the own origin behind TLS that somebody else ends", CORS{}, "https://ok.example", "ok.example", true},
		{"the scheme's own port is not said", CORS{}, "http://ok.example", "ok.example:80", true},
		{"the case of a host says nothing", CORS{}, "HTTP://OK.Example", "ok.example", true},
		{"B70: a foreign origin, by default", CORS{}, "https://evil.example", "ok.example", false},
		{"B73: another port, by default", CORS{}, "http://ok.example:444", "ok.example", false},
		{"B73: a longer host, by default", CORS{}, "https://ok.example.evil.com", "ok.example", false},
		{"B73: null, by default", CORS{}, "null", "ok.example", false},
		{"what is no origin", CORS{}, "ok.example", "ok.example", false},
		{"an origin with a path", CORS{}, "https://ok.example/", "ok.example", false},
		{"an origin with a query", CORS{}, "https://ok.example?x", "ok.example", false},
		{"an origin with a fragment", CORS{}, "https://ok.example#x", "ok.example", false},
		{"an origin with a user", CORS{}, "https://evil@ok.example", "ok.example", false},

		{"one of the list", listed, "http://127.0.0.1:5500", "x", true},
		{"another of the list", listed, "https://ok.example", "x", true},
		{"its port said", listed, "https://ok.example:443", "x", true},
		{"B73: its case", listed, "HTTPS://OK.example", "x", true},
		{"B73: null when listed", listed, "null", "x", true},
		{"a program, with a list", listed, "", "x", true},
		{"B71, B72: not in the list", listed, "https://evil.example", "x", false},
		{"B73: not that port", listed, "https://ok.example:444", "x", false},
		{"B73: not that scheme", listed, "http://ok.example", "x", false},
		{"B73: a longer host", listed, "https://ok.example.evil.com", "x", false},
		{"B73: null when not listed", unlisted, "null", "x", false},
		{"the own origin, not in the list", unlisted, "http://self.example", "self.example", false},

		{"a function's", CORS{OriginFunc: endsWith(".b.test")}, "https://a.b.test", "x", true},
		{"not a function's", CORS{OriginFunc: endsWith(".b.test")}, "https://a.c.test", "x", false},
		{"the list's besides a function", CORS{Origins: []string{"http://a.test"}, OriginFunc: endsWith(".b.test")}, "http://a.test", "x", true},

		{"any", CORS{Origins: []string{"*"}}, "https://evil.example", "x", true},
		{"off", CORS{Off: true}, "https://evil.example", "x", true},
		{"off, and what is no origin", CORS{Off: true}, "%%%", "x", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, &Options{CORS: test.cors}, nil)
			for transport, accepted := range opened {
				headers := []string{"Host: " + test.host}
				if test.origin != "" {
					headers = append(headers, "Origin: "+test.origin)
				}
				got := r.openEither(transport, headers...)
				if test.accepted {
					if got.status != accepted {
						t.Errorf("%s: %d %s, want %d", transport, got.status, got.body, accepted)
					}
					continue
				}
				if got.status != 403 || got.body != forbiddenBody || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s: %d %s %v, want a refusal", transport, got.status, got.body, got.header)
				}
				for name := range got.header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s: a refusal has the header %s", transport, name)
					}
				}
			}
			if n := r.server.Len(); !test.accepted && n > 0 {
				t.Errorf("%d sessions in spite of the refusal", n)
			}
		})
	}
}

func endsWith(suffix string) func(string) bool {
	return func(origin string) bool { return strings.HasSuffix(origin, suffix) }
}

func TestAPageWithoutTLSIsForeignToAServerWithTLS(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.serve(httptest.NewTLSServer(r.server))
	for origin, want := range map[string]int{"https://ok.example": 200, "http://ok.example": 403} {
		if got := r.openEither(Polling, "Host: ok.example", "Origin: "+origin); got.status != want {
			t.Errorf("%s: %d, want %d", origin, got.status, want)
		}
	}
}

func TestOriginsAreLookedAtWithEveryRequestOfASession(t *testing.T) {
	r := newRig(t, nil, nil)
	target := "/socket.io/?EIO=4&transport=polling&sid=" + r.poll()
	for _, method := range []string{"GET", "POST", "OPTIONS"} {
		if got := r.ask(method, target, "4x", "Origin: https://evil.example"); got.status != 403 {
			t.Errorf("%s: %d, want 403", method, got.status)
		}
	}
	c, a := r.handshake(strings.Replace(target, "=polling", "=websocket", 1), "Origin: https://evil.example")
	if c != nil || a.status != 403 {
		t.Errorf("upgrade: %d, want 403", a.status)
	}
	if got := r.ask("POST", target, "4x"); got.status != 200 {
		t.Errorf("the session is harmed: %d", got.status)
	}
}

func TestAnOriginThatHTTPForbidsIsRefusedByHTTP(t *testing.T) {
	r := newRig(t, nil, nil)
	if got := r.raw("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nOrigin: http://x\x01\r\n\r\n"); got.status != 400 {
		t.Errorf("B11: %d, want 400", got.status)
	}
}

func TestImpossibleCORSOptionsPanicWithASentence(t *testing.T) {
	for want, cors := range map[string]CORS{
		`"*" with Credentials`: {Origins: []string{"*"}, Credentials: true}, // B75
		"Off with Origins":     {Origins: []string{"http://a.test"}, Off: true},
		`"a.test"`:             {Origins: []string{"a.test"}},
		`"http://a.test/"`:     {Origins: []string{"http://a.test/"}},
		`"http://a.test?x"`:    {Origins: []string{"http://a.test?x"}},
		`"http://*.test"`:      {Origins: []string{"http://*.test"}},
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.HasPrefix(v, "engineio: ") || !strings.Contains(v, want) {
					t.Errorf("%+v: panic %q, want one about %s", cors, v, want)
				}
			}()
			NewServer(func(*Conn) {}, &Options{CORS: cors})
		}()
	}
}
