package slow

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/child"
)

var (
	whole = flag.Bool("whole", false, "the whole of TestStalledReadersAreCut, which takes minutes")
	pairs = flag.Int("pairs", 0, "how many pairs of runs, with and without stalled readers, TestStalledReadersDelayNobody takes")
)

func TestMain(m *testing.M) {
	if address := os.Getenv(roleVariable); address != "" {
		if err := clients(address); err != nil {
			fmt.Fprintln(os.Stderr, "slow:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A field is a server with its clients.
type field struct {
	*testing.T
	srv     *socketio.Server
	orders  io.Writer
	answers *bufio.Scanner
	cut     atomic.Int64 // stalled clients that ended with ErrQueueFull
	other   atomic.Int64 // clients that ended otherwise
	peak    atomic.Int64 // of the server's memory, in bytes
	random  string
}

// newField starts a server whose queues have a limit, and the process of the clients.
func newField(t *testing.T, limit int) *field {
	t.Helper()
	f := &field{T: t, random: strings.Repeat("0123456789abcdef", 4096)}
	f.srv = socketio.NewServer(&socketio.Options{
		QueueBytes: limit, WriteTimeout: time.Hour, PingInterval: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	f.srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
		stalled := s.Handshake().URL.Query().Get("kind") == "stalled"
		if stalled && why == socketio.ReasonTransportError && errors.Is(context.Cause(s.Context()), socketio.ErrQueueFull) {
			f.cut.Add(1)
		} else if why != socketio.ReasonServerShutdown {
			f.other.Add(1)
		}
		return nil
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: f.srv, ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
		conn.(*net.TCPConn).SetWriteBuffer(128 << 10) // or the kernel takes megabytes before anything waits
		return ctx
	}}
	go web.Serve(listener)
	reader := exec.Command(os.Args[0])
	reader.Env = append(os.Environ(), roleVariable+"="+listener.Addr().String())
	orders, answers := child.Start(t, reader)
	f.orders, f.answers = orders, bufio.NewScanner(answers)
	t.Cleanup(func() {
		orders.Close()
		if err := reader.Wait(); err != nil {
			t.Errorf("the process of the clients: %v", err)
		}
		f.srv.Close()
		web.Close()
	})
	return f
}

// order has the clients do something, and returns their answer.
func (f *field) order(what string, number int) (r report) {
	f.Helper()
	fmt.Fprintln(f.orders, what, number)
	if !f.answers.Scan() {
		f.Fatalf("the process of the clients ended at %q", what)
	}
	if err := json.Unmarshal(f.answers.Bytes(), &r); err != nil {
		f.Fatal(err)
	}
	return r
}

// broadcast sends so many broadcasts of 64 KiB, each as soon as the readers have room for
// it and not earlier than its time, and returns what the readers say of them.
func (f *field) broadcast(number int, every time.Duration) report {
	f.Helper()
	var readers []*engineio.Conn
	for s := range f.srv.Sockets() {
		if s.Handshake().URL.Query().Get("kind") == "reader" {
			readers = append(readers, s.Conn())
		}
	}
	start := time.Now()
	for i := range number {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		for _, c := range readers {
			for { // a sender that heeds those who read
				if _, waiting := c.Buffered(); waiting < 256<<10 {
					break
				}
				time.Sleep(time.Millisecond)
			}
		}
		if err := f.srv.EmitArgs("broadcast", i, time.Now().UnixNano(), f.random); err != nil {
			f.Fatal(err)
		}
		f.look()
	}
	return f.order("read", number-1)
}

// look notes how much memory the process has.
func (f *field) look() {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return // only Linux tells
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	if rss := int64(pages * os.Getpagesize()); rss > f.peak.Load() {
		f.peak.Store(rss)
	}
}

// until waits for something to become so.
func (f *field) until(what string, so func() bool) {
	f.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.Fatalf("it did not happen that %s: %+v", what, f.srv.Stats())
		}
	}
}

// sizes are those of a run.
func sizes() (readers, stalled, broadcasts int) {
	if *whole {
		return 1000, 50, 400
	}
	return 40, 20, 60
}

func TestStalledReadersAreCut(t *testing.T) {
	const limit = 1_000_000
	readers, stalled, broadcasts := sizes()
	f := newField(t, limit)
	f.order("reader", readers)
	f.broadcast(broadcasts/2, 0)
	base := f.peak.Load()
	debug.FreeOSMemory()
	f.peak.Store(0)
	f.order("stalled", stalled)
	got := f.broadcast(broadcasts, 0)
	f.until("all stalled readers are cut", func() bool { return f.cut.Load() == int64(stalled) })
	stats := f.srv.Stats()
	t.Logf("readers %d, stalled %d, broadcasts %d: cut %d, counter %d, lost %d, reordered %d, RSS %d MB + %.1f MB",
		readers, stalled, broadcasts, f.cut.Load(), stats.HitQueueBytes, got.Lost, got.Reordered, base/1e6, float64(f.peak.Load()-base)/1e6)
	if stats.HitQueueBytes != uint64(stalled) || f.other.Load() != 0 {
		t.Errorf("%d are counted as cut, and %d ended otherwise", stats.HitQueueBytes, f.other.Load())
	}
	if got.Lost != 0 || got.Reordered != 0 {
		t.Errorf("of those who read %d broadcasts got lost, and %d came out of order", got.Lost, got.Reordered)
	}
	if grown := f.peak.Load() - base; grown > int64(stalled)*1_250_000 {
		t.Errorf("the server's memory grew by %d MB, want at most %d", grown/1e6, stalled*1_250_000/1e6)
	}
}

func TestWithoutALimitQueuesGrow(t *testing.T) {
	_, stalled, broadcasts := sizes()
	f := newField(t, 1<<40)
	f.order("reader", 10)
	f.order("stalled", stalled)
	f.broadcast(broadcasts, 0)
	queued := f.srv.Stats().QueuedBytes
	t.Logf("%d stalled readers have %d MB waiting", stalled, queued/1e6)
	if queued < stalled*1_000_000 {
		t.Errorf("%d bytes wait, want more than with a limit", queued)
	}
}

// As a benchmark: what the stalled cost the others. The two of a pair take turns in who is
// first.
func TestStalledReadersDelayNobody(t *testing.T) {
	if *pairs == 0 {
		t.Skip("without -pairs, as it takes minutes")
	}
	var ratios []float64
	for i := range *pairs {
		p99 := map[bool]time.Duration{}
		for _, with := range []bool{i%2 == 1, i%2 == 0} {
			t.Run(fmt.Sprintf("pair %d, stalled %v", i+1, with), func(t *testing.T) { p99[with] = delay(t, with) })
		}
		ratios = append(ratios, float64(p99[true])/float64(p99[false]))
		t.Logf("p99 without %v, with %v: %.3f", p99[false], p99[true], ratios[i])
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("median of %d ratios: %.3f", len(ratios), median)
	if median > 1.10 {
		t.Errorf("the median is %.3f, want at most 1.10", median)
	}
}

// delay is how long it takes a broadcast to reach 99 % of 1,000 readers, with 50 stalled ones
// or without.
func delay(t *testing.T, with bool) time.Duration {
	f := newField(t, 1_000_000)
	f.order("reader", 1000)
	f.broadcast(20, 0)
	if with {
		f.order("stalled", 50)
	}
	r := f.broadcast(30, 400*time.Millisecond)
	if lost := r.Lost + r.Reordered + int(f.other.Load()); lost != 0 {
		t.Errorf("%d broadcasts were lost or came out of order", lost)
	}
	return time.Duration(r.P99)
}
