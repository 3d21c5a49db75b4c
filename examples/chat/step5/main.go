// Command step5 passes what somebody writes on to all, the writer included:
//
//	go run ./examples/chat/step5
package main

import (
	"context"
	"embed"
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
		return srv.Emit(Message, text)
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
