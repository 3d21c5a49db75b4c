// Command whiteboard is a board that all who look at it draw on together:
//
//	go run ./examples/whiteboard
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

// A Line goes from one point to another. Both are parts of the board's width and height,
// from 0 to 1, since every window has another size.
type Line struct {
	X0    float64 `json:"x0"`
	Y0    float64 `json:"y0"`
	X1    float64 `json:"x1"`
	Y1    float64 `json:"y1"`
	Color string  `json:"color"`
}

const Drawing socketio.Event[Line] = "drawing"

func main() {
	srv := socketio.NewServer(nil)

	// Who draws has the line on the board already, so it goes to everybody else.
	srv.On(Drawing, func(_ context.Context, s *socketio.Socket, line Line) error {
		return s.Broadcast().Emit(Drawing, line)
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
