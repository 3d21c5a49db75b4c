package socketio_test

import (
	"slices"
	"strings"
	"testing"

	"socketio"
	"socketio/engineio"
)

// The requests of these tests are for the host victim.test.
func TestBadOrigins(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B70 WebSocket of another origin, CVE-2019-13611", nil, func(v *victim) {
			for _, origin := range []string{"http://evil.test", "http://victim.test.evil.test", "http://victim.test:8080", "null", "file://", "victim.test", "", " "} {
				_, got := v.tryUpgrade("EIO=4&transport=websocket", "Origin: "+origin)
				if strings.TrimSpace(origin) == "" {
					v.want("an empty origin is none", got, 101, "")
					continue
				}
				v.wantError(origin, got, forbidden)
			}
			for _, origin := range []string{"http://victim.test", "HTTP://Victim.Test", "http://victim.test:80"} {
				v.upgrade("EIO=4&transport=websocket", "Origin: "+origin).wantPrefix(`0{"sid":"`)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if !strings.Contains(v.log.String(), "http://evil.test") {
				v.Errorf("the log does not name the origin:\n%s", &v.log)
			}
		}},
		{"B71 WebSocket of an origin that is not listed", listing("https://ok.example"), func(v *victim) {
			_, got := v.tryUpgrade("EIO=4&transport=websocket", "Origin: https://evil.test")
			v.wantError("another one", got, forbidden)
			_, got = v.tryUpgrade("EIO=4&transport=websocket", "Origin: http://victim.test")
			v.wantError("the server's own, which the list does not have", got, forbidden)
			v.upgrade("EIO=4&transport=websocket", "Origin: https://ok.example").wantPrefix(`0{"sid":"`)
		}},
		{"B72 polling of an origin that is not listed, CVE-2020-28481", listing("https://ok.example"), func(v *victim) {
			got := v.do("GET", "EIO=4&transport=polling", "", "Origin: https://evil.test")
			v.wantError("a handshake", got, forbidden)
			wantNoCORS(v, got)
			sid := v.session()
			v.wantError("a POST", v.do("POST", polling(sid), "4x", "Origin: https://evil.test"), forbidden)
			v.wantError("a GET", v.do("GET", polling(sid), "", "Origin: https://evil.test"), forbidden)
			v.wantKept(sid)
			got = v.do("GET", "EIO=4&transport=polling", "", "Origin: https://ok.example")
			v.wantKept(v.opened("of the listed one", got))
			wantHeader(v, got, "Access-Control-Allow-Origin", "https://ok.example")
			wantHeader(v, got, "Access-Control-Allow-Credentials", "true")
			wantHeader(v, got, "Vary", "Origin")
		}},
		{"B73 origins that look like a listed one", listing("https://ok.example"), func(v *victim) {
			for _, origin := range []string{
				"null", "https://ok.example.evil.test", "https://ok.example:444", "http://ok.example", "https://evil.test/ok.example",
				"https://ok.example@evil.test", "https://evil.test#ok.example", "https://evil.test?ok.example", "https://ok.example.", "https://xok.example",
				"https://ok.example/", "https://ok.example, https://evil.test", "ok.example", "//ok.example", "https://ok.example%00",
			} {
				v.wantError(origin, v.do("GET", "EIO=4&transport=polling", "", "Origin: "+origin), forbidden)
			}
			for _, origin := range []string{"HTTPS://OK.example", "https://ok.example:443"} {
				v.wantKept(v.opened(origin, v.do("GET", "EIO=4&transport=polling", "", "Origin: "+origin)))
			}
		}},
		{"B73 null that is listed", listing("null"), func(v *victim) {
			v.wantKept(v.opened("null", v.do("GET", "EIO=4&transport=polling", "", "Origin: null")))
			v.wantError("another one", v.do("GET", "EIO=4&transport=polling", "", "Origin: https://evil.test"), forbidden)
		}},
		{"B74 preflight", listing("https://ok.example"), func(v *victim) {
			ask := []string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-custom"}
			got := v.do("OPTIONS", "EIO=4&transport=polling", "", append(ask, "Origin: https://ok.example")...)
			v.want("of a listed origin", got, 204, "")
			wantHeader(v, got, "Access-Control-Allow-Origin", "https://ok.example")
			wantHeader(v, got, "Access-Control-Allow-Headers", "x-custom")
			wantHeader(v, got, "Vary", "Origin")
			got = v.do("OPTIONS", "EIO=4&transport=polling", "", append(ask, "Origin: https://evil.test")...)
			v.wantError("of another one", got, forbidden)
			wantNoCORS(v, got)
			wantHeader(v, got, "Vary", "Origin")
			got = v.do("OPTIONS", "EIO=4&transport=polling", "", ask...)
			v.want("of none", got, 204, "")
			wantNoCORS(v, got)
			wantHeader(v, got, "Vary", "Origin")
		}},
		{"B76 page of another origin with the visitor's cookies, GHSA-mj22-23ff-2hrr", nil, func(v *victim) {
			_, got := v.tryUpgrade("EIO=4&transport=websocket", "Origin: https://evil.test", "Cookie: session=secret", "Sec-Fetch-Site: cross-site")
			v.wantError("a WebSocket", got, forbidden)
			v.wantError("a GET", v.do("GET", "EIO=4&transport=polling", "", "Origin: https://evil.test", "Cookie: session=secret"), forbidden)
			sid := v.session()
			got = v.do("POST", polling(sid), "40", "Origin: https://evil.test", "Content-Type: text/plain;charset=UTF-8", "Cookie: session=secret")
			v.wantError("a POST that needs no preflight", got, forbidden)
			v.wantKept(sid)
		}},
	})
}

// listing are options that let in one origin, with credentials.
func listing(origin string) *socketio.Options {
	return &socketio.Options{Options: engineio.Options{CORS: socketio.CORS{Origins: []string{origin}, Credentials: true}}}
}

func wantHeader(v *victim, got answer, name, value string) {
	v.Helper()
	if !slices.Contains(got.header.Values(name), value) {
		v.Errorf("%s is %q, want %q", name, got.header.Values(name), value)
	}
}

// wantNoCORS expects that no page can read the response.
func wantNoCORS(v *victim, got answer) {
	v.Helper()
	if got.header.Get("Access-Control-Allow-Origin") != "" {
		v.Errorf("Access-Control-Allow-Origin is %q", got.header.Get("Access-Control-Allow-Origin"))
	}
}

func TestB75AnyOriginWithCredentialsIsNoConfiguration(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("such a server was made")
		}
	}()
	socketio.NewServer(listing("*"))
}
