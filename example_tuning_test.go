package socketio_test

import (
	"runtime/debug"
	"time"

	"socketio"
)

func Example_tuning() {
	srv := socketio.NewServer(&socketio.Options{
		MaxConnections: 100_000,     // less than there are file descriptors
		MemoryBudget:   512 << 20,   // half of what the process may use
		QueueBytes:     1 << 20,     // what may wait for one slow client
		PingInterval:   time.Minute, // fewer heartbeats; who is gone is noticed later
	})
	debug.SetMemoryLimit(900 << 20) // nine tenths of it, as GOMEMLIMIT=900MiB does

	defer srv.Close()
}
