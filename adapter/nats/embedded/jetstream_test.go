package embedded_test

import (
	"strings"
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

func TestJetStreamIsABus(t *testing.T) {
	for name, inMemory := range map[string]bool{"in files": false, "in memory": true} {
		t.Run(name, func(t *testing.T) {
			b := started(t, &embedded.Options{Store: t.TempDir()})
			adaptertest.Run(t, func(t *testing.T) adapter.Bus {
				return nats.NewJetStream(dialled(t, b), &nats.JetStreamOptions{
					Prefix: t.Name(), Stream: streamOf(t), InMemory: inMemory, MaxBytes: 16 << 20,
				})
			})
		})
	}
}

// streamOf returns a name for the stream of a test, in which much is not allowed.
func streamOf(t *testing.T) string {
	return strings.NewReplacer("/", "-", " ", "-", ".", "-").Replace(t.Name())
}
