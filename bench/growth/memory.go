//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"socketio"
	"socketio/internal/ws"
)

// measureMemory holds connections without descriptors, whose clients cost next to nothing.
// A server reads such a connection with a goroutine of its own and writes with another, so
// that they cost more than TCP connections do: what this shows is how the cost grows.
func measureMemory(n int, d time.Duration) (point, error) {
	p := point{Link: "memory", Clients: n, Cores: runtime.NumCPU()}
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, v string) (string, error) { return v, nil })
	crowd := newCrowd(n)
	go func() { _ = http.Serve(crowd, srv) }() // for as long as the program runs
	defer srv.Close()

	before := heapAndStack()
	cpu := cpuTime()
	for i := range crowd.clients {
		crowd.arriving <- &crowd.clients[i]
		for i-int(crowd.joined.Load()) > 64 {
			runtime.Gosched()
		}
	}
	if !within(time.Minute, func() bool { return int(crowd.joined.Load()) == n }) {
		return p, errors.New("not all have joined")
	}
	p.HandshakeMS = rounded((cpuTime() - cpu).Seconds() * 1000 / float64(n))
	p.Bytes = rounded(float64(heapAndStack()-before) / float64(n))

	crowd.talking.Store(true)
	for i := range crowd.clients {
		crowd.clients[i].say(event)
	}
	time.Sleep(d / 4)
	echoes, began := crowd.echoes.Load(), time.Now()
	cpu = cpuTime()
	time.Sleep(d)
	done := float64(crowd.echoes.Load() - echoes)
	p.EchoUS = rounded(float64((cpuTime() - cpu).Microseconds()) / done)
	p.EchoRate = rounded(done / time.Since(began).Seconds())
	crowd.talking.Store(false)
	return p, nil
}

// rounded has as many digits as the load generator writes.
func rounded(v float64) float64 { return math.Round(v*1000) / 1000 }

func within(limit time.Duration, so func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if so() {
			return true
		}
	}
	return false
}

func heapAndStack() int64 {
	var m runtime.MemStats
	for range 3 { // until what finalizers and pools held is gone
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// A crowd is a listener whose connections are their own clients.
type crowd struct {
	clients  []client
	arriving chan net.Conn
	joined   atomic.Int64
	echoes   atomic.Int64
	talking  atomic.Bool
}

func newCrowd(n int) *crowd {
	c := &crowd{clients: make([]client, n), arriving: make(chan net.Conn)}
	for i := range c.clients {
		client := &c.clients[i]
		client.crowd, client.unread = c, upgrade
		client.changed.L = &client.mu
	}
	return c
}

func (c *crowd) Accept() (net.Conn, error) { return <-c.arriving, nil }
func (c *crowd) Close() error              { return nil }
func (c *crowd) Addr() net.Addr            { return new(net.TCPAddr) }

// What clients say.
var (
	upgrade = []byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: memory\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	join  = ws.AppendMasked(nil, ws.OpText, []byte("40"))
	event = ws.AppendMasked(nil, ws.OpText, []byte(`421["echo","0123456789abcdef0123456789abcdef"]`))
	pong  = ws.AppendMasked(nil, ws.OpText, []byte("3"))
)

// A client is both ends of a connection: it says, to the server that reads, what the
// server's writes call for.
type client struct {
	crowd   *crowd
	mu      sync.Mutex // guards what follows
	changed sync.Cond
	unread  []byte
	expired bool // the deadline for reading
	closed  bool
}

// say lets the server read a message. The slice stays as it is.
func (c *client) say(message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unread) > 0 {
		message = append(bytes.Clone(c.unread), message...)
	}
	c.unread = message
	c.changed.Signal()
}

func (c *client) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, io.EOF
		case c.expired:
			return 0, os.ErrDeadlineExceeded
		case len(c.unread) > 0:
			n := copy(b, c.unread)
			c.unread = c.unread[n:]
			return n, nil
		}
		c.changed.Wait()
	}
}

// Write takes whole frames, as the server writes them.
func (c *client) Write(b []byte) (int, error) {
	n := len(b)
	if bytes.HasPrefix(b, []byte("HTTP/1.1 101")) {
		_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
	}
	for len(b) >= 2 {
		size, head := int(b[1]), 2
		if size == 126 {
			size, head = int(b[2])<<8|int(b[3]), 4
		}
		c.hear(b[head : head+size])
		b = b[head+size:]
	}
	return n, nil
}

// hear answers a message of the server.
func (c *client) hear(message []byte) {
	switch {
	case bytes.HasPrefix(message, []byte("0")):
		c.say(join)
	case bytes.HasPrefix(message, []byte("40")):
		c.crowd.joined.Add(1)
	case bytes.HasPrefix(message, []byte("43")):
		c.crowd.echoes.Add(1)
		if c.crowd.talking.Load() {
			c.say(event)
		}
	case bytes.HasPrefix(message, []byte("2")):
		c.say(pong)
	}
}

func (c *client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
	return nil
}

// SetReadDeadline knows only whether a deadline has passed: net/http interrupts a read so.
func (c *client) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = !t.IsZero() && !t.After(time.Now())
	c.changed.Broadcast()
	return nil
}

func (c *client) SetDeadline(t time.Time) error    { return c.SetReadDeadline(t) }
func (c *client) SetWriteDeadline(time.Time) error { return nil }
func (c *client) LocalAddr() net.Addr              { return address }
func (c *client) RemoteAddr() net.Addr             { return address }

var address = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
