package adapter

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"
)

// How much a Memory keeps.
const (
	memoryEvents = 10_000
	memoryBytes  = 64 << 20 // of events
)

// A Memory is a Bus between the servers of one process, with [History] and [Sessions]; see
// [NewMemory].
type Memory struct {
	order sync.Mutex // held while a message that is kept is published, so that all see the same order

	mu          sync.Mutex // guards what follows
	subscribers []*subscriber
	kept        []Entry // the oldest first
	keptBytes   int
	last        uint64 // the number of the newest
	sessions    map[string]savedSession
}

// A subscriber is one whom a Memory delivers to.
type subscriber struct {
	mu      sync.Mutex // held while delivering, so that it is done one at a time
	ctx     context.Context
	deliver func(m []byte, at Offset)
}

// A savedSession is forgotten by its timer.
type savedSession struct {
	content []byte
	timer   *time.Timer
}

// NewMemory returns a Bus for servers of this process, for tests and for several servers
// that share one program. It delivers on the goroutine that publishes, and keeps the last
// ten thousand events, or as many as have 64 MiB.
func NewMemory() *Memory { return &Memory{sessions: map[string]savedSession{}} }

// Publish delivers m to all subscribers. It returns when they have taken it.
func (b *Memory) Publish(ctx context.Context, _ Topic, m []byte) (Offset, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	at := Offset("")
	if decoded, err := Decode(m); err == nil && decoded.Kept() {
		b.order.Lock()
		defer b.order.Unlock()
		at = b.keep(m)
	}
	b.mu.Lock()
	subscribers := b.subscribers
	b.mu.Unlock()
	for _, s := range subscribers {
		s.take(m, at)
	}
	return at, nil
}

// keep adds a message to those that are kept, and drops the oldest.
func (b *Memory) keep(m []byte) Offset {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	e := Entry{Message: m, At: Offset(strconv.FormatUint(b.last, 10))}
	b.kept = append(b.kept, e)
	b.keptBytes += len(m)
	for len(b.kept) > memoryEvents || b.keptBytes > memoryBytes {
		b.keptBytes -= len(b.kept[0].Message)
		b.kept[0] = Entry{}
		b.kept = b.kept[1:]
	}
	return e.At
}

func (s *subscriber) take(m []byte, at Offset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.deliver(m, at)
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

// Since returns what is kept behind an offset.
func (b *Memory) Since(ctx context.Context, at Offset) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		entries, err := b.since(at)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (b *Memory) since(at Offset) ([]Entry, error) {
	number, err := strconv.ParseUint(string(at), 10, 64)
	b.mu.Lock()
	defer b.mu.Unlock()
	dropped := b.last - uint64(len(b.kept))
	if err != nil || strconv.FormatUint(number, 10) != string(at) || number == 0 || number < dropped || number > b.last {
		return nil, ErrNotKept
	}
	return slices.Clone(b.kept[number-dropped:]), nil
}

// Save keeps a session for as long as ttl.
func (b *Memory) Save(ctx context.Context, id string, content []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.sessions[id]; ok {
		before.timer.Stop()
	}
	timer := time.AfterFunc(ttl, func() { b.forget(id) })
	b.sessions[id] = savedSession{content: content, timer: timer}
	return nil
}

func (b *Memory) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, id)
}

// Take returns a session and forgets it.
func (b *Memory) Take(ctx context.Context, id string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	saved, ok := b.sessions[id]
	if !ok {
		return nil, ErrNotKept
	}
	saved.timer.Stop()
	delete(b.sessions, id)
	return saved.content, nil
}
