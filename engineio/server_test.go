package engineio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestPollingHandshakeAnswersWithTheOpenPacketAlone(t *testing.T) {
	r := newRig(t, nil, nil)
	status, body, h := r.do("GET", "transport=polling", "")
	want := `0{"sid":"` + body[9:29] + `","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	if status != 200 || body != want {
		t.Errorf("got %d %s, want %s", status, body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store", "Content-Length": fmt.Sprint(len(want)),
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPollingCarriesMessagesBothWays(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	r.want("a batch", "POST", query, "4test1\x1e4test2\x1e4test3", 200, "ok")
	r.want("all in one answer", "GET", query, "", 200, "4test1\x1e4test2\x1e4test3")
	answer := r.parked(sid)
	r.want("binary", "POST", query, "4hello\x1ebAQIDBA==", 200, "ok")
	if got := <-answer; got != "4hello\x1ebAQIDBA==" {
		t.Errorf("the parked GET got %q", got)
	}
}

func TestAPOSTIsAnsweredWithOK(t *testing.T) {
	r := newRig(t, nil, nil)
	a := r.ask("POST", "/socket.io/?EIO=4&transport=polling&sid="+r.poll(), "4x")
	if a.status != 200 || a.body != "ok" {
		t.Errorf("answered %d %q", a.status, a.body)
	}
	for name, want := range map[string]string{"Content-Type": "text/html", "Content-Length": "2", "Cache-Control": "no-store"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAPollCarriesAtMostSixteenPackets(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	r.want("forty messages", "POST", query, strings.Repeat("4x\x1e", 39)+"4x", 200, "ok")
	for _, n := range []int{16, 16, 8} {
		_, body, _ := r.do("GET", query, "")
		if got := strings.Count(body, "x"); got != n {
			t.Errorf("a poll carried %d packets, want %d", got, n)
		}
	}
}

func TestWebSocketCarriesMessagesBothWays(t *testing.T) {
	r := newRig(t, nil, nil)
	c := r.dial("transport=websocket").open()
	c.send("4one", "4two")
	c.expect("echoes", "4one", "4two")
	c.Conn.Close()
	r.wantClosed("transport close")
}

func TestUpgradeLosesAndReordersNothing(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	r.want("before", "POST", query, "4first", 200, "ok")
	c := r.dial("transport=websocket&sid=" + sid)
	r.want("the first echo over polling", "GET", query, "", 200, "4first")
	answer := r.parked(sid)
	c.send("2probe")
	c.expect("the probe is answered", "3probe")
	if got := <-answer; got != "6" {
		t.Errorf("the parked GET got %q, want a noop", got)
	}
	conn := r.server.find(sid)
	for i := range 20 { // waits for a GET, or for the upgrade
		if err := conn.Send(Message{Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if conn.Transport() != Polling {
		t.Error("on the WebSocket before the upgrade packet")
	}
	c.send("5", "4second")
	for i := range 20 {
		c.expect("what waited", fmt.Sprint("4", i))
	}
	c.expect("the echo behind", "4second")
	if conn.Transport() != WebSocket || !conn.Upgraded() {
		t.Errorf("transport %s, upgraded %v", conn.Transport(), conn.Upgraded())
	}
	r.want("polling is over", "GET", query, "", 400, `{"code":3,"message":"Bad request"}`)
	r.want("polling is over", "POST", query, "4x", 400, `{"code":3,"message":"Bad request"}`)
	r.dial("transport=websocket&sid="+sid).expect("a second WebSocket", "close")
	c.send("4third")
	c.expect("unharmed", "4third")
}

func TestCloseByEitherSide(t *testing.T) {
	t.Run("client, polling", func(t *testing.T) {
		r := newRig(t, nil, nil)
		sid := r.poll()
		answer := r.parked(sid)
		r.want("close packet", "POST", "transport=polling&sid="+sid, "1", 200, "ok")
		if got := <-answer; got != "6" {
			t.Errorf("the parked GET got %q, want a noop", got)
		}
		r.wantClosed("transport close")
	})
	t.Run("client, polling, GET behind", func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) { // it must not come too late
			sid := r.poll()
			r.want("close packet", "POST", "transport=polling&sid="+sid, "1", 200, "ok")
			r.want("the GET", "GET", "transport=polling&sid="+sid, "", 200, "6")
			r.wantClosed("transport close")
			r.want("the next", "GET", "transport=polling&sid="+sid, "", 400, `{"code":1,"message":"Session ID unknown"}`)
		})
	})
	t.Run("client, WebSocket", func(t *testing.T) {
		r := newRig(t, nil, nil)
		c := r.dial("transport=websocket").open()
		c.send("1")
		c.expect("the end", "close")
		r.wantClosed("transport close")
	})
	closing := func(c *Conn, m Message) bool {
		c.Send(Message{Data: []byte("last")})
		c.Close()
		return true
	}
	t.Run("server, parked GET", func(t *testing.T) {
		r := newRig(t, nil, closing)
		sid := r.poll()
		answer := r.parked(sid)
		r.want("the message", "POST", "transport=polling&sid="+sid, "4bye", 200, "ok")
		if got := <-answer; got != "4last" {
			t.Errorf("got %q, want what was sent", got)
		}
		r.wantClosed("forced close")
		r.want("the next GET", "GET", "transport=polling&sid="+sid, "", 200, "1")
		r.want("afterwards", "GET", "transport=polling&sid="+sid, "", 400, `{"code":1,"message":"Session ID unknown"}`)
	})
	t.Run("server, no GET", func(t *testing.T) {
		r := newRig(t, nil, closing)
		sid := r.poll()
		r.want("the message", "POST", "transport=polling&sid="+sid, "4bye", 200, "ok")
		r.wantClosed("forced close")
		r.want("the next GET", "GET", "transport=polling&sid="+sid, "", 200, "4last")
		r.want("the one after it", "GET", "transport=polling&sid="+sid, "", 200, "1")
		r.want("afterwards", "GET", "transport=polling&sid="+sid, "", 400, `{"code":1,"message":"Session ID unknown"}`)
	})
	t.Run("server, WebSocket", func(t *testing.T) {
		r := newRig(t, nil, closing)
		c := r.dial("transport=websocket").open()
		c.send("4bye")
		c.expect("what was sent, and the end", "4last", "close")
		r.wantClosed("forced close")
	})
}

func TestReceive(t *testing.T) {
	for _, transport := range []string{Polling, WebSocket} {
		t.Run(transport, func(t *testing.T) {
			ended := make(chan error, 1)
			server := NewServer(func(c *Conn) {
				for {
					m, err := c.Receive(context.Background())
					if err != nil {
						ended <- err
						return
					}
					c.Send(m)
				}
			}, nil)
			r := newRig(t, nil, nil)
			r.http.Config.Handler = server
			if transport == WebSocket {
				c := r.dial("transport=websocket").open()
				c.send("4a", "4b")
				c.expect("echoes", "4a", "4b")
				c.send("1")
				c.expect("the end", "close")
				c.Conn.Close()
			} else {
				query := "transport=polling&sid=" + r.poll()
				r.want("two", "POST", query, "4a\x1e4b", 200, "ok")
				var got string
				for len(got) < 4 {
					_, body, _ := r.do("GET", query, "")
					got += strings.ReplaceAll(body, "\x1e", "")
				}
				if got != "4a4b" {
					t.Errorf("echoes: %q", got)
				}
				r.want("the end", "POST", query, "1", 200, "ok")
			}
			var closed *CloseError
			if err := <-ended; !errors.As(err, &closed) || closed.Reason != "transport close" {
				t.Errorf("Receive ended with %v", err)
			}
			if err := server.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAHandlerMayWaitForALaterPOST(t *testing.T) {
	second := make(chan struct{})
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		switch string(m.Data) {
		case "first":
			c.MayWait()
			c.HandOver()
			<-second
		case "second":
			close(second)
		}
		return false
	})
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	r.want("the first is accepted while its handler waits", "POST", query, "4first\x1e4between", 200, "ok")
	r.want("what came behind it", "GET", query, "", 200, "4between")
	r.want("the second", "POST", query, "4second", 200, "ok")
	var got string
	for strings.Count(got, "4") < 2 {
		_, body, _ := r.do("GET", query, "")
		got += body
	}
	if !strings.Contains(got, "4first") || !strings.Contains(got, "4second") {
		t.Errorf("got %q", got)
	}
}

func TestAQuickSessionsPOSTIsAnsweredEvenIfItsHandlerWaitsAfterAll(t *testing.T) {
	second := make(chan struct{})
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		c.MayWait()
		switch string(m.Data) {
		case "first":
			c.HandOver()
			<-second
		case "second":
			close(second)
		}
		return false
	})
	query := "transport=polling&sid=" + r.poll()
	for range provenPosts + 1 {
		r.want("a quick one", "POST", query, "4quick", 200, "ok")
		r.want("its echo", "GET", query, "", 200, "4quick")
	}
	r.want("the first is accepted while its handler waits", "POST", query, "4first\x1e4between", 200, "ok")
	r.want("what came behind it", "GET", query, "", 200, "4between")
	r.want("the second", "POST", query, "4second", 200, "ok")
	var got string
	for strings.Count(got, "4") < 2 {
		_, body, _ := r.do("GET", query, "")
		got += body
	}
	if !strings.Contains(got, "4first") || !strings.Contains(got, "4second") {
		t.Errorf("got %q", got)
	}
}
