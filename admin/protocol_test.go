package admin_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/admin"
)

func TestInstallFailsWithoutASafeChoice(t *testing.T) {
	good := hashOf("x")
	for _, tt := range []struct {
		name string
		o    admin.Options
		want string // part of the error; "" if there is none
	}{
		{"no auth chosen", admin.Options{}, "who may log in"},
		{"both chosen", admin.Options{NoAuth: true, Users: map[string]string{"a": good}}, "exclude"},
		{"a plain password", admin.Options{Users: map[string]string{"a": "secret"}}, "bcrypt"},
		{"a hash that is cut off", admin.Options{Users: map[string]string{"a": good[:59]}}, "bcrypt"},
		{"another kind of hash", admin.Options{Users: map[string]string{"a": "$2x$" + good[4:]}}, "bcrypt"},
		{"a cost of hours", admin.Options{Users: map[string]string{"a": "$2a$31$" + good[7:]}}, "cost"},
		{"the main namespace", admin.Options{NoAuth: true, Namespace: "/"}, "Namespace"},
		{"a namespace in use, without its slash", admin.Options{NoAuth: true, Namespace: "chat"}, "Namespace"},
		{"a namespace in use", admin.Options{NoAuth: true, Namespace: "/chat"}, "Namespace"},
		{"an unknown mode", admin.Options{NoAuth: true, Mode: "prod"}, "Mode"},
		{"$2a$", admin.Options{Users: map[string]string{"a": "$2a$" + good[4:]}}, ""},
		{"$2b$", admin.Options{Users: map[string]string{"a": "$2b$" + good[4:]}}, ""},
		{"$2y$", admin.Options{Users: map[string]string{"a": "$2y$" + good[4:]}}, ""},
		{"nobody needs to log in", admin.Options{NoAuth: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := socketio.NewServer(nil)
			defer srv.Close()
			srv.Of("/chat")
			tt.o.Logger = quiet
			_, err := admin.Install(srv, &tt.o)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Install: %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAPageIsToldWhatItMayDo(t *testing.T) {
	all := []any{"EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS", "ALL_EVENTS"}
	for _, tt := range []struct {
		readOnly bool
		mode     admin.Mode
		want     []any
	}{
		{false, admin.Development, all},
		{false, admin.Production, all[:8]},
		{true, "", all[7:]},
		{true, admin.Production, all[7:8]},
	} {
		within(t, func(t *testing.T) {
			r := newRig(t, admin.Options{NoAuth: true, ReadOnly: tt.readOnly, Mode: tt.mode}, nil)
			config := last(r.connect(t, "/admin", nil).take(), "config")[1].(map[string]any)
			if got := config["supportedFeatures"].([]any); !slices.Equal(got, tt.want) || len(config) != 1 {
				t.Errorf("read-only %v, mode %q: %v, want %v", tt.readOnly, tt.mode, config, tt.want)
			}
		})
	}
}

func TestAPageGetsItsFirstEventsInOrder(t *testing.T) {
	for mode, want := range map[admin.Mode][]string{
		admin.Development: {"session", "config", "socket_connected", "all_sockets", "server_stats"},
		admin.Production:  {"session", "config", "server_stats"},
	} {
		within(t, func(t *testing.T) {
			r := newRig(t, admin.Options{Mode: mode}, nil)
			if got := names(r.page(t).take()); !slices.Equal(got, want) {
				t.Errorf("%s: a page gets %q, want %q", mode, got, want)
			}
		})
	}
}

func TestASessionTakesThePlaceOfThePassword(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		page := r.page(t)
		id := last(page.take(), "session")[1].(string)
		if len(id) != 16 {
			t.Errorf("the session is %q, not 16 characters", id)
		}
		again := r.connect(t, "/admin", map[string]any{"sessionId": id})
		if got := names(again.take()); got[0] != "config" {
			t.Errorf("a page with a session gets %q", got)
		}
		page.Close()
		again.Close()
		time.Sleep(25 * time.Hour)
		late := r.newClient(t, "/admin", map[string]any{"sessionId": id})
		if err := late.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "invalid credentials") {
			t.Errorf("after a day the session gets %v", err)
		}
	})
}

func TestWhoIsRefusedLearnsNoMoreThanThat(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		for _, auth := range []any{
			nil,
			map[string]any{"sessionId": nil},
			map[string]any{"sessionId": "0123456789abcdef"},
			map[string]any{"sessionId": []string{"x"}, "username": 1, "password": map[string]any{}},
			map[string]any{"username": "ada"},
			map[string]any{"username": "ada", "password": "Secret"},
			map[string]any{"username": "bob", "password": "secret"},
			map[string]any{"username": []string{"ada"}, "password": "secret"},
			map[string]any{"username": "", "password": ""},
		} {
			err := r.newClient(t, "/admin", auth).Connect(t.Context())
			if want := "socketio: connection refused: invalid credentials"; err == nil || err.Error() != want {
				t.Errorf("auth %v: %v, want %q", auth, err, want)
			}
		}
	})
}

