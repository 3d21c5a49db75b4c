package socketiotest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"socketio"
)

// patience is how long is waited for what a test wants. Within synctest it costs nothing.
const patience = 10 * time.Second

// A Server serves a [socketio.Server] on a network that exists in memory only. Its
// methods may be called concurrently.
type Server struct {
	// URL is where the server is, for clients that use HTTPClient.
	URL string

	listener *listener
	outside  *network
}

// NewServer serves srv until the end of the test, which fails if srv cannot be shut down
// then within ten seconds: because a handler does not return.
func NewServer(t testing.TB, srv *socketio.Server) *Server {
	t.Helper()
	s := &Server{URL: "http://server.test", listener: newListener()}
	s.outside = newNetwork(s.listener, nil)
	web := &http.Server{Handler: srv, ReadHeaderTimeout: time.Minute}
	var served sync.WaitGroup
	served.Go(func() { _ = web.Serve(s.listener) }) // it ends by Close, as an error
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("socketiotest: the server did not end: %v", err)
		}
		s.outside.close()
		_ = web.Close() // of connections that are closed already
		served.Wait()
	})
	return s
}

// HTTPClient returns a client for requests to URL, such as those of other handlers or of
// a [socketio.Client] of the test's own.
func (s *Server) HTTPClient() *http.Client { return s.outside.client }

// A listener accepts what networks dial.
type listener struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newListener() *listener {
	return &listener{dialed: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.dialed:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and dialling fail.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address for the sake of the interface.
func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
