// Command official is the server that a suite of the reference expects, which SUITE names:
//
//	SUITE=protocol official           port 3000; the default
//	SUITE=engine.io-client official   port 3000
//	SUITE=socket.io-client official   port 3210
//
// It listens on 127.0.0.1 and ::1, since the suites talk to localhost, at PORT if that is
// set. `make official` runs the suites against it. With EIO3=yes the protocols' server lets
// clients of Engine.IO 3 in, which have a suite of their own; the others expect that it
// does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A service is what one of the suites talks to.
type service struct {
	port    string
	handler func() http.Handler
}

var services = map[string]service{
	"":                 {"3000", newProtocol},
	"protocol":         {"3000", newProtocol},
	"engine.io-client": {"3000", func() http.Handler { return newEngineClient() }},
	"socket.io-client": {"3210", func() http.Handler { return newSocketClient() }},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "official:", err)
		os.Exit(1)
	}
}

// run serves until it is interrupted.
func run() error {
	name := os.Getenv("SUITE")
	chosen, ok := services[name]
	if !ok {
		return fmt.Errorf("SUITE=%s is none of protocol, engine.io-client, socket.io-client", name)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = chosen.port
	}
	channel.EIO3 = os.Getenv("EIO3") == "yes"
	server := &http.Server{Handler: chosen.handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if host == "::1" && isMissing(err) {
			continue
		}
		if err != nil {
			return err
		}
		go func() { failed <- server.Serve(listener) }()
	}
	fmt.Println("listening")

	told, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	select {
	case err := <-failed:
		return err
	case <-told.Done():
		return server.Close()
	}
}

// isMissing says whether listening failed because the machine has no such address.
func isMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
