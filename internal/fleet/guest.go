package fleet

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"socketio"
)

// A guest is a client of a fleet.
type guest struct {
	*socketio.Client
	name string

	mu    sync.Mutex // guards what follows
	heard []string
	gone  bool
}

func visit(t *testing.T, url, name string) *guest {
	t.Helper()
	g := &guest{Client: socketio.NewClient(url+"/?name="+name, nil), name: name}
	t.Cleanup(func() { g.Close() })
	note := func(text string) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.heard = append(g.heard, text)
		return nil
	}
	g.On("text", func(_ context.Context, _ *socketio.ClientSocket, text string) error { return note(text) })
	g.On("binary", func(_ context.Context, _ *socketio.ClientSocket, b []byte) error { return note(fmt.Sprintf("%x", b)) })
	g.OnAck(ask, func(_ context.Context, _ *socketio.ClientSocket, question string) (string, error) {
		return name + ": " + question, nil
	})
	g.OnDisconnect(func(context.Context, *socketio.ClientSocket, socketio.Reason) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.gone = true
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return g
}

// count returns how often the guest has heard a text.
func (g *guest) count(text string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, heard := range g.heard {
		if heard == text {
			n++
		}
	}
	return n
}

func (g *guest) hasLeft() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gone
}
