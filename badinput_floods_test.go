package socketio_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

// Floods: nothing of what comes is wrong by itself, but there is too much of it.
func TestBadInputThatIsTooMuch(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B20 handshakes without a poll", &socketio.Options{Options: engineio.Options{MaxConnections: 50}}, func(v *victim) {
			var sids []string
			for range 49 { // beside the healthy client
				sids = append(sids, v.session())
			}
			for range 100 {
				v.wantTurnedAway()
			}
			if got := v.srv.Stats(); got.HitMaxConnections != 200 || got.Polling != 49 {
				v.Errorf("counted %+v", got)
			}
			for _, sid := range sids {
				v.want("the end", v.post(sid, "1"), 200, "ok")
			}
		}},
		{"B20 handshakes of one address", &socketio.Options{Options: engineio.Options{MaxConnectionsPerIP: 3}}, func(v *victim) {
			sids := []string{v.session(), v.session()}
			v.wantTurnedAway()
			for _, sid := range sids {
				v.want("the end", v.post(sid, "1"), 200, "ok")
			}
		}},
		{"B113 __proto__ as a key", nil, func(v *victim) {
			const args = `{"__proto__":{"admin":true},"constructor":{"prototype":1}}`
			l := v.webSocket().text("40" + args)
			l.wantPrefix(`40{"sid":`)
			l.text(`421["raw",` + args + `]`)
			l.want(`431["` + strings.ReplaceAll(args, `"`, `\"`) + `"]`)
		}},
		{"B117 rooms without end", &socketio.Options{MaxRooms: 100}, func(v *victim) {
			left := 0
			v.srv.Handle("rooms", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
				for i := range 20_000 {
					s.Join(fmt.Sprint("room ", i))
				}
				left = len(slices.Collect(s.Rooms()))
				return m.Ack()
			})
			v.joinedWebSocket().text(`421["rooms"]`).want(`431[]`)
			if left != 101 {
				v.Errorf("the socket is in %d rooms, want 101: its own too", left)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if got := v.srv.Stats().HitMaxRooms; got != 19_900 || len(v.errors) != 19_900 {
				v.Errorf("%d are counted, and OnError was told of %d", got, len(v.errors))
			}
		}},
		{"B118 events without end", &socketio.Options{EventsPerSecond: 100}, func(v *victim) {
			gone := make(chan socketio.Reason, 2)
			v.srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error { gone <- why; return nil })
			began := time.Now()
			v.joinedWebSocket().text(slices.Repeat([]string{`42["relay"]`}, 100_000)...)
			v.until("the flood ends", func() bool { return len(gone) > 0 }) // and the last event is handled
			most := 101 + int(100*time.Since(began).Seconds())
			v.mu.Lock()
			defer v.mu.Unlock()
			if got := v.srv.Stats().HitEventsPerSecond; got != 1 || v.relayed < 100 || v.relayed > most {
				v.Errorf("%d events were delivered, want 100 at least and %d at most; %d connections are counted", v.relayed, most, got)
			}
		}},
	})
}

// wantTurnedAway expects that there is no room for a newcomer, on either transport.
func (v *victim) wantTurnedAway() {
	v.Helper()
	got := v.do("GET", "EIO=4&transport=polling", "")
	v.want("a GET", got, 503, "")
	if got.header.Get("Retry-After") == "" {
		v.Error("the answer has no Retry-After")
	}
	_, got = v.tryUpgrade("EIO=4&transport=websocket")
	v.want("an upgrade", got, 503, "")
}
