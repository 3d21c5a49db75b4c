package socketio_test

import (
	"bytes"
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
)

// The rig of the tests of bad input: a server on a TCP port, a healthy client that was
// there before, and lines to the server on which an attacker writes what he likes. After
// each attack the healthy client must be served as ever, and nothing of the attacker
// may be left: no session, no goroutine, no descriptor.
//
// The tests are numbered by the catalogue of bad inputs that they go through, a file for
// each of its chapters. A number stays what it is, also in bug reports; some are
// missing because they are about what is not there.

// A badInput is one of the tests: what is sent, and what must come of it.
type badInput struct {
	name    string
	options *socketio.Options // nil for the defaults
	attack  func(v *victim)
}

func testBadInputs(t *testing.T, inputs []badInput) {
	for _, input := range inputs {
		t.Run(input.name, func(t *testing.T) {
			v := newVictim(t, input.options, nil)
			input.attack(v)
			v.settle()
		})
	}
}

// A victim is a server under attack.
type victim struct {
	*testing.T
	srv     *socketio.Server
	web     *http.Server
	connect func() (net.Conn, error)
	patient time.Duration // how long a line lasts
	healthy *healthy
	lines   []*line
	sids    []string // of sessions that began with polling

	// What there was before the attack.
	goroutines, descriptors int

	record
}

// A record is what the victim's own side has seen.
type record struct {
	mu      sync.Mutex // guards what follows
	relayed int        // events that reached the handler of "relay"
	errors  []error
	log     bytes.Buffer
}

// Write takes the log.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

func (r *record) onError(_ context.Context, _ *socketio.Socket, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, err)
}

// newVictim starts a server on a TCP port and lets the healthy client in. Its log and
// its errors are recorded. Configure may be nil.
func newVictim(t *testing.T, o *socketio.Options, configure func(*http.Server)) *victim {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{T: t, patient: patience}
	v.connect = func() (net.Conn, error) { return net.Dial("tcp", listener.Addr().String()) }
	v.start(o, configure, listener)
	return v
}

// newVictimInMemory is newVictim for a bubble of synctest.
func newVictimInMemory(t *testing.T, o *socketio.Options) *victim {
	t.Helper()
	listener := newMemory()
	v := &victim{T: t, patient: 10 * time.Minute, connect: listener.dial}
	v.start(o, nil, listener)
	return v
}

func (v *victim) start(o *socketio.Options, configure func(*http.Server), listener net.Listener) {
	v.Helper()
	var options socketio.Options
	if o != nil {
		options = *o
	}
	options.Logger = slog.New(slog.NewTextHandler(v, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options.OnError = v.onError
	before := len(goroutines())
	v.srv = socketio.NewServer(&options)
	v.register()
	v.web = &http.Server{Handler: v.srv, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	if configure != nil {
		configure(v.web)
	}
	var serving sync.WaitGroup
	serving.Go(func() { v.web.Serve(listener) })
	v.Cleanup(func() {
		v.hangUp()
		v.healthy.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := v.srv.Shutdown(ctx); err != nil {
			v.Errorf("the server did not end: %v\n%s", err, serverStacks())
		}
		v.web.Close()
		serving.Wait()
		v.until("all goroutines of the server end", func() bool { return len(goroutines()) <= before })
	})
	v.healthy = newHealthy(v)
	v.healthy.roundTrip()
	v.until("the healthy client is all there is", func() bool { return v.srv.Engine().Len() == 1 })
	v.goroutines, v.descriptors = len(goroutines()), descriptors()
}

// register adds the handlers that attacks aim at.
func (v *victim) register() {
	ns := v.srv.Namespace
	ns.Handle("echo", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		args, err := arguments(m)
		if err != nil {
			return err
		}
		return m.Ack(args...)
	})
	ns.Handle("raw", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		var raw jsontext.Value
		if err := m.Decode(&raw); err != nil {
			return err
		}
		return m.Ack(string(raw))
	})
	ns.Handle("relay", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		v.mu.Lock()
		v.relayed++
		v.mu.Unlock()
		args, err := arguments(m)
		if err != nil {
			return err
		}
		return s.Namespace().EmitArgs("relay", args...)
	})
	ns.OnAck(socketio.Call[int, int]("double"), func(_ context.Context, _ *socketio.Socket, n int) (int, error) {
		return 2 * n, nil
	})
	ns.Handle("twice", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		return errors.Join(m.Ack(1), m.Ack(2))
	})
	ns.Handle("ask", func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err := s.EmitArgsAck(ctx, "question")
		return m.Ack(errors.Is(err, context.DeadlineExceeded))
	})
	for _, name := range append(unusualNames, "1") {
		ns.Handle(name, func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error { return m.Ack(m.Event) })
	}
}

