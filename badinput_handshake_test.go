package socketio_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"socketio"
	"socketio/engineio"
)

func TestBadHandshakes(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B01 no transport", nil, func(v *victim) {
			v.wantError("a GET", v.do("GET", "EIO=4", ""), transportUnknown)
			_, got := v.tryUpgrade("EIO=4")
			v.wantError("an upgrade", got, transportUnknown)
		}},
		{"B02 unknown transport, CVE-2023-31125", nil, func(v *victim) {
			for _, name := range []string{"bogus", "__proto__", "constructor", "", "x%00", "webtransport", "WebSocket"} {
				v.wantError(name, v.do("GET", "EIO=4&transport="+name, ""), transportUnknown)
				_, got := v.tryUpgrade("EIO=4&transport=" + name)
				v.wantError("an upgrade to "+name, got, transportUnknown)
			}
			_, got := v.tryUpgrade("EIO=4&transport=polling")
			v.wantKept(v.opened("polling, which needs no upgrade", got))
		}},
		{"B03 another revision, CVE-2026-102599", nil, func(v *victim) {
			for _, query := range []string{"transport=polling", "EIO=3&transport=polling", "EIO=5&transport=polling", "EIO=&transport=polling", "EIO=4x&transport=polling"} {
				v.wantError(query, v.do("GET", query, ""), wrongRevision)
			}
			_, got := v.tryUpgrade("EIO=3&transport=websocket")
			v.wantError("an upgrade", got, wrongRevision)
		}},
		{"B03 a parameter twice", nil, func(v *victim) {
			for _, query := range []string{
				"EIO=4&EIO=3&transport=polling", "EIO=4&EIO=4&transport=polling",
				"EIO=4&transport=polling&transport=websocket", "EIO=4&transport=polling&sid=&sid=x",
			} {
				v.wantError(query, v.do("GET", query, ""), badRequest)
			}
		}},
		{"B04 a method other than GET", nil, func(v *victim) {
			for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
				v.wantError(method, v.do(method, "EIO=4&transport=polling", ""), badMethod)
			}
			if got := v.do("HEAD", "EIO=4&transport=polling", ""); got.status != 400 || got.body != "" {
				v.Errorf("HEAD: answered %v", got)
			}
		}},
		{"B04 OPTIONS with CORS", &socketio.Options{Options: engineio.Options{CORS: socketio.CORS{Origins: []string{"http://page.test"}}}}, func(v *victim) {
			v.want("without an origin", v.do("OPTIONS", "EIO=4&transport=polling", ""), 204, "")
			v.want("of a page", v.do("OPTIONS", "EIO=4&transport=polling", "", "Origin: http://page.test"), 204, "")
		}},
		{"B05 websocket without an upgrade", nil, func(v *victim) {
			v.wantError("a GET", v.do("GET", "EIO=4&transport=websocket", ""), badRequest)
		}},
		{"B06 unknown session, CVE-2026-59724", nil, func(v *victim) {
			for _, sid := range []string{"x", "__proto__", "constructor", "%00", "%", strings.Repeat("a", 64<<10), strings.Repeat("%41", 20)} {
				v.wantError(sid, v.do("GET", polling(sid), ""), sessionUnknown)
				v.wantError(sid, v.do("POST", polling(sid), "4x"), sessionUnknown)
				_, got := v.tryUpgrade("EIO=4&transport=websocket&sid=" + sid)
				v.wantError(sid, got, sessionUnknown)
			}
		}},
		{"B07 empty session id", nil, func(v *victim) {
			v.wantKept(v.opened("a handshake", v.do("GET", "EIO=4&transport=polling&sid=", "")))
		}},
		{"B08 below the path", nil, func(v *victim) {
			for _, path := range []string{"/socket.io/foo", "/socket.io/%2e%2e/", "/socket.io//", "/socket.iox", "/socket", "/SOCKET.IO/", "/socket.io/%00"} {
				if got := v.exchange("GET", request("GET", path+"?EIO=4&transport=polling", "", "Connection: close")); got.status != 404 {
					v.Errorf("%s: answered %v", path, got)
				}
			}
		}},
		{"B09 without the last slash", nil, func(v *victim) {
			got := v.exchange("GET", request("GET", "/socket.io?EIO=4&transport=polling", "", "Connection: close"))
			v.wantKept(v.opened("a handshake", got))
		}},
		{"B10 absolute URI", nil, func(v *victim) {
			got := v.exchange("GET", request("GET", "http://victim.test/socket.io/?EIO=4&transport=polling", "", "Connection: close"))
			v.wantKept(v.opened("a handshake", got))
		}},
		{"B11 control character in the origin", nil, func(v *victim) {
			if got := v.do("GET", "EIO=4&transport=polling", "", "Origin: http://\x01page.test"); got.status != 400 {
				v.Errorf("answered %v", got)
			}
		}},
		{"B12 two hosts", nil, func(v *victim) {
			if got := v.do("GET", "EIO=4&transport=polling", "", "Host: other.test"); got.status != 400 {
				v.Errorf("answered %v", got)
			}
		}},
		{"B14 HTTP 1.0", nil, func(v *victim) {
			l := v.dial().write("GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
			sid := v.opened("a handshake", l.answer("GET"))
			l.wantEnd()
			v.wantKept(sid)
		}},
		{"B15 two lengths", nil, attackTwoLengths},
		{"B16 refused by Allow", refusing(`no "entry" </script>` + "\n"), func(v *victim) {
			const body = `{"code":4,"message":"no \"entry\" </script>\n"}`
			v.want("a GET", v.do("GET", "EIO=4&transport=polling", ""), 403, body)
			_, got := v.tryUpgrade("EIO=4&transport=websocket")
			v.want("an upgrade", got, 403, body)
		}},
		{"B17 Allow panics", allowing(func(*http.Request) error { panic("boom") }), func(v *victim) {
			v.want("a GET", v.do("GET", "EIO=4&transport=polling", ""), 500, "")
			_, got := v.tryUpgrade("EIO=4&transport=websocket")
			v.want("an upgrade", got, 500, "")
			v.mu.Lock()
			defer v.mu.Unlock()
			if !strings.Contains(v.log.String(), "boom") {
				v.Errorf("the log does not tell of the panic:\n%s", &v.log)
			}
		}},
	})
}

