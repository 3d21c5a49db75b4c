// Command server is the server that the benchmark loads; see ../README.md.
//
//	PORT=3000 server
//	PORT=3000 DEFLATE=1024 server      # compresses messages from 1,024 bytes on
package main

import (
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"

	"socketio"
	"socketio/engineio"
)

func main() {
	http.Handle("/socket.io/", newServer())
	log.Fatal(http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), nil))
}

// newServer returns a server with default options that answers the benchmark's events and
// logs nothing. Payloads are of type any where they may be text or binary.
func newServer() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{
		Logger:  slog.New(slog.DiscardHandler),
		Deflate: deflate(),
	})
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, x any) (any, error) { return x, nil })
	srv.OnAck("join", func(_ context.Context, s *socketio.Socket, room string) (socketio.None, error) {
		s.Join(room)
		return socketio.None{}, nil
	})
	srv.On("broadcast", func(_ context.Context, _ *socketio.Socket, b socketio.Args2[string, any]) error {
		return srv.To(b.A).Emit("b", b.B)
	})
	srv.On("message", func(_ context.Context, s *socketio.Socket, x any) error { return s.Emit("message-back", x) })
	return srv
}

// deflate is how messages are compressed, as DEFLATE in the environment says: from how
// many bytes on. Without it they are not.
func deflate() engineio.Deflate {
	threshold, err := strconv.Atoi(os.Getenv("DEFLATE"))
	return engineio.Deflate{Enable: err == nil, Threshold: threshold}
}
