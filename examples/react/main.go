// Command react is a chat whose page is made with React:
//
//	make setup # once: installs React and the official client
//	go run ./examples/react
package main

import (
	"context"
	"embed"
	"io/fs"
	"log"
	"net/http"
	"sync"

	"socketio"
	"socketio/examples/internal/bundle"
	"socketio/examples/internal/serve"
)

//go:embed web/index.html
var web embed.FS

// A Line is what somebody has said.
type Line struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
}

const (
	// Say sends a line; the answer is the line as all are sent it.
	Say socketio.Call[string, Line] = "say"

	// Said tells everybody else of it.
	Said socketio.Event[Line] = "said"

	// History is what was said before, for who connects.
	History socketio.Event[[]Line] = "history"
)

// A chat remembers what was said.
type chat struct {
	mu    sync.Mutex // held while all are told, so that they are in the order of the lines
	lines []Line
}

func main() {
	script, err := bundle.Script("react/web/main.jsx", nil)
	if err != nil {
		log.Fatal(err)
	}
	page, err := fs.Sub(web, "web")
	if err != nil {
		log.Fatal(err)
	}
	srv := newServer(&chat{})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/main.js", script)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}

func newServer(c *chat) *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		return s.Emit(History, c.lines)
	})
	srv.OnAck(Say, func(_ context.Context, s *socketio.Socket, text string) (Line, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		line := Line{ID: len(c.lines) + 1, Text: text}
		c.lines = append(c.lines, line)
		return line, s.Broadcast().Emit(Said, line)
	})
	return srv
}
