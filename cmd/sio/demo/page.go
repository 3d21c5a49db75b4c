package demo

import (
	"embed"
	"io/fs"
	"net/http"

	"socketio"
)

//go:embed page
var page embed.FS

// The policy lets the page load what this server serves and connect to it, and nothing
// else. With trusted types no script can make markup of a string.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page of the chat at / and the chat itself, which NewServer has
// returned. The page is part of the program; no disk is read.
func Handler(srv *socketio.Server) http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // its name is valid
	}
	mux := http.NewServeMux()
	mux.Handle(path, srv)
	mux.Handle("/", underPolicy(http.FileServerFS(files)))
	return mux
}

func underPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// What is embedded has no time of its own, by which a browser could ask for news.
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
