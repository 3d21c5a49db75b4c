package engineio

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socketio/internal/ws"
)

const (
	// channelLimit is how many bytes of heap and stack an idle connection may have,
	// besides what the program's own Receiver keeps.
	channelLimit = 1536

	// secureLimit is that for a TLS connection, whose records and keys crypto/tls
	// keeps, and which gives no sign of input without a buffer to read it to.
	secureLimit = 23 << 10
)

// A counter is a receiver that only counts.
type counter struct{ n *atomic.Int64 }

func (c counter) Receive(Message)    { c.n.Add(1) }
func (c counter) Closed(*CloseError) {}

func TestGuardChannelMemory(t *testing.T) {
	if got := idleMemory(t, 5000, httptest.NewServer); got > channelLimit {
		t.Errorf("%d bytes for each idle connection, want at most %d", got, channelLimit)
	} else {
		fmt.Println("heap+stack B/conn: channel", got)
	}
}

func TestGuardSecureChannelMemory(t *testing.T) {
	if got := idleMemory(t, 1000, httptest.NewTLSServer); got > secureLimit {
		t.Errorf("%d bytes for each idle TLS connection, want at most %d", got, secureLimit)
	} else {
		fmt.Println("heap+stack B/conn: channel over TLS", got)
	}
}

// idleMemory returns what each of so many connections has of heap and stack when it has
// carried a message, its heart has beaten, and it is idle. The clients are in a process of
// their own.
func idleMemory(t *testing.T, connections int, start func(http.Handler) *httptest.Server) int {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector's memory is not ours")
	}
	var received atomic.Int64
	server := NewServer(func(c *Conn) { c.Attach(counter{&received}) }, &Options{PingInterval: guardInterval})
	h := start(server)
	defer h.Close()
	defer server.Close()
	goroutines, before := runtime.NumGoroutine(), inUse()
	defer startIdleClients(t, h.URL, connections)()
	waitFor(t, "each connection has carried a message", func() bool { return received.Load() == int64(connections) })
	since := server.now()
	waitFor(t, "each heart has beaten", func() bool { return server.beaten(since) == connections })
	waitFor(t, "all are idle", func() bool { return runtime.NumGoroutine() < goroutines+connections+20 })
	after := inUse()
	return int(after-before) / connections
}

// guardInterval is long enough for a thousand connections to be idle at any time.
const guardInterval = 3 * time.Second

func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not happen within a minute that %s", what)
		}
	}
}

// beaten returns how many connections have answered a ping since then.
func (s *Server) beaten(since time.Duration) int {
	s.mu.Lock()
	conns := slices.Collect(maps.Values(s.conns))
	s.mu.Unlock()
	n := 0
	for _, c := range conns {
		c.mu.Lock()
		if c.session.pingAt > since+s.timings[0].pingInterval {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

// inUse is the heap and the stacks that are in use once all is collected that can be.
func inUse() int64 {
	var stats runtime.MemStats
	for range 3 { // pools are emptied by the second
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// idleClientsEnv tells the test binary to be the clients: the server's URL and how many
// they are.
const idleClientsEnv = "ENGINEIO_IDLE_CLIENTS"

func startIdleClients(t *testing.T, url string, connections int) (stop func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), fmt.Sprint(idleClientsEnv, "=", url, " ", connections))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe() // its end ends the clients
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// idleClients is the other process.
func idleClients(order string) error {
	url, number, _ := strings.Cut(order, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	turns := make(chan struct{}, 50) // handshakes at once
	failed := make(chan error, n)
	for range n {
		turns <- struct{}{}
		go func() {
			c, err := openIdleClient(url)
			<-turns
			if err == nil {
				err = c.answerPings()
			}
			failed <- err
		}()
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	select {
	case err := <-failed:
		return err
	case <-ended:
		return nil
	}
}

// openIdleClient opens a connection and sends one message.
func openIdleClient(url string) (*wsClient, error) {
	address, secure := strings.CutPrefix(url, "https://")
	nc, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		return nil, err
	}
	if secure {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) // whose certificate it is does not matter here
	}
	request := "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUser-Agent: guard\r\n" + headerLines(nil) + "\r\n"
	if _, err := io.WriteString(nc, request); err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(nc, 512)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	early, _ := br.Peek(br.Buffered())
	c := &wsClient{Conn: nc, parser: ws.Parser{Client: true}, buf: bytes.Clone(early)}
	_, err = nc.Write(appendText(nil, "4x"))
	return c, err
}

// answerPings keeps the connection alive until it ends.
func (c *wsClient) answerPings() error {
	for {
		m, err := c.tryNext()
		if err != nil {
			return err
		}
		if m.text != "2" {
			continue
		}
		if _, err := c.Write(appendText(nil, "3")); err != nil {
			return err
		}
	}
}
