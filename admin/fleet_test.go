package admin_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/admin"
)

// newFleet returns two servers of a cluster.
func newFleet(t *testing.T, o admin.Options, prepare ...func(*socketio.Server)) (first, second *rig) {
	t.Helper()
	bus := adapter.NewMemory()
	o.ServerID = "first"
	first = newRig(t, o, bus, prepare...)
	o.ServerID = "second"
	second = newRig(t, o, bus, prepare...)
	time.Sleep(5 * time.Second) // until they have met
	return first, second
}

func TestAPageSeesAllServersOfACluster(t *testing.T) {
	within(t, func(t *testing.T) {
		first, second := newFleet(t, admin.Options{NoAuth: true})
		early := second.connect(t, "/", nil)
		page := first.connect(t, "/admin", nil)
		var ids []any
		for _, v := range last(page.take(), "all_sockets")[1].([]any) {
			s := v.(map[string]any)
			checkSocket(t, v, s["id"].(string))
			ids = append(ids, s["id"])
		}
		if len(ids) != 2 || !slices.Contains(ids, any(early.ID())) {
			t.Errorf("all sockets are %v, want %s among them", ids, early.ID())
		}
		c := second.connect(t, "/", nil)
		id := c.ID()
		c.EmitArgs("hello", 1)
		synctest.Wait()
		c.Close()
		want := []string{"room_joined", "socket_connected", "event_received", "socket_disconnected", "room_left"}
		if got := names(page.take("server_stats")); !slices.Equal(got, want) {
			t.Errorf("of the other server the page gets %q, want %q", got, want)
		}
		time.Sleep(5 * time.Second)
		servers := map[any]bool{}
		for _, e := range page.take() {
			servers[e[1].(map[string]any)["serverId"]] = true
		}
		if !servers["first"] || !servers["second"] {
			t.Errorf("stats come of %v", servers)
		}
		page.EmitArgs("join", "/", "red", early.ID())
		page.EmitArgs("emit", "/", "red", "to red")
		synctest.Wait()
		if got := fmt.Sprint(early.take()); got != "[[to red]]" {
			t.Errorf("the client of the other server gets %s", got)
		}
		page.EmitArgs("_disconnect", "/", true, early.ID())
		synctest.Wait()
		if early.Connected() {
			t.Error("it was not disconnected")
		}
		page.Close()
		time.Sleep(20 * time.Second)
		_ = id
	})
}

func TestAPageActsOnANamespaceThatOnlyAnotherServerHas(t *testing.T) {
	within(t, func(t *testing.T) {
		first, second := newFleet(t, admin.Options{NoAuth: true}, func(srv *socketio.Server) {
			srv.OfFunc(func(name string) bool { return name == "/made" })
		})
		c := second.connect(t, "/made", nil)
		page := first.connect(t, "/admin", nil)
		page.EmitArgs("emit", "/made", nil, "to made", 1)
		synctest.Wait()
		if got := fmt.Sprint(c.take()); got != "[[to made 1]]" {
			t.Errorf("the client gets %s", got)
		}
		for ns := range first.srv.Namespaces() {
			if ns.Name() == "/made" {
				t.Error("the namespace was made on the page's server too")
			}
		}
	})
}

func TestServersAreQuietWhileNobodyWatchesAnyOfThem(t *testing.T) {
	within(t, func(t *testing.T) {
		first, second := newFleet(t, admin.Options{NoAuth: true})
		page := first.connect(t, "/admin", nil)
		page.Close()
		time.Sleep(20 * time.Second)
		before := second.srv.Stats().BusPublished
		c := second.connect(t, "/", nil)
		for range 100 {
			c.EmitArgs("hello")
		}
		synctest.Wait()
		if more := second.srv.Stats().BusPublished - before; more > 10 { // the bus has heartbeats
			t.Errorf("%d messages are published for pages that there are not", more)
		}
	})
}

func TestADashboardSeesAllServersOfACluster(t *testing.T) {
	within(t, func(t *testing.T) {
		first, second := newFleet(t, admin.Options{NoAuth: true}, func(srv *socketio.Server) {
			srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
				s.Join("lobby")
				return nil
			})
		})
		var ids []string
		var clients []*client
		for _, r := range []*rig{first, second, first, second, second} {
			c := r.connect(t, "/", nil)
			clients = append(clients, c)
			ids = append(ids, c.ID())
		}
		board := first.connect(t, "/admin", map[string]any{"dashboard": 1})
		time.Sleep(3 * time.Second)
		got := last(board.take(), "overview")[1].(map[string]any)
		if nodes := got["nodes"].([]any); len(nodes) != 2 || nodes[0].(map[string]any)["serverId"] != "first" {
			t.Errorf("the nodes are %v", nodes)
		}
		if want := "[map[name:/ rooms:1 sockets:5] map[name:/admin rooms:0 sockets:1]]"; fmt.Sprint(got["namespaces"]) != want {
			t.Errorf("the namespaces are %v, want %s", got["namespaces"], want)
		}
		slices.Sort(ids)
		var seen []string
		for after := ""; ; {
			page := board.reply(t, "sockets", map[string]any{"nsp": "/", "after": after, "limit": 2})
			for _, s := range page["sockets"].([]any) {
				seen = append(seen, s.(map[string]any)["id"].(string))
			}
			if after = page["next"].(string); after == "" || page["total"] != 5. {
				break
			}
		}
		if !slices.Equal(seen, ids) {
			t.Errorf("the pages have %q, want %q", seen, ids)
		}
		if rooms := board.reply(t, "rooms", map[string]any{"nsp": "/"}); fmt.Sprint(rooms["rooms"]) != "[map[room:lobby sockets:5]]" {
			t.Errorf("the rooms are %v", rooms)
		}
		watchElsewhere(t, board, clients[1])
	})
}

