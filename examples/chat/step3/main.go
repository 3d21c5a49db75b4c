// Command step3 tells when somebody comes to the chat, and when somebody goes:
//
//	go run ./examples/chat/step3
package main

import (
	"context"
	"embed"
	"fmt"
	"net/http"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

func main() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(context.Context, *socketio.Socket) error {
		fmt.Println("a user connected")
		return nil
	})
	srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
		fmt.Println("a user disconnected:", why)
		return nil
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv) // it serves the client as well, which the page imports
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
