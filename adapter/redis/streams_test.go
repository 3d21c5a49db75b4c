package redis

import (
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestStreamsIsABus(t *testing.T) {
	for name, sharded := range map[string]bool{"plain": false, "sharded": true} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) adapter.Bus {
				return NewStreams(connected(t), &StreamsOptions{Stream: t.Name(), Prefix: t.Name(), SessionPrefix: t.Name(), Sharded: sharded})
			})
		})
	}
}