// watchElsewhere watches a socket of a server that the dashboard is not connected to.
func watchElsewhere(t *testing.T, board, c *client) {
	t.Helper()
	if got := board.reply(t, "watch", map[string]any{"nsp": "/", "id": c.ID()}); got["ok"] != true {
		t.Fatalf("watch: %v", got)
	}
	for range 3 {
		time.Sleep(time.Minute) // which the watching outlasts
		board.take()
		c.EmitArgs("hello", "there")
		synctest.Wait()
		got := last(board.take("overview"), "watched")
		if got == nil || got[1].(map[string]any)["event"] != "hello" {
			t.Fatalf("the dashboard gets %v", got)
		}
	}
	board.EmitArgs("unwatch")
	synctest.Wait()
	board.take()
	c.EmitArgs("hello")
	if got := board.take("overview"); len(got) > 0 {
		t.Errorf("after unwatch comes %v", got)
	}
}

// A server for Node looks for this among the data of a socket, and writes it there.
func TestAServerForNodeFindsTheConnectionInTheData(t *testing.T) {
	within(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		r := newRig(t, admin.Options{NoAuth: true}, bus)
		other := socketio.NewServer(&socketio.Options{Bus: bus, Logger: quiet}) // as if it were one
		defer other.Shutdown(context.Background())
		c := r.connect(t, "/", nil)
		time.Sleep(5 * time.Second)
		infos, err := other.All().FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("FetchSockets: %v, %v", infos, err)
		}
		data, err := infos[0].Data[map[string]any]()
		if err != nil {
			t.Fatal(err)
		}
		s, _ := r.srv.Socket(c.ID())
		want := map[string]any{"clientId": s.Conn().ID()[:12], "transport": "websocket"}
		if got, _ := data["_admin"].(map[string]any); !maps.Equal(got, want) {
			t.Errorf("_admin is %v, want %v", got, want)
		}
	})
}

func TestADashboardIsToldOfRefusalsOfAllServers(t *testing.T) {
	within(t, func(t *testing.T) {
		first, second := newFleet(t, admin.Options{NoAuth: true})
		board := first.connect(t, "/admin", map[string]any{"dashboard": 1})
		res, err := second.web.HTTPClient().Get(second.web.URL + "/socket.io/?EIO=4&transport=polling&sid=unknown")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		time.Sleep(2 * time.Second)
		if got := last(board.take(), "refused"); got == nil || got[1].(map[string]any)["hint"] == nil {
			t.Errorf("the dashboard gets %v, want a refusal with a hint", got)
		}
	})
}

func TestAServerForgetsTheDashboardOfOneThatHasDied(t *testing.T) {
	within(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		r := newRig(t, admin.Options{NoAuth: true}, bus)
		other := socketio.NewServer(&socketio.Options{Bus: bus, Logger: quiet}) // asks, and is not heard of again
		defer other.Shutdown(context.Background())
		ns := other.Of("/admin")
		c := r.connect(t, "/", nil)
		time.Sleep(5 * time.Second)
		type tail struct {
			Namespace string `json:"nsp"`
			ID        string `json:"id"`
			Dashboard string `json:"dashboard"`
		}
		ask := socketio.Call[map[string]tail, map[string]any]("socketio:admin:ask")
		for known, err := range ns.ServerSideEmitAcks(t.Context(), ask, map[string]tail{"watch": {"/", c.ID(), "ghost"}}) {
			if err != nil || known["watching"] != true {
				t.Fatalf("asked to show a socket it says %v, %v", known, err)
			}
		}
		published := func() uint64 {
			before := r.srv.Stats().BusPublished
			for range 40 {
				c.EmitArgs("hello")
			}
			synctest.Wait()
			return r.srv.Stats().BusPublished - before
		}
		if n := published(); n < 40 {
			t.Errorf("of 40 events %d are shown", n)
		}
		time.Sleep(20 * time.Second)
		if n := published(); n > 10 { // the bus has heartbeats
			t.Errorf("for a dashboard that nobody speaks of, %d messages are published", n)
		}
	})
}
