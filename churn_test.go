package socketio

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/internal/ws"
)

// TestNothingIsLeftOfClientsThatComeAndGo lets many clients do everything at once, and
// end in every way.
func TestNothingIsLeftOfClientsThatComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var greeted, left atomic.Int64
		for _, ns := range []*Namespace{r.srv.Namespace, r.srv.Of("other")} {
			serveChurn(ns, &greeted, &left)
		}
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(worker), 1))
				for range 25 {
					visit(r.dial(), random)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute) // whoever waits for an answer gives up
		synctest.Wait()
		if greeted.Load() == 0 || greeted.Load() != left.Load() {
			t.Errorf("%d sockets came, %d went", greeted.Load(), left.Load())
		}
		for ns := range r.srv.Namespaces() {
			if n := len(ns.rooms.all()) + len(ns.rooms.sockets) + len(ns.rooms.rooms); n != 0 {
				t.Errorf("%d sockets and rooms are left in %s", n, ns.Name())
			}
		}
		if n := r.srv.Engine().Len(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		for _, err := range r.errors.take() {
			_, partial := errors.AsType[*PartialError](err)
			if !partial && !errors.Is(err, ErrDisconnected) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("OnError got %v", err)
			}
		}
	})
}

// serveChurn registers handlers that do what handlers do.
func serveChurn(ns *Namespace, greeted, left *atomic.Int64) {
	ns.Use(func(_ context.Context, s *Socket) (context.Context, error) {
		s.Join("all")
		return nil, nil
	})
	ns.OnConnect(func(_ context.Context, s *Socket) error {
		greeted.Add(1)
		return s.To("all").Emit("came", s.ID())
	})
	ns.OnDisconnect(func(_ context.Context, s *Socket, _ Reason) error {
		left.Add(1)
		return s.To("all").Emit("went", s.ID())
	})
	ns.On("room", func(_ context.Context, s *Socket, room string) error {
		s.Join(room)
		s.Leave("all")
		return s.Namespace().To(room, "all").Except(s.ID()).Emit("joined", room)
	})
	ns.On("ask", func(ctx context.Context, s *Socket, _ None) error {
		_, err := s.EmitAck[None](ctx, "question", None{})
		return err
	})
	ns.On("ask all", func(ctx context.Context, s *Socket, _ None) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		for _, err := range s.To("all").EmitAcks[None](ctx, "question", None{}) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	ns.On("kick me", func(_ context.Context, s *Socket, hard bool) error {
		if hard {
			return s.Close()
		}
		s.Disconnect()
		return nil
	})
}

// visit is the life of one client.
func visit(c *client, random *rand.Rand) {
	write := func(texts ...string) {
		for _, text := range texts {
			_ = c.conn.Write(ws.Frame{Op: ws.OpText, Data: []byte(text)}) // the server may have closed
		}
	}
	write(`40`, `40/other,`)
	ids := 0
	for range 1 + random.IntN(10) {
		prefix := []string{`42`, `42/other,`}[random.IntN(2)]
		switch random.IntN(8) {
		case 0, 1:
			write(fmt.Sprintf(`%s["room","r%d"]`, prefix, random.IntN(4)))
		case 2:
			write(prefix + `["ask"]`)
		case 3:
			write(prefix + `["ask all"]`)
		case 4, 5:
			write(fmt.Sprintf(`43%d[]`, ids), fmt.Sprintf(`43/other,%d[]`, ids))
			ids++
		case 6:
			time.Sleep(time.Duration(random.IntN(5)) * time.Millisecond)
		case 7:
			write(prefix + fmt.Sprintf(`["kick me",%v]`, random.IntN(2) == 0))
		}
	}
	switch random.IntN(4) {
	case 0:
		write(`41`, `41/other,`)
	case 1:
		write(`42[`)
	case 2:
		c.conn.Close(1000, "")
	}
	time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond)
	c.cut()
}
