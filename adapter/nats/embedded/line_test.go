package embedded_test

import (
	"net"
	"sync"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"socketio/adapter/nats"
)

// A line is the way to a broker, which can be cut, or made not to carry anything.
type line struct {
	listener net.Listener

	mu     sync.Mutex // guards what follows; held while nothing is to be carried
	target string
	cut    bool
	conns  []net.Conn
}

func newLine(t *testing.T, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{target: target, listener: listener}
	go l.run()
	t.Cleanup(func() {
		listener.Close()
		l.setCut(true)
	})
	return l
}

// lineTo returns a line, and a connection of NATS over it that ends with the test.
func lineTo(t *testing.T, target string) (*line, *natsgo.Conn) {
	t.Helper()
	l := newLine(t, target)
	conn, err := nats.Dial("nats://" + l.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	until(t, "being connected", conn.IsConnected)
	return l, conn
}

func (l *line) run() {
	for {
		here, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		target := l.target
		l.mu.Unlock()
		there, err := net.Dial("tcp", target)
		if err != nil {
			here.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, here, there)
		if l.cut {
			l.closeLocked()
		}
		l.mu.Unlock()
		go l.carry(here, there)
		go l.carry(there, here)
	}
}

// carry copies what comes, when it may.
func (l *line) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		l.mu.Lock()
		l.mu.Unlock() //nolint:staticcheck // nothing is carried while it is held
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// setCut ends all connections, and lets none be made, or lets them be made again.
func (l *line) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	l.closeLocked()
}

func (l *line) closeLocked() {
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// setTarget makes new connections lead elsewhere.
func (l *line) setTarget(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
}

// stall carries nothing until resume is called.
func (l *line) stall() (resume func()) {
	l.mu.Lock()
	return l.mu.Unlock
}
