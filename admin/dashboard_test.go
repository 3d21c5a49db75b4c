package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/admin"
)

// reply asks a server and returns what the answer is.
func (c *client) reply(t *testing.T, event string, args ...any) map[string]any {
	t.Helper()
	m, err := c.EmitArgsAck(t.Context(), event, args...)
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	var v map[string]any
	if err := m.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestADashboardGetsOverviewsAndNoneOfWhatThePageGets(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{ServerID: "first"}, nil, func(srv *socketio.Server) {
			srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
				s.Join("lobby")
				return nil
			})
		})
		page, board := r.page(t), r.dashboard(t)
		began := board.take()
		if got := names(began); !slices.Equal(got, []string{"session", "config", "refused_list", "overview"}) {
			t.Errorf("a dashboard gets %q first", got)
		}
		config := last(began, "config")[1].(map[string]any)
		if want := "[OVERVIEW SOCKETS ROOMS WATCH REFUSED]"; fmt.Sprint(config["extensions"]) != want {
			t.Errorf("the extensions are %v, want %s", config["extensions"], want)
		}
		time.Sleep(time.Millisecond) // beside the turn of the seconds
		page.take()
		c := r.connect(t, "/", nil)
		for range 10 {
			c.EmitArgs("hello", strings.Repeat("x", 1000))
		}
		time.Sleep(4 * time.Second)
		got := board.take()
		if len(got) != 4 || last(got, "overview") == nil || len(slices.Compact(names(got))) != 1 {
			t.Fatalf("in four seconds a dashboard gets %q", names(got))
		}
		first := got[0][1].(map[string]any)
		node := first["nodes"].([]any)[0].(map[string]any)
		if node["serverId"] != "first" || node["healthy"] != true || node["clients"] != 3. || node["websocket"] != 3. || node["polling"] != 0. {
			t.Errorf("the node is %v", node)
		}
		if want := "[map[name:/ rooms:1 sockets:1] map[name:/admin rooms:0 sockets:2]]"; fmt.Sprint(first["namespaces"]) != want {
			t.Errorf("the namespaces are %v, want %s", first["namespaces"], want)
		}
		rates := first["rates"].(map[string]any)
		if rates["connects"] != 1. || rates["disconnects"] != 0. || rates["eventsIn"].(float64) < 10 || rates["bytesIn"].(float64) < 10_000 {
			t.Errorf("the rates are %v", rates)
		}
		if heap := first["memory"].(map[string]any)["heap"].(float64); heap < 100_000 || first["dropped"] != 0. {
			t.Errorf("memory is %v, dropped %v", first["memory"], first["dropped"])
		}
		if page.take(); len(board.take("overview")) > 0 {
			t.Error("the dashboard gets more than overviews")
		}
		board.Close()
		page.take()
		time.Sleep(10 * time.Second)
	})
}

func TestADashboardPagesThroughSockets(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
			srv.On("join", func(_ context.Context, s *socketio.Socket, room string) error {
				s.Join(room)
				return nil
			})
		})
		board := r.dashboard(t)
		var ids []string
		for i := range 25 {
			c := r.connect(t, "/", nil)
			ids = append(ids, c.ID())
			if i < 5 {
				c.EmitArgs("join", "few")
			}
		}
		synctest.Wait()
		slices.Sort(ids)
		var seen []string
		for after := ""; ; {
			page := board.reply(t, "sockets", map[string]any{"nsp": "/", "after": after, "limit": 10})
			if page["total"] != 25. {
				t.Fatalf("the total is %v, want 25", page["total"])
			}
			for _, s := range page["sockets"].([]any) {
				id := s.(map[string]any)["id"].(string)
				checkSocket(t, s, id)
				seen = append(seen, id)
			}
			if after = page["next"].(string); after == "" {
				break
			}
		}
		if !slices.Equal(seen, ids) {
			t.Errorf("the pages have %q, want %q", seen, ids)
		}
		for query, want := range map[string]float64{
			`few`: 5, `nobody`: 0,
		} {
			if page := board.reply(t, "sockets", map[string]any{"nsp": "/", "room": query}); page["total"] != want {
				t.Errorf("room %s has %v, want %v", query, page["total"], want)
			}
		}
		found := board.reply(t, "sockets", map[string]any{"nsp": "/", "search": ids[3][2:18]})
		if found["total"] != 1. || found["sockets"].([]any)[0].(map[string]any)["id"] != ids[3] {
			t.Errorf("the search finds %v", found)
		}
		if page := board.reply(t, "sockets", map[string]any{"nsp": "/nowhere"}); page["total"] != 0. || len(page["sockets"].([]any)) > 0 {
			t.Errorf("a namespace that there is not has %v", page)
		}
	})
}

func TestADashboardSeesTheLargestRooms(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
			srv.On("join", func(_ context.Context, s *socketio.Socket, rooms []string) error {
				s.Join(rooms...)
				return nil
			})
		})
		board := r.dashboard(t)
		r.connect(t, "/", nil).EmitArgs("join", []string{"all", "a1", "b1"})
		r.connect(t, "/", nil).EmitArgs("join", []string{"all", "a2"})
		synctest.Wait()
		got := board.reply(t, "rooms", map[string]any{"nsp": "/", "limit": 3})
		if want := "map[rooms:[map[room:all sockets:2] map[room:a1 sockets:1] map[room:a2 sockets:1]] total:4]"; fmt.Sprint(got) != want {
			t.Errorf("the rooms are %v, want %s", got, want)
		}
		got = board.reply(t, "rooms", map[string]any{"nsp": "/", "prefix": "a"})
		if want := "map[rooms:[map[room:all sockets:2] map[room:a1 sockets:1] map[room:a2 sockets:1]] total:3]"; fmt.Sprint(got) != want {
			t.Errorf("the rooms are %v, want %s", got, want)
		}
		if got := board.reply(t, "rooms", map[string]any{"nsp": "/admin"}); got["total"] != 0. {
			t.Errorf("the namespace of admins has %v", got)
		}
	})
}

