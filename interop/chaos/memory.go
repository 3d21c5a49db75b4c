package chaos

import (
	"context"
	"net"
	"sync"
)

// Memory is a network with one server on it, for tests within synctest, where time is no
// matter. A server listens on it, and a client or a [Proxy] dials it. What is written waits
// for its reader.
type Memory struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

// NewMemory returns a network with nobody on it.
func NewMemory() *Memory {
	return &Memory{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept is that of [net.Listener].
func (m *Memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.accepted:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close is that of [net.Listener]. Connections stay.
func (m *Memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr is that of [net.Listener]. It is the same for all.
func (m *Memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// Dial connects to the server; it is a [Dial].
func (m *Memory) Dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.accepted <- far:
		return near, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// DialContext is what an http.Transport wants.
func (m *Memory) DialContext(ctx context.Context, _, _ string) (net.Conn, error) { return m.Dial(ctx) }
