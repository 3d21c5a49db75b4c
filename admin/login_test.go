package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/admin"
	"socketio/engineio"
	"socketio/socketiotest"
)

// attempt tries to log in, as the client at an address, and says how long it took.
func (r *rig) attempt(t *testing.T, address, user, password string) (took time.Duration, ok bool) {
	t.Helper()
	c := r.newClient(t, "/admin", map[string]any{"username": user, "password": password})
	c.header.Set("X-Address", address)
	began := time.Now()
	err := c.Connect(t.Context())
	c.Close()
	if err != nil && !strings.Contains(err.Error(), "invalid credentials") {
		t.Errorf("%s: %v", user, err)
	}
	return time.Since(began), err == nil
}

// guessed is a rig where the address of a client is what it says.
func guessed(t *testing.T, o admin.Options) *rig {
	o.Users = map[string]string{"ada": hashOf("secret"), "bob": hashOf("hidden")}
	o.Logger = quiet
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{
		Logger: quiet, ClientIP: func(r *http.Request) string { return r.Header.Get("X-Address") },
	}})
	if _, err := admin.Install(srv, &o); err != nil {
		t.Fatal(err)
	}
	return &rig{srv: srv, web: socketiotest.NewServer(t, srv)}
}

func TestGuessesOfOneAddressTakeLongerAndLonger(t *testing.T) {
	within(t, func(t *testing.T) {
		r := guessed(t, admin.Options{})
		var total time.Duration
		for i := range 12 {
			user := "ada"
			if i%2 == 0 {
				user = fmt.Sprint("nobody ", i)
			}
			took, ok := r.attempt(t, "192.0.2.1", user, "guess")
			if ok {
				t.Fatal("a guess was right")
			}
			total += took
		}
		if total < 15*time.Second {
			t.Errorf("twelve guesses take %v", total)
		}
		if took, ok := r.attempt(t, "192.0.2.1", "bob", "hidden"); ok || took > time.Second {
			t.Errorf("after them even the right password is: %v, after %v; want it not to be looked at", ok, took)
		}
		if took, ok := r.attempt(t, "192.0.2.2", "bob", "hidden"); !ok || took > 100*time.Millisecond {
			t.Errorf("somebody else is let in: %v, after %v", ok, took)
		}
		if took, ok := r.attempt(t, "192.0.2.2", "ada", "secret"); !ok || took > 4*time.Second {
			t.Errorf("the user that others guess at is let in: %v, after %v", ok, took)
		}
		if took, ok := r.attempt(t, "192.0.2.2", "ada", "secret"); !ok || took > 100*time.Millisecond {
			t.Errorf("a user who has logged in is let in again: %v, after %v", ok, took)
		}
		time.Sleep(11 * time.Minute)
		if took, ok := r.attempt(t, "192.0.2.1", "ada", "secret"); !ok || took > 100*time.Millisecond {
			t.Errorf("after a rest the address is let in: %v, after %v", ok, took)
		}
	})
}

func TestManyGuessesAtOnceAreRefusedWithoutWork(t *testing.T) {
	within(t, func(t *testing.T) {
		r := guessed(t, admin.Options{})
		began := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		atOnce := 0
		for i := range 200 {
			wg.Go(func() {
				took, _ := r.attempt(t, fmt.Sprintf("2001:db8::%x", i), "ada", "guess")
				mu.Lock()
				defer mu.Unlock()
				if took < 200*time.Millisecond {
					atOnce++
				}
			})
		}
		wg.Wait()
		if atOnce < 190 {
			t.Errorf("%d of 200 guesses from one network are answered at once; the rest should be those that wait their turn", atOnce)
		}
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestALoginSaysNothingOfSecretsInTheLog(t *testing.T) {
	within(t, func(t *testing.T) {
		var log bytes.Buffer
		srv := socketio.NewServer(&socketio.Options{Logger: quiet})
		if _, err := admin.Install(srv, &admin.Options{
			Users: map[string]string{"ada": hashOf("secret")}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}); err != nil {
			t.Fatal(err)
		}
		r := &rig{srv: srv, web: socketiotest.NewServer(t, srv)}
		r.attempt(t, "", "mallory\nforged", "guess")
		page := r.page(t)
		id := last(page.take(), "session")[1].(string)
		page.EmitArgs("join", "/", "room", "somebody")
		synctest.Wait()
		page.Close()
		synctest.Wait()
		text := log.String()
		for _, secret := range []string{"guess", "mallory", "secret", id} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the log:\n%s", secret, text)
			}
		}
		for _, want := range []string{"login failed", `"admin: logged in" user=ada`, `"admin: join" user=ada`, "filter=somebody"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in the log:\n%s", want, text)
			}
		}
	})
}

