package fleet

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A door is an address that leads to one server, then to another.
type door struct {
	listener net.Listener

	mu     sync.Mutex // guards what follows
	target string     // "" while it is shut
	conns  map[net.Conn]struct{}
}

func newDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{listener: l, conns: map[net.Conn]struct{}{}}
	go d.run()
	t.Cleanup(func() {
		l.Close()
		d.shut()
	})
	return d
}

func (d *door) url() string { return "http://" + d.listener.Addr().String() }

// open makes new connections lead to a server.
func (d *door) open(url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.target = strings.TrimPrefix(url, "http://")
}

// shut ends all connections, and lets none be made.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.target = ""
	for c := range d.conns {
		c.Close()
	}
}

func (d *door) run() {
	for {
		here, err := d.listener.Accept()
		if err != nil {
			return
		}
		go d.lead(here)
	}
}

// lead carries what two sides of a connection say.
func (d *door) lead(here net.Conn) {
	defer here.Close()
	d.mu.Lock()
	target := d.target
	d.conns[here] = struct{}{}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.conns, here)
		d.mu.Unlock()
	}()
	if target == "" {
		return
	}
	there, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	go func() {
		defer here.Close()
		defer there.Close()
		_, _ = io.Copy(here, there) // either end may be shut
	}()
	_, _ = io.Copy(there, here)
	there.Close()
}
