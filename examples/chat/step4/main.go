// Command step4 prints what the people of the chat write:
//
//	go run ./examples/chat/step4
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

// Message carries what somebody has written.
const Message socketio.Event[string] = "chat message"

func main() {
	srv := socketio.NewServer(nil)
	srv.On(Message, func(_ context.Context, _ *socketio.Socket, text string) error {
		fmt.Println("message:", text)
		return nil
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
