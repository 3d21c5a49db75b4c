package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestBusIsABus(t *testing.T) {
	adaptertest.Run(t, sharing(func(pool *pgxpool.Pool, o *Options) adapter.Bus { return New(pool, o) }))
}

func TestLogIsABus(t *testing.T) {
	adaptertest.Run(t, sharing(func(pool *pgxpool.Pool, o *Options) adapter.Bus { return NewLog(pool, o) }))
}

// sharing opens a Bus with the same options for all nodes of a test.
func sharing(open func(pool *pgxpool.Pool, o *Options) adapter.Bus) func(t *testing.T) adapter.Bus {
	options := map[*testing.T]*Options{}
	return func(t *testing.T) adapter.Bus {
		if options[t] == nil {
			options[t] = own()
		}
		return open(shared.pool(t), options[t])
	}
}
