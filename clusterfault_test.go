package socketio

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// A moody Bus fails or stalls as it is told.
type moody struct {
	*adapter.Memory
	fail, stall atomic.Bool
}

var errMoody = errors.New("not today")

func (m *moody) Publish(ctx context.Context, to adapter.Topic, b []byte) (adapter.Offset, error) {
	if m.stall.Load() {
		<-ctx.Done()
		return "", ctx.Err()
	}
	if m.fail.Load() {
		return "", errMoody
	}
	return m.Memory.Publish(ctx, to, b)
}

func TestClientsOfThisServerDoNotWaitForTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &moody{Memory: adapter.NewMemory()}
		rigs := newCluster(t, bus, Options{}, Options{})
		near, _ := rigs[0].member()
		far, _ := rigs[1].member()
		emit := func(text string) error { return rigs[0].srv.Emit("event", text) }

		bus.fail.Store(true)
		if err := emit("fails"); err != nil {
			t.Errorf("while the bus fails Emit returned %v", err)
		}
		near.want(`42["event","fails"]`)
		far.wantNothing()
		if errs := rigs[0].errors.take(); len(errs) != 1 || !errors.Is(errs[0], errMoody) {
			t.Errorf("OnError got %v", errs)
		}

		bus.fail.Store(false)
		bus.stall.Store(true)
		began := time.Now()
		large := strings.Repeat("x", 1<<20)
		full := 0
		for range 20 {
			if err := emit(large); errors.Is(err, ErrQueueFull) {
				full++
			} else if err != nil {
				t.Fatal(err)
			}
			near.wantPrefix(`42["event","xxx`)
		}
		if full < 3 || full > 6 {
			t.Errorf("%d of 20 messages of 1 MiB were not taken, want about 4", full)
		}
		if err := rigs[0].srv.All().SocketsJoin(large); !errors.Is(err, ErrQueueFull) {
			t.Errorf("SocketsJoin returned %v", err)
		}
		for _, err := range rigs[0].srv.EmitAcks[int](t.Context(), "event", large) {
			if !errors.Is(err, ErrQueueFull) {
				t.Errorf("EmitAcks returned %v", err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("sending took %v", took)
		}

		bus.stall.Store(false)
		time.Sleep(2 * time.Minute) // what waited is given up on or published
		synctest.Wait()
		for len(far.arrived) > 0 {
			far.next()
		}
		for len(near.arrived) > 0 {
			near.next()
		}
		if err := emit("again"); err != nil {
			t.Errorf("afterwards Emit returned %v", err)
		}
		far.want(`42["event","again"]`)
	})
}

func TestAServerIsClosedAtOnceWhateverItsBusDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &moody{Memory: adapter.NewMemory()}
		rigs := newCluster(t, bus, Options{}, Options{})
		began := time.Now()
		if err := rigs[1].srv.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n, _ := rigs[0].srv.ServerCount(t.Context()); n != 1 {
			t.Errorf("%d servers are left, want 1", n)
		}
		bus.stall.Store(true)
		rigs[0].srv.Close()
		if took := time.Since(began); took != 0 {
			t.Errorf("Close took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := rigs[0].srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown returned %v", err)
		}
	})
}

func TestShutdownDoesNotWaitForABusBeyondItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &moody{Memory: adapter.NewMemory()}
		r := newCluster(t, bus, Options{})[0]
		bus.stall.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returned %v", err)
		}
	})
}

// A closedBus lets nobody subscribe.
type closedBus struct{ *adapter.Memory }

func (closedBus) Subscribe(context.Context, func([]byte, adapter.Offset)) error { return errMoody }

func TestAServerServesWithoutItsBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newCluster(t, closedBus{adapter.NewMemory()}, Options{})[0]
		c, _ := r.member()
		if err := r.srv.Emit("event", 1); err != nil {
			t.Errorf("Emit returned %v", err)
		}
		c.want(`42["event",1]`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := r.srv.ServerCount(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ServerCount returned %v", err)
		}
		if errs := r.errors.take(); len(errs) < 6 || len(errs) > 7 || !errors.Is(errs[0], errMoody) {
			t.Errorf("within a minute OnError got %v", errs)
		}
		counted := asked(func() (int, error) { return r.srv.ServerCount(t.Context()) })
		synctest.Wait()
		if err := r.srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown returned %v", err)
		}
		if got := <-counted; !errors.Is(got.err, ErrServerClosed) {
			t.Errorf("of a server that is closed ServerCount returned %v", got.err)
		}
	})
}

func TestNonsenseOnTheBusHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		r := newCluster(t, bus, Options{MaxAttachments: 1})[0]
		c, _ := r.member()
		tell := func(m string) { bus.Publish(t.Context(), adapter.Topic{}, []byte(m)) }
		tell("\x93\x01\x02")
		tell(`{"type":3,"uid":"u","nsp":"/","data":{"packet":{"type":2,"data":[]}}}`)
		tell(string((&adapter.Message{
			UID: "u", Namespace: "/", Type: adapter.Broadcast,
			Event:       []byte(`["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`),
			Attachments: [][]byte{{1}, {2}},
		}).Append(nil)))
		tell(`{"type":99,"uid":"u","nsp":"/"}`)
		tell(`{"type":9,"uid":"u","nsp":"/","data":{"packet":["nobody's"]}}`)
		tell(`{"type":12,"uid":"u","nsp":"/","data":{"requestId":"nobody's"}}`)
		c.wantNothing()
		if errs := r.errors.take(); len(errs) != 2 {
			t.Errorf("OnError got %v, want one for what is no message and one for attachments", errs)
		}
		if err := r.srv.Emit("event", 1); err != nil {
			t.Fatal(err)
		}
		c.want(`42["event",1]`)
	})
}

func BenchmarkBroadcastInACluster(b *testing.B) {
	for _, tt := range []struct {
		name    string
		servers int
	}{{"by itself", 0}, {"with nobody else", 1}, {"with another", 2}} {
		b.Run(tt.name, func(b *testing.B) {
			var servers []*Server
			bus := adapter.NewMemory()
			for range max(tt.servers, 1) {
				o := new(Options)
				if tt.servers > 0 {
					o.Bus = bus
				}
				servers = append(servers, NewServer(o))
			}
			room := servers[0].To("room")
			b.ReportAllocs()
			for n := uint64(1); b.Loop(); n++ {
				if err := room.Emit("event", "hello"); err != nil {
					b.Fatal(err)
				}
				for tt.servers > 0 && servers[0].node.Counts().Published < n {
					runtime.Gosched()
				}
			}
			for _, srv := range servers {
				srv.Shutdown(context.Background())
			}
		})
	}
}
