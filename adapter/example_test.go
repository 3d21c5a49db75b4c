package adapter_test

import (
	"context"
	"log"

	"socketio/adapter"
)

// A program that is no server sends to the clients of a cluster. The bus leads to the
// servers: over Redis, NATS or PostgreSQL, or, within a program, this one.
func ExampleNewEmitter() {
	bus := adapter.NewMemory() // the one that is Options.Bus of the servers
	news := adapter.NewEmitter(bus).To("subscribers").Except("muted")
	if err := news.EmitArgs(context.Background(), "news", "it compiles"); err != nil {
		log.Print(err)
	}
}
