package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// A store has what was uploaded, by name, whatever the connection.
type store struct {
	dir *os.Root
	mu  sync.Mutex // held while a piece is added
}

// add keeps a piece, unless it was there already: one whose answer was lost comes again. It
// returns how long the file is then.
func (t *store) add(p Piece) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.dir.OpenFile(string(p.File), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() != p.Offset {
		return info.Size(), nil
	}
	n, err := f.Write(p.Data)
	return p.Offset + int64(n), err
}

// size is how much of a file there is.
func (t *store) size(file Name) (int64, error) {
	info, err := t.dir.Stat(string(file))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// copy writes a file into something else.
func (t *store) copy(into io.Writer, file Name) error {
	f, err := t.dir.Open(string(file))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(into, f)
	return err
}
