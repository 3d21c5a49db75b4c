// Package browser has the client for browsers: a drop-in for the official one, written in
// TypeScript in src and made into the files of dist by the module in build. A server
// serves them by default; see socketio.Options.ClientFiles.
package browser

import (
	"embed"
	"io/fs"
)

//go:generate go run ./build

//go:embed dist/*.js dist/*.map
var dist embed.FS

// Files returns the files of the client: socket.io.js, socket.io.min.js,
// socket.io.msgpack.min.js, socket.io.esm.min.js and socket.io.lite.esm.min.js, and for
// each its source map. They are part of the program; no disk is read.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // its name is valid
	}
	return files
}
