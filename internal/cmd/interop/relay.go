package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// A relay stands between one client and the server, so that the client can have all its
// connections cut at once, as a network does.
type relay struct {
	listener net.Listener
	target   string           // host and port of the server
	cutter   *httptest.Server // cuts at each request
	serving  sync.WaitGroup

	mu   sync.Mutex // guards what follows
	open map[net.Conn]bool
}

// newRelay starts a relay to the server at the URL.
func newRelay(target string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, target: strings.TrimPrefix(target, "http://"), open: map[net.Conn]bool{}}
	r.cutter = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { r.cut() }))
	r.serving.Go(r.accept)
	return r, nil
}

// url is where the client finds the server.
func (r *relay) url() string { return "http://" + r.listener.Addr().String() }

// cutURL is what the client gets to have its connections cut. They are by the time that it
// is answered.
func (r *relay) cutURL() string { return r.cutter.URL + "/" }

func (r *relay) accept() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = near.Close() // the client learns that there is no server
			continue
		}
		r.keep(near, far)
		r.serving.Go(func() { r.pass(near, far) })
		r.serving.Go(func() { r.pass(far, near) })
	}
}

func (r *relay) keep(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = true
	}
}

// pass copies one direction to its end, which is the end of the other as well.
func (r *relay) pass(to, from net.Conn) {
	_, _ = io.Copy(to, from) // however it ends, both do
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range []net.Conn{to, from} {
		delete(r.open, c)
		_ = c.Close()
	}
}

// cut ends all connections there are.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		_ = c.Close()
	}
}

// close ends the relay.
func (r *relay) close() {
	_ = r.listener.Close()
	r.cut()
	r.serving.Wait()
	r.cutter.Close()
}
