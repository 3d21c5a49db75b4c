package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"socketio"
	"socketio/engineio"
)

const (
	enginePath = "/engine.io/"
	socketPath = "/socket.io/"
)

// What the suites of the protocols expect of both servers.
var channel = engineio.Options{
	PingInterval: 300 * time.Millisecond,
	PingTimeout:  200 * time.Millisecond,
	MaxPayload:   1_000_000,
	CORS:         engineio.CORS{Origins: []string{"*"}},
	Logger:       slog.New(slog.DiscardHandler), // most of the suites is bad input
}

// newProtocol returns what the suites of the protocols talk to: a bare Engine.IO server that
// sends every message back, and a Socket.IO server with the namespaces "/" and "/custom".
func newProtocol() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(enginePath, newEngineIO())
	mux.Handle(socketPath, newSocketIO())
	return mux
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
