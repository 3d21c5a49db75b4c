// Package routers_test mounts the server in other people's routers, and in the ways that
// are known to go wrong.
package routers_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/websocket"
	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"socketio"
	"socketio/engineio"
)

// A layer is middleware.
type layer func(http.Handler) http.Handler

// routers mount a handler under a path, with and without its last slash, and below the
// router's own compression and time limit.
var routers = []struct {
	name     string
	mount    func(h http.Handler, path string) http.Handler
	compress func(h http.Handler, path string) http.Handler
}{
	{"ServeMux", mountInServeMux, func(h http.Handler, path string) http.Handler {
		return gzhttp.GzipHandler(mountInServeMux(h, path))
	}},
	{"chi", mountInChi, func(h http.Handler, path string) http.Handler {
		return middleware.Compress(5, "text/plain")(mountInChi(h, path))
	}},
	{"gin", mountInGin, func(h http.Handler, path string) http.Handler {
		return gzhttp.GzipHandler(mountInGin(h, path))
	}},
	{"echo", mountInEcho, func(h http.Handler, path string) http.Handler {
		return mountInEchoWith(h, path, echomiddleware.Gzip())
	}},
}

func mountInServeMux(h http.Handler, path string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(path, h)
	mux.Handle(path+"/", h)
	return mux
}

func mountInChi(h http.Handler, path string) http.Handler {
	r := chi.NewRouter()
	r.Handle(path, h)
	r.Handle(path+"/", h)
	return r
}

func mountInGin(h http.Handler, path string) http.Handler {
	r := gin.New()
	r.RedirectTrailingSlash = false
	r.Any(path, gin.WrapH(h))
	r.Any(path+"/", gin.WrapH(h))
	return r
}

func mountInEchoWith(h http.Handler, path string, layers ...echo.MiddlewareFunc) http.Handler {
	e := echo.New()
	e.Use(layers...)
	e.Any(path, echo.WrapHandler(h))
	e.Any(path+"/", echo.WrapHandler(h))
	return e
}

func mountInEcho(h http.Handler, path string) http.Handler { return mountInEchoWith(h, path) }

// A bareWriter is a middleware's wrapper that hides what else a writer can do.
type bareWriter struct{ http.ResponseWriter }

// An openWriter is one that does not.
type openWriter struct{ http.ResponseWriter }

func (w openWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func wrapped(wrap func(http.ResponseWriter) http.ResponseWriter) layer {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrap(w), r) })
	}
}

func bare(w http.ResponseWriter) http.ResponseWriter { return bareWriter{w} }
func open(w http.ResponseWriter) http.ResponseWriter { return openWriter{w} }

