//go:build linux && !race

// The figures are those of the poller, which other systems do not have.

package socketio_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/internal/child"
	"socketio/internal/ws"
)

const (
	guardClients = 5000

	// The most that an idle WebSocket client with a namespace joined may take of heap and
	// stack. What an Engine.IO connection may take of it, engineio's guard holds.
	maxSessionBytes = 1856
	maxBusyBytes    = 1920 // after it was busy
)

// TestGuardMemory holds 5,000 idle clients of a second process, since each process
// may have 20,000 descriptors, and says what one costs.
func TestGuardMemory(t *testing.T) {
	if addr := os.Getenv("GUARD_ADDR"); addr != "" {
		guardClientsAt(t, addr)
		return
	}
	session := bytesPerClient(t, "session", sessionServer(0))
	busy := bytesPerClient(t, "busy", sessionServer(2*time.Second))
	fmt.Printf("heap+stack B/conn: session %d, session that was busy %d\n", session, busy)
	if session > maxSessionBytes {
		t.Errorf("an idle session takes %d bytes, want at most %d", session, maxSessionBytes)
	}
	if busy > maxBusyBytes {
		t.Errorf("an idle session that was busy takes %d bytes, want at most %d", busy, maxBusyBytes)
	}
}

func sessionServer(ping time.Duration) func() (http.Handler, func()) {
	return func() (http.Handler, func()) {
		srv := socketio.NewServer(&socketio.Options{PingInterval: ping, Logger: slog.New(slog.DiscardHandler)})
		srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, v string) (string, error) { return v, nil })
		return srv, func() { srv.Close() }
	}
}

// bytesPerClient serves a second process's clients and measures them.
func bytesPerClient(t *testing.T, kind string, server func() (http.Handler, func())) int {
	t.Helper()
	handler, stop := server()
	defer stop()
	addr := listen(t, handler)
	before := heapAndStack()
	startClients(t, addr, kind, guardClients)
	return int(heapAndStack()-before) / guardClients
}

// listen serves a handler until the test ends, and returns its address.
func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: handler}
	go web.Serve(l)
	t.Cleanup(func() { web.Close() })
	return l.Addr().String()
}

// startClients starts the second process, which lives until the test ends, and waits until
// its clients are ready.
func startClients(t *testing.T, addr, kind string, number int) *os.Process {
	t.Helper()
	clients := exec.Command(os.Args[0], "-test.run=^TestGuardMemory$", "-test.v")
	clients.Env = append(os.Environ(), "GUARD_ADDR="+addr, "GUARD_KIND="+kind, "GUARD_NUMBER="+strconv.Itoa(number))
	hold, said := child.Start(t, clients)
	t.Cleanup(func() {
		hold.Close()
		clients.Wait()
	})
	for scanner := bufio.NewScanner(said); scanner.Scan(); {
		if scanner.Text() == "ready" {
			return clients.Process
		}
	}
	t.Fatal("the clients did not get ready")
	return nil
}

// heapAndStack is what the heap's live objects and the stacks take.
func heapAndStack() int64 {
	var m runtime.MemStats
	for range 3 { // until what finalizers and pools held is gone
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// guardClientsAt is the second process.
func guardClientsAt(t *testing.T, addr string) {
	number, err := strconv.Atoi(os.Getenv("GUARD_NUMBER"))
	if err != nil {
		t.Fatal(err)
	}
	var ready sync.WaitGroup
	slots := make(chan struct{}, 64)
	for range number {
		ready.Add(1)
		slots <- struct{}{}
		c, err := newGuardClient(addr)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			kind := os.Getenv("GUARD_KIND")
			err := c.prepare(kind)
			<-slots
			if err == nil && kind == "busy" {
				err = c.rest()
			}
			if err != nil {
				t.Error(err)
			}
			ready.Done()
			c.beat()
		}()
	}
	ready.Wait()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// A guardClient is a bare client.
type guardClient struct {
	net.Conn
	parser ws.Parser
	buf    []byte
	in     [512]byte
}

func newGuardClient(addr string) (*guardClient, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(nc, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: guard\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		return nil, err
	}
	c := &guardClient{Conn: nc, parser: ws.Parser{Client: true}}
	for !strings.Contains(string(c.buf), "\r\n\r\n") {
		n, err := nc.Read(c.in[:])
		if err != nil {
			return nil, err
		}
		c.buf = append(c.buf, c.in[:n]...)
	}
	_, rest, _ := strings.Cut(string(c.buf), "\r\n\r\n")
	c.buf = []byte(rest)
	return c, nil
}

// prepare makes the client what its kind is.
func (c *guardClient) prepare(kind string) error {
	if err := c.await("0{"); err != nil || kind == "channel" {
		return err
	}
	if err := c.say("40"); err != nil {
		return err
	}
	if err := c.await("40{"); err != nil || kind == "session" {
		return err
	}
	for i := range 20 {
		if err := c.say(fmt.Sprintf(`42%d["echo",%q]`, i, strings.Repeat("x", 400))); err != nil {
			return err
		}
		if err := c.await(fmt.Sprint("43", i)); err != nil {
			return err
		}
	}
	return nil
}

// rest is silent for two heartbeats.
func (c *guardClient) rest() error {
	for range 2 {
		if err := c.await("2"); err != nil {
			return err
		}
		if err := c.say("3"); err != nil {
			return err
		}
	}
	return c.await("2") // by now the second pong has been seen
}

func (c *guardClient) say(text string) error {
	_, err := c.Write(ws.AppendMasked(nil, ws.OpText, []byte(text)))
	return err
}

// await reads until a message begins so.
func (c *guardClient) await(prefix string) error {
	for {
		m, n, err := c.parser.Next(c.buf)
		c.buf = c.buf[n:]
		switch {
		case err != nil:
			return err
		case m.Op == ws.OpText && strings.HasPrefix(string(m.Data), prefix):
			return nil
		case m.Op == ws.OpClose:
			return errors.New("closed by the server")
		case m.Op == 0:
			n, err := c.Read(c.in[:])
			if err != nil {
				return err
			}
			c.buf = c.in[:n]
		}
	}
}

// beat answers heartbeats.
func (c *guardClient) beat() {
	for c.await("2") == nil {
		if c.say("3") != nil {
			return
		}
	}
}
