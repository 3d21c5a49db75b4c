package socketio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"sync"

	"socketio"
)

// A Piece is a part of a file.
type Piece struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Data   []byte `json:"data"`
}

const (
	// UploadedOf asks how many bytes of a file the server has.
	UploadedOf socketio.Call[string, int64] = "uploaded"

	// UploadPiece sends a piece. The answer is how many bytes the server has then.
	UploadPiece socketio.Call[Piece, int64] = "piece"
)

// A store has what was uploaded, by name, whatever the connection.
type store struct {
	mu    sync.Mutex // guards what follows
	files map[string][]byte
}

// add keeps a piece, unless it was there already: one whose answer was lost comes again.
func (t *store) add(p Piece) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	have := t.files[p.File]
	if int64(len(have)) == p.Offset {
		t.files[p.File] = append(have, p.Data...)
	}
	return int64(len(t.files[p.File])), nil
}

func (t *store) size(file string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.files[file]))
}

func uploads(files *store) *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnAck(UploadedOf, func(_ context.Context, _ *socketio.Socket, file string) (int64, error) {
		return files.size(file), nil
	})
	srv.OnAck(UploadPiece, func(_ context.Context, _ *socketio.Socket, p Piece) (int64, error) {
		return files.add(p)
	})
	return srv
}

// pieceSize is well below what a server takes in one message, 1 MB unless told otherwise.
const pieceSize = 100_000

// upload sends a file of so many bytes in pieces, and goes on where it was when the
// connection is lost.
func upload(ctx context.Context, c *socketio.Client, name string, file io.ReaderAt, size int64, progress func(done int64)) error {
	done, err := c.EmitAck(ctx, UploadedOf, name)
	for done < size && err == nil {
		piece := Piece{name, done, make([]byte, min(pieceSize, size-done))}
		if _, err := file.ReadAt(piece.Data, done); err != nil && err != io.EOF {
			return err
		}
		done, err = c.EmitAck(ctx, UploadPiece, piece)
		if errors.Is(err, socketio.ErrDisconnected) {
			done, err = c.EmitAck(ctx, UploadedOf, name) // which waits for the next connection
		}
		progress(done)
	}
	return err
}

func Example_upload() {
	files := &store{files: map[string][]byte{}}
	srv := uploads(files)
	web := httptest.NewServer(srv)
	defer web.Close()

	c := socketio.NewClient(web.URL, &socketio.ClientOptions{OnRetry: quietly})
	defer c.Close()
	if err := c.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	file := bytes.Repeat([]byte("gopher"), 50_000)
	cut := false
	err := upload(context.Background(), c, "gopher.txt", bytes.NewReader(file), int64(len(file)), func(done int64) {
		fmt.Printf("%d %%\n", 100*done/int64(len(file)))
		if !cut {
			cut = true
			if err := c.Conn().Close(); err != nil { // the connection is lost
				log.Fatal(err)
			}
		}
	})
	fmt.Println(err, bytes.Equal(files.files["gopher.txt"], file))
	// Output:
	// 33 %
	// 66 %
	// 100 %
	// <nil> true
}
