package socketio_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"socketio"
	"socketio/browser"
)

// fetchFile asks a server with these options for a file of the client.
func fetchFile(t *testing.T, o *socketio.Options, name string) *httptest.ResponseRecorder {
	t.Helper()
	io := socketio.NewServer(o)
	t.Cleanup(func() { io.Close() })
	w := httptest.NewRecorder()
	io.ServeHTTP(w, httptest.NewRequest("GET", "/socket.io/"+name, nil))
	return w
}

func TestTheClientForBrowsersIsServedByDefault(t *testing.T) {
	for _, name := range []string{
		"socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js", "socket.io.lite.esm.min.js",
	} {
		for _, name := range []string{name, name + ".map"} {
			w := fetchFile(t, nil, name)
			want, err := fs.ReadFile(browser.Files(), name)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code != http.StatusOK || w.Body.String() != string(want) {
				t.Errorf("%s: status %d and %d bytes, want 200 and %d", name, w.Code, w.Body.Len(), len(want))
			}
			if tag := w.Header().Get("Etag"); len(tag) < 10 {
				t.Errorf("%s: Etag %s", name, tag)
			}
		}
	}
}

func TestServingTheClientForBrowsersCanBeSwitchedOff(t *testing.T) {
	w := fetchFile(t, &socketio.Options{NoClientFiles: true}, "socket.io.js")
	if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "function") {
		t.Errorf("status %d and %d bytes, want 404", w.Code, w.Body.Len())
	}
}

func TestAnotherClientForBrowsersCanBeServed(t *testing.T) {
	files := fstest.MapFS{"socket.io.js": {Data: []byte("another")}}
	w := fetchFile(t, &socketio.Options{ClientFiles: files}, "socket.io.js")
	if w.Code != http.StatusOK || w.Body.String() != "another" {
		t.Errorf("status %d, %q, want 200, another", w.Code, w.Body)
	}
	if w := fetchFile(t, &socketio.Options{ClientFiles: files}, "socket.io.min.js"); w.Code != http.StatusNotFound {
		t.Errorf("what is not among them: status %d, want 404", w.Code)
	}
}
