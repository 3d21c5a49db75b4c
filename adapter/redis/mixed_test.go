package redis

import (
	"testing"

	"github.com/redis/rueidis"

	"socketio/adapter"
	"socketio/internal/fleet"
)

func TestClassicInAFleetWithNode(t *testing.T) {
	sail(t, "classic", func(c rueidis.Client) adapter.Bus { return NewClassic(c, nil) }, func(f *fleet.Fleet) {
		t.Run("from an emitter in Node", func(t *testing.T) { f.CheckNodeEmitter(t, "a", "b", "node") }) // there is one for this alone
		t.Run("all rooms", f.CheckAllRooms)                                                              // which the others do not ask
	})
}

func TestShardedInAFleetWithNode(t *testing.T) {
	sail(t, "sharded", func(c rueidis.Client) adapter.Bus { return NewSharded(c, nil) }, func(*fleet.Fleet) {})
}

func TestStreamsInAFleetWithNode(t *testing.T) {
	b := own(t)
	client := b.client(t)
	fleet.Run(t, "streams", "redis://"+b.addr, func(t *testing.T) adapter.Bus { return NewStreams(b.client(t), nil) }, func(f *fleet.Fleet) {
		t.Run("an official client that goes from Node to Go and back", func(t *testing.T) {
			f.CheckRecovery(t, func() int { return len(sessionKeys(t, client)) })
		})
	})
}

// sail runs a fleet with that kind of adapter over a Redis of its own.
func sail(t *testing.T, kind string, open func(c rueidis.Client) adapter.Bus, besides func(f *fleet.Fleet)) {
	b := own(t)
	fleet.Run(t, kind, "redis://"+b.addr, func(t *testing.T) adapter.Bus { return open(b.client(t)) }, besides)
}
