package adapter

import (
	"context"
	"slices"
	"sync"
)

// A Memory is a Bus between the servers of one process; see [NewMemory].
type Memory struct {
	mu          sync.Mutex // guards what follows
	subscribers []*subscriber
}

// A subscriber is one whom a Memory delivers to.
type subscriber struct {
	mu      sync.Mutex // held while delivering, so that it is done one at a time
	ctx     context.Context
	deliver func(m []byte, at Offset)
}

// NewMemory returns a Bus for servers of this process, for tests and for several servers
// that share one program. It delivers on the goroutine that publishes and keeps nothing.
func NewMemory() *Memory { return new(Memory) }

// Publish delivers m to all subscribers. It returns when they have taken it.
func (b *Memory) Publish(ctx context.Context, _ Topic, m []byte) (Offset, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b.mu.Lock()
	subscribers := b.subscribers
	b.mu.Unlock()
	for _, s := range subscribers {
		s.take(m)
	}
	return "", nil
}

func (s *subscriber) take(m []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.deliver(m, "")
	}
}

// Subscribe delivers what is published until ctx ends.
func (b *Memory) Subscribe(ctx context.Context, deliver func(m []byte, at Offset)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := &subscriber{ctx: ctx, deliver: deliver}
	b.mu.Lock()
	b.subscribers = append(slices.Clip(b.subscribers), s)
	b.mu.Unlock()
	context.AfterFunc(ctx, func() { b.remove(s) })
	return nil
}

func (b *Memory) remove(s *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers = slices.DeleteFunc(slices.Clone(b.subscribers), func(other *subscriber) bool { return other == s })
}
