package engineio

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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
	c.expect("nobody is left to probe for", "close")
	r.wantClosed("transport error")
}

func TestCloseCutsAWebSocketThatIsProbed(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket&sid=" + r.poll())
		c.send("2probe")
		c.expect("probe", "3probe")
		r.server.Close()
		for text := ""; text != "end"; text = c.next() {
			r.at("without waiting for an answer to the close frame", 0)
		}
		r.at("the end", 0)
	})
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
	inTime(t, nil, nil, func(r *timeRig) { // it must not be released meanwhile
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
	})
}

func TestAConnectionMayBeClosedWhileItsHandshakeIsAnswered(t *testing.T) {
	var r *rig
	r = newRig(t, &Options{
		GenerateID: func(*http.Request) (string, error) { return "known", nil },
		Header:     func(http.Header, *http.Request, bool) { r.server.find("known").Close() },
	}, nil)
	c := r.dial("transport=websocket").open()
	c.expect("closed", "close")
	c.Conn.Close()
	r.wantClosed("forced close")
}

func TestWhatComesOverTheWebSocketWaitsForTheLastPOST(t *testing.T) {
	var leave chan struct{} // made in the bubble
	var received []string
	inTime(t, nil, func(c *Conn, m Message) bool {
		received = append(received, string(m.Data)) // by one goroutine at a time
		if string(m.Data) == "slow" {
			<-leave
		}
		return true
	}, func(r *timeRig) {
		leave = make(chan struct{})
		sid := r.poll()
		var posts sync.WaitGroup
		for _, body := range []string{"4slow\x1e4behind it", "4second"} {
			posts.Go(func() { fetch(r.rig, "POST", r.http.URL+"/socket.io/?EIO=4&transport=polling&sid="+sid, body) })
			synctest.Wait()
		}
		c := r.dial("transport=websocket&sid=" + sid)
		c.send("5", "4fast")
		synctest.Wait()
		if len(received) != 1 {
			t.Errorf("received %q while the first is handled", received)
		}
		close(leave)
		posts.Wait()
		synctest.Wait()
		if want := []string{"slow", "behind it", "second", "fast"}; !slices.Equal(received, want) {
			t.Errorf("received %q, want %q", received, want)
		}
	})
}
