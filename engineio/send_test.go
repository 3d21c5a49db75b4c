package engineio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
)

// sendings are all ways to send text over a connection.
var sendings = []struct {
	name string
	try  bool // it may be dropped
	send func(c *Conn, texts ...string) error
}{
	{"Send", false, func(c *Conn, texts ...string) error { return c.Send(messages(texts)...) }},
	{"SendPrepared", false, func(c *Conn, texts ...string) error { return c.SendPrepared(Prepare(messages(texts)...)) }},
	{"TrySend", true, func(c *Conn, texts ...string) error { return tried(c.TrySend(messages(texts)...)) }},
	{"TrySendPrepared", true, func(c *Conn, texts ...string) error {
		return tried(c.TrySendPrepared(Prepare(messages(texts)...)))
	}},
}

func tried(sent bool) error {
	if sent {
		return nil
	}
	return ErrClosed
}

func messages(texts []string) []Message {
	ms := make([]Message, len(texts))
	for i, text := range texts {
		ms[i] = Message{Data: []byte(text)}
	}
	return ms
}

// only returns the one connection that the server has, once its heart beats.
func (r *rig) only() *Conn {
	r.Helper()
	var conn *Conn
	r.until("there is one connection", func() bool {
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		for _, c := range r.server.conns {
			conn = c
		}
		if len(r.server.conns) != 1 {
			return false
		}
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.session.pingAt != 0
	})
	return conn
}

func TestSendingToAPeerThatHasResetTheConnectionFails(t *testing.T) {
	for _, s := range sendings {
		for _, size := range []int{1, 1000, 100_000} {
			r := newRig(t, nil, nil)
			c := r.dial("transport=websocket").open()
			conn := r.only()
			c.Conn.(*net.TCPConn).SetLinger(0) // closing resets
			c.Conn.Close()
			text := strings.Repeat("x", size)
			for s.send(conn, text, text) == nil {
			}
			r.until("the connection is closed", func() bool { return conn.Context().Err() != nil })
			if err := s.send(conn, "x"); err == nil {
				t.Errorf("%s, %d bytes: sent after the end", s.name, size)
			}
		}
	}
}

func TestEachWayOfSendingOnEachTransport(t *testing.T) {
	ms := []Message{{Data: []byte("text €")}, {Data: []byte{0, 1, 2, 255}, Binary: true}, {}, {Binary: true}}
	ways := map[string]func(c *Conn) bool{
		"Send":            func(c *Conn) bool { return c.Send(ms...) == nil },
		"SendPrepared":    func(c *Conn) bool { return c.SendPrepared(Prepare(ms...)) == nil },
		"TrySend":         func(c *Conn) bool { return c.TrySend(ms...) },
		"TrySendPrepared": func(c *Conn) bool { return c.TrySendPrepared(Prepare(ms...)) },
	}
	want := []received{{text: "4text €"}, {text: "\x00\x01\x02\xff", binary: true}, {text: "4"}, {text: "", binary: true}}
	for name, send := range ways {
		r := newRig(t, nil, nil)
		sid := r.poll()
		parked := r.parked(sid)
		conn := r.only()
		if !send(conn) {
			t.Errorf("%s: not sent over polling", name)
		}
		if got := <-parked; got != "4text €\x1ebAAEC/w==\x1e4\x1eb" {
			t.Errorf("%s: polling carried %q", name, got)
		}
		c := r.dial("transport=websocket&sid=" + sid)
		c.send("5", "4x")
		c.expect("upgraded", "4x")
		// The write of the echo may not have returned when the client has it.
		r.until(name+" sends over a WebSocket", func() bool { return send(conn) })
		for i := range want {
			if got := c.message(); got != want[i] {
				t.Errorf("%s: message %d is %+v, want %+v", name, i, got, want[i])
			}
		}
	}
}

func TestWhatIsSentIsTheCallersAgain(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	conn := r.only()
	b := []byte("before")
	p := Prepare(Message{Data: b})
	conn.Send(Message{Data: b})
	copy(b, "after!")
	conn.SendPrepared(p)
	copy(b, "!!!!!!")
	r.want("as it was", "GET", "transport=polling&sid="+sid, "", 200, "4before\x1e4before")
}

