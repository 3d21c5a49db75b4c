// Package chat is the chat that is mounted in each router.
package chat

import (
	"context"
	"embed"
	"net/http"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// Say goes from a client to the server, and from there to all clients.
const Say socketio.Event[string] = "say"

// NewServer returns the chat's server.
func NewServer() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.On(Say, func(_ context.Context, _ *socketio.Socket, line string) error {
		return srv.Emit(Say, line)
	})
	return srv
}

// Page returns a handler that serves the chat's page.
func Page() http.Handler { return serve.Page(page) }
