package socketio_test

import (
	"context"
	"fmt"
	"net/http"

	"socketio"
)

// Clients of version 2 are let in beside the others.
func Example_versionTwo() {
	srv := socketio.NewServer(&socketio.Options{EIO3: true})
	srv.Of("/chat").Use(func(ctx context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "not authorized"}
		}
		return ctx, nil
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		fmt.Println("a client of Engine.IO", s.Conn().Protocol())
		return nil
	})
	http.Handle("/socket.io/", srv)
}
