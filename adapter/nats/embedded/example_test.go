package embedded_test

import (
	"context"
	"fmt"
	"log"

	"socketio"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// Two servers without a broker, which here are in one process.
func Example() {
	newServer := func(cluster ...string) (*socketio.Server, *embedded.Broker) {
		broker, err := embedded.Start(&embedded.Options{
			Cluster: cluster, // the addresses of all, its own among them
			Secret:  "only who knows this is let in",
		})
		if err != nil {
			log.Fatal(err)
		}
		conn, err := broker.Dial()
		if err != nil {
			log.Fatal(err)
		}
		return socketio.NewServer(&socketio.Options{Bus: nats.NewCore(conn, nil)}), broker
	}
	one, first := newServer("127.0.0.1:0")
	two, second := newServer("127.0.0.1:0", first.Address())
	for n := 0; n < 2; {
		var err error
		if n, err = one.ServerCount(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("they are two")
	two.Close()
	one.Close()
	second.Close()
	first.Close()
	// Output: they are two
}
