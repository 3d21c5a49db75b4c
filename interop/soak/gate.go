package main

import (
	"context"
	"sync"
	"time"
)

// A gate lets through while it is open. It is made by newGate.
type gate struct {
	mu     sync.Mutex    // guards what follows
	opened chan struct{} // closed while the gate is open
}

func newGate() gate {
	opened := make(chan struct{})
	close(opened)
	return gate{opened: opened}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.opened:
		g.opened = make(chan struct{})
	default: // it is shut
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.opened: // it is open
	default:
		close(g.opened)
	}
}

// pass returns when the gate is open, and how long that took; not ok if ctx ends first.
func (g *gate) pass(ctx context.Context) (took time.Duration, ok bool) {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	select {
	case <-opened:
		return 0, ctx.Err() == nil
	default:
	}
	start := time.Now()
	select {
	case <-opened:
		return time.Since(start), true
	case <-ctx.Done():
		return time.Since(start), false
	}
}