func TestAPageIsToldOfEachSocketRoomAndEvent(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
			srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
				s.Join("lobby")
				return nil
			})
			srv.Handle("ask", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
				s.Leave("lobby")
				s.SetData(struct {
					Name string `json:"name"`
				}{"ada"})
				return m.Ack("answer")
			})
			srv.On("all", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
				return s.Namespace().EmitArgs("news", "for all", []byte{1, 2, 3})
			})
		})
		page := r.page(t)
		page.take()
		c := r.connect(t, "/", nil)
		id := c.ID()
		if _, err := c.EmitArgsAck(t.Context(), "ask", 1, map[string]any{"a": []byte{1}}); err != nil {
			t.Fatal(err)
		}
		c.EmitArgs("all")
		c.EmitArgs("nobody handles it")
		synctest.Wait()
		c.Close()
		got := page.take("server_stats")
		want := []string{
			"room_joined", "socket_connected", "room_joined",
			"event_received", "room_left", "socket_updated", "event_received", "event_sent", "event_received",
			"socket_disconnected", "room_left",
		}
		if !slices.Equal(names(got), want) {
			t.Fatalf("the page gets %q\nwant %q", names(got), want)
		}
		for i, want := range map[int][]any{
			0:  {"room_joined", "/", id, id},
			2:  {"room_joined", "/", "lobby", id},
			3:  {"event_received", "/", id, []any{"ask", 1., map[string]any{"a": "[1 bytes]"}}},
			4:  {"room_left", "/", "lobby", id},
			5:  {"socket_updated", map[string]any{"id": id, "nsp": "/", "data": map[string]any{"name": "ada"}}},
			6:  {"event_received", "/", id, []any{"all"}},
			7:  {"event_sent", "/", id, []any{"news", "for all", "[3 bytes]"}},
			8:  {"event_received", "/", id, []any{"nobody handles it"}},
			9:  {"socket_disconnected", "/", id, "client namespace disconnect"},
			10: {"room_left", "/", id, id},
		} {
			event := got[i]
			if event[0] != "socket_updated" {
				if !isISO(event[len(event)-1]) {
					t.Errorf("the time of %v is no ISO date", event)
				}
				event = event[:len(event)-1]
			}
			if fmt.Sprint(event) != fmt.Sprint(want) {
				t.Errorf("event %d is %v\nwant %v", i, event, want)
			}
		}
		checkSocket(t, got[1][1], id)
	})
}

// checkSocket says whether a value is what the page takes for a socket.
func checkSocket(t *testing.T, v any, id string) {
	t.Helper()
	s, ok := v.(map[string]any)
	if want := []string{"clientId", "data", "handshake", "id", "nsp", "rooms", "transport"}; !ok ||
		!slices.Equal(slices.Sorted(maps.Keys(s)), want) {
		t.Fatalf("a socket is %v, want the members %q", v, want)
	}
	h := s["handshake"].(map[string]any)
	if want := []string{"address", "headers", "issued", "query", "secure", "time", "url", "xdomain"}; !slices.Equal(slices.Sorted(maps.Keys(h)), want) {
		t.Errorf("a handshake is %v, want the members %q", h, want)
	}
	if issued, ok := h["issued"].(float64); !ok || issued < 1e11 {
		t.Errorf("issued is %v, not milliseconds", h["issued"])
	}
	for _, name := range []string{"headers", "query"} {
		if _, ok := h[name].(map[string]any); !ok {
			t.Errorf("%s is %v, not an object", name, h[name])
		}
	}
	if _, ok := s["data"].(map[string]any); !ok {
		t.Errorf("data is %v, not an object", s["data"])
	}
	if s["id"] != id || !slices.Contains(s["rooms"].([]any), any(id)) {
		t.Errorf("the socket is %v in the rooms %v, want %s among them", s["id"], s["rooms"], id)
	}
	if client := s["clientId"].(string); len(client) != 12 || s["transport"] != "websocket" {
		t.Errorf("client %q by %v", client, s["transport"])
	}
}

func TestAllSocketsAreThoseOfAllNamespaces(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) { srv.Of("/chat") })
		first := r.connect(t, "/", nil)
		second := first.Of("/chat")
		if err := second.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := r.page(t)
		all := last(page.take(), "all_sockets")[1].([]any)
		clients := map[any]int{}
		for i, want := range []string{first.ID(), second.ID(), page.ID()} {
			at := slices.IndexFunc(all, func(v any) bool { return v.(map[string]any)["id"] == want })
			if at < 0 || len(all) != 3 {
				t.Fatalf("socket %d is not among %v", i, all)
			}
			checkSocket(t, all[at], want)
			clients[all[at].(map[string]any)["clientId"]]++
		}
		if len(clients) != 2 {
			t.Errorf("the clients are %v; two of the sockets have one in common", clients)
		}
	})
}