type brokenSessions struct{}

func (brokenSessions) Save(context.Context, string) error { return fmt.Errorf("no") }
func (brokenSessions) Has(context.Context, string) (bool, error) {
	return true, fmt.Errorf("no")
}

func TestAStoreThatFailsLetsNobodyInAndKeepsNobodyOut(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{Sessions: brokenSessions{}}, nil)
		err := r.newClient(t, "/admin", map[string]any{"sessionId": "0123456789abcdef"}).Connect(t.Context())
		if err == nil {
			t.Error("a session is taken that nobody knows")
		}
		if got := names(r.page(t).take()); got[0] != "config" {
			t.Errorf("with the password comes %q, want no session", got)
		}
	})
}

func TestSecretsAreNotShown(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{
			Secret: func(name string) bool { return name == "x-mine" },
			Data:   func(_ string, data any) any { return data },
			Args: func(_, event string, args []any) []any {
				if event == "login" {
					return []any{"[hidden]"}
				}
				return args
			},
		}, nil, func(srv *socketio.Server) {
			srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
				s.SetData(map[string]any{"user": "eve", "bytes": []byte{1}})
				return nil
			})
		})
		c := socketio.NewClient(r.web.URL+"/?access_token=topsecret&room=5&KEY=topsecret", &socketio.ClientOptions{
			DialOptions: engineio.DialOptions{
				HTTPClient: r.web.HTTPClient(), Transports: []string{engineio.WebSocket}, Logger: quiet,
				Header: http.Header{
					"Cookie": {"a=topsecret"}, "Authorization": {"Bearer topsecret"}, "X-Csrf-Token": {"topsecret"},
					"X-Mine": {"topsecret"}, "X-Other": {"seen"}, "Referer": {"https://x.example/?token=topsecret&page=2"},
					"X-Forwarded-For": {"198.51.100.7"},
				},
			},
			Auth: map[string]any{"token": "topsecret"},
		})
		defer c.Close()
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := r.page(t)
		c.EmitArgs("login", "ada", "topsecret")
		synctest.Wait()
		log := page.take()
		text, err := json.Marshal(log)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("topsecret")) {
			t.Errorf("a secret is shown: %s", text)
		}
		for _, want := range []string{
			`"cookie":"[hidden]"`, `"authorization":"[hidden]"`, `"x-other":"seen"`, `"room":"5"`, `room=5`,
			`page=2`, `"data":{"bytes":"[1 bytes]","user":"eve"}`, `["login","[hidden]"]`, `"address":"198.51.100.7"`,
		} {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("%s is not shown: %s", want, text)
			}
		}
	})
}

func TestDataIsShownIfNobodyCanChangeItMeanwhile(t *testing.T) {
	type fixed struct {
		Name string    `json:"name"`
		At   time.Time `json:"at"`
		Pair [2]int    `json:"pair"`
	}
	for _, tt := range []struct {
		data any
		want string // part of what is shown
	}{
		{nil, `{}`},
		{fixed{Name: "ada"}, `"name":"ada"`},
		{"ada", `{"value":"ada"}`},
		{7, `{"value":7}`},
		{map[string]any{"a": 1}, `{"hidden":"a map[string]interface {}`},
		{&fixed{}, `{"hidden":"a *admin_test.fixed`},
		{struct{ List []int }{}, `{"hidden":`},
		{func() {}, `{"hidden":`},
		{struct{ C complex128 }{}, `{"hidden":`},
		{exploding{}, `{"error":"`},
	} {
		within(t, func(t *testing.T) {
			r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
					s.SetData(tt.data)
					return nil
				})
			})
			c := r.connect(t, "/", nil)
			for _, v := range last(r.page(t).take(), "all_sockets")[1].([]any) {
				if s := v.(map[string]any); s["id"] == c.ID() {
					text, err := json.Marshal(s["data"])
					if err != nil || !strings.Contains(string(text), tt.want) {
						t.Errorf("data %T is shown as %s, %v, want %s", tt.data, text, err, tt.want)
					}
				}
			}
		})
	}
}

type exploding struct{ A int }

func (exploding) MarshalJSON() ([]byte, error) { panic("of the program") }
