package publish_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/publish"
)

const key = "a key of a test"

// post sends a request to a handler.
func post(h http.Handler, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/publish", strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestARequestReachesTheClientsOfAllServers(t *testing.T) {
	bus := adapter.NewMemory()
	own, other := socketio.NewServer(&socketio.Options{Bus: bus}), socketio.NewServer(&socketio.Options{Bus: bus})
	defer own.Close()
	defer other.Close()
	other.OnConnect(func(_ context.Context, s *socketio.Socket) error { s.Join("room"); return nil })
	web := httptest.NewServer(other)
	defer web.Close()
	c := socketio.NewClient(web.URL, nil)
	defer c.Close()
	heard := make(chan string, 10)
	c.On("news", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args2[string, map[string]int]) error {
		heard <- fmt.Sprint(v.A, " ", v.B)
		return nil
	})
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, err := own.ServerCount(t.Context()); n != 2; n, err = own.ServerCount(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	h := publish.Handler(key, own.Namespace)
	for _, body := range []string{
		`{"event":"news","rooms":["nowhere"],"args":["wrong",{}]}`,
		`{"event":"news","except":["room"],"args":["wrong",{}]}`,
		`{"event":"news","rooms":["room"],"args":["one",{"a":1}]}`,
		`{"event":"news","namespace":"/","args":["two",{}]}`,
	} {
		if w := post(h, key, body); w.Code != http.StatusAccepted || w.Body.Len() > 0 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, want := range []string{"one map[a:1]", "two map[]"} {
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("the client heard %q, want %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the client has not heard %q", want)
		}
	}
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	h := publish.Handler(key, srv.Namespace)
	for name, tt := range map[string]struct {
		key, body string
		want      int
	}{
		"no key":            {"", `{"event":"e"}`, 401},
		"another key":       {"another", `{"event":"e"}`, 401},
		"a longer key":      {key + "x", `{"event":"e"}`, 401},
		"no JSON":           {key, `event=e`, 400},
		"nothing":           {key, ``, 400},
		"no event":          {key, `{"args":[1]}`, 400},
		"a reserved event":  {key, `{"event":"connect"}`, 400},
		"another member":    {key, `{"event":"e","room":"r"}`, 400},
		"a member twice":    {key, `{"event":"e","event":"f"}`, 400},
		"something behind":  {key, `{"event":"e"}{}`, 400},
		"too many rooms":    {key, `{"event":"e","rooms":["r"` + strings.Repeat(`,"r"`, publish.MaxRooms) + `]}`, 400},
		"another namespace": {key, `{"event":"e","namespace":"/admin"}`, 404},
		"too much":          {key, `{"event":"` + strings.Repeat("e", publish.MaxBytes) + `"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, tt.key, tt.body)
			if w.Code != tt.want || !strings.HasPrefix(w.Body.String(), `{"error":"`) {
				t.Errorf("the answer is %d %s, want %d", w.Code, w.Body, tt.want)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/publish", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET is answered by %d", w.Code)
	}
	srv.Close()
	if w := post(h, key, `{"event":"e"}`); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a closed server answers %d %s", w.Code, w.Body)
	}
}

func TestWithoutAKeyThereIsNoHandler(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Handler did not panic")
		}
	}()
	publish.Handler("")
}
