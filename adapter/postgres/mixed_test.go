package postgres

import (
	"testing"

	"socketio/adapter"
	"socketio/internal/fleet"
)

func TestBusInAFleetWithNode(t *testing.T) {
	d := shared
	fleet.Run(t, "postgres", d.url(), func(t *testing.T) adapter.Bus { return New(d.pool(t), nil) }, func(f *fleet.Fleet) {
		// Servers for Node don't hear it, since it does not tell the namespace.
		t.Run("from an emitter in Node", func(t *testing.T) { f.CheckNodeEmitter(t, "a", "b") })
	})
}
