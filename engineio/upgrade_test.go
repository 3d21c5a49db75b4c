package engineio

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"
)

// lingering is how long a WebSocket that we closed waits for the peer's answer.
const lingering = 5 * time.Second

func TestASessionMayEndWhileItsUpgradeIsAnswered(t *testing.T) {
	var r *rig
	r = newRig(t, &Options{Header: func(_ http.Header, req *http.Request, first bool) {
		if req.Header.Get("Upgrade") != "" {
			c := r.server.find(req.URL.Query().Get("sid"))
			c.step(event{input: inFull}) // of whatever cause
		}
	}}, nil)
	c := r.dial("transport=websocket&sid=" + r.poll())
	c.expect("nobody is left to probe for", "end")
	r.wantClosed("transport error")
}

func TestCloseCutsAWebSocketThatIsProbed(t *testing.T) {
	r := newRig(t, nil, nil)
	c := r.dial("transport=websocket&sid=" + r.poll())
	c.send("2probe")
	c.expect("probe", "3probe")
	c.SetDeadline(time.Now().Add(lingering / 2))
	r.server.Close()
	if got := c.next(); got != "close" && got != "end" {
		t.Errorf("got %q", got)
	}
	c.expect("without waiting for an answer to the close frame", "end")
}

func TestWhatWaitsMovesToTheWebSocketWhateverItsSize(t *testing.T) {
	const limit = 1000
	big := strings.Repeat("x", 2*limit)
	tests := map[string][]string{
		"one message over the limit": {big},
		"as much as the limit holds": {strings.Repeat("x", limit-200), "a", "b"},
		"many short ones":            strings.Split(strings.Repeat("y,", limit/(packetCost+10)), ","),
	}
	for name, messages := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, &Options{QueueBytes: limit}, nil)
			sid := r.poll()
			conn := r.server.find(sid)
			c := r.dial("transport=websocket&sid=" + sid)
			for i, m := range messages {
				if err := conn.Send(Message{Data: []byte(m)}); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
			}
			c.send("2probe", "5") // its answer still waits when the queue moves
			c.expect("probe", "3probe")
			for _, m := range messages {
				c.expect("what waited", "4"+m)
			}
		})
	}
}

func TestAConnectionThatHasEndedIsForgotten(t *testing.T) {
	r := newRig(t, nil, nil)
	var conns []weak.Pointer[Conn]
	for range 10 {
		c := r.dial("transport=websocket").open()
		c.send("4x")
		c.expect("echo", "4x")
	}
	r.server.mu.Lock()
	for _, c := range r.server.conns {
		conns = append(conns, weak.Make(c))
	}
	r.server.mu.Unlock()
	for _, c := range conns {
		c.Value().Close()
	}
	r.server.Close() // cuts them
	for range conns {
		r.wantClosed("forced close")
	}
	r.until("the connections are collected", func() bool {
		runtime.GC()
		for _, c := range conns {
			if c.Value() != nil {
				return false
			}
		}
		return true
	})
}

func TestAGETThatOvertakesTheUpgradePacketComesTooLate(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	c := r.dial("transport=websocket&sid=" + sid)
	c.send("2probe")
	c.expect("probe", "3probe")
	answer := r.parked(sid)
	c.send("5", "4x")
	c.expect("upgraded", "4x")
	if got := <-answer; got != `{"code":3,"message":"Bad request"}` {
		t.Errorf("the GET got %q", got)
	}
}
