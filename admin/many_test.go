package admin_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/admin"
)

// sampledIDs returns the sockets of the last "all_sockets", but for those of admins.
func sampledIDs(log [][]any) map[any]bool {
	ids := map[any]bool{}
	for _, v := range last(log, "all_sockets")[1].([]any) {
		if s := v.(map[string]any); s["nsp"] != "/admin" {
			ids[s["id"]] = true
		}
	}
	return ids
}

func TestAPageIsToldOfAPartOfTenThousandSockets(t *testing.T) {
	const clients, namespaces = 500, 20
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
			for i := range namespaces {
				srv.Of(fmt.Sprint("/n", i))
			}
		})
		page := r.page(t)
		var connecting sync.WaitGroup
		all := make([]*client, clients)
		for i := range all {
			all[i] = r.newClient(t, "/n0", nil)
			for j := 1; j < namespaces; j++ {
				all[i].Of(fmt.Sprint("/n", j))
			}
			connecting.Go(func() {
				if err := all[i].Connect(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		connecting.Wait()
		synctest.Wait()
		if got := len(page.take("server_stats")); got > 2000 {
			t.Errorf("while all come the page gets %d events", got)
		}

		fresh := r.page(t)
		began := fresh.take()
		ids := sampledIDs(began)
		if want := "map[oneIn:16]"; fmt.Sprint(last(began, "config")[1].(map[string]any)["sampled"]) != want {
			t.Errorf("config is %v, want sampled to be %s", last(began, "config"), want)
		}
		if len(ids) < 500 || len(ids) > 750 {
			t.Errorf("a page is told of %d sockets, want about 625 of 10,000", len(ids))
		}
		text, err := json.Marshal(last(began, "all_sockets"))
		t.Logf("all_sockets has %d sockets, %d bytes", len(ids), len(text))
		if err != nil || len(text) > 1_000_000 {
			t.Errorf("all_sockets are %d bytes, %v", len(text), err)
		}
		stats := last(began, "server_stats")[1].(map[string]any)
		if sum := fmt.Sprint(stats["namespaces"].([]any)[2]); sum != "map[name:/n0 socketsCount:500]" {
			t.Errorf("the namespace of 500 is told as %s", sum)
		}

		time.Sleep(20 * time.Second) // repairs what the first page has missed
		if got := sampledIDs(page.take()); len(got) != len(ids) {
			t.Errorf("the page that was there before knows %d sockets, the other one %d", len(got), len(ids))
		}
		fresh.take()
		for ns := range r.srv.Namespaces() {
			if ns.Name() != "/admin" {
				ns.EmitArgs("news", 1)
			}
		}
		sent := 0
		for _, e := range fresh.take("server_stats") {
			sent++
			if !ids[e[2]] {
				t.Errorf("%v is about a socket that the page does not know", e)
			}
		}
		if sent < 50 || sent > 110 {
			t.Errorf("of 10,000 events sent at once the page is told of %d, want about 100", sent)
		}
		for _, c := range all {
			c.Close()
		}
		time.Sleep(30 * time.Second)
		log := fresh.take("server_stats")
		if left := sampledIDs(log); len(left) > 0 || len(log) > 1100 {
			t.Errorf("when all have gone the page knows %d sockets, after %d events", len(left), len(log))
		}
	})
}

func TestADashboardPagesThroughTenThousandSocketsAtLittleCost(t *testing.T) {
	const clients, namespaces = 500, 20
	within(t, func(t *testing.T) {
		r := newRig(t, admin.Options{}, nil, func(srv *socketio.Server) {
			for i := range namespaces {
				srv.Of(fmt.Sprint("/n", i))
			}
		})
		board := r.dashboard(t)
		for range clients {
			c := r.newClient(t, "/n0", nil)
			for j := 1; j < namespaces; j++ {
				c.Of(fmt.Sprint("/n", j))
			}
			if err := c.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		for _, e := range board.take() {
			if text, _ := json.Marshal(e); len(text) > 5000 {
				t.Errorf("%s has %d bytes", e[0], len(text))
			}
		}
		page := board.reply(t, "sockets", map[string]any{"nsp": "/n7", "limit": 100000})
		if text, _ := json.Marshal(page); len(page["sockets"].([]any)) != 100 || page["total"] != 500. || len(text) > 100_000 {
			t.Errorf("a page has %d of %v sockets, %d bytes", len(page["sockets"].([]any)), page["total"], len(text))
		}
	})
}
