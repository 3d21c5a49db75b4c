package engineio

import (
	"context"
	"runtime"
	"slices"
	"testing"
)

func TestAClientThatNobodyReceivesFromHoldsUpNoOther(t *testing.T) {
	r := newServerRig(t, nil, nil)
	conns := make(chan *Conn, 1)
	r.server.handle = func(c *Conn) {
		c.Attach(&echo{c: c, rig: r})
		conns <- c
	}
	r.listen()
	var clients []*Conn
	for range 3*runtime.GOMAXPROCS(0) + 1 {
		clients = append(clients, r.dialed(DialOptions{Transports: []string{WebSocket}}))
		c := <-conns
		c.Send(Message{Data: []byte("early")})
		c.Send(Message{Data: []byte("late")})
	}
	for i, c := range slices.Backward(clients) {
		if got := string(r.receive(c).Data); got != "early" {
			t.Errorf("client %d got %q", i, got)
		}
	}
}

// A holder is a Receiver that holds its peer back.
type holder struct {
	conn  *Conn
	holds chan struct{} // closed when it does no longer
	began chan struct{}
}

func (h *holder) Receive(Message) {
	h.conn.Flush()
	close(h.began)
	<-h.holds
}

func (h *holder) Closed(*CloseError) {}

func TestAClientThatHoldsItsServerBackHoldsUpNoOther(t *testing.T) {
	r := newRig(t, nil, nil)
	var clients []*Conn // so many that some share what waits for their input
	for range 3*runtime.GOMAXPROCS(0) + 1 {
		clients = append(clients, r.dialed(DialOptions{Transports: []string{WebSocket}}))
	}
	h := &holder{conn: clients[0], holds: make(chan struct{}), began: make(chan struct{})}
	defer close(h.holds)
	h.conn.Attach(h)
	h.conn.Send(Message{Data: []byte("hold")})
	<-h.began
	for i, c := range clients[1:] {
		ctx, cancel := context.WithTimeout(t.Context(), r.wait)
		c.Send(Message{Data: []byte("echo")})
		if m, err := c.Receive(ctx); err != nil || string(m.Data) != "echo" {
			t.Errorf("client %d got %q, %v", i+1, m.Data, err)
		}
		cancel()
	}
}
