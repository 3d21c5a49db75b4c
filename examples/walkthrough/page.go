package main

import (
	_ "embed"
	"net/http"
	"os"
)

//go:embed index.html
var index []byte

// client is the browser build of the official client, which `make setup` installs. It
// belongs to somebody else, and so it is not a part of this program.
const client = "interop/js/node_modules/client-4.3.2/dist/socket.io.esm.min.js"

// newPage returns a handler that serves the page and the client that it imports.
func newPage() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(client); err != nil {
			http.Error(w, "The page needs the official client: run `make walkthrough` in the root of the repository.", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(index)
	})
	mux.HandleFunc("GET /socket.io.esm.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, client)
	})
	return mux
}
