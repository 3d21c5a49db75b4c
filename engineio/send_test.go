package engineio

import (
	"net"
	"strings"
	"testing"
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
