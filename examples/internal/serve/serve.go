// Package serve is what all examples have in common, so that each is about its own matter:
// how they listen, how they end, and how their pages are served.
package serve

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// patience is how long an example that was interrupted may take to end. The server for HTTP
// alone waits five seconds for connections on which nothing has come yet, as browsers open
// them in advance.
const patience = 15 * time.Second

var listen = flag.String("listen", "localhost:3000", "where to listen, as HOST:PORT; port 0 is any that is free")

// Run serves handler where the flag -listen says, and prints its URL, until the program is
// interrupted. Then it shuts down the servers in order, each a *socketio.Server or the
// like, and that for HTTP last: it knows nothing of WebSockets, and would wait for polls.
//
// It returns when all have ended, and ends the program if it cannot listen. A second
// interrupt does what it does to any program. Run parses the flags if main has not.
func Run(handler http.Handler, servers ...interface{ Shutdown(context.Context) error }) {
	if !flag.Parsed() {
		flag.Parse()
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + address(listener)
	fmt.Println(url)
	others := startBesides(url)
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	interrupted, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	context.AfterFunc(interrupted, forget)

	ended := make(chan error, 1)
	go func() {
		<-interrupted.Done()
		others.end()
		ended <- end(append(servers, web))
	}()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// address is the host that was asked for, and the port that the listener has got.
func address(listener net.Listener) string {
	host, _, _ := net.SplitHostPort(*listen) // Listen has understood it
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func end(servers []interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var errs []error
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("shutting down: %w", err))
		}
	}
	return errors.Join(append(errs, leftovers(ctx))...)
}
