package faults

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

var interleavings = flag.Int("interleavings", 500, "how many upgrades TestF20 watches")

// TestF20WhateverHappensDuringAnUpgradeNothingIsLostOrReordered promises: events emitted
// both ways while a connection goes over from polling to WebSocket arrive once and in
// order, with pings and delays in between; and if it ends meanwhile, by a close of either
// side, a cut or a drain, both sides are told and nothing is left of it.
func TestF20WhateverHappensDuringAnUpgradeNothingIsLostOrReordered(t *testing.T) {
	for seed := range uint64(*interleavings) {
		random := rand.New(rand.NewPCG(seed, 20))
		o := socketio.Options{Options: engineio.Options{
			PingInterval: time.Duration(1+random.IntN(200)) * time.Millisecond, PingTimeout: 10 * time.Second,
		}}
		inBubble(t, o, func(t *testing.T, r *rig) {
			raceUpgrade(t, r, random)
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// raceUpgrade emits both ways during an upgrade that something may end.
func raceUpgrade(t *testing.T, r *rig, random *rand.Rand) {
	var up, down chaos.History
	r.srv.On("up", func(_ context.Context, _ *socketio.Socket, n int) error { up.Arrived(n, 1); return nil })
	var gone ends
	gone.watch(r.srv)
	o := socketio.ClientOptions{}
	o.Backoff.Attempts = -1
	c := r.client(o)
	c.On("down", func(_ context.Context, _ *socketio.ClientSocket, n int) error { down.Arrived(n, 1); return nil })
	r.proxy.Set(chaos.Fault{Delay: time.Duration(random.IntN(20)) * time.Millisecond, Jitter: 20 * time.Millisecond})
	connect(t, c)
	pause := func(most int) { time.Sleep(time.Duration(random.IntN(most*1000)) * time.Microsecond) }

	end := endings[random.IntN(len(endings))]
	if end != nil {
		after := time.Duration(random.IntN(300)) * time.Millisecond
		time.AfterFunc(after, func() { end(r, c) })
	}
	for n := range 40 {
		up.Sent(n)
		c.Emit("up", n)
		down.Sent(n)
		r.srv.Emit("down", n)
		pause(10)
	}
	time.Sleep(12 * time.Second) // longer than both sides need to find out
	synctest.Wait()
	if got := up.Check(); got.Broken() || got.Twice > 0 || end == nil && got.Arrived != 40 {
		t.Errorf("at the server: %+v", got)
	}
	if got := down.Check(); got.Broken() || got.Twice > 0 || end == nil && got.Arrived != 40 {
		t.Errorf("at the client: %+v", got)
	}
	if end == nil && !c.Conn().Upgraded() {
		t.Error("it has not upgraded")
	}
	if end != nil && (len(gone.all()) != 1 || c.Context().Err() == nil) {
		t.Errorf("the server was told of %v, the client of %v", gone.all(), context.Cause(c.Context()))
	}
}

// endings end a connection, or do not.
var endings = []func(r *rig, c *socketio.Client){
	nil, nil,
	func(_ *rig, c *socketio.Client) { c.Close() },
	func(r *rig, _ *socketio.Client) { r.srv.All().DisconnectSockets(true) },
	func(r *rig, _ *socketio.Client) {
		r.proxy.Refuse(true)
		r.proxy.Strike(chaos.Resets, 0)
	},
	func(r *rig, _ *socketio.Client) { _ = r.srv.Drain(context.Background(), 0) }, // it does not fail
}
