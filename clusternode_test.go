package socketio

import (
	"context"
	"encoding/json/v2"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// A recorder is a Memory that remembers what was published by Go.
type recorder struct {
	*adapter.Memory
	mu   sync.Mutex // guards said
	said []string
}

func (r *recorder) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	r.mu.Lock()
	r.said = append(r.said, string(m))
	r.mu.Unlock()
	return r.Memory.Publish(ctx, to, m)
}

// take returns what was said since the last call, without what differs each time.
func (r *recorder) take() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var said []string
	for _, m := range r.said {
		said = append(said, impersonal(m))
	}
	r.said = nil
	return said
}

var personal = regexp.MustCompile(`"(uid|requestId)":"[0-9a-f]{16}"`)

// impersonal takes random names out of a message, and what only servers in Go say.
func impersonal(m string) string {
	return strings.ReplaceAll(personal.ReplaceAllString(m, `"$1":"…"`), `,"byId":true`, "")
}

// said returns what two servers for Node have said, by what it was about and by who said it,
// see adapter/testdata/node.cjs.
func said(t *testing.T) map[string][]string {
	t.Helper()
	said := map[string][]string{}
	for line := range strings.Lines(mustReadFile(t, "adapter/testdata/node.txt")) {
		about, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m, err := adapter.Decode([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		key := about + " " + m.UID[:1]
		said[key] = append(said[key], message)
	}
	return said
}

func mustReadFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAServerAsksOthersAsNodeDoes(t *testing.T) {
	node := said(t)
	synctest.Test(t, func(t *testing.T) {
		bus := &recorder{Memory: adapter.NewMemory()}
		ns := newCluster(t, bus, Options{})[0].srv.Namespace
		if got, want := bus.take(), impersonal(node["start 1"][0]); !slices.Equal(got, []string{want}) {
			t.Errorf("at the start the server said %s, Node %s", got, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, tt := range []struct {
			about string
			do    func() error
		}{
			{"broadcast", func() error { return ns.EmitArgs("event", 1, "two", map[string]any{"three": []any{nil, true}}) }},
			{"broadcast to rooms", func() error { return ns.To("a", "b").Except("c").Emit("event", None{}) }},
			{"broadcast uncompressed", func() error { return ns.All().Compress(false).To("a").Emit("event", None{}) }},
			{"join", func() error { return ns.To("r").SocketsJoin("s", "t") }},
			{"leave", func() error { return ns.All().SocketsLeave("t") }},
			{"disconnect", func() error { return ns.To("r").DisconnectSockets(false) }},
			{"disconnect and close", func() error { return ns.All().DisconnectSockets(true) }},
			{"server side", func() error {
				return ns.ServerSideEmit("plain", Args2[int, map[string]string]{1, map[string]string{"a": "b"}})
			}},
			{"broadcast with acks", func() error {
				for _, err := range ns.To("r").EmitAcks[any](ctx, "ask", "?") {
					return err
				}
				return nil
			}},
			{"fetch", func() error { _, err := ns.To("r").FetchSockets(ctx); return err }},
			{"server side with ack", func() error {
				for _, err := range ns.ServerSideEmitAcks[any](ctx, "call", "q") {
					return err
				}
				return nil
			}},
		} {
			if err := tt.do(); err != nil {
				t.Errorf("%s: %v", tt.about, err)
			}
			if got, want := bus.take(), impersonal(node[tt.about+" 1"][0]); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: the server said\n%s, Node\n%s", tt.about, got, want)
			}
		}
		if err := ns.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := bus.take(), impersonal(node["end 1"][0]); !slices.Equal(got, []string{want}) {
			t.Errorf("at the end the server said %s, Node %s", got, want)
		}
	})
}

func TestAServerAnswersNodeAsNodeDoes(t *testing.T) {
	node := said(t)
	synctest.Test(t, func(t *testing.T) {
		bus := &recorder{Memory: adapter.NewMemory()}
		r := newCluster(t, bus, Options{})[0]
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			s.Join("r", "ü \"quoted\" \n")
			s.SetData(struct {
				User string `json:"user"`
				N    []any  `json:"n"`
			}{"Ada <>&", []any{1, 2.5, nil}})
			return nil
		})
		r.srv.OnServerSide("plain", func(context.Context, Args2[int, map[string]string]) error { return nil })
		r.srv.OnServerSideAck("call", func(_ context.Context, q string) (Args2[map[string]string, string], error) {
			return Args2[map[string]string, string]{map[string]string{"echo": q}, "superfluous"}, nil
		})
		r.srv.OnServerSideAck("empty", func(context.Context, None) (None, error) { return None{}, nil })
		clients := []*client{r.dial(), r.dial()}
		for i, c := range clients {
			c.send([]string{`40{"token":"t"}`, `40`}[i])
			c.wantPrefix(`40{"sid"`)
		}
		bus.take()
		tell := func(about string) {
			t.Helper()
			bus.Memory.Publish(t.Context(), adapter.Topic{}, []byte(node[about+" 1"][0]))
		}
		check := func(about string) {
			t.Helper()
			var want []string
			for _, m := range node[about+" 2"] {
				want = append(want, impersonal(m))
			}
			if got := bus.take(); !slices.Equal(got, want) {
				t.Errorf("%s: the server answered\n%q, Node\n%q", about, got, want)
			}
		}
		tell("start")
		if got, want := bus.take(), impersonal(node["start 2"][1]); !slices.Equal(got, []string{want}) {
			t.Errorf("the server answered %s, Node %s", got, want)
		}

		tell("broadcast with acks")
		for _, c := range clients {
			c.want(`420["ask","?"]`)
			c.send(`430[{"answer":"ja \"é` + "\u2028" + `"},"superfluous"]`)
		}
		check("broadcast with acks")
		tell("broadcast with empty acks")
		for _, c := range clients {
			c.want(`421["nod"]`)
			c.send(`431[]`)
		}
		check("broadcast with empty acks")
		for _, about := range []string{"broadcast", "broadcast volatile", "server side", "server side with ack", "server side with empty ack"} {
			tell(about)
			check(about)
		}
		for _, c := range clients {
			c.want(`42["event",1,"two",{"three":[null,true]}]`, `42["event","é `+"\u2028 \U0001f600"+` \ud800 <>&"]`)
		}
		for _, about := range []string{"join", "leave"} {
			tell(about)
			check(about)
		}
		tell("fetch")
		got, want := bus.take(), impersonal(node["fetch 2"][0])
		if len(got) != 1 {
			t.Fatalf("the server described its sockets by %q", got)
		}
		compareDescriptions(t, got[0], want)
		for _, about := range []string{"disconnect", "disconnect and close"} {
			tell(about)
			check(about)
		}
		for _, c := range clients {
			c.want(`41`)
		}
	})
}

// compareDescriptions fails unless two responses describe alike sockets: with the
// same members, in the same rooms, with the same data.
func compareDescriptions(t *testing.T, got, want string) {
	t.Helper()
	type sockets = []struct {
		ID        string         `json:"id"`
		Handshake map[string]any `json:"handshake"`
		Rooms     []string       `json:"rooms"`
		Data      any            `json:"data"`
	}
	var of [2]struct {
		Data struct {
			Sockets sockets `json:"sockets"`
		} `json:"data"`
	}
	for i, text := range []string{got, want} {
		if err := json.Unmarshal([]byte(text), &of[i]); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs := of[0].Data.Sockets, of[1].Data.Sockets
	if len(ours) != len(theirs) {
		t.Fatalf("%d sockets are described, want %d", len(ours), len(theirs))
	}
	auths := map[string]int{}
	for i, s := range ours {
		node := theirs[i]
		if !slices.Equal(s.Rooms[1:], node.Rooms[1:]) || s.Rooms[0] != s.ID {
			t.Errorf("socket %d is in %q, Node's in %q", i, s.Rooms, node.Rooms)
		}
		keys, nodeKeys := slices.Sorted(maps.Keys(s.Handshake)), slices.Sorted(maps.Keys(node.Handshake))
		if !slices.Equal(keys, nodeKeys) {
			t.Errorf("the handshake has %q, Node's %q", keys, nodeKeys)
		}
		if asJSON(s.Data) != asJSON(node.Data) {
			t.Errorf("the data is %v, Node's %v", s.Data, node.Data)
		}
		for name, v := range node.Handshake {
			if was, is := asJSON(v)[0], asJSON(s.Handshake[name])[0]; was != is && name != "issued" && name != "xdomain" {
				t.Errorf("%s begins with %q, Node's with %q", name, is, was)
			}
		}
		if when, err := time.Parse(jsDate, s.Handshake["time"].(string)); err != nil || when.Unix() != int64(s.Handshake["issued"].(float64))/1000 {
			t.Errorf("the time is %v (%v)", s.Handshake["time"], err)
		}
		auths[asJSON(s.Handshake["auth"])]++
		auths[asJSON(node.Handshake["auth"])]--
	}
	for auth, n := range auths {
		if n != 0 {
			t.Errorf("the auth object %s is there %d times too often", auth, n)
		}
	}
}

func asJSON(v any) string {
	text, _ := json.Marshal(v, json.Deterministic(true))
	return string(text)
}
