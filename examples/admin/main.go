// Command admin is a server that somebody looks after, by our own dashboard and by the
// official one, https://admin.socket.io:
//
//	go run ./examples/admin
//
// Log in at http://localhost:3000/dashboard/ as ada with the password "secret".
package main

import (
	"context"
	"embed"
	"log"
	"net/http"
	"net/url"

	"socketio"
	"socketio/admin"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	// Enter has a client enter a room.
	Enter socketio.Event[string] = "enter"

	// Say goes to all in the rooms of who says it.
	Say socketio.Event[string] = "say"
)

func main() {
	srv := socketio.NewServer(&socketio.Options{CORS: socketio.CORS{
		Origins:     []string{"https://admin.socket.io"}, // the official page
		OriginFunc:  local,                               // where there is a list, one's own pages are to be on it
		Credentials: true,
	}})
	a, err := admin.Install(srv, &admin.Options{
		// htpasswd -nbB ada secret; one of your own does not belong into the source.
		Users: map[string]string{"ada": "$2a$10$aS41ebVkiWRYeN4x/np3juAiZ8ivKKCm6XffROjK9fLT/tmee8Aeq"},
	})
	if err != nil {
		log.Fatal(err)
	}

	srv.On(Enter, func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join(room)
		return nil
	})
	srv.On(Say, func(_ context.Context, s *socketio.Socket, text string) error {
		for room := range s.Rooms() {
			if room == s.ID() {
				continue
			}
			if err := srv.To(room).Emit(Say, text); err != nil {
				return err
			}
		}
		return nil
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/dashboard/", a.Dashboard())
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}

// local lets in pages of this machine, whatever port they are served at.
func local(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Hostname() == "localhost"
}
