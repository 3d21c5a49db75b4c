package redis

import (
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestShardedIsABus(t *testing.T) {
	for name, mode := range map[string]SubscriptionMode{"dynamic": Dynamic, "dynamic-private": DynamicPrivate, "static": Static} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) adapter.Bus {
				return NewSharded(connected(t), &ShardedOptions{Prefix: t.Name(), Mode: mode})
			})
		})
	}
}