func TestTrySendOverPollingNeedsAGETThatWaits(t *testing.T) {
	for _, way := range sendings[2:] {
		r := newRig(t, nil, nil)
		sid := r.poll()
		conn := r.only()
		if way.send(conn, "lost") == nil {
			t.Errorf("%s: sent without a GET", way.name)
		}
		conn.Send(Message{Data: []byte("waits")})
		if way.send(conn, "lost") == nil {
			t.Errorf("%s: sent behind something that waits", way.name)
		}
		r.want("only that", "GET", "transport=polling&sid="+sid, "", 200, "4waits")
		parked := r.parked(sid)
		if way.send(conn, "sent") != nil {
			t.Errorf("%s: not sent to a GET that waits", way.name)
		}
		if got := <-parked; got != "4sent" {
			t.Errorf("%s: got %q", way.name, got)
		}
	}
}

func TestTrySendWithinReceiveIsDroppedBehindWhatWasSent(t *testing.T) {
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		first := c.TrySend(Message{Data: []byte("a")})
		second := c.TrySend(Message{Data: []byte("b")})
		c.Send(Message{Data: fmt.Append(nil, first, second)})
		return true
	})
	c := r.dial("transport=websocket").open()
	c.send("4x")
	c.expect("the first waits for the end of the batch, the second is dropped", "4a", "4true false")
}

// TestQueueLimit fills the queue of a peer that takes nothing.
func TestQueueLimit(t *testing.T) {
	const limit = 10_000
	for _, transport := range []string{Polling, WebSocket} {
		for _, way := range sendings[:2] {
			t.Run(transport+" "+way.name, func(t *testing.T) {
				inPipe(t, &Options{QueueBytes: limit}, nil, func(r *timeRig) {
					var c *wsClient
					if transport == Polling {
						r.poll()
					} else {
						c = r.dial("transport=websocket").open()
					}
					synctest.Wait()
					conn := r.only()
					ctx := conn.Context()
					if err := way.send(conn, strings.Repeat("x", 3*limit)); err != nil {
						t.Errorf("an empty queue takes any one message: %v", err)
					}
					synctest.Wait()
					if err := way.send(conn, "y"); err != ErrQueueFull {
						t.Errorf("got %v, want ErrQueueFull", err)
					}
					if err := r.wantClosed("transport error"); err != ErrQueueFull {
						t.Errorf("cause %v", err)
					}
					if cause := context.Cause(ctx); !errors.Is(cause, ErrQueueFull) {
						t.Errorf("the context's cause is %v", cause)
					}
					if err := way.send(conn, "z"); err != ErrClosed {
						t.Errorf("afterwards: %v", err)
					}
					if c != nil {
						go io.Copy(io.Discard, c.Conn) // what was queued before
					}
				})
			})
		}
	}
}

func TestAQueueCountsWhatItsPacketsCost(t *testing.T) {
	const limit = 10_000
	inPipe(t, &Options{QueueBytes: limit}, nil, func(r *timeRig) {
		for _, transport := range []string{Polling, WebSocket} {
			if transport == Polling {
				r.poll()
			} else {
				r.dial("transport=websocket").open()
			}
			synctest.Wait()
			conn := r.only()
			sent := 0
			for conn.Send(Message{}) == nil {
				synctest.Wait()
				sent++
			}
			// On a WebSocket the first one is under way, and counts less.
			if least := limit / (packetCost + 4); sent < least || sent > limit/packetCost+1 {
				t.Errorf("%s: %d empty messages, want about %d", transport, sent, least)
			}
			r.wantClosed("transport error")
			r.until("it is gone", func() bool { return r.server.Len() == 0 })
		}
	})
}

func TestAQueueFillsAgainWhenItHasBeenFetched(t *testing.T) {
	const limit = 10_000
	r := newRig(t, &Options{QueueBytes: limit}, nil)
	query := "transport=polling&sid=" + r.poll()
	text := strings.Repeat("x", limit/2)
	for range 5 {
		r.only().Send(Message{Data: []byte(text)})
		r.want("fetched", "GET", query, "", 200, "4"+text)
	}
}
