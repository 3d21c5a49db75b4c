package dedupe

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"
)

// A Memory is a [Store] of this process.
type Memory struct {
	ttl  time.Duration
	most int

	mu    sync.Mutex // guards what follows
	deeds map[string]*deed
	done  []string // keys of those that are done, the earliest first
}

// A deed is what is being done, or was.
type deed struct {
	over   chan struct{} // closed when it has been done, or has failed and is forgotten
	result []byte
	at     time.Time // when it was done
}

// NewMemory returns a Store that keeps what was returned for as long as ttl, an hour if that
// is zero, and no more than most of them, 100,000 if that is zero; then it forgets the
// earliest. It must be as long as clients send again, and forgets all when the process ends.
func NewMemory(ttl time.Duration, most int) *Memory {
	return &Memory{ttl: cmp.Or(ttl, time.Hour), most: cmp.Or(most, 100_000), deeds: map[string]*deed{}}
}

// Do is Store's.
func (m *Memory) Do(ctx context.Context, key string, f func(ctx context.Context) ([]byte, error)) ([]byte, error) {
	for {
		d, ours := m.begin(key)
		if ours {
			return m.run(ctx, key, d, f)
		}
		select {
		case <-d.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if d.result != nil {
			return d.result, nil
		}
	}
}

// begin returns the deed of that key, which is new if it is ours.
func (m *Memory) begin(key string) (d *deed, ours bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	if d = m.deeds[key]; d != nil {
		return d, false
	}
	d = &deed{over: make(chan struct{})}
	m.deeds[strings.Clone(key)] = d // it may be a piece of a large message
	return d, true
}

// run does what is to be done. Without a result, also by a panic, it is forgotten, and who
// waits for it tries himself.
func (m *Memory) run(ctx context.Context, key string, d *deed, f func(ctx context.Context) ([]byte, error)) (result []byte, err error) {
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if d.result == nil {
			delete(m.deeds, key)
		} else {
			d.at = time.Now()
			m.done = append(m.done, strings.Clone(key))
			m.forget()
		}
		close(d.over)
	}()
	result, err = f(ctx)
	if err == nil {
		d.result = append([]byte{}, result...)
	}
	return result, err
}

// forget drops what is too old or too much.
func (m *Memory) forget() {
	for len(m.done) > 0 {
		key := m.done[0]
		if len(m.done) <= m.most && time.Since(m.deeds[key].at) < m.ttl {
			return
		}
		delete(m.deeds, key)
		m.done[0] = ""
		m.done = m.done[1:]
	}
}
