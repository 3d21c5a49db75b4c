package admin

import (
	"container/list"
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// Sessions keeps the ids of those who have logged in. Its methods may be called
// concurrently, and wait for no longer than their context.
type Sessions interface {
	// Save keeps an id, for as long as a login shall last.
	Save(ctx context.Context, id string) error

	// Has says whether an id is kept.
	Has(ctx context.Context, id string) (bool, error)
}

const (
	sessionTime = 24 * time.Hour
	maxSessions = 10_000
)

// memory keeps sessions in this process, the youngest maxSessions of them.
type memory struct {
	mu    sync.Mutex // guards what follows
	byID  map[string]time.Time
	order *list.List // ids, the oldest first
}

func newMemory() *memory { return &memory{byID: map[string]time.Time{}, order: list.New()} }

// Save drops what is too old, or too much.
func (m *memory) Save(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for first := m.order.Front(); first != nil; first = m.order.Front() {
		oldest := first.Value.(string)
		if m.order.Len() < maxSessions && now.Sub(m.byID[oldest]) < sessionTime {
			break
		}
		m.order.Remove(first)
		delete(m.byID, oldest)
	}
	m.byID[id] = now
	m.order.PushBack(id)
	return nil
}

// Has says whether an id was saved within the last day.
func (m *memory) Has(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	began, found := m.byID[id]
	return found && time.Since(began) < sessionTime, nil
}

// newSession returns what nobody can guess, in the form in which servers for Node have it.
func newSession() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
