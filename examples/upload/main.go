// Command upload takes files in pieces, and goes on with one where the connection was lost:
//
//	go run ./examples/upload
package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// A Name is what a client calls its file.
type Name string

// Validate is called before a handler: the client is answered with what it returns.
func (n Name) Validate() error {
	if n == "" || len(n) > 100 || !filepath.IsLocal(string(n)) || filepath.Base(string(n)) != string(n) {
		return errors.New("a name is needed, without a path")
	}
	return nil
}

// A Piece is a part of a file.
type Piece struct {
	File   Name   `json:"file"`
	Offset int64  `json:"offset"`
	Data   []byte `json:"data"`
}

// largest is the size of the largest file that is taken.
const largest = 100 << 20

// Validate is called before the handler. The name's is not, as the name is within a piece.
func (p Piece) Validate() error {
	if p.Offset < 0 || p.Offset+int64(len(p.Data)) > largest {
		return errors.New("the file is too large")
	}
	return p.File.Validate()
}

const (
	// UploadedOf asks how many bytes of a file are here.
	UploadedOf socketio.Call[Name, int64] = "uploaded"

	// UploadPiece sends a piece. The answer is how many bytes are here then.
	UploadPiece socketio.Call[Piece, int64] = "piece"

	// SumOf asks for the SHA-256 of what is here.
	SumOf socketio.Call[Name, string] = "sha256"
)

func main() {
	dir, err := os.MkdirTemp("", "upload")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what stays is in the directory for temporary files
	root, err := os.OpenRoot(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer root.Close()
	files := &store{dir: root}

	srv := socketio.NewServer(nil)
	srv.OnAck(UploadedOf, func(_ context.Context, _ *socketio.Socket, file Name) (int64, error) {
		return files.size(file)
	})
	srv.OnAck(UploadPiece, func(_ context.Context, _ *socketio.Socket, p Piece) (int64, error) {
		return files.add(p)
	})
	srv.OnAck(SumOf, func(_ context.Context, _ *socketio.Socket, file Name) (string, error) {
		sum := sha256.New()
		err := files.copy(sum, file)
		return hex.EncodeToString(sum.Sum(nil)), err
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
