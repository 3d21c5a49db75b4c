package engineio

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

var someFiles = fstest.MapFS{
	"client.js":     {Data: []byte(strings.Repeat("io();\n", 100))},
	"client.js.map": {Data: []byte(`{"version":3}`)},
	"module.mjs":    {Data: []byte("export {}")},
	"secret.txt":    {Data: []byte("not to be served")},
	"sub/more.js":   {Data: []byte("not to be served either")},
}

const (
	plainly = "Accept-Encoding: identity"
	gzippy  = "Accept-Encoding: gzip, deflate"
)

func TestClientFilesAreServedBelowThePath(t *testing.T) {
	stripped := func(s *Server) http.Handler { return http.StripPrefix("/app/socket.io", s) }
	direct := func(s *Server) http.Handler { return s }
	const js, json = "application/javascript; charset=utf-8", "application/json; charset=utf-8"
	for _, tt := range []struct {
		name    string
		options Options
		mount   func(*Server) http.Handler
		method  string
		ask     string
		status  int
		kind    string
	}{
		{"a script", Options{}, direct, "GET", "/socket.io/client.js", 200, js},
		{"with a query", Options{}, direct, "GET", "/socket.io/client.js?v=1", 200, js},
		{"a map", Options{}, direct, "GET", "/socket.io/client.js.map", 200, json},
		{"a module", Options{}, direct, "GET", "/socket.io/module.mjs", 200, js},
		{"below a path of one's own", Options{Path: "/my"}, direct, "GET", "/my/client.js", 200, js},
		{"behind StripPrefix", Options{}, stripped, "GET", "/app/socket.io/client.js", 200, js},
		{"its head", Options{}, direct, "HEAD", "/socket.io/client.js", 200, js},
		{"not posted to", Options{}, direct, "POST", "/socket.io/client.js", 405, ""},
		{"of another kind", Options{}, direct, "GET", "/socket.io/secret.txt", 404, ""},
		{"in a directory", Options{}, direct, "GET", "/socket.io/sub/more.js", 404, ""},
		{"by dots", Options{}, direct, "GET", "/socket.io/%2e%2e/client.js", 404, ""},
		{"that is not there", Options{}, direct, "GET", "/socket.io/other.js", 404, ""},
		{"below another path", Options{}, direct, "GET", "/other/client.js", 404, ""},
		{"switched off", Options{NoClientFiles: true}, direct, "GET", "/socket.io/client.js", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.ClientFiles = someFiles
			r := newServerRig(t, &tt.options, nil)
			r.serve(httptest.NewServer(tt.mount(r.server)))
			a := r.ask(tt.method, tt.ask, "", plainly)
			if a.status != tt.status {
				t.Fatalf("status %d, want %d", a.status, tt.status)
			}
			if tt.status != 200 {
				return
			}
			if got := a.header.Get("Content-Type"); got != tt.kind {
				t.Errorf("Content-Type %q, want %q", got, tt.kind)
			}
			if got, want := a.header.Get("Cache-Control"), "public, max-age=0"; got != want {
				t.Errorf("Cache-Control %q, want %q", got, want)
			}
			if (a.body == "") != (tt.method == "HEAD") {
				t.Errorf("%s got a body of %d bytes", tt.method, len(a.body))
			}
		})
	}
}

func TestWithoutClientFilesNoneAreServed(t *testing.T) {
	if a := newRig(t, nil, nil).ask("GET", "/socket.io/socket.io.js", ""); a.status != 404 {
		t.Errorf("status %d, want 404", a.status)
	}
}

func TestAClientFileIsCompressedForWhoAsks(t *testing.T) {
	r := newRig(t, &Options{ClientFiles: someFiles}, nil)
	want := string(someFiles["client.js"].Data)
	for _, tt := range []struct{ accept, coding string }{
		{plainly, ""},
		{gzippy, "gzip"},
		{"Accept-Encoding: br;q=1, *;q=0.5", "gzip"},
		{"Accept-Encoding: gzip;q=0", ""},
	} {
		a := r.ask("GET", "/socket.io/client.js", "", tt.accept)
		text, coding := fetched(t, a)
		if text != want || coding != tt.coding {
			t.Errorf("%s: %d bytes as %q, want %d as %q", tt.accept, len(text), coding, len(want), tt.coding)
		}
		if got := a.header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%s: Vary %q", tt.accept, got)
		}
	}
}

func TestAClientFileThatIsKnownIsNotSentAgain(t *testing.T) {
	r := newRig(t, &Options{ClientFiles: someFiles}, nil)
	for _, accept := range []string{plainly, gzippy} {
		tag := r.ask("GET", "/socket.io/client.js", "", accept).header.Get("Etag")
		for _, tt := range []struct {
			known  string
			status int
		}{
			{tag, 304},
			{"W/" + tag, 304},
			{`"other", ` + tag, 304},
			{"*", 304},
			{`"other"`, 200},
		} {
			a := r.ask("GET", "/socket.io/client.js", "", accept, "If-None-Match: "+tt.known)
			if a.status != tt.status || (a.body == "") != (tt.status == 304) {
				t.Errorf("%s, known %s: %d with %d bytes, want %d", accept, tt.known, a.status, len(a.body), tt.status)
			}
			if got := a.header.Get("Etag"); got != tag {
				t.Errorf("%s: Etag %s, then %s", accept, tag, got)
			}
		}
	}
}

func TestClientFilesFollowCORS(t *testing.T) {
	r := newRig(t, &Options{ClientFiles: someFiles, CORS: CORS{Origins: []string{"http://a.test"}}}, nil)
	for _, tt := range []struct{ method, origin, want string }{
		{"GET", "http://a.test", "200 Origin=http://a.test Vary=Origin Vary=Accept-Encoding"},
		{"GET", "http://b.test", "200 Vary=Origin Vary=Accept-Encoding"},
		{"OPTIONS", "http://a.test", "204 Origin=http://a.test Methods=" + allMethods + " Vary=Origin"},
	} {
		a := r.ask(tt.method, "/socket.io/client.js", "", plainly, "Origin: "+tt.origin)
		if got := strconv.Itoa(a.status) + " " + corsHeaders(a); got != tt.want {
			t.Errorf("%s from %s: %s, want %s", tt.method, tt.origin, got, tt.want)
		}
	}
}
