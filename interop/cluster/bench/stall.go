//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"socketio/internal/ws"
)

// How local delivery is measured.
const (
	stallPairs    = 5
	stallTime     = 5 * time.Second
	stallPause    = time.Second // after each, for Redis and the servers to be done with what waits
	stallRoom     = 50          // clients of one server
	stallInterval = 5 * time.Millisecond
)

// A stopwatch takes the times of events within one server.
type stopwatch struct {
	mu    sync.Mutex // guards what follows
	times []time.Duration
}

// take returns the times since the last call.
func (w *stopwatch) take() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	times := w.times
	w.times = nil
	return times
}

// compareStalls compares local delivery while Redis is stopped and while it is not.
func compareStalls() error {
	f, err := startFleet("go", "classic")
	defer f.stop()
	if err != nil {
		return err
	}
	w := new(stopwatch)
	var clients sync.WaitGroup
	defer clients.Wait()
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for range stallRoom {
		conn, r, err := dial(f.servers[0].addr, "stall")
		if err != nil {
			return err
		}
		conns = append(conns, conn)
		clients.Go(func() { w.run(conn, r) })
	}
	var ratios []float64
	for range stallPairs {
		calm, err := talk(w, conns[0], nil)
		if err != nil {
			return err
		}
		stalled, err := talk(w, conns[0], f.redis.cmd.Process)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "local p99: %v, broker stalled: %v\n", calm, stalled)
		ratios = append(ratios, stalled.Seconds()/calm.Seconds())
	}
	slices.Sort(ratios)
	fmt.Printf("local p99, broker stalled: median ratio %.2f of %d pairs\n", ratios[len(ratios)/2], len(ratios))
	return nil
}

// talk sends events to the room for a while, and returns how long 99 of 100 took at most. A
// broker is stopped meanwhile.
func talk(w *stopwatch, conn net.Conn, broker *os.Process) (p99 time.Duration, err error) {
	if broker != nil {
		if err := broker.Signal(syscall.SIGSTOP); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, broker.Signal(syscall.SIGCONT)) }()
	}
	w.take()
	for end := time.Now().Add(stallTime); time.Now().Before(end); time.Sleep(stallInterval) {
		packet := fmt.Appendf(nil, `%s%d"]`, event, time.Now().UnixNano())
		if _, err := conn.Write(ws.AppendMasked(nil, ws.OpText, packet)); err != nil {
			return 0, err
		}
	}
	times := w.take()
	if broker != nil {
		if err := broker.Signal(syscall.SIGCONT); err != nil {
			return 0, err
		}
	}
	time.Sleep(stallPause)
	if len(times) < stallRoom*100 {
		return 0, fmt.Errorf("only %d events have come", len(times))
	}
	slices.Sort(times)
	return times[len(times)*99/100], nil
}

// run takes the times of what comes until the connection ends.
func (w *stopwatch) run(conn net.Conn, r *frames) {
	for {
		b, err := r.next()
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		if string(b) == "2" {
			_, _ = conn.Write(ws.AppendMasked(nil, ws.OpText, []byte("3"))) // if it cannot, the next read says so
		}
		text, ok := bytes.CutPrefix(b, []byte(event))
		sent, err := strconv.ParseInt(string(bytes.TrimSuffix(text, []byte(`"]`))), 10, 64)
		if !ok || err != nil {
			continue
		}
		w.mu.Lock()
		w.times = append(w.times, time.Duration(now-sent))
		w.mu.Unlock()
	}
}
