package demo

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var page embed.FS

// The policy lets the page load what this server serves and connect to it, and nothing
// else. With trusted types no script can make markup of a string.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Page serves the page of the chat, which imports the client from /socket.io/ and joins
// the namespace /chat. It is part of the program; no disk is read.
func Page() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // its name is valid
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// What is embedded has no time of its own, by which a browser could ask for news.
		h.Set("Cache-Control", "no-cache")
		serve.ServeHTTP(w, r)
	})
}
