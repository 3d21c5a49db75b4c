//go:build unix

package drain

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

var whole = flag.Bool("whole", false, "4,000 clients and 20 s, and look at the rate")

func TestMain(m *testing.M) {
	if over, err := time.ParseDuration(os.Getenv(overVariable)); err == nil {
		if err := serve(over); err != nil {
			fmt.Fprintln(os.Stderr, "drain:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A process is a server.
type process struct {
	*exec.Cmd
	address string
	out     *bufio.Reader
}

func start(t *testing.T, over time.Duration) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), overVariable+"="+over.String())
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() }) // nothing if it has ended
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p.address = strings.TrimSpace(line)
	return p
}

// end sends a process away and returns what it says.
func (p *process) end(t *testing.T) (said farewell) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	if err := json.UnmarshalRead(p.out, &said); err != nil {
		t.Errorf("the farewell of %s: %v", p.address, err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%s did not end in order: %v", p.address, err)
	}
	return said
}

// get asks a process something.
func (p *process) get(path string) (status int, body string) {
	resp, err := http.Get("http://" + p.address + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// A balancer leads new connections to the first of the servers that is ready.
type balancer struct{ current atomic.Pointer[process] }

// look asks for readiness until the server is not ready, and then leads to its successor.
func (b *balancer) look(t *testing.T, server, successor *process) {
	for t.Context().Err() == nil {
		if status, _ := server.get("/ready"); status != http.StatusOK {
			b.current.Store(successor)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (b *balancer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, b.current.Load().address)
}

// A sender is a client that numbers its messages.
type sender struct {
	client      *socketio.Client
	sent, acked int
}

// send sends a message now and then until stop. What it cannot get acknowledged within
// its tries, or at all in a minute, is not.
func (s *sender) send(t *testing.T, id int, every time.Duration, stop <-chan struct{}) {
	for ; ; s.sent++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := s.client.EmitAck[int](ctx, "message", socketio.Args2[int, int]{A: id, B: s.sent})
		cancel()
		if err != nil {
			t.Errorf("client %d, message %d: %v", id, s.sent, err)
			return
		}
		s.acked++
		select {
		case <-stop:
			return
		case <-time.After(every):
		}
	}
}

func TestAServerLeavesToItsSuccessor(t *testing.T) {
	clients, over, every := 100, 3*time.Second, 300*time.Millisecond
	if *whole {
		clients, over, every = 4000, 20*time.Second, 2*time.Second
	}
	server, successor := start(t, over), start(t, time.Second)
	b := new(balancer)
	b.current.Store(server)
	senders := connect(t, b, clients)
	stop := make(chan struct{})
	var sending sync.WaitGroup
	for id, s := range senders {
		sending.Go(func() { s.send(t, id, every, stop) })
	}
	time.Sleep(every)
	go b.look(t, server, successor)

	begun := time.Now()
	moved := make(chan time.Duration, 1)
	go func() {
		for t.Context().Err() == nil {
			if _, n := successor.get("/sockets"); n == strconv.Itoa(clients) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		moved <- time.Since(begun)
	}()
	first := server.end(t)
	took := <-moved
	close(stop)
	sending.Wait()
	for _, s := range senders {
		s.client.Close()
	}
	second := successor.end(t)
	t.Logf("%d clients over %v: the server ended after %v, all were on the successor after %v",
		clients, over, time.Duration(first.Took).Round(time.Millisecond), took.Round(time.Millisecond))
	judgeMessages(t, senders, first, second)
	if len(first.Closed) != clients {
		t.Errorf("the server has closed %d connections", len(first.Closed))
	}
	if *whole {
		if took > over+grace {
			t.Errorf("the last one came after %v, want %v", took, over+grace)
		}
		judgeRate(t, first.Closed, over)
	}
}

// connect connects clients by the balancer.
func connect(t *testing.T, b *balancer, number int) []*sender {
	t.Helper()
	web := &http.Client{Transport: &http.Transport{DialContext: b.dial, DisableKeepAlives: true}}
	senders := make([]*sender, number)
	for i := range senders {
		o := &socketio.ClientOptions{Retries: 1000, OnRetry: func(int, time.Duration, error) {}}
		o.Transports, o.HTTPClient, o.Logger = []string{engineio.WebSocket}, web, slog.New(slog.DiscardHandler)
		senders[i] = &sender{client: socketio.NewClient("http://balancer", o)}
		t.Cleanup(func() { senders[i].client.Close() })
		if err := senders[i].client.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return senders
}

// judgeMessages wants what was acknowledged to have arrived, in order.
func judgeMessages(t *testing.T, senders []*sender, first, second farewell) {
	t.Helper()
	acked, lost, twice, disorder := 0, 0, 0, 0
	for id, s := range senders {
		acked += s.acked
		next := 0
		for _, number := range slices.Concat(first.Arrived[id], second.Arrived[id]) {
			switch {
			case number == next:
				next++
			case number == next-1:
				twice++ // it had been handled, and its acknowledgement got lost
			default:
				disorder++
			}
		}
		lost += s.acked - min(next, s.acked)
	}
	t.Logf("acknowledged=%d lost=%d disorder=%d twice=%d", acked, lost, disorder, twice)
	if lost != 0 || disorder != 0 || acked == 0 {
		t.Error("messages were lost, or came out of order")
	}
}

// judgeRate wants the closes between the first and the last second to be even.
func judgeRate(t *testing.T, closed []int64, over time.Duration) {
	t.Helper()
	seconds := make([]int, int(over/time.Second)+1)
	for _, at := range closed {
		seconds[min(int(time.Duration(at)/time.Second), len(seconds)-1)]++
	}
	rate := float64(len(closed)) / over.Seconds()
	t.Logf("closes per second: %v, wanted %.0f", seconds, rate)
	for i, n := range seconds[1 : len(seconds)-2] {
		if float64(n) < 0.8*rate || float64(n) > 1.2*rate {
			t.Errorf("second %d: %d closes", i+1, n)
		}
	}
}
