package admin

import (
	"sync"
	"time"

	"socketio/internal/rate"
)

// A meter lets through so much per second, and counts what it does not.
type meter struct {
	limit int // per second

	mu      sync.Mutex // guards what follows
	began   time.Time
	bucket  rate.Bucket
	dropped uint64
}

// take says whether one more may pass.
func (m *meter) take() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.began.IsZero() {
		m.began = now
	}
	if m.bucket.Take(rate.PerSecond(m.limit), 1, now.Sub(m.began)) {
		return true
	}
	m.dropped++
	return false
}

// lost returns how many did not pass.
func (m *meter) lost() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dropped
}
