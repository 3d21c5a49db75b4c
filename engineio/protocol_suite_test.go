package engineio

import (
	"context"
	"encoding/json/v2"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// The times of the reference's protocol suite: the server must keep to them over a
// real network.
const (
	suiteInterval = 300 * time.Millisecond
	suiteTimeout  = 200 * time.Millisecond
)

// A suiteTest is a line of the reference's suite for Engine.IO v4.
type suiteTest struct {
	name string
	run  func(r *rig)
}

func TestProtocolSuite(t *testing.T) {
	runSuite(t, Options{PingInterval: suiteInterval, PingTimeout: suiteTimeout}, []suiteTest{
		// Handshake.
		{"polling: opens a session", suiteOpensPolling},
		{"polling: no EIO", refuses("GET", "transport=polling")},
		{"polling: EIO=abc", refuses("GET", "EIO=abc&transport=polling")},
		{"polling: no transport", refuses("GET", "EIO=4")},
		{"polling: transport=abc", refuses("GET", "EIO=4&transport=abc")},
		{"polling: POST", refuses("POST", "EIO=4&transport=polling")},
		{"polling: PUT", refuses("PUT", "EIO=4&transport=polling")},
		{"WebSocket: opens a session", suiteOpensWebSocket},
		{"WebSocket: no EIO", refusesSocket("transport=websocket")},
		{"WebSocket: EIO=abc", refusesSocket("EIO=abc&transport=websocket")},
		{"WebSocket: no transport", refusesSocket("EIO=4")},
		{"WebSocket: transport=abc", refusesSocket("EIO=4&transport=abc")},

		// Heartbeat.
		{"polling: ping and pong", atLast(suiteHeartbeatPolling)},
		{"polling: no pong", atLast(suiteNoPongPolling)},
		{"WebSocket: ping and pong", atLast(suiteHeartbeatWebSocket)},
		{"WebSocket: no pong", suiteNoPongWebSocket},
	})
	// For the rest the suite's times do not matter, and a busy machine would need more.
	runSuite(t, Options{}, []suiteTest{
		// Close.
		{"polling: close packet", suiteClosePolling},
		{"WebSocket: close packet", suiteCloseWebSocket},

		// Messages.
		{"polling: one packet", suiteEchoes("4hello")},
		{"polling: several packets in a POST, all in one answer", suiteEchoes("4test1\x1e4test2\x1e4test3")},
		{"polling: text and binary", suiteEchoes("4hello\x1ebAQIDBA==")},
		{"polling: what is no packet", suiteInvalidPolling},
		{"polling: overlapping GETs", suiteOverlappingGETs},
		{"polling: a GET that the client aborts", suiteAbortedGET},
		{"WebSocket: text", suiteEchoesText},
		{"WebSocket: binary", suiteEchoesBinary},
		{"WebSocket: what is no packet", suiteInvalidWebSocket},

		// Upgrade.
		{"upgrade", suiteUpgrade},
		{"upgrade: HTTP afterwards", suiteHTTPAfterUpgrade},
		{"upgrade: a second WebSocket", suiteSecondWebSocket},
	})
}

func runSuite(t *testing.T, o Options, tests []suiteTest) {
	o.CORS.Origins = []string{"*"}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(newRig(t, &o, nil)) })
	}
}

// checkOpen compares an open packet key by key.
func (r *rig) checkOpen(packet string, upgrades []string) {
	r.Helper()
	var open map[string]any
	if !strings.HasPrefix(packet, "0") || json.Unmarshal([]byte(packet[1:]), &open) != nil {
		r.Fatalf("%q is no open packet", packet)
	}
	keys := slices.Sorted(maps.Keys(open))
	if !slices.Equal(keys, []string{"maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"}) {
		r.Errorf("keys %v", keys)
	}
	var got []string
	for _, u := range open["upgrades"].([]any) {
		got = append(got, u.(string))
	}
	if !slices.Equal(got, upgrades) || open["pingInterval"] != 300.0 || open["pingTimeout"] != 200.0 || open["maxPayload"] != 1e6 || open["sid"] == "" {
		r.Errorf("%v", open)
	}
}

func suiteOpensPolling(r *rig) {
	status, body, _ := r.do("GET", "transport=polling", "")
	if status != 200 {
		r.Errorf("status %d", status)
	}
	r.checkOpen(body, []string{"websocket"})
}

func suiteOpensWebSocket(r *rig) {
	r.checkOpen(r.dial("transport=websocket").next(), nil)
}

func refuses(method, query string) func(*rig) {
	return func(r *rig) {
		if a := r.ask(method, "/socket.io/?"+query, ""); a.status != 400 {
			r.Errorf("%d %q, want 400", a.status, a.body)
		}
	}
}

func refusesSocket(query string) func(*rig) {
	return func(r *rig) {
		if c, a := r.handshake("/socket.io/?" + query); c != nil || a.status != 400 {
			r.Errorf("%d %q, want 400", a.status, a.body)
		}
	}
}

// atLast tries up to three times what a machine that is busy for a moment spoils.
func atLast(try func(r *rig) error) func(*rig) {
	return func(r *rig) {
		var err error
		for range 3 {
			if err = try(r); err == nil {
				return
			}
		}
		r.Error(err)
	}
}

