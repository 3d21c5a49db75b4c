// Command official is the server that the reference's protocol suites expect: a bare
// Engine.IO server under /engine.io/ that sends every message back, and a Socket.IO server
// under /socket.io/ with the namespaces "/" and "/custom".
//
//	PORT=3000 official
//
// It listens on 127.0.0.1 and ::1, since the suites talk to localhost. `make official`
// runs them against it. With EIO3=yes it lets clients of Engine.IO 3 in, which have a suite
// of their own; the others expect that it does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"socketio"
	"socketio/engineio"
)

const (
	enginePath = "/engine.io/"
	socketPath = "/socket.io/"
)

// What the suites expect of both servers.
var channel = engineio.Options{
	PingInterval: 300 * time.Millisecond,
	PingTimeout:  200 * time.Millisecond,
	MaxPayload:   1_000_000,
	CORS:         engineio.CORS{Origins: []string{"*"}},
	Logger:       slog.New(slog.DiscardHandler), // most of the suites is bad input
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "official:", err)
		os.Exit(1)
	}
}

// run serves until it is interrupted.
func run() error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	channel.EIO3 = os.Getenv("EIO3") == "yes"
	mux := http.NewServeMux()
	mux.Handle(enginePath, newEngineIO())
	mux.Handle(socketPath, newSocketIO())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
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

// newEngineIO returns a server that sends every message back.
func newEngineIO() *engineio.Server {
	o := channel
	o.Path = enginePath
	return engineio.NewServer(func(c *engineio.Conn) { c.Attach(echo{c}) }, &o)
}

// echo receives messages and sends them back.
type echo struct{ conn *engineio.Conn }

func (e echo) Receive(m engineio.Message) {
	_ = e.conn.Send(m) // fails only if the connection has ended
}

func (echo) Closed(*engineio.CloseError) {}

// newSocketIO returns a server that tells clients the auth payload they came with, and in
// "/" sends back the arguments of events.
func newSocketIO() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{Options: channel, ConnectTimeout: time.Second})
	srv.OnConnect(emitAuth)
	srv.Of("/custom").OnConnect(emitAuth)
	srv.Handle("message", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		args, err := argsOf(m)
		if err != nil {
			return err
		}
		return s.EmitArgs("message-back", args...)
	})
	srv.Handle("message-with-ack", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		args, err := argsOf(m)
		if err != nil {
			return err
		}
		return m.Ack(args...)
	})
	return srv
}

func emitAuth(_ context.Context, s *socketio.Socket) error {
	var auth any
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	return s.EmitArgs("auth", auth)
}

// argsOf decodes all arguments.
func argsOf(m *socketio.Message) ([]any, error) {
	args := make([]any, m.Len())
	into := make([]any, len(args))
	for i := range args {
		into[i] = &args[i]
	}
	return args, m.Decode(into...)
}
