// Package adaptertest tests implementations of the Bus of package adapter.
package adaptertest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio/adapter"
)

// patience is how long the tests wait for what must happen.
const patience = 20 * time.Second

// Run tests the Bus that open returns, as a test of its own for each thing that a Bus has
// to do. Open is called for each node of a test. Nodes of one test, which have the
// same testing.T, must be connected with each other, and with no node of another. Whatever
// open has started it ends by Cleanup.
func Run(t *testing.T, open func(t *testing.T) adapter.Bus) {
	t.Helper()
	type test struct {
		name string
		run  func(t *testing.T, open func(t *testing.T) adapter.Bus)
	}
	tests := []test{
		{"messages reach all other nodes", reachesAll},
		{"messages of one node arrive in order", keepsOrder},
		{"messages arrive one at a time", oneAtATime},
		{"messages of any bytes and of a megabyte arrive unharmed", keepsBytes},
		{"a node that has subscribed misses nothing", missesNothing},
		{"a subscription ends with its context", ends},
		{"a call with a context that has ended fails", fails},
	}
	if _, ok := open(t).(adapter.Listener); ok {
		tests = append(tests, test{"what is listened for is delivered", listens})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open) })
	}
}

// Topics of the tests. Names are what users choose, so some are awkward.
var (
	everybody = adapter.Topic{Namespace: "/"}
	rooms     = []adapter.Topic{
		{Namespace: "/", Room: "room"},
		{Namespace: "/", Room: "a*b?[c]#/ \"é\".>"},
		{Namespace: "/a.b *", Room: "abcdefghijklmnopqrst"},
	}
)

// A node is one subscriber.
type node struct {
	t   *testing.T
	bus adapter.Bus

	mu       sync.Mutex // guards what follows
	received []string
	changed  chan struct{} // closed when received grows
}

// subscribed returns a node that hears the topics.
func subscribed(t *testing.T, open func(t *testing.T) adapter.Bus, topics ...adapter.Topic) *node {
	t.Helper()
	n := &node{t: t, bus: open(t), changed: make(chan struct{})}
	if err := n.bus.Subscribe(t.Context(), n.deliver); err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	for _, topic := range append(topics, everybody) {
		n.listen(topic)
	}
	return n
}

// listen makes a Bus that has to be told deliver a topic.
func (n *node) listen(topic adapter.Topic) {
	n.t.Helper()
	if l, ok := n.bus.(adapter.Listener); ok {
		if err := l.Listen(n.t.Context(), topic); err != nil {
			n.t.Fatalf("Listen(%+v): %v", topic, err)
		}
	}
}

func (n *node) deliver(m []byte, _ adapter.Offset) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.received = append(n.received, string(m))
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *node) publish(to adapter.Topic, m string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	if _, err := n.bus.Publish(ctx, to, []byte(m)); err != nil {
		n.t.Fatalf("Publish(%+v): %v", to, err)
	}
}

// await returns what has been received, of which there must come to be count messages
// that begin with prefix. These alone it returns, as nodes may hear themselves.
func (n *node) await(prefix string, count int) []string {
	n.t.Helper()
	timeout := time.After(patience)
	for {
		n.mu.Lock()
		changed := n.changed
		var got []string
		for _, m := range n.received {
			if strings.HasPrefix(m, prefix) {
				got = append(got, m)
			}
		}
		n.mu.Unlock()
		if len(got) >= count {
			return got
		}
		select {
		case <-changed:
		case <-timeout:
			n.t.Fatalf("%d messages %q… have arrived, want %d", len(got), prefix, count)
		}
	}
}

func reachesAll(t *testing.T, open func(t *testing.T) adapter.Bus) {
	topics := append(slices.Clone(rooms), everybody)
	nodes := []*node{subscribed(t, open, rooms...), subscribed(t, open, rooms...), subscribed(t, open, rooms...)}
	for i, sender := range nodes {
		for j, topic := range topics {
			sender.publish(topic, fmt.Sprintf("%d-%d", i, j))
		}
	}
	for i := range nodes {
		prefix := fmt.Sprintf("%d-", i)
		for k, receiver := range nodes {
			if k == i {
				continue
			}
			got := receiver.await(prefix, len(topics))
			slices.Sort(got)
			for j := range topics {
				if want := fmt.Sprint(prefix, j); len(got) != len(topics) || got[j] != want {
					t.Fatalf("node %d received %q of node %d", k, got, i)
				}
			}
		}
	}
}