func TestServerStatsComeEveryTwoSeconds(t *testing.T) {
	for _, mode := range []admin.Mode{admin.Development, admin.Production} {
		within(t, func(t *testing.T) {
			r := newRig(t, admin.Options{Mode: mode, ServerID: "first"}, nil, func(srv *socketio.Server) { srv.Of("/chat") })
			page := r.page(t)
			page.take()
			c := r.connect(t, "/", nil)
			c.EmitArgs("hello")
			synctest.Wait()
			c.Close()
			time.Sleep(10 * time.Second)
			all := page.take("socket_connected", "socket_disconnected", "room_joined", "room_left", "event_received")
			if len(all) != 5 {
				t.Fatalf("in ten seconds %d came: %q", len(all), names(all))
			}
			stats := all[0][1].(map[string]any)
			keys := []string{"aggregatedEvents", "clientsCount", "hostname", "namespaces", "pid", "pollingClientsCount", "serverId", "uptime"}
			if !slices.Equal(slices.Sorted(maps.Keys(stats)), keys) || stats["serverId"] != "first" || stats["clientsCount"] != 1. {
				t.Errorf("the stats are %v", stats)
			}
			if want := "[map[name:/ socketsCount:0] map[name:/admin socketsCount:1] map[name:/chat socketsCount:0]]"; fmt.Sprint(stats["namespaces"]) != want {
				t.Errorf("the namespaces are %v, want %s", stats["namespaces"], want)
			}
			kinds := map[any]any{}
			for _, v := range stats["aggregatedEvents"].([]any) {
				e := v.(map[string]any)
				kinds[e["type"]] = e["count"]
				if at := e["timestamp"].(float64); at != float64(int64(at/1000)*1000) || at == 0 {
					t.Errorf("the time %v is no whole second", at)
				}
				if e["type"] == "rawDisconnection" && e["subType"] != "transport close" {
					t.Errorf("a disconnection is %v", e)
				}
			}
			for _, kind := range []string{"rawConnection", "rawDisconnection", "packetsIn", "packetsOut", "bytesIn", "bytesOut"} {
				if kinds[kind] == nil {
					t.Errorf("there is no %s among %v", kind, kinds)
				}
			}
			if kinds["rawConnection"] != 2. || kinds["rawDisconnection"] != 1. {
				t.Errorf("connections %v and %v, want 2 and 1", kinds["rawConnection"], kinds["rawDisconnection"])
			}
			quiet := all[4][1].(map[string]any)["aggregatedEvents"].([]any)
			for _, v := range quiet {
				if kind := v.(map[string]any)["type"]; kind == "rawConnection" || kind == "rawDisconnection" {
					t.Errorf("%v is told of twice", v)
				}
			}
		})
	}
}

func TestProductionTellsNothingOfASingleSocket(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{Mode: admin.Production}, nil)
		page := r.page(t)
		c := r.connect(t, "/", nil)
		c.EmitArgs("hello")
		synctest.Wait()
		c.Close()
		if got := page.take("session", "config", "server_stats"); len(got) > 0 {
			t.Errorf("the page gets %v", got)
		}
	})
}

func TestAPageActsOnSockets(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		page := r.page(t)
		c, other := r.connect(t, "/", nil), r.connect(t, "/", nil)
		page.EmitArgs("join", "/", "red", c.ID())
		page.EmitArgs("join", "/", "all", nil)
		page.EmitArgs("emit", "/", "red", "to red", 1, []byte{1})
		page.EmitArgs("emit", "/", nil, "to all")
		page.EmitArgs("leave", "/", "all", c.ID())
		page.EmitArgs("emit", "/", "all", "to the rest")
		page.EmitArgs("emit", "/nowhere", nil, "to nobody")
		page.EmitArgs("emit", "/", nil, "disconnect")
		synctest.Wait()
		if got, want := fmt.Sprint(c.take()), "[[to red 1 [1]] [to all]]"; got != want {
			t.Errorf("one client gets %s, want %s", got, want)
		}
		if got, want := fmt.Sprint(other.take()), "[[to all] [to the rest]]"; got != want {
			t.Errorf("the other gets %s, want %s", got, want)
		}
		for ns := range r.srv.Namespaces() {
			if ns.Name() == "/nowhere" {
				t.Error("a namespace was made")
			}
		}
		page.EmitArgs("_disconnect", "/", true, c.ID())
		synctest.Wait()
		if c.Connected() || !other.Connected() {
			t.Errorf("connected are %v and %v, want the other one", c.Connected(), other.Connected())
		}
		page.EmitArgs("_disconnect", "/", false)
		synctest.Wait()
		if other.Connected() || !page.Connected() {
			t.Error("the namespace was not disconnected, or the page was")
		}
	})
}

func TestAReadOnlyServerHasNoHandlers(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{ReadOnly: true}, nil)
		page, c := r.page(t), r.connect(t, "/", nil)
		page.EmitArgs("join", "/", "red", c.ID())
		page.EmitArgs("emit", "/", nil, "to all")
		page.EmitArgs("_disconnect", "/", true)
		synctest.Wait()
		rooms := maps.Collect(r.srv.Rooms())
		if len(rooms) > 0 || len(c.take()) > 0 || !c.Connected() {
			t.Errorf("it did something: rooms %v, connected %v", rooms, c.Connected())
		}
	})
}
