// Command walkthrough is the walk-through's server, and the page that talks to it.
//
//	make walkthrough
//
// Load http://127.0.0.1:5500 in a browser: the page shows the id of its socket and what
// the server answers, the server prints the id and what the page said. The page is at
// another origin than the server, which is why the server has a CORS setting. Ctrl-C ends
// both in order, a second one at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"socketio"
)

const (
	serverAddress = "127.0.0.1:3000"
	pageAddress   = "127.0.0.1:5500"
)

// message is the payload of both events.
type message struct {
	Message string `json:"message"`
}

// newServer returns the Socket.IO server. All the rest of the program is about starting
// and ending it.
func newServer() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{CORS: socketio.CORS{
		Origins:        []string{"http://" + pageAddress},
		AllowedHeaders: []string{"my-custom-header"},
		Credentials:    true,
	}})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		fmt.Println(s.ID())
		return nil
	})
	srv.On("sendToServer", func(_ context.Context, s *socketio.Socket, m message) error {
		fmt.Println(m.Message)
		return s.Emit("sendToClient", message{"你好我是服务端,让我们来聊天呀"})
	})
	return srv
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// run serves until it is interrupted.
func run() error {
	srv := newServer()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	server := &http.Server{Handler: mux}
	page := &http.Server{Handler: newPage()}

	failed := make(chan error, 2)
	if err := start(page, pageAddress, failed); err != nil {
		return err
	}
	fmt.Println("the page is at http://" + pageAddress)
	if err := start(server, serverAddress, failed); err != nil {
		return err
	}
	fmt.Println("server is running at http://" + serverAddress)

	interrupted, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	select {
	case err := <-failed:
		return err
	case <-interrupted.Done():
		forget() // from here on an interrupt does what it does to any program
	}
	// First the sockets, which the servers for HTTP know nothing of.
	return end(srv, server, page)
}

// start listens, and serves in the background. What ends that goes to failed.
func start(server *http.Server, address string, failed chan<- error) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() { failed <- server.Serve(listener) }()
	return nil
}

// end shuts servers down, one after the other, as far as they come within three seconds.
func end(servers ...interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return nil
}
