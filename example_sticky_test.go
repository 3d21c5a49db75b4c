package socketio_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"socketio"
	"socketio/adapter"
)

func Example_noStickySessions() {
	ctx := context.Background()
	bus, secret := adapter.NewMemory(), "keep this to yourself"
	newServer := func(address string) *socketio.Server {
		return socketio.NewServer(&socketio.Options{
			Bus:           bus,     // that the servers share, such as one over Redis
			Advertise:     address, // where the other servers reach this one's handler: "10.0.0.1:3000"
			ClusterSecret: secret,  // the same for all, of at least 16 characters
		})
	}

	var servers [3]*socketio.Server
	for i := range servers {
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			servers[i].ServeHTTP(w, r)
		}))
		servers[i] = newServer(web.Listener.Addr().String())
		servers[i].OnAck("greet", func(_ context.Context, _ *socketio.Socket, name string) (string, error) {
			return "hello " + name, nil
		})
		web.Start()
		defer web.Close()
		defer servers[i].Shutdown(ctx)
	}
	var turn atomic.Uint64
	balancer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		servers[turn.Add(1)%3].ServeHTTP(w, r)
	}))
	defer balancer.Close()

	client := socketio.NewClient(balancer.URL, nil) // polls, and then takes a WebSocket
	defer client.Close()
	if err := client.Connect(ctx); err != nil {
		log.Print(err)
		return
	}
	answer, err := client.EmitAck[string](ctx, "greet", "world")
	fmt.Println(answer, err)
	// Output:
	// hello world <nil>
}

func Example_noStickySessionsByTLS() {
	bus, secret := adapter.NewMemory(), "keep this to yourself"
	var own tls.Certificate
	authority := x509.NewCertPool()

	inner := &tls.Config{
		Certificates: []tls.Certificate{own}, // for the address in Advertise
		RootCAs:      authority,              // who vouches for the others
		ClientCAs:    authority,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}
	srv := socketio.NewServer(&socketio.Options{
		Bus: bus, Advertise: "10.0.0.1:3443", ClusterSecret: secret, ClusterTLS: inner,
	})
	web := &http.Server{Addr: "10.0.0.1:3443", Handler: srv, TLSConfig: inner}
	go web.ListenAndServeTLS("", "")
}
