package socketiotest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// A network is one client's way to the server. It can be cut.
type network struct {
	client    *http.Client
	transport *http.Transport
	listener  *listener
	wire      *wireLog // nil to keep none

	mu    sync.Mutex // guards what follows
	down  bool
	conns map[net.Conn]bool // the client's ends
}

var errCut = errors.New("socketiotest: the network is cut")

func newNetwork(l *listener, wire *wireLog) *network {
	n := &network{listener: l, wire: wire, conns: map[net.Conn]bool{}}
	n.transport = &http.Transport{DialContext: n.dial}
	n.client = &http.Client{Transport: n.transport}
	return n
}

// dial is the transport's DialContext.
func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	end := &conn{Conn: near, network: n}
	if n.wire != nil {
		end.tap = n.wire.tap()
	}
	n.mu.Lock()
	if n.down {
		n.mu.Unlock()
		return nil, errCut
	}
	n.conns[end] = true
	n.mu.Unlock()
	select {
	case n.listener.dialed <- far:
		return end, nil
	case <-n.listener.closed:
		_ = end.Close() // of a pipe: always nil
		return nil, net.ErrClosed
	case <-ctx.Done():
		_ = end.Close()
		return nil, ctx.Err()
	}
}

// cut breaks all connections, and lets no others be made.
func (n *network) cut() {
	n.mu.Lock()
	n.down = true
	conns := n.conns
	n.conns = map[net.Conn]bool{}
	n.mu.Unlock()
	for c := range conns {
		_ = c.Close()
	}
}

func (n *network) resume() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

// close ends the network for good.
func (n *network) close() {
	n.cut()
	n.transport.CloseIdleConnections()
}

// A conn is the client's end of a connection.
type conn struct {
	net.Conn
	network *network
	tap     *tap // nil to record nothing
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.tap != nil {
		c.tap.received(b[:n])
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	if c.tap != nil {
		c.tap.sent(b)
	}
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
