package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"socketio/engineio"
)

// A wire makes the requests of a client, and knows when what the client has sent is out:
// the client itself sends on after Close without telling, but a program that ends must not
// end before.
type wire struct {
	*http.Transport

	mu      sync.Mutex
	flying  int           // requests that are not answered
	quiet   chan struct{} // closed when the last one of them is answered; nil if nobody waits
	socket  *watched      // the connection of the last WebSocket
	parting chan struct{} // closed when the packet that ends a session has been posted
}

// newWire returns a wire for one client.
func newWire(transport *http.Transport) *wire {
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watched{Conn: conn, closed: make(chan struct{})}, nil
	}
	return &wire{Transport: transport, parting: make(chan struct{})}
}

// A watched is a connection that tells when it is closed.
type watched struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *watched) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// RoundTrip makes a request.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var conn net.Conn
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn }}
	w.mu.Lock()
	w.flying++
	w.mu.Unlock()
	resp, err := w.Transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))

	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flying--; w.flying == 0 && w.quiet != nil {
		close(w.quiet)
		w.quiet = nil
	}
	if parts(r) {
		select {
		case <-w.parting:
		default:
			close(w.parting)
		}
	}
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		if t, ok := conn.(*tls.Conn); ok {
			conn = t.NetConn()
		}
		w.socket, _ = conn.(*watched)
	}
	return resp, err
}

// The payloads that end a session, of Engine.IO 4 and 3.
const (
	closing4 = "1"
	closing3 = "1:1"
)

// parts says whether a request ends a session.
func parts(r *http.Request) bool {
	if r.Method != http.MethodPost || r.GetBody == nil || r.ContentLength > int64(len(closing3)) {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	text, err := io.ReadAll(body)
	return err == nil && (string(text) == closing4 || string(text) == closing3)
}

// drained waits until what was sent on a connection is out, which has been closed at our
// end. It returns the error of ctx.
func (w *wire) drained(ctx context.Context, conn *engineio.Conn) error {
	if conn.Transport() == engineio.WebSocket {
		w.mu.Lock()
		socket := w.socket
		w.mu.Unlock()
		if socket == nil {
			return nil // it is not ours to see: TLS within TLS, to a proxy
		}
		select {
		case <-socket.closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// A session that the server ends first is not ended by us: then no request follows
	// the last one.
	const between = 300 * time.Millisecond
	for {
		select {
		case <-w.parting:
			return nil
		case <-w.rest():
		case <-ctx.Done():
			return ctx.Err()
		}
		timer := time.NewTimer(between)
		select {
		case <-w.parting:
			timer.Stop()
			return nil
		case <-timer.C:
			if w.resting() {
				return nil
			}
		}
	}
}

// rest returns a channel that is closed when no request is under way.
func (w *wire) rest() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flying == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if w.quiet == nil {
		w.quiet = make(chan struct{})
	}
	return w.quiet
}

func (w *wire) resting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flying == 0
}

var errNotTaken = errors.New("the server has not taken what was sent")
