package faults

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"socketio"
	"socketio/interop/chaos"
)

// A ledger is the histories of many senders, and the servers that note in them what arrives.
type ledger struct {
	t         *testing.T
	histories []*chaos.History // of each sender
	made      atomic.Int64     // connections, over all servers
}

func newLedger(t *testing.T, senders int) *ledger {
	l := &ledger{t: t}
	for range senders {
		l.histories = append(l.histories, new(chaos.History))
	}
	return l
}

// keep makes a server note what arrives, for which it takes so long each time.
func (l *ledger) keep(srv *socketio.Server, takes time.Duration) {
	numberConnections(srv, &l.made)
	srv.OnAck("n", func(_ context.Context, s *socketio.Socket, m socketio.Args2[int, int]) (int, error) {
		on, _ := s.Data[int]()
		l.histories[m.A].Arrived(m.B, on)
		time.Sleep(takes) // the work that is acknowledged
		return on, nil
	})
}

// numberConnections makes the number of its connection each socket's data. It does not do
// that in middleware, which is not run for who is recovered.
func numberConnections(srv *socketio.Server, made *atomic.Int64) {
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.SetData(int(made.Add(1)))
		return nil
	})
}

// send sends one message of a sender and notes whether it is acknowledged.
func (l *ledger) send(c *socketio.Client, sender, number int) {
	h := l.histories[sender]
	h.Sent(number)
	if on, err := c.EmitAck[int](l.t.Context(), "n", socketio.Args2[int, int]{A: sender, B: number}); err == nil {
		h.Acked(number, on)
	}
}

// check reads all histories, none of which may be broken, and returns the sum.
func (l *ledger) check() (sum chaos.Report) {
	l.t.Helper()
	for sender, h := range l.histories {
		got := h.Check()
		if got.Broken() {
			l.t.Errorf("sender %d: %+v", sender, got)
		}
		sum.Sent, sum.Acked, sum.Arrived, sum.Twice = sum.Sent+got.Sent, sum.Acked+got.Acked, sum.Arrived+got.Arrived, sum.Twice+got.Twice
	}
	return sum
}
