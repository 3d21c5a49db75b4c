package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
	"socketio/internal/fleet"
)

func TestBusInAFleetWithNode(t *testing.T) {
	sail(t, func(pool *pgxpool.Pool) adapter.Bus { return New(pool, nil) })
}

func TestLogInAFleetWithNode(t *testing.T) {
	sail(t, func(pool *pgxpool.Pool) adapter.Bus { return NewLog(pool, nil) })
}

func sail(t *testing.T, open func(pool *pgxpool.Pool) adapter.Bus) {
	// Servers for Node leave the table to their users.
	if err := New(shared.pool(t), nil).create(t.Context()); err != nil {
		t.Fatal(err)
	}
	fleet.Run(t, "postgres", shared.url(), func(t *testing.T) adapter.Bus { return open(shared.pool(t)) }, func(f *fleet.Fleet) {
		// They don't hear it, since it does not tell the namespace.
		t.Run("from an emitter in Node", func(t *testing.T) { f.CheckNodeEmitter(t, "a", "b") })
	})
}

func TestBusBehindABalancerThatIsNotSticky(t *testing.T) {
	o := own()
	fleet.RunBalanced(t, func(t *testing.T) adapter.Bus { return New(shared.pool(t), o) })
}

func TestLogBehindABalancerThatIsNotSticky(t *testing.T) {
	o := own()
	fleet.RunBalanced(t, func(t *testing.T) adapter.Bus { return NewLog(shared.pool(t), o) })
}
