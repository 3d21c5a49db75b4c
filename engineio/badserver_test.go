package engineio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/internal/ws"
)

// page is a proxy's error page.
const page = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"

// badServers are servers that do not open a session as they should.
var badServers = []struct {
	name    string
	answer  http.HandlerFunc
	polling bool // only polling sees it
	status  int  // of the ResponseError; 0 where there is none
	code    int  // of the HandshakeError; -1 where there is none
	says    string
}{
	{"an error page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) }, false, 200, -1, "DOCTYPE"},
	{"an error page with a status", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, page)
	}, false, 502, -1, "Bad Gateway"},
	{"overload", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}, false, 503, -1, "503"},
	{"too large a header", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }, false, 413, -1, "413"},
	{"a refusal of the protocol", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"code":4,"message":"no entry"}`)
	}, false, 403, 4, "no entry"},
	{"endless redirects", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.String()+"&again=1", http.StatusFound)
	}, false, 302, -1, "10 redirects"},
	{"truncated gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, `0{"sid":"x","pingInterval":25000,"pingTimeout":20000}`)
		z.Close()
		w.Write(b.Bytes()[:20])
	}, true, 200, -1, "EOF"},
	{"a bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 2000 {
			z.Write(make([]byte, 10_000))
		}
		z.Close()
	}, true, 200, -1, "over the limit"},
	{"an empty answer", func(http.ResponseWriter, *http.Request) {}, true, 200, -1, "empty"},
	{"no open packet", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "4hello") }, true, 200, -1, "no open packet"},
	{"an open packet without id", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `0{"pingInterval":25000,"pingTimeout":20000}`)
	}, true, 200, -1, "no sid"},
	{"an open packet of another kind", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `0[1,2]`) }, true, 200, -1, "handshake"},
	{"an open packet that jumps", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `0{"sid":"x","pingInterval":-1,"pingTimeout":20000}`)
	}, true, 200, -1, "range"},
	{"a hang-up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, 0, -1, "EOF"},
}

func TestServersThatDoNotOpenASession(t *testing.T) {
	for _, bad := range badServers {
		for _, way := range ways[:2] {
			if bad.polling && way.carrier != Polling {
				continue
			}
			t.Run(bad.name+" by "+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					web := httptest.NewTestServer(t, bad.answer)
					o := way.options
					o.HTTPClient = web.Client()
					_, err := Dial(t.Context(), web.URL, &o)
					if err == nil {
						t.Fatal("the session opened")
					}
					response, _ := errors.AsType[*ResponseError](err)
					if (response != nil) != (bad.status != 0) || response != nil && response.Status != bad.status {
						t.Errorf("the error is %v, want status %d", err, bad.status)
					}
					if refusal, ok := errors.AsType[*HandshakeError](err); ok != (bad.code >= 0) || ok && refusal.Code != bad.code {
						t.Errorf("the error is %v, want code %d", err, bad.code)
					}
					if bad.status == 503 && response.RetryAfter != 7*time.Second {
						t.Errorf("Retry-After is %v", response.RetryAfter)
					}
					if !strings.Contains(err.Error(), bad.says) && way.carrier == Polling {
						t.Errorf("the error is %q and does not say %q", err, bad.says)
					}
				})
			})
		}
	}
}

func TestWebSocketsThatDoNotOpenASession(t *testing.T) {
	for name, frames := range map[string][]byte{
		"no open packet":  ws.AppendFrame(nil, ws.OpText, []byte("4hello")),
		"binary":          ws.AppendFrame(nil, ws.OpBinary, []byte("0{}")),
		"an empty packet": ws.AppendFrame(nil, ws.OpText, nil),
		"no id":           ws.AppendFrame(nil, ws.OpText, []byte(`0{"sid":""}`)),
		"no UTF-8":        ws.AppendFrame(nil, ws.OpText, []byte("0\xff")),
		"a masked frame":  ws.AppendMasked(nil, ws.OpText, []byte("0{}")),
		"garbage":         []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"close":           ws.AppendClose(nil, 1013, "later", false),
		"too late": append(ws.AppendFrame(nil, ws.OpText, []byte("4hello")),
			ws.AppendFrame(nil, ws.OpText, []byte(`0{"sid":"x","pingInterval":1,"pingTimeout":1}`))...),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					nc, _, _ := ws.Accept(w, r, nil, frames)
					defer nc.Close()
					io.Copy(io.Discard, nc)
				}))
				begun := time.Now()
				_, err := Dial(t.Context(), web.URL, &DialOptions{Transports: []string{WebSocket}, HTTPClient: web.Client()})
				if err == nil || time.Since(begun) > time.Second {
					t.Errorf("Dial: %v after %v", err, time.Since(begun))
				}
				time.Sleep(lingers)
			})
		})
	}
}

// What a poll would have brought is lost with its answer, so the session is over: another
// poll in its place would bring what comes behind. A redirect is no loss.
func TestAPollWhoseAnswerIsLostEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var polls atomic.Int32
		web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.FormValue("sid") == "":
				io.WriteString(w, `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}`)
			case r.FormValue("moved") == "":
				http.Redirect(w, r, r.URL.String()+"&moved=1", http.StatusTemporaryRedirect)
			default:
				switch polls.Add(1) {
				case 1:
					io.WriteString(w, "4a")
				case 2:
					panic(http.ErrAbortHandler)
				default:
					io.WriteString(w, "4c\x1e1")
				}
			}
		}))
		c, err := Dial(t.Context(), web.URL, &DialOptions{Transports: []string{Polling}, HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		received := 0
		for err == nil {
			if _, err = c.Receive(t.Context()); err == nil {
				received++
			}
		}
		if closed, ok := errors.AsType[*CloseError](err); !ok || closed.Reason != reasonTransportError || received != 1 {
			t.Errorf("%d messages in %d polls, and then %v", received, polls.Load(), err)
		}
	})
}

// spoilers are what a server sends within a session, and should not.
var spoilers = []struct {
	name, polled, frame string // frame is of a WebSocket; empty where that is no mistake
	reason              string
}{
	{"an unknown packet", "9", "9", reasonParseError},
	{"a second open packet", `0{"sid":"x"}`, `0{"sid":"x"}`, reasonParseError},
	{"an upgrade packet", "5", "5", reasonParseError},
	{"an empty packet", "4a\x1e", "\x00", reasonParseError},
	{"wrong base64", "b!!!!", "b!!!!", reasonParseError},
	{"an error page", page, page, reasonParseError},
	{"nothing", "", "", reasonParseError},
	{"a close packet", "1", "1", reasonTransportClose},
}

func TestServersThatBreakTheProtocolWithinASession(t *testing.T) {
	open := `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}`
	for _, bad := range spoilers {
		for _, way := range ways[:2] {
			if way.carrier == WebSocket && bad.frame == "" {
				continue
			}
			t.Run(bad.name+" by "+way.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						switch {
						case r.FormValue("transport") == WebSocket:
							first := ws.AppendFrame(nil, ws.OpText, []byte(open))
							nc, _, _ := ws.Accept(w, r, nil, ws.AppendFrame(first, ws.OpText, []byte(bad.frame)))
							defer nc.Close()
							io.Copy(io.Discard, nc)
						case r.FormValue("sid") == "":
							io.WriteString(w, open)
						default:
							io.WriteString(w, bad.polled)
						}
					}))
					o := way.options
					o.HTTPClient = web.Client()
					c, err := Dial(t.Context(), web.URL, &o)
					if err != nil {
						t.Fatal(err)
					}
					for err == nil {
						_, err = c.Receive(t.Context())
					}
					if closed, ok := errors.AsType[*CloseError](err); !ok || closed.Reason != bad.reason {
						t.Errorf("the connection ended with %v, want %s", err, bad.reason)
					}
					if r, ok := errors.AsType[*ResponseError](err); way.carrier == Polling && bad.reason == reasonParseError && (!ok || !strings.HasPrefix(bad.polled, r.Body)) {
						t.Errorf("%v does not say what the server answered", err)
					}
					time.Sleep(lingers)
				})
			})
		}
	}
}

func TestAServerThatAnswersPollsWithNothingMakesNobodySpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var polls atomic.Int32
		web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("sid") == "" {
				io.WriteString(w, `0{"sid":"x","pingInterval":60000,"pingTimeout":60000}`)
				return
			}
			polls.Add(1)
			io.WriteString(w, "6")
		}))
		c, err := Dial(t.Context(), web.URL, &DialOptions{HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := polls.Load(); n > 100 {
			t.Errorf("%d polls in a minute", n)
		}
		c.Close()
		synctest.Wait()
	})
}

func TestPostsAreNotRedirectedIntoPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newServerRig(t, nil, nil)
		web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.Method == http.MethodPost {
				http.Redirect(w, req, req.URL.String(), http.StatusSeeOther)
				return
			}
			r.server.ServeHTTP(w, req)
		}))
		r.serveInMemory(web)
		c := r.dialed(DialOptions{Transports: []string{Polling}})
		c.Send(Message{Data: []byte("x")})
		_, err := c.Receive(t.Context())
		if refused, ok := errors.AsType[*ResponseError](err); !ok || refused.Status != http.StatusSeeOther {
			t.Errorf("the connection ended with %v", err)
		}
		r.server.Close()
	})
}
