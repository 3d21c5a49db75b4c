package serve

import (
	_ "embed"
	"io/fs"
	"net/http"
)

//go:embed style.css
var style []byte

// The policy lets a page load what its server serves and connect to it, and nothing else:
// no script or style within the page but a style element that is empty, as React Native for
// Web makes one to fill it rule by rule, and no markup made of strings.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; " +
	"img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Page returns a handler that serves an example's page: index.html and what else is in
// files, and the style sheet that all examples share, as /style.css.
func Page(files fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(style)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // what is embedded has no time of its own to ask by
		mux.ServeHTTP(w, r)
	})
}