func TestADashboardWatchesOneSocket(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{Mode: admin.Production}, nil, func(srv *socketio.Server) {
			srv.Handle("ask", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
				return s.Namespace().EmitArgs("said", m.Len())
			})
		})
		board, c, other := r.dashboard(t), r.connect(t, "/", nil), r.connect(t, "/", nil)
		if got := board.reply(t, "watch", map[string]any{"nsp": "/", "id": "nobody"}); got["ok"] != nil || got["error"] == "" {
			t.Errorf("a socket that there is not: %v", got)
		}
		if got := board.reply(t, "watch", map[string]any{"nsp": "/", "id": c.ID()}); got["ok"] != true {
			t.Fatalf("watch: %v", got)
		}
		board.take()
		c.EmitArgs("ask", "what", []byte{1, 2})
		synctest.Wait()
		other.EmitArgs("ask", strings.Repeat("x", 3000))
		synctest.Wait()
		c.EmitArgs("long", strings.Repeat("x", 3000))
		got := board.take("overview")
		want := []string{"in ask [what [2 bytes]]", "out said [2]", "out said [1]", "in long"}
		if len(got) != len(want) {
			t.Fatalf("the dashboard gets %d events, want %d: %q", len(got), len(want), names(got))
		}
		for i, e := range got {
			e := e[1].(map[string]any)
			if s := fmt.Sprint(e["dir"], " ", e["event"], " ", e["args"]); e["nsp"] != "/" || e["id"] != c.ID() || !strings.HasPrefix(s, want[i]) || len(s) > 2200 {
				t.Errorf("event %d is %v, want %s", i, e, want[i])
			}
		}
		for range 200 {
			c.EmitArgs("flood")
		}
		if flood := board.take("overview"); len(flood) < 40 || len(flood) > 52 {
			t.Errorf("of 200 events at once %d are shown, want about 50", len(flood))
		}
		time.Sleep(2 * time.Second)
		c.EmitArgs("late")
		if late := last(board.take("overview"), "watched"); late == nil || late[1].(map[string]any)["dropped"].(float64) < 140 {
			t.Errorf("later comes %v, which does not say what was dropped", late)
		}
		board.EmitArgs("unwatch")
		synctest.Wait()
		c.EmitArgs("ask")
		if got := board.take("overview"); len(got) > 0 {
			t.Errorf("after unwatch comes %v", got)
		}
	})
}

func TestADashboardWatchesOneSocketAtATime(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		board, first, second := r.dashboard(t), r.connect(t, "/", nil), r.connect(t, "/", nil)
		for _, c := range []*client{first, second} {
			board.reply(t, "watch", map[string]any{"nsp": "/", "id": c.ID()})
		}
		board.take()
		first.EmitArgs("first")
		second.EmitArgs("second")
		got := board.take("overview")
		if len(got) != 1 || got[0][1].(map[string]any)["event"] != "second" {
			t.Errorf("the dashboard gets %v, want the event of the second", got)
		}
	})
}

func TestOnlyADashboardMayAskForMore(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		page := r.page(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if m, err := page.EmitArgsAck(ctx, "sockets", map[string]any{"nsp": "/"}); err == nil {
			t.Errorf("a page is answered: %v", m)
		}
	})
}

func TestADashboardSeesWhoWasRefused(t *testing.T) {
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil)
		board := r.dashboard(t)
		board.take()
		request := func(query, origin string) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", r.web.URL+"/socket.io/?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			res, err := r.web.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		}
		for range 3 {
			request("EIO=4&transport=polling&sid=unknown", "")
		}
		request("EIO=4&transport=polling", "https://admin.socket.io")
		time.Sleep(1500 * time.Millisecond)
		got := board.take("overview")
		counts := map[float64]float64{}
		for _, e := range got {
			one := e[1].(map[string]any)
			counts[one["code"].(float64)] += one["count"].(float64)
			if one["reason"] == "" || one["address"] == "" || one["ts"].(float64) < 1e11 {
				t.Errorf("a refused request is %v", one)
			}
			if one["code"] == 4. && !strings.Contains(one["hint"].(string), "CORS") {
				t.Errorf("the hint is %v", one["hint"])
			}
		}
		if len(got) != 2 || counts[1] != 3 || counts[4] != 1 {
			t.Errorf("told is %v, want three of code 1 as one, and one of code 4", got)
		}
		for range 150 {
			request("EIO=4&transport=polling&sid=unknown", "")
			time.Sleep(1100 * time.Millisecond)
		}
		list := last(r.dashboard(t).take(), "refused_list")[1].([]any)
		if len(list) != 100 {
			t.Errorf("a new dashboard gets %d, want the last 100", len(list))
		}
	})
}

func TestTheDashboardIsServed(t *testing.T) {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	a, err := admin.Install(srv, &admin.Options{NoAuth: true, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.Dashboard().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/dashboard/", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("the page: %d, %.100q", w.Code, w.Body.String())
	}
}
