package socketio_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"socketio"
)

// Advisories about other programs of this kind that no bad input in the tables proves
// us immune to. SECURITY.md has the list of all.

func TestCVE_2017_16031_SessionIDsCannotBeGuessed(t *testing.T) {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	const sessions = 2000
	seen := map[string]bool{}
	var letters [20]map[byte]bool
	for range sessions {
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest("GET", "/socket.io/?EIO=4&transport=polling", nil))
		sid := strings.TrimPrefix(w.Body.String(), `0{"sid":"`)[:20]
		seen[sid] = true
		for i := range letters {
			if letters[i] == nil {
				letters[i] = map[byte]bool{}
			}
			letters[i][sid[i]] = true
		}
	}
	if len(seen) != sessions {
		t.Errorf("%d ids of %d sessions", len(seen), sessions)
	}
	for i, some := range letters {
		if len(some) < 48 { // of 64
			t.Errorf("%d different letters at place %d", len(some), i)
		}
	}
	tree, err := load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tree.files {
		for _, imported := range f.imports {
			if strings.HasPrefix(imported, "math/rand") && tree.inCore(path.Dir(f.name)) && !strings.HasSuffix(f.name, "_test.go") {
				t.Errorf("%s imports %s", f.name, imported)
			}
		}
	}
}

// An http.MaxBytesReader in the place of our own count would race with the response.
func TestCVE_2026_97054_BodiesOverTheLimitBesideResponses(t *testing.T) {
	v := newVictim(t, small(), nil)
	for range 50 {
		sid := v.session()
		parked := v.park(sid)
		large := v.dial().write(request("POST", "/socket.io/?"+polling(sid), strings.Repeat("4", 1001)))
		v.want("the large POST", large.answer("POST"), http.StatusRequestEntityTooLarge, "")
		v.want("the GET that waited", parked.answer("GET"), 200, "1")
	}
	v.settle()
}

// Packets are decoded in time that grows with their number, and no faster.
func TestKillEngineIO_APayloadOfManyPackets(t *testing.T) {
	v := newVictim(t, nil, nil)
	sid := v.session()
	body := strings.Repeat("6\x1e", 65_535) + "6"
	start := time.Now()
	v.want("65,536 packets", v.post(sid, body), 200, "ok")
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	v.wantKept(sid)
	v.settle()
}