// unusualNames are names of events that are nothing special.
var unusualNames = []string{"", "error", "__proto__", "toString", "constructor", "connection", "ping", "message", "%s", "🙂"}

// arguments decodes all that a message carries.
func arguments(m *socketio.Message) ([]any, error) {
	args := make([]any, m.Len())
	into := make([]any, len(args))
	for i := range args {
		into[i] = &args[i]
	}
	err := m.Decode(into...)
	return args, err
}

// patience is how long anything may take that has no time of its own.
const patience = 30 * time.Second

// until waits for something to become so.
func (v *victim) until(what string, so func() bool) {
	v.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			v.Fatalf("it did not happen that %s; %d sessions, %d descriptors, goroutines:\n%s",
				what, v.srv.Engine().Len(), descriptors(), serverStacks())
		}
	}
}

// settle ends what the attacker has open, and then expects that he is forgotten and the
// healthy client served.
func (v *victim) settle() {
	v.Helper()
	v.hangUp()
	v.healthy.roundTrip()
	v.until("the attacker's sessions end", func() bool { return v.srv.Engine().Len() == 1 })
	v.until("the attacker's goroutines end", func() bool { return len(goroutines()) <= v.goroutines })
	v.until("the attacker's descriptors are closed", func() bool { return descriptors() <= v.descriptors })
	v.healthy.roundTrip()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, sid := range v.sids {
		if bytes.Contains(v.log.Bytes(), []byte(sid)) {
			v.Errorf("the log shows the id of a session, which is a secret:\n%s", &v.log)
		}
	}
}

func (v *victim) hangUp() {
	for _, l := range v.lines {
		l.Close()
	}
	v.lines = nil
}

// wantNothingDelivered expects that no event has reached the handler of "relay". It is called
// once none can any more: the attacker's sessions have ended.
func (v *victim) wantNothingDelivered() {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.relayed != 0 {
		v.Errorf("%d events were delivered", v.relayed)
	}
}

// goroutines returns the stacks of all goroutines but those that come and go with
// time and load, which the server has one of each.
func goroutines() []string {
	buf := make([]byte, 1<<16)
	for {
		if n := runtime.Stack(buf, true); n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	return slices.DeleteFunc(strings.Split(string(buf), "\n\n"), func(stack string) bool {
		return strings.Contains(stack, "serial.(*Monitor).watch") || strings.Contains(stack, "wheel.(*Wheel).turn")
	})
}

// serverStacks returns the stacks of the goroutines that are not the test's own.
func serverStacks() string {
	return strings.Join(slices.DeleteFunc(goroutines(), func(stack string) bool {
		return strings.Contains(stack, "testing.")
	}), "\n\n")
}

// waiting returns how many goroutines wait within a function of engineio.
func waiting(function string) int {
	n := 0
	for _, stack := range goroutines() {
		state, frames, _ := strings.Cut(stack, "\n")
		if strings.Contains(state, "[select") && strings.HasPrefix(frames, "socketio/engineio."+function+"(") {
			n++
		}
	}
	return n
}

// descriptors returns how many files and sockets this process has open, 0 where
// the system does not tell.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// A healthy is the client that must not suffer. A goroutine reads what it gets and
// answers pings.
type healthy struct {
	*line
	n        int
	acks     chan string
	received sync.WaitGroup
}

func newHealthy(v *victim) *healthy {
	v.Helper()
	h := &healthy{line: v.joinedWebSocket(), acks: make(chan string, 1)}
	h.SetDeadline(time.Time{})
	v.lines = nil // not the attacker's
	h.received.Go(h.receive)
	return h
}

func (h *healthy) receive() {
	for {
		switch m := h.next(); {
		case m == "end", strings.HasPrefix(m, "close"):
			return
		case m == "2":
			h.text("3")
		case strings.HasPrefix(m, "43"):
			h.acks <- m
		}
	}
}

// Close ends the client.
func (h *healthy) Close() {
	h.Conn.Close()
	h.received.Wait()
}

// roundTrip expects an acknowledgement.
func (h *healthy) roundTrip() {
	h.v.Helper()
	h.n++
	h.text(fmt.Sprintf(`42%d["echo",%d]`, h.n, h.n))
	select {
	case got := <-h.acks:
		if want := fmt.Sprintf(`43%d[%d]`, h.n, h.n); got != want {
			h.v.Fatalf("the healthy client received %q, want %q", got, want)
		}
	case <-time.After(patience):
		h.v.Fatalf("the healthy client waits for an acknowledgement, goroutines:\n%s", serverStacks())
	}
}
