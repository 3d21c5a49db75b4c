// Command step6 lets who was cut off have what was said meanwhile, if that was not long:
//
//	go run ./examples/chat/step6
package main

import (
	"context"
	"embed"
	"net/http"
	"time"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// Message carries what somebody has written.
const Message socketio.Event[string] = "chat message"

func main() {
	srv := socketio.NewServer(&socketio.Options{
		Recovery: socketio.Recovery{Window: 2 * time.Minute},
	})
	srv.On(Message, func(_ context.Context, _ *socketio.Socket, text string) error {
		return srv.Emit(Message, text)
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
