package embedded_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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

// Brokers that trust each other by their certificates.
func ExampleOptions_tLS() {
	start := func(own tls.Certificate, authority *x509.CertPool, cluster ...string) {
		broker, err := embedded.Start(&embedded.Options{
			Cluster: cluster,
			TLS:     &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: authority},
		})
		if err != nil {
			log.Fatal(err)
		}
		broker.Close()
	}
	start(tls.Certificate{}, x509.NewCertPool(), "127.0.0.1:0")
}
