package engineio

import (
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// wantStats waits until the server has counted so.
func (r *rig) wantStats(want Stats) {
	r.Helper()
	if want.Closed == nil {
		want.Closed = map[string]uint64{}
	}
	for _, reason := range closeReasons {
		want.Closed[reason] += 0
	}
	var got Stats
	for end := time.Now().Add(r.wait); !reflect.DeepEqual(got, want); time.Sleep(time.Millisecond) {
		if got = r.server.Stats(); time.Now().After(end) {
			r.Fatalf("the statistics are\n%+v, want\n%+v", got, want)
		}
	}
}

func TestStatsCountConnectionsAndMessages(t *testing.T) {
	r := newRig(t, nil, nil)
	r.wantStats(Stats{})
	c := r.dial("transport=websocket").open()
	c.send("4abc", "4")
	c.sendBinary([]byte("12345"))
	c.expect("the echoes", "4abc", "4", "12345")
	r.wantStats(Stats{WebSockets: 1, Opened: 1, MessagesIn: 3, BytesIn: 8, MessagesOut: 3, BytesOut: 8})

	query := "transport=polling&sid=" + r.poll()
	r.want("two messages", "POST", query, "4ab\x1ebAQID", 200, "ok")
	r.wantStats(Stats{
		WebSockets: 1, Polling: 1, Opened: 2, MessagesIn: 5, BytesIn: 13, MessagesOut: 5, BytesOut: 13,
		QueuedMessages: 2, QueuedBytes: 9, // with two bytes in front of each
	})
	r.want("their echoes", "GET", query, "", 200, "4ab\x1ebAQID")

	prepared := Prepare(Message{Data: []byte("to all")}, Message{Data: []byte("of them"), Binary: true})
	for _, conn := range r.server.all() {
		if err := conn.SendPrepared(prepared); err != nil {
			t.Error(err)
		}
	}
	c.expect("what was prepared", "4to all", "of them")
	r.want("what was prepared", "GET", query, "", 200, "4to all\x1ebb2YgdGhlbQ==")
	r.want("a heartbeat is no message", "POST", query, "6", 200, "ok")
	r.wantStats(Stats{WebSockets: 1, Polling: 1, Opened: 2, MessagesIn: 5, BytesIn: 13, MessagesOut: 9, BytesOut: 13 + 2*13})
}

func TestStatsCountUpgrades(t *testing.T) {
	r := newRig(t, nil, nil)
	c, _ := r.upgraded()
	r.wantStats(Stats{WebSockets: 1, Opened: 1, Upgraded: 1})
	c.Conn.Close()
	r.wantStats(Stats{Opened: 1, Upgraded: 1, Closed: map[string]uint64{reasonTransportError: 0, reasonTransportClose: 1}})
}

func TestStatsCountUpgradesThatFail(t *testing.T) {
	for name, fail := range map[string]func(r *rig, query string, probing *wsClient){
		"the WebSocket is closed": func(_ *rig, _ string, probing *wsClient) { probing.Conn.Close() },
		"something else is sent":  func(_ *rig, _ string, probing *wsClient) { probing.send("4early") },
		"the connection ends":     func(r *rig, query string, _ *wsClient) { r.want("", "POST", query, "1", 200, "ok") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			sid := r.poll()
			probing := r.dial("transport=websocket&sid=" + sid)
			probing.send("2probe")
			probing.expect("the answer to the probe", "3probe")
			fail(r, "transport=polling&sid="+sid, probing)
			r.until("the upgrade has failed", func() bool { return r.server.Stats().UpgradesFailed == 1 })
			if stats := r.server.Stats(); stats.Upgraded != 0 {
				t.Errorf("%d upgrades are counted", stats.Upgraded)
			}
		})
	}
}

