// Command chi is the chat in a router of chi:
//
//	go run ./examples/routers/chi
package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"socketio/examples/internal/serve"
	"socketio/examples/routers/chat"
)

func main() {
	srv := chat.NewServer()

	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	r.Handle("/socket.io", srv)   // some clients leave the last slash out
	r.Handle("/socket.io/*", srv) // every method, and the client's files
	r.Get("/hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("hello " + chi.URLParam(r, "name")))
	})
	r.Handle("/*", chat.Page())

	serve.Run(r, srv)
}
