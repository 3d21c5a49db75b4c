package admin_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"socketio"
	"socketio/adapter"
	"socketio/admin"
	"socketio/engineio"
	"socketio/socketiotest"
)

var quiet = slog.New(slog.DiscardHandler)

// hashOf returns the cheapest hash of a password.
func hashOf(password string) string {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(hash)
}

// A rig is a server with an admin.
type rig struct {
	srv *socketio.Server
	web *socketiotest.Server
}

// newRig serves a server with these settings, whose Users are ada with the password secret
// unless they are set. It may join a cluster.
func newRig(t *testing.T, o admin.Options, bus adapter.Bus, prepare ...func(*socketio.Server)) *rig {
	t.Helper()
	if o.Users == nil && !o.NoAuth {
		o.Users = map[string]string{"ada": hashOf("secret")}
	}
	o.Logger = quiet
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{Logger: quiet}, Bus: bus})
	if _, err := admin.Install(srv, &o); err != nil {
		t.Fatal(err)
	}
	for _, f := range prepare {
		f(srv)
	}
	return &rig{srv: srv, web: socketiotest.NewServer(t, srv)}
}

// A client records what it is sent.
type client struct {
	header http.Header // of its requests
	*socketio.Client

	mu  sync.Mutex // guards log
	log [][]any    // events with their arguments
}

func (r *rig) newClient(t *testing.T, namespace string, auth any) *client {
	t.Helper()
	header := http.Header{}
	c := &client{header: header, Client: socketio.NewClient(r.web.URL+namespace, &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{
			HTTPClient: r.web.HTTPClient(), Transports: []string{engineio.WebSocket}, Logger: quiet, Header: header,
		},
		Auth: auth, OnError: func(context.Context, *socketio.ClientSocket, error) {},
	})}
	c.OnAny(func(_ context.Context, _ *socketio.ClientSocket, m *socketio.Message) error {
		event := make([]any, m.Len())
		into := make([]any, m.Len())
		for i := range event {
			into[i] = &event[i]
		}
		if err := m.Decode(into...); err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.log = append(c.log, append([]any{m.Event}, event...))
		return nil
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// connect returns a client that is connected.
func (r *rig) connect(t *testing.T, namespace string, auth any) *client {
	t.Helper()
	c := r.newClient(t, namespace, auth)
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// page returns the official page, as far as it is a client.
func (r *rig) page(t *testing.T) *client {
	t.Helper()
	return r.connect(t, "/admin", map[string]any{"username": "ada", "password": "secret"})
}

func (r *rig) dashboard(t *testing.T) *client {
	t.Helper()
	return r.connect(t, "/admin", map[string]any{"username": "ada", "password": "secret", "dashboard": 1})
}

// take returns what has come since, without the names of events given, which come at their
// own times.
func (c *client) take(without ...string) [][]any {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	log := slices.DeleteFunc(c.log, func(e []any) bool { return slices.Contains(without, e[0].(string)) })
	c.log = nil
	return log
}

// names are the events of a log, in order.
func names(log [][]any) (all []string) {
	for _, e := range log {
		all = append(all, e[0].(string))
	}
	return all
}

// last returns the last event of a name, or nil.
func last(log [][]any, name string) []any {
	for _, e := range slices.Backward(log) {
		if e[0] == name {
			return e
		}
	}
	return nil
}

// within runs a test in a bubble.
func within(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// isISO says whether a value is what JavaScript's toISOString gives.
func isISO(v any) bool {
	s, ok := v.(string)
	at, err := time.Parse("2006-01-02T15:04:05.000Z", s)
	return ok && err == nil && at.Format("2006-01-02T15:04:05.000Z") == s
}
