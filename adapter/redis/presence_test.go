package redis

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/presence"
)

// A place is a server that knows who is there.
type place struct {
	*presence.Presence
	t     *testing.T
	url   string
	redis rueidis.Client

	mu   sync.Mutex // guards what follows
	told []string
}

func newPlace(t *testing.T, b *broker, kind string) *place {
	t.Helper()
	p := &place{t: t, redis: b.client(t)}
	srv := socketio.NewServer(&socketio.Options{
		Bus:     kinds[kind](p.redis),
		OnError: func(context.Context, *socketio.Socket, error) {}, // of a broker that is killed
	})
	p.Presence = presence.New(srv.Namespace, presence.Options{
		Key:     func(s *socketio.Socket) string { return s.Handshake().URL.Query().Get("user") },
		Grace:   100 * time.Millisecond,
		OnJoin:  func(room, user string) { p.note("+" + user + room) },
		OnLeave: func(room, user string) { p.note("-" + user + room) },
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("@go")
		return nil
	})
	web := httptest.NewServer(srv)
	p.url = web.URL
	t.Cleanup(web.Close)
	t.Cleanup(func() { srv.Close() })
	return p
}

func (p *place) note(event string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, event)
}

func (p *place) visit(user string) *socketio.Client {
	p.t.Helper()
	c := socketio.NewClient(p.url+"/?user="+user, nil)
	p.t.Cleanup(func() { c.Close() })
	if err := c.Connect(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// wantSoon waits until these are in the room on all servers, and nobody else.
func wantSoon(t *testing.T, places []*place, want ...presence.Member) {
	t.Helper()
	for _, p := range places {
		for deadline := time.Now().Add(time.Minute); !slices.Equal(p.In("@go"), want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("there are %v, want %v", p.In("@go"), want)
			}
		}
	}
}

// wantAlternating waits until who has been told to be there is, and nobody else, and fails
// if somebody has come or gone twice. Hooks may be told later than In says so.
func (p *place) wantAlternating() {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if wrong := p.contradiction(); wrong == "" {
			return
		} else if time.Now().After(deadline) {
			p.t.Fatal(wrong)
		}
	}
}

func (p *place) contradiction() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := map[string]bool{}
	for i, event := range p.told {
		if comes := event[0] == '+'; there[event[1:]] == comes {
			return fmt.Sprintf("%q was told twice: %q", event, p.told[:i+1])
		}
		there[event[1:]] = event[0] == '+'
	}
	for _, user := range []string{"ada", "bob", "eve", "zoe"} {
		if online := p.Online(user); there[user] != online || there[user+"@go"] != online {
			return fmt.Sprintf("%s is online: %v; told was %q", user, online, p.told)
		}
	}
	return ""
}

// checkPresence checks who is there while clients come and go, a server is lost, and the
// broker is away for a while.
func checkPresence(t *testing.T, kind string) {
	b := own(t)
	var places []*place
	for range 3 {
		places = append(places, newPlace(t, b, kind))
	}
	places[0].visit("ada")
	tab := places[1].visit("ada")
	places[2].visit("bob")
	wantSoon(t, places, presence.Member{User: "ada", Sockets: 2}, presence.Member{User: "bob", Sockets: 1})
	tab.Close()
	wantSoon(t, places, presence.Member{User: "ada", Sockets: 1}, presence.Member{User: "bob", Sockets: 1})
	t.Run("a new server", func(t *testing.T) {
		wantSoon(t, []*place{newPlace(t, b, kind)}, presence.Member{User: "ada", Sockets: 1}, presence.Member{User: "bob", Sockets: 1})
	})
	t.Run("a broker that was away", func(t *testing.T) {
		b.kill()
		places[1].visit("eve")
		if err := b.restart(); err != nil {
			t.Fatal(err)
		}
		wantSoon(t, places, presence.Member{User: "ada", Sockets: 1}, presence.Member{User: "bob", Sockets: 1}, presence.Member{User: "eve", Sockets: 1})
	})
	t.Run("a server that is lost", func(t *testing.T) {
		places[1].visit("ada")
		places[1].visit("zoe") // who comes last: then all are known again
		wantSoon(t, places, presence.Member{User: "ada", Sockets: 2}, presence.Member{User: "bob", Sockets: 1},
			presence.Member{User: "eve", Sockets: 1}, presence.Member{User: "zoe", Sockets: 1})
		places[1].redis.Close()
		wantSoon(t, []*place{places[0], places[2]}, presence.Member{User: "ada", Sockets: 1}, presence.Member{User: "bob", Sockets: 1})
	})
	for _, p := range []*place{places[0], places[2]} {
		wantSoon(t, []*place{p}, presence.Member{User: "ada", Sockets: 1}, presence.Member{User: "bob", Sockets: 1})
		p.wantAlternating()
	}
}

func TestClassicPresence(t *testing.T) { checkPresence(t, "classic") }
func TestShardedPresence(t *testing.T) { checkPresence(t, "sharded") }
func TestStreamsPresence(t *testing.T) { checkPresence(t, "streams") }
