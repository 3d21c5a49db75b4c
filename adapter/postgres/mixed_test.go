package postgres

import (
	"testing"

	"socketio/adapter"
	"socketio/internal/fleet"
)

func TestBusInAFleetWithNode(t *testing.T) {
	pool := shared.pool(t)
	if err := New(pool, nil).create(t.Context()); err != nil { // which those for Node leave to their users
		t.Fatal(err)
	}
	fleet.Run(t, "postgres", shared.url(), func(t *testing.T) adapter.Bus { return New(shared.pool(t), nil) }, func(f *fleet.Fleet) {
		// Servers for Node don't hear it, since it does not tell the namespace.
		t.Run("from an emitter in Node", func(t *testing.T) { f.CheckNodeEmitter(t, "a", "b") })
	})
}
