// Package dashboard is a page for browsers that shows what a server with package admin
// does: connections, rates, rooms, single sockets with their events, refused requests and
// the nodes of a cluster. It is static: the page connects to the admin namespace of the
// server that it came from and logs in there, so its files are no secret.
package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"socketio/browser"
)

//go:embed page/*.html page/*.css page/*.js page/*.svg
var page embed.FS

// client is the file with which the page connects; a page of another origin could not
// load it under the policy.
const client = "socket.io.esm.min.js"

// The policy lets the page load what this handler serves and connect to servers, and
// nothing else. Browsers that don't take a WebSocket for 'self' need its schemes named.
// With trusted types no script can make markup of a string.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; " +
	"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Handler returns a handler that serves the page at every path that ends in a slash and its
// files beside it, so it can be mounted anywhere, with or without http.StripPrefix:
//
//	mux.Handle("/dashboard/", dashboard.Handler())
//
// The page expects the admin namespace to be /admin and the server's path to be
// /socket.io/, both of its own origin; a query says otherwise:
// /dashboard/?namespace=/ops&path=/chat/socket.io/.
//
// All files are part of the program; no disk is read. The handler may be used by several
// goroutines at once.
func Handler() http.Handler {
	files := make(handler)
	files.add(page, "page/*")
	files.add(browser.Files(), client)
	return files
}

// file is what is served under one name. What is embedded has no time of its own, by which
// a browser could ask for news, so its tag is made of the content.
type file struct {
	content []byte
	tag     string
}

func newFile(content []byte) file {
	sum := sha256.Sum256(content)
	return file{content, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

type handler map[string]file

// add takes in the files of an embedded directory that match a pattern.
func (files handler) add(from fs.FS, pattern string) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		panic(err) // the pattern is valid
	}
	for _, name := range names {
		content, err := fs.ReadFile(from, name)
		if err != nil {
			panic(err) // it is embedded
		}
		files[path.Base(name)] = newFile(content)
	}
}

func (files handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if name == "" {
		name = "index.html"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	found, ok := files[name]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case !ok:
		http.NotFound(w, r)
	default:
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", found.tag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(found.content))
	}
}