func TestMountingTraps(t *testing.T) {
	for _, router := range routers {
		mounted := func(at string, layers ...layer) func(http.Handler) http.Handler {
			return func(h http.Handler) http.Handler {
				for _, layer := range layers {
					h = layer(h)
				}
				return router.mount(h, at)
			}
		}
		traps := []struct {
			name      string
			mount     func(http.Handler) http.Handler
			ask       string
			polling   int
			webSocket int
			log       string // a line of the log that says what is wrong
		}{
			{"as it should be", mounted("/socket.io"), "/socket.io/", 200, 101, ""},
			{"without the last slash", mounted("/socket.io"), "/socket.io", 200, 101, ""},
			{"behind StripPrefix", mounted("/api/socket.io", stripped), "/api/socket.io/", 200, 101, ""},
			{"behind StripPrefix, without the last slash", mounted("/api/socket.io", stripped), "/api/socket.io", 200, 101, ""},
			{"under another path than the option", mounted("/api/socket.io"), "/api/socket.io/", 404, 404,
				`cause="another path" got=/api/socket.io/ want=/socket.io/`},
			{"a writer with Unwrap", mounted("/socket.io", wrapped(open)), "/socket.io/", 200, 101, ""},
			{"a writer that hides Hijack", mounted("/socket.io", wrapped(bare)), "/socket.io/", 200, 500, `connection of a routers_test.bareWriter: feature not supported`},
			{"the same below one with Unwrap", mounted("/socket.io", wrapped(open), wrapped(bare)), "/socket.io/", 200, 500, `routers_test.bareWriter`},
			{"http.TimeoutHandler", mounted("/socket.io", limited), "/socket.io/", 200, 500, `connection of a *http.timeoutWriter`},
			{"http.TimeoutHandler is told of before a poll is cut", mounted("/socket.io", limited), "/socket.io/", 200, 500, `limit=20s wait=25s`},
			{"compression", func(h http.Handler) http.Handler { return router.compress(h, "/socket.io") }, "/socket.io/", 200, 101, ""},
		}
		for _, trap := range traps {
			t.Run(router.name+"/"+trap.name, func(t *testing.T) {
				v := newVisitor(t, trap.mount)
				if got := v.polls(trap.ask); got != trap.polling {
					t.Errorf("polling: %d, want %d", got, trap.polling)
				}
				if got := v.dials(trap.ask); got != trap.webSocket {
					t.Errorf("WebSocket: %d, want %d", got, trap.webSocket)
				}
				if log := v.log.String(); !strings.Contains(log, trap.log) || trap.log == "" && strings.Contains(log, "level=WARN") {
					t.Errorf("the log says %q, want %q", log, trap.log)
				}
			})
		}
	}
}

func stripped(h http.Handler) http.Handler { return http.StripPrefix("/api/socket.io", h) }

func limited(h http.Handler) http.Handler { return http.TimeoutHandler(h, 20*time.Second, "") }

// A visitor is a client of a server that is mounted somehow.
type visitor struct {
	*testing.T
	web *httptest.Server
	log *record
}

func newVisitor(t *testing.T, mount func(http.Handler) http.Handler) *visitor {
	t.Helper()
	v := &visitor{T: t, log: &record{}}
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{
		Logger: slog.New(slog.NewTextHandler(v.log, nil)),
	}})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { return s.EmitArgs("large", large) })
	v.web = httptest.NewServer(mount(srv))
	t.Cleanup(func() {
		srv.Close()
		v.web.Close()
	})
	return v
}

// large is worth compressing.
var large = strings.Repeat("large ", 2000)

const query = "?EIO=4&transport="

// polls is a whole conversation by polling. It returns the status of its first answer.
func (v *visitor) polls(path string) int {
	v.Helper()
	target := path + query + "polling"
	status, body := v.do("GET", target, "")
	sid := regexp.MustCompile(`"sid":"([^"]*)"`).FindStringSubmatch(body)
	if status != 200 || sid == nil {
		return status
	}
	target += "&sid=" + sid[1]
	if status, body := v.do("POST", target, "40"); status != 200 || body != "ok" {
		v.Errorf("POST: %d %q", status, body)
	}
	for got := ""; !strings.Contains(got, large); {
		status, body := v.do("GET", target, "")
		if status != 200 {
			v.Fatalf("a poll: %d %q", status, body)
		}
		got += body
	}
	return status
}

func (v *visitor) do(method, target, body string) (status int, answer string) {
	v.Helper()
	request, err := http.NewRequestWithContext(v.Context(), method, v.web.URL+target, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // follows no redirects
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// dials opens a WebSocket, and if it can joins a namespace. It returns the answer's status.
func (v *visitor) dials(path string) int {
	v.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(v.Context(), "ws"+strings.TrimPrefix(v.web.URL, "http")+path+query+"websocket", nil)
	if response == nil {
		v.Fatal(err)
	}
	if err != nil {
		response.Body.Close()
		return response.StatusCode
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("40")); err != nil {
		v.Fatal(err)
	}
	for got := ""; !strings.Contains(got, large); {
		_, data, err := conn.ReadMessage()
		if err != nil {
			v.Fatal(err)
		}
		got += string(data)
	}
	return response.StatusCode
}

// record is what a server has logged.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.ReplaceAll(r.text.String(), `\"`, `"`)
}
