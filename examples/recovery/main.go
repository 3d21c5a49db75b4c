// Command recovery counts, and a page that is cut off misses no number:
//
//	go run ./examples/recovery
package main

import (
	"context"
	"embed"
	"flag"
	"net/http"
	"time"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	Number  socketio.Event[int]     = "number"
	Welcome socketio.Event[Meeting] = "welcome"
)

// A Meeting is what the server knows of a client that has just connected.
type Meeting struct {
	At time.Time `json:"at"` // when it came the first time
}

func main() {
	window := flag.Duration("window", 2*time.Minute, "how long a client may be away")
	flag.Parse()

	srv := socketio.NewServer(&socketio.Options{
		Recovery: socketio.Recovery{Window: *window},
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		if s.Recovered() {
			return nil // it has its id, its rooms and its data, and what it missed
		}
		s.Join("listeners")
		return s.Emit(Welcome, Meeting{At: time.Now()})
	})
	go count(srv)

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}

// count sends numbers, one after the other, until the server is closed.
func count(srv *socketio.Server) {
	n := 0
	for range time.Tick(300 * time.Millisecond) {
		n++
		if err := srv.To("listeners").Emit(Number, n); err != nil {
			return
		}
	}
}