func suiteHeartbeatPolling(r *rig) error {
	query := "transport=polling&sid=" + r.poll()
	for range 3 {
		if status, body, _ := r.do("GET", query, ""); status != 200 || body != "2" {
			return fmt.Errorf("%d %q, want a ping and nothing else", status, body)
		}
		if status, body, _ := r.do("POST", query, "3"); status != 200 || body != "ok" {
			return fmt.Errorf("%d %q for a pong", status, body)
		}
	}
	return nil
}

func suiteNoPongPolling(r *rig) error {
	query := "transport=polling&sid=" + r.poll()
	// No margin: the client's own clock has begun when the answer came.
	time.Sleep(suiteInterval + suiteTimeout)
	if status, body, _ := r.do("GET", query, ""); status != 400 {
		return fmt.Errorf("%d %q, want 400", status, body)
	}
	return nil
}

func suiteHeartbeatWebSocket(r *rig) error {
	c := r.dial("transport=websocket").open()
	for range 3 {
		if got := c.next(); got != "2" {
			return fmt.Errorf("got %q, want a ping", got)
		}
		c.send("3")
	}
	return nil
}

func suiteNoPongWebSocket(r *rig) {
	r.dial("transport=websocket").open().expect("a ping, then the end", "2", "close")
}

func suiteClosePolling(r *rig) {
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	parked := r.parked(sid)
	r.want("the close packet", "POST", query, "1", 200, "ok")
	if got := <-parked; got != "6" {
		r.Errorf("the GET got %q, want a noop", got)
	}
	if status, _, _ := r.do("GET", query, ""); status != 400 {
		r.Errorf("%d afterwards, want 400", status)
	}
}

func suiteCloseWebSocket(r *rig) {
	c := r.dial("transport=websocket").open()
	c.send("1")
	c.expect("the end", "close")
}

func suiteEchoes(body string) func(*rig) {
	return func(r *rig) {
		query := "transport=polling&sid=" + r.poll()
		r.want("POST", "POST", query, body, 200, "ok")
		r.want("the echoes", "GET", query, "", 200, body)
	}
}

func suiteInvalidPolling(r *rig) {
	query := "transport=polling&sid=" + r.poll()
	r.want("what is no packet", "POST", query, "abc", 400, "")
	if status, _, _ := r.do("GET", query, ""); status != 400 {
		r.Errorf("%d afterwards, want 400", status)
	}
}

func suiteOverlappingGETs(r *rig) {
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	first := r.parked(sid)
	if status, _, _ := r.do("GET", query, ""); status != 400 {
		r.Errorf("the second: %d, want 400", status)
	}
	if got := <-first; got != "1" {
		r.Errorf("the first got %q, want a close packet", got)
	}
	if status, _, _ := r.do("GET", query, ""); status != 400 {
		r.Errorf("%d afterwards, want 400", status)
	}
}

func suiteAbortedGET(r *rig) {
	sid := r.poll()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", r.http.URL+"/socket.io/?EIO=4&transport=polling&sid="+sid, nil)
	if err != nil {
		r.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		resp, err := r.http.Client().Do(req)
		if err == nil {
			resp.Body.Close()
		}
		failed <- err
	}()
	conn := r.server.find(sid)
	r.until("it is parked", func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.session.getting
	})
	cancel()
	if err := <-failed; err == nil {
		r.Error("answered")
	}
	r.wantClosed("transport error")
	if status, _, _ := r.do("GET", "transport=polling&sid="+sid, ""); status != 400 {
		r.Errorf("%d afterwards, want 400", status)
	}
}

func suiteEchoesText(r *rig) {
	c := r.dial("transport=websocket").open()
	c.send("4hello")
	c.expect("the echo", "4hello")
}

func suiteEchoesBinary(r *rig) {
	c := r.dial("transport=websocket").open()
	c.sendBinary([]byte{1, 2, 3, 4})
	if m := c.message(); !m.binary || m.text != "\x01\x02\x03\x04" {
		r.Errorf("got %+v", m)
	}
}

func suiteInvalidWebSocket(r *rig) {
	c := r.dial("transport=websocket").open()
	c.send("abc")
	c.expect("the end", "close")
}

// upgraded returns a WebSocket that has taken a new session over.
func (r *rig) upgraded() (c *wsClient, sid string) {
	r.Helper()
	sid = r.poll()
	c = r.dial("transport=websocket&sid=" + sid)
	c.send("2probe")
	c.expect("probe", "3probe")
	c.send("5")
	return c, sid
}

func suiteUpgrade(r *rig) {
	c, _ := r.upgraded()
	c.send("4hello")
	c.expect("the echo", "4hello")
}

func suiteHTTPAfterUpgrade(r *rig) {
	c, sid := r.upgraded()
	c.send("4x")
	c.expect("upgraded", "4x")
	for _, method := range []string{"GET", "POST"} {
		if status, _, _ := r.do(method, "transport=polling&sid="+sid, "4y"); status != 400 {
			r.Errorf("%s: %d, want 400", method, status)
		}
	}
	c.send("4z")
	c.expect("unharmed", "4z")
}

func suiteSecondWebSocket(r *rig) {
	c, sid := r.upgraded()
	if second, a := r.handshake("/socket.io/?EIO=4&transport=websocket&sid=" + sid); second != nil {
		second.expect("the second is closed", "close")
	} else if a.status != 400 {
		r.Errorf("%d, want 400", a.status)
	}
	c.send("4x")
	c.expect("the first is unharmed", "4x")
}