// allowing are options with an Allow that lets in the first client, which is the
// healthy one, and then is what is given.
func allowing(allow func(*http.Request) error) *socketio.Options {
	first := true
	o := new(socketio.Options)
	o.Allow = func(r *http.Request) error {
		if first {
			first = false
			return nil
		}
		return allow(r)
	}
	return o
}

func refusing(message string) *socketio.Options {
	return allowing(func(*http.Request) error { return errors.New(message) })
}

// The header is limited by the http.Server that the server is mounted in; this is what
// the examples set.
func TestLargeHeaders(t *testing.T) {
	for name, text := range map[string]string{
		"B13 header of 20 KB": request("GET", "/socket.io/?EIO=4&transport=polling", "", "X-Large: "+strings.Repeat("x", 20<<10)),
		"B13 3,000 headers":   request("GET", "/socket.io/?EIO=4&transport=polling", "", strings.Repeat("X-Many: 1\r\n", 3000)+"X-Last: 1"),
		"B13 URL of 64 KB":    request("GET", "/socket.io/?EIO=4&transport=polling&x="+strings.Repeat("x", 64<<10), ""),
	} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, nil, func(web *http.Server) { web.MaxHeaderBytes = 16 << 10 })
			if got := v.exchange("GET", text); got.status != http.StatusRequestHeaderFieldsTooLarge {
				v.Errorf("answered %v", got)
			}
			v.settle()
		})
	}
}

// attackTwoLengths sends a request that two parsers could see the end of in two places.
func attackTwoLengths(v *victim) {
	sid := v.session()
	l := v.dial().write("POST /socket.io/?" + polling(sid) + " HTTP/1.1\r\nHost: victim.test\r\n" +
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n6\r\n0\r\n\r\n")
	v.want("a POST", l.answer("POST"), 200, "ok")
	v.wantKept(sid)
}