func keepsOrder(t *testing.T, open func(t *testing.T) adapter.Bus) {
	const count = 500
	nodes := []*node{subscribed(t, open), subscribed(t, open), subscribed(t, open)}
	var publishers sync.WaitGroup
	for i, sender := range nodes {
		publishers.Go(func() {
			for n := range count {
				if _, err := sender.bus.Publish(t.Context(), everybody, fmt.Appendf(nil, "%d-%04d", i, n)); err != nil {
					t.Errorf("Publish: %v", err)
				}
			}
		})
	}
	publishers.Wait()
	for i := range nodes {
		for k, receiver := range nodes {
			if k == i {
				continue
			}
			got := receiver.await(fmt.Sprintf("%d-", i), count)
			if len(got) != count || !slices.IsSorted(got) {
				t.Errorf("node %d received %d messages of node %d, in order: %t", k, len(got), i, slices.IsSorted(got))
			}
		}
	}
}

func oneAtATime(t *testing.T, open func(t *testing.T) adapter.Bus) {
	const senders, count = 4, 100
	bus := open(t)
	var mu sync.Mutex
	busy, overlaps, arrived := false, 0, 0
	done := make(chan struct{})
	err := bus.Subscribe(t.Context(), func([]byte, adapter.Offset) {
		mu.Lock()
		if busy {
			overlaps++
		}
		busy = true
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		defer mu.Unlock()
		busy = false
		if arrived++; arrived == senders*count {
			close(done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := bus.(adapter.Listener); ok {
		if err := l.Listen(t.Context(), everybody); err != nil {
			t.Fatal(err)
		}
	}
	var publishers sync.WaitGroup
	for range senders {
		sender := open(t)
		publishers.Go(func() {
			for range count {
				if _, err := sender.Publish(t.Context(), everybody, []byte("x")); err != nil {
					t.Errorf("Publish: %v", err)
				}
			}
		})
	}
	publishers.Wait()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("not all messages have arrived")
	}
	if overlaps > 0 {
		t.Errorf("%d messages arrived while another was being taken", overlaps)
	}
}

func keepsBytes(t *testing.T, open func(t *testing.T) adapter.Bus) {
	sender, receiver := subscribed(t, open), subscribed(t, open)
	var all strings.Builder
	for b := range 256 {
		all.WriteByte(byte(b))
	}
	for i, m := range []string{"\x00" + all.String(), "{" + all.String(), "{\"é\":\"\U0001f600\"}", "\x00" + strings.Repeat(all.String(), 4096)} {
		m = fmt.Sprint("m", i) + m
		sender.publish(everybody, m)
		if got := receiver.await(fmt.Sprint("m", i), 1)[0]; got != m {
			t.Errorf("of message %d with %d bytes %d arrived, or others", i, len(m), len(got))
		}
	}
}

func missesNothing(t *testing.T, open func(t *testing.T) adapter.Bus) {
	sender := subscribed(t, open)
	for i := range 20 {
		receiver := subscribed(t, open)
		want := fmt.Sprintf("m%02d", i)
		sender.publish(everybody, want)
		receiver.await(want, 1)
	}
}

func ends(t *testing.T, open func(t *testing.T) adapter.Bus) {
	sender, witness := subscribed(t, open), subscribed(t, open)
	bus := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var late []string
	if err := bus.Subscribe(ctx, func(m []byte, _ adapter.Offset) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			late = append(late, string(m))
		}
	}); err != nil {
		t.Fatal(err)
	}
	cancel()
	// One that was on its way may arrive, but not all of many.
	for i := range 50 {
		sender.publish(everybody, fmt.Sprintf("m%02d", i))
	}
	witness.await("m", 50)
	mu.Lock()
	defer mu.Unlock()
	if len(late) > 10 {
		t.Errorf("%d messages arrived after the end", len(late))
	}
}

func fails(t *testing.T, open func(t *testing.T) adapter.Bus) {
	bus := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bus.Publish(ctx, everybody, []byte("m")); err == nil {
		t.Error("Publish returned nil")
	}
	if err := bus.Subscribe(ctx, func([]byte, adapter.Offset) {}); err == nil {
		t.Error("Subscribe returned nil")
	}
}

func listens(t *testing.T, open func(t *testing.T) adapter.Bus) {
	listener := open(t).(adapter.Listener)
	ctx := t.Context()
	n := &node{t: t, bus: listener, changed: make(chan struct{})}
	if err := listener.Subscribe(ctx, n.deliver); err != nil {
		t.Fatal(err)
	}
	n.listen(everybody)
	sender := subscribed(t, open)
	own := adapter.Topic{Namespace: "/", Node: "0123456789abcdef"}
	for i, topic := range append(slices.Clone(rooms), own) {
		n.listen(topic)
		sender.publish(topic, fmt.Sprint("while", i))
		n.await(fmt.Sprint("while", i), 1)
		if err := listener.Unlisten(ctx, topic); err != nil {
			t.Fatalf("Unlisten(%+v): %v", topic, err)
		}
		sender.publish(topic, fmt.Sprint("after", i))
		sender.publish(everybody, fmt.Sprint("then", i))
		n.await(fmt.Sprint("then", i), 1)
		if got := n.await("after", 0); len(got) > 0 {
			t.Errorf("%q arrived although nobody listened", got)
		}
	}
}
