//go:build linux && !race

package socketio_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"socketio"
	"socketio/internal/ws"
)

// The most that the server may allocate for one of each, with typed handlers and after
// warm-up. Where net/http takes part most of it is that package's.
const (
	maxEchoAllocs      = 1.2 // the text that the handler gets
	maxBinaryAllocs    = 4.7
	maxPollingAllocs   = 46
	maxHandshakeAllocs = 106 // over a WebSocket, with the namespace joined

	// broadcastMembers is how many receive a broadcast, which allocates at most so much
	// for all of them together.
	broadcastMembers   = 10_000
	maxBroadcastAllocs = 24
)

// TestGuardAllocations has a client, in the same process, that allocates nothing.
func TestGuardAllocations(t *testing.T) {
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	defer srv.Close()
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, v string) (string, error) { return v, nil })
	srv.OnAck("echo-bytes", func(_ context.Context, _ *socketio.Socket, v []byte) ([]byte, error) { return v, nil })
	addr := listen(t, srv)
	for _, tt := range []struct {
		name  string
		most  float64
		round func(t *testing.T, addr string) func()
	}{
		{"echoed event", maxEchoAllocs, echoRound},
		{"echo of 1 KiB of binary data", maxBinaryAllocs, binaryRound},
		{"echo over polling", maxPollingAllocs, pollingRound},
		{"handshake", maxHandshakeAllocs, handshakeRound},
	} {
		// The client connects now, as the server would not wait for one that idles.
		n := allocations(1000, tt.round(t, addr))
		fmt.Printf("allocations per %s: %.2f\n", tt.name, n)
		if n > tt.most {
			t.Errorf("%.2f allocations per %s, want at most %v", n, tt.name, tt.most)
		}
	}
}

// allocations returns how many objects one run allocates, in all goroutines together. It
// is the least of several measurements, since what others allocate, or a pool that was
// emptied, only adds to it.
func allocations(runs int, run func()) float64 {
	least := 0.0
	for i := range 4 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			run()
		}
		runtime.ReadMemStats(&after)
		if n := float64(after.Mallocs-before.Mallocs) / float64(runs); i == 0 || n < least {
			least = n
		}
	}
	return least
}

// sessionClient returns a client that has joined the namespace.
func sessionClient(t *testing.T, addr string) *guardClient {
	t.Helper()
	c, err := newGuardClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.prepare("session"); err != nil {
		t.Fatal(err)
	}
	return c
}

// round returns a function that sends request and reads as many bytes as there are in
// answer.
func (c *guardClient) round(t *testing.T, request, answer []byte) func() {
	got := make([]byte, len(answer))
	return func() {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
	}
}

func echoRound(t *testing.T, addr string) func() {
	return sessionClient(t, addr).round(t,
		ws.AppendMasked(nil, ws.OpText, []byte(`421["echo","0123456789abcdef0123456789abcdef"]`)),
		ws.AppendFrame(nil, ws.OpText, []byte(`431["0123456789abcdef0123456789abcdef"]`)))
}

func binaryRound(t *testing.T, addr string) func() {
	attachment := bytes.Repeat([]byte{7}, 1024)
	request := ws.AppendMasked(nil, ws.OpText, []byte(`451-1["echo-bytes",{"_placeholder":true,"num":0}]`))
	answer := ws.AppendFrame(nil, ws.OpText, []byte(`461-1[{"_placeholder":true,"num":0}]`))
	return sessionClient(t, addr).round(t,
		ws.AppendMasked(request, ws.OpBinary, attachment),
		ws.AppendFrame(answer, ws.OpBinary, attachment))
}

