package socketio

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
	"socketio/engineio"
)

// A connection has to have a descriptor for something to wait for it, so this is no bubble.
func TestEventsOfAClusterKeepTheirOrderWhoeverSendsThem(t *testing.T) {
	const events = 1000
	bus := adapter.NewMemory()
	var servers []*Server
	for range 2 {
		srv := NewServer(&Options{Bus: bus})
		servers = append(servers, srv)
		defer srv.Close()
	}
	web := httptest.NewServer(servers[0])
	defer web.Close()
	sockets := make(chan *Socket, 1)
	servers[0].OnConnect(func(_ context.Context, s *Socket) error { sockets <- s; return nil })
	c := NewClient(web.URL, &ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
	defer c.Close()
	numbers := make(chan int, 2*events)
	c.On("e", func(_ context.Context, _ *ClientSocket, n int) error { numbers <- n; return nil })
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := <-sockets
	want := func() {
		t.Helper()
		for i := range events {
			select {
			case n := <-numbers:
				if n != i {
					t.Fatalf("after %d events came %d", i, n)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%d events have come, want %d", i, events)
			}
		}
	}
	for i := range events {
		switch i % 3 {
		case 0:
			_ = servers[0].All().Emit("e", i)
		case 1:
			_ = s.Emit("e", i)
		case 2:
			_ = servers[0].To(s.ID()).Emit("e", i)
		}
	}
	want()
	for i := range events {
		if err := servers[1].All().Emit("e", i); err != nil {
			t.Fatal(err)
		}
	}
	want()
}

func TestTheOutletWritesWhatWaitsWhenNobodyHoldsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{})
		o := rigs[0].srv.outlet
		_, s := rigs[0].member()
		o.hold()
		o.hold()
		o.add(rigs[0].srv, s)
		o.release()
		synctest.Wait()
		if len(o.waiting) != 1 || o.busy {
			t.Errorf("held, %d wait and it is written: %t", len(o.waiting), o.busy)
		}
		o.release()
		if len(o.waiting) != 0 || o.busy || o.holds != 0 {
			t.Errorf("released, %d wait, it is written: %t, there are %d holds", len(o.waiting), o.busy, o.holds)
		}
		o.add(rigs[0].srv, s)
		synctest.Wait()
		if len(o.waiting) != 0 || o.busy {
			t.Errorf("with nobody holding it, %d wait, and it is written: %t", len(o.waiting), o.busy)
		}
	})
}
