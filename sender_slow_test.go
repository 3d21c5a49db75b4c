package socketio

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

func TestDropOldestDropsEventsAndNoReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Options: engineio.Options{QueueBytes: 2000, DropOldest: true}})
		sockets := make(chan *Socket, 1)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			sockets <- s
			return nil
		})
		asked := make(chan struct{})
		r.srv.OnAck("ask", func(_ context.Context, _ *Socket, n int) (int, error) {
			<-asked
			return n, nil
		})
		c := r.dial()
		c.send("40", `421["ask",1]`)
		c.wantPrefix(`40{"sid":"`)
		s := <-sockets
		c.stall()
		emit := func(n int) {
			t.Helper()
			if err := s.EmitArgs("event", n, strings.Repeat("x", 400), []byte("binary")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		emit(0) // on which the client spends its time
		emit(1) // which is being written from now on
		close(asked)
		for n := 2; n <= 10; n++ {
			emit(n)
		}
		c.goOn()
		for _, n := range []string{"0", "1"} {
			c.wantPrefix(`451-["event",` + n + `,`)
			c.want(`binary "binary"`)
		}
		c.want(`431[1]`)
		for _, n := range []string{"9", "10"} {
			c.wantPrefix(`451-["event",` + n + `,`)
			c.want(`binary "binary"`)
		}
		c.wantNothing()
		if got := r.srv.Stats().OldestDropped; got != 14 {
			t.Errorf("%d messages were dropped, want 14: seven events with a binary value each", got)
		}
		c.cut()
	})
}

func TestDropOldestAndRecoveryContradictEachOther(t *testing.T) {
	defer func() {
		if v, _ := recover().(string); !strings.Contains(v, "DropOldest") {
			t.Errorf("panic %q", v)
		}
	}()
	NewServer(&Options{Recovery: Recovery{Window: 1}, Options: engineio.Options{DropOldest: true}})
}

func TestWhatWaitsForHandlersCountsAgainstTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Inbox: 100_000, Options: engineio.Options{MemoryBudget: 150_000}})
		release := make(chan struct{})
		r.srv.On("wait", func(context.Context, *Socket, string) error {
			<-release
			return nil
		})
		var clients []*client
		for range 2 {
			c := r.dial()
			clients = append(clients, c)
			c.send("40")
			c.wantPrefix(`40{"sid":"`)
			for range 9 {
				c.send(`42["wait","` + strings.Repeat("x", 10_000) + `"]`)
				time.Sleep(10 * time.Millisecond) // until another goroutine reads on
			}
		}
		if got := r.srv.Stats(); got.HitMemoryBudget != 1 || got.Held > 150_000 || got.WebSockets != 1 {
			t.Errorf("%d are cut, and %d bytes held by %d", got.HitMemoryBudget, got.Held, got.WebSockets)
		}
		close(release)
		synctest.Wait()
		if got := r.srv.Stats().Held; got != 0 {
			t.Errorf("%d bytes are held when all is handled", got)
		}
		for _, c := range clients {
			c.cut()
		}
	})
}
