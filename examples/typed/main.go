// Command typed is a chat whose events are declared once, in package chat. The compiler
// checks this server by them, and the page in TypeScript by the types made of them:
//
//	go run ./examples/typed
//	sio gen --types examples/typed/client/chat.d.ts ./examples/typed/chat
package main

import (
	"net/http"

	"socketio/examples/internal/serve"
)

func main() {
	srv := newServer()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", newPage())
	serve.Run(mux, srv)
}
