package engineio

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// from is a query of a handshake by a client with an address, where byQuery tells it.
func from(transport, address string) string {
	return "/socket.io/?EIO=4&transport=" + transport + "&ip=" + address
}

func byQuery(r *http.Request) string { return r.URL.Query().Get("ip") }

// wantTurnedAway expects that there is no room for a newcomer, on either transport.
func (r *rig) wantTurnedAway(address string) {
	r.Helper()
	polled := r.ask("GET", from(Polling, address), "")
	_, dialed := r.handshake(from(WebSocket, address))
	for transport, got := range map[string]answer{Polling: polled, WebSocket: dialed} {
		if got.status != 503 || got.header.Get("Retry-After") != "1" || got.body != "" {
			r.Errorf("%s from %q: %d %q, Retry-After %q", transport, address, got.status, got.body, got.header.Get("Retry-After"))
		}
	}
}

func (r *rig) wantLetIn(transport, address string) {
	r.Helper()
	var got answer
	if transport == Polling {
		got = r.ask("GET", from(Polling, address), "")
	} else {
		_, got = r.handshake(from(WebSocket, address))
	}
	if got.status != opened[transport] {
		r.Errorf("%s from %q: %d %q", transport, address, got.status, got.body)
	}
}

func TestMaxConnections(t *testing.T) {
	asked := 0
	r := newRig(t, &Options{MaxConnections: 2, Allow: func(*http.Request) error { asked++; return nil }}, nil)
	query := "transport=polling&sid=" + r.poll()
	r.wantLetIn(WebSocket, "")
	r.wantTurnedAway("")
	if asked != 2 {
		t.Errorf("Allow was asked %d times, want 2: not for those for whom there is no room", asked)
	}
	if got := r.server.Stats(); got.HitMaxConnections != 2 || got.Opened != 2 {
		t.Errorf("counted %+v", got)
	}
	r.want("one goes", "POST", query, "1", 200, "ok")
	r.until("there is room", func() bool { return r.server.Len() == 1 })
	r.wantLetIn(Polling, "")
}

func TestNoMoreThanMaxConnectionsComeAtOnce(t *testing.T) {
	inTime(t, &Options{MaxConnections: 3, Allow: func(*http.Request) error { time.Sleep(time.Second); return nil }}, nil, func(r *timeRig) {
		answers := make(chan int)
		for range 10 {
			go func() {
				resp, err := r.http.Client().Get(r.http.URL + from(Polling, ""))
				if err != nil {
					panic(err)
				}
				resp.Body.Close()
				answers <- resp.StatusCode
			}()
		}
		got := map[int]int{}
		for range 10 {
			got[<-answers]++
		}
		if got[200] != 3 || got[503] != 7 || r.server.Len() != 3 {
			t.Errorf("answered %v", got)
		}
	})
}

func TestMaxConnectionsPerIP(t *testing.T) {
	r := newRig(t, &Options{MaxConnectionsPerIP: 2, ClientIP: byQuery}, nil)
	first := r.ask("GET", from(Polling, "1.2.3.4"), "")
	sid, _, _ := strings.Cut(strings.TrimPrefix(first.body, `0{"sid":"`), `"`)
	r.wantLetIn(WebSocket, "::ffff:1.2.3.4")
	r.wantTurnedAway("1.2.3.4")
	r.wantLetIn(Polling, "1.2.3.5")
	r.wantLetIn(Polling, "2001:db8:0:1::1")
	r.wantLetIn(Polling, "2001:db8:0:1:ffff::2")
	r.wantTurnedAway("2001:db8:0:1:1::3")
	r.wantLetIn(Polling, "2001:db8:0:2::1")
	if got := r.server.Stats().HitMaxConnectionsPerIP; got != 4 {
		t.Errorf("%d were counted, want 4", got)
	}
	r.want("one goes", "POST", "transport=polling&sid="+sid, "1", 200, "ok")
	r.until("it has gone", func() bool { return r.server.Len() == 5 })
	r.wantLetIn(WebSocket, "1.2.3.4")
	r.wantTurnedAway("1.2.3.4")
}

func TestAddressesAreForgottenWithTheirConnections(t *testing.T) {
	r := newRig(t, &Options{MaxConnectionsPerIP: 1}, nil)
	r.dial("transport=websocket").open().Conn.Close()
	r.until("the connection is gone", func() bool { return r.server.Len() == 0 })
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if len(r.server.perIP) != 0 {
		t.Errorf("%v is remembered", r.server.perIP)
	}
}

func TestHandshakesPerIP(t *testing.T) {
	inTime(t, &Options{HandshakesPerIP: 4, ClientIP: byQuery}, nil, func(r *timeRig) {
		for range 4 {
			r.wantLetIn(Polling, "a")
		}
		r.wantTurnedAway("a")
		r.wantLetIn(Polling, "b")
		r.sleep(250 * time.Millisecond)
		r.wantLetIn(WebSocket, "a")
		r.wantTurnedAway("a")
		if got := r.server.Stats().HitHandshakesPerIP; got != 4 {
			t.Errorf("%d were counted, want 4", got)
		}
	})
}

// What is remembered of addresses does not grow with how many have ever come.
func TestAddressesThatComeNoMoreAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(func(*Conn) {}, &Options{HandshakesPerIP: 1})
		for i := range 20 * minSweep {
			if i%minSweep == 0 {
				time.Sleep(2 * time.Second)
			}
			if err := s.admit(fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			s.release()
		}
		if n := len(s.buckets); n > 2*minSweep {
			t.Errorf("%d addresses are remembered, want at most %d", n, 2*minSweep)
		}
	})
}

func TestTheInitialMessageComesFirst(t *testing.T) {
	r := newServerRig(t, &Options{EIO3: true, InitialMessage: []byte("hello"), Cookie: &http.Cookie{}}, nil)
	r.server.handle = func(c *Conn) {
		c.Attach(&echo{c: c, rig: r})
		c.Send(Message{Data: []byte("later")})
	}
	r.listen()
	status, body, _ := r.do("GET", "transport=polling", "")
	open, rest, _ := strings.Cut(body, "\x1e")
	if status != 200 || !strings.HasSuffix(open, "}") || rest != "4hello" {
		t.Errorf("polling: %d %q", status, body)
	}
	c := r.dial("transport=websocket").open()
	c.expect("what comes first", "4hello", "4later")
	if got := r.ask("GET", "/socket.io/?EIO=3&transport=polling", "").body; !strings.HasSuffix(got, "}6:4hello") {
		t.Errorf("revision 3: %q", got)
	}
	// The last handshake is answered before the server's own message is sent.
	for end := time.Now().Add(r.wait); ; runtime.Gosched() {
		got := r.server.Stats()
		if got.MessagesOut == 2*got.Opened {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("counted %+v", got)
		}
	}
}