// pollingRound sends an event with a POST and fetches its acknowledgement with a GET.
func pollingRound(t *testing.T, addr string) func() {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &pollingClient{Conn: nc, t: t, target: "/socket.io/?EIO=4&transport=polling"}
	opened := c.request(c.get(), "}")
	_, rest, _ := strings.Cut(opened, `{"sid":"`)
	c.target += "&sid=" + rest[:20]
	c.request(c.post("40"), "ok")
	c.request(c.get(), "}")
	post, get := c.post(`421["echo","0123456789abcdef"]`), c.get()
	return func() {
		c.exchange(post, "ok")
		c.exchange(get, `431["0123456789abcdef"]`)
	}
}

// A pollingClient is a bare client over polling, on one connection.
type pollingClient struct {
	net.Conn
	t      *testing.T
	target string
	in     [4096]byte
}

func (c *pollingClient) get() []byte {
	return []byte("GET " + c.target + " HTTP/1.1\r\nHost: guard\r\n\r\n")
}

func (c *pollingClient) post(body string) []byte {
	return []byte("POST " + c.target + " HTTP/1.1\r\nHost: guard\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// request is exchange for who wants the response.
func (c *pollingClient) request(request []byte, end string) string {
	return string(c.in[:c.exchange(request, end)])
}

// exchange sends a request, and reads until what has come ends so.
func (c *pollingClient) exchange(request []byte, end string) (n int) {
	if _, err := c.Write(request); err != nil {
		c.t.Fatal(err)
	}
	for !bytes.HasSuffix(c.in[:n], []byte(end)) {
		more, err := c.Read(c.in[n:])
		if err != nil {
			c.t.Fatalf("%v after %q", err, c.in[:n])
		}
		n += more
	}
	return n
}

// handshakeRound connects, joins the namespace, and resets the connection. It makes the
// system calls itself, since what package net allocates for a connection is as much as
// what is to be measured.
func handshakeRound(t *testing.T, addr string) func() {
	tcp, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	to := &syscall.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}
	upgrade := []byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: guard\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	join := ws.AppendMasked(nil, ws.OpText, []byte("40"))
	var in [1024]byte
	exchange := func(fd int, request []byte, sign string) {
		if _, err := syscall.Write(fd, request); err != nil {
			t.Fatal(err)
		}
		for got := 0; !bytes.Contains(in[:got], []byte(sign)); {
			n, err := syscall.Read(fd, in[got:])
			if n <= 0 {
				t.Fatalf("%v after %q", err, in[:got])
			}
			got += n
		}
	}
	return func() {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err == nil {
			err = syscall.Connect(fd, to)
		}
		if err != nil {
			t.Fatal(err)
		}
		exchange(fd, upgrade, "0{")
		exchange(fd, join, "40{")
		_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		syscall.Close(fd)
	}
}

// leastTime returns how long the quickest of several runs takes.
func leastTime(runs int, run func()) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range runs {
		began := time.Now()
		run()
		least = min(least, time.Since(began))
	}
	return least
}

// TestGuardBroadcastAllocations broadcasts to clients of a second process.
func TestGuardBroadcastAllocations(t *testing.T) {
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	defer srv.Close()
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("room")
		return nil
	})
	clients := startClients(t, listen(t, srv), "session", broadcastMembers)
	room := srv.To("room")
	text := strings.Repeat("x", 128)
	broadcast := func() {
		if err := room.Emit("b", text); err != nil {
			t.Fatal(err)
		}
	}
	// What is sent waits in the kernel, so that nobody but the server computes.
	if err := clients.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer clients.Signal(syscall.SIGCONT)
	n := allocations(2, broadcast)
	cores := runtime.GOMAXPROCS(1)
	one := leastTime(5, broadcast)
	runtime.GOMAXPROCS(cores)
	all := leastTime(5, broadcast)
	fmt.Printf("allocations per broadcast to %d: %.1f; it takes %v on one core, %v on %d\n",
		broadcastMembers, n, one, all, cores)
	if n > maxBroadcastAllocs {
		t.Errorf("%.1f allocations per broadcast to %d, want at most %d", n, broadcastMembers, maxBroadcastAllocs)
	}
}
