package faults

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

var resumes = flag.Int("resumes", 150, "how often TestRecoveryUnderCuts cuts off a client")

// TestRecoveryUnderCuts promises of Options.Recovery: a client whose connection is lost, in
// whatever way, has recovered true and has missed nothing, or has recovered false; what it
// hears is never incomplete without its being told. In every fifth round clients are kept
// away for longer than the window. It prints
//
//	cuts=N recovered=N told=N silent=0 again=N
//
// An official client that is cut off once more while it is being sent what it missed hears
// the beginning of that again, which is counted; a client in Go does not.
func TestRecoveryUnderCuts(t *testing.T) {
	t.Run("official clients", func(t *testing.T) {
		r := recoveringServer(t)
		js := startJS(t, r.proxy.URL(), cutClients, 0, nil)
		cutOff(t, r, &js.comings)
	})
	t.Run("clients in Go", func(t *testing.T) {
		r := recoveringServer(t)
		c := newComings(t, cutClients)
		for i := range cutClients {
			o := over(engineio.WebSocket)
			if i%4 == 3 {
				o = socketio.ClientOptions{}
			}
			client := r.client(o)
			c.follow(client, i)
			connect(t, client)
		}
		cutOff(t, r, &c)
		if c.again > 0 {
			t.Errorf("%d numbers came again", c.again)
		}
	})
}

// cutClients is how many clients are cut off at once.
const cutClients = 25

// recoveringServer returns a server that restores states and emits numbers.
func recoveringServer(t *testing.T) *rig {
	r := overTCP(t, socketio.Options{
		Recovery: socketio.Recovery{Window: 3 * time.Second},
		Options:  engineio.Options{PingInterval: 300 * time.Millisecond, PingTimeout: time.Second},
	})
	t.Cleanup(emitNumbers(r.srv))
	return r
}

// follow notes what a client in Go hears, as clients.mjs does for others.
func (c *comings) follow(client *socketio.Client, i int) {
	const nothing = -1
	last := nothing // the number heard last, if the next one must follow
	client.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		if !s.Recovered() {
			last = nothing
		}
		c.came(i, s.Recovered())
		return nil
	})
	client.On("number", func(_ context.Context, _ *socketio.ClientSocket, n int) error {
		switch {
		case last != nothing && n <= last:
			c.heardAgain()
			return nil
		case last != nothing && n != last+1:
			c.missed(fmt.Sprintf("client %d: %d follows %d", i, n, last))
		}
		last = n
		return nil
	})
	client.On("round", func(_ context.Context, _ *socketio.ClientSocket, n int) error { c.heard(i, n); return nil })
}

// cutOff breaks the connections of clients in each way in turn until they have come back
// often enough.
func cutOff(t *testing.T, r *rig, c *comings) {
	c.wantRound(1, func() { r.srv.Emit("round", 1) }) // which gives all an offset
	random := rand.New(rand.NewPCG(5, 5))
	for round := 2; c.back() < *resumes; round++ {
		away := round%5 == 0
		r.proxy.Refuse(away)
		r.proxy.Strike(chaos.KindOf(round), time.Duration(20+random.IntN(300))*time.Millisecond)
		if away {
			eventually(t, "nobody can be recovered", func() bool {
				now := r.srv.Stats()
				return now.Sockets == 0 && now.Parked == 0
			})
			r.proxy.Refuse(false)
		}
		c.wantRound(round, func() { r.srv.Emit("round", round) })
	}
	fmt.Printf("cuts=%d %v\n", c.back(), c)
	c.wantNothingSilent()
	if c.recovered == 0 || c.told == 0 {
		t.Errorf("nobody was recovered, or told: %v", c)
	}
}

// emitNumbers emits numbers to all, one after the other, until it is stopped.
func emitNumbers(srv *socketio.Server) (stop func()) {
	var emitting sync.WaitGroup
	end := make(chan struct{})
	emitting.Go(func() {
		every := time.NewTicker(5 * time.Millisecond)
		defer every.Stop()
		for n := 0; ; n++ {
			select {
			case <-every.C:
				srv.Emit("number", n)
			case <-end:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(end)
		emitting.Wait()
	})
}