func TestStatsCountClosesByReason(t *testing.T) {
	for reason, end := range map[string]func(r *rig, query string){
		reasonTransportClose: func(r *rig, query string) { r.want("", "POST", query, "1", 200, "ok") },
		reasonTransportError: func(r *rig, query string) { r.do("POST", query, "") },
		reasonParseError:     func(r *rig, query string) { r.want("", "POST", query, "9", 400, "") },
		reasonForcedClose:    func(r *rig, _ string) { r.only().Close() },
	} {
		t.Run(reason, func(t *testing.T) {
			r := newRig(t, nil, nil)
			query := "transport=polling&sid=" + r.poll()
			if reason == reasonTransportError {
				r.ask("POST", "/socket.io/?EIO=4&"+query, "4x", "Content-Encoding: gzip")
			} else {
				end(r, query)
			}
			r.until("the connection is closed", func() bool { return r.server.Stats().Closed[reason] == 1 })
			if all := slices.Sorted(maps.Values(r.server.Stats().Closed)); all[len(all)-2] != 0 {
				t.Errorf("closes are counted as %v", r.server.Stats().Closed)
			}
		})
	}
	t.Run(reasonPingTimeout, func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) {
			r.poll()
			r.sleep(46 * time.Second)
			r.wantStats(Stats{Opened: 1, Closed: map[string]uint64{reasonPingTimeout: 1}})
		})
	})
}

func TestStatsCountRefusalsByCode(t *testing.T) {
	o := &Options{Allow: func(r *http.Request) error {
		if strings.Contains(r.URL.RawQuery, "bad") {
			return errors.New("no")
		}
		return nil
	}}
	r := newRig(t, o, nil)
	for _, refused := range []struct{ method, query string }{
		{"GET", "EIO=4&transport=pigeon"},
		{"GET", "EIO=4&transport=polling&sid=nobody"},
		{"POST", "EIO=4&transport=polling"},
		{"GET", "EIO=4&transport=websocket"},
		{"GET", "EIO=4&transport=polling&bad"},
		{"GET", "EIO=3&transport=polling"},
	} {
		r.ask(refused.method, "/socket.io/?"+refused.query, "")
	}
	r.wantStats(Stats{Refused: [6]uint64{1, 1, 1, 1, 1, 1}})
	r.handshake("/socket.io/?EIO=4&transport=websocket", "Upgrade: websocket", "Sec-WebSocket-Version: 12")
	r.ask("GET", "/socket.io/?EIO=4&transport=polling", "", "Origin: http://evil.example")
	r.wantStats(Stats{Refused: [6]uint64{1, 1, 1, 2, 2, 1}})
}

func TestStatsCountPanics(t *testing.T) {
	r := newRig(t, &Options{
		Allow: func(r *http.Request) error {
			if r.URL.Query().Has("allow") {
				panic("oops")
			}
			return nil
		},
		GenerateID: func(*http.Request) (string, error) { panic("oops") },
	}, nil)
	r.do("GET", "transport=polling&allow", "")
	r.do("GET", "transport=polling", "")
	r.wantStats(Stats{Panics: 2, Refused: [6]uint64{3: 1, 4: 1}})
}

func TestStatsCountWhatIsTooLarge(t *testing.T) {
	r := newRig(t, &Options{MaxPayload: 10}, nil)
	query := "transport=polling&sid=" + r.poll()
	r.want("a POST", "POST", query, "4234567890x", 413, "")
	r.dial("transport=websocket").open().send("4234567890x")
	r.until("both are counted", func() bool { return r.server.Stats().HitMaxPayload == 2 })
}

func TestStatsCountWhatWaitsTooLong(t *testing.T) {
	r := newRig(t, &Options{QueueBytes: 200}, nil)
	r.poll()
	conn := r.only()
	if conn.TrySend(Message{Data: []byte("volatile")}) {
		t.Error("a volatile message was sent though nobody polls")
	}
	for conn.Send(Message{Data: []byte("x")}) == nil {
	}
	r.wantClosed(reasonTransportError)
	got := r.server.Stats()
	if got.HitQueueBytes != 1 || got.VolatileDropped != 1 || got.Closed[reasonTransportError] != 1 {
		t.Errorf("counted %+v", got)
	}
	if log := r.log.String(); strings.Count(log, "QueueBytes") != 1 {
		t.Errorf("the log says %s", log)
	}
}

func TestStatsCountVolatileMessagesOnAWebSocket(t *testing.T) {
	r := newRig(t, nil, nil)
	r.dial("transport=websocket").open()
	conn := r.only()
	conn.Close()
	prepared := Prepare(Message{Data: []byte("a")}, Message{Data: []byte("b")})
	if conn.TrySend(Message{Data: []byte("a")}) || conn.TrySendPrepared(prepared) {
		t.Error("a closed connection sends")
	}
	if got := r.server.Stats().VolatileDropped; got != 3 {
		t.Errorf("%d messages were dropped, want 3", got)
	}
}
