// Package adaptertest tests implementations of the Bus of package adapter.
package adaptertest

import (
	"bytes"
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketio/adapter"
)

// patience is how long the tests wait for what must happen.
const patience = time.Minute

// Run tests the Bus that open returns, as a test of its own for each thing that a Bus has
// to do, also as one of the History and Sessions if it is. What the tests publish are
// messages that nodes could publish. Open is called for each node of a test. Nodes of one test, which have the
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
		{"texts and attachments of any bytes and of a megabyte arrive unharmed", keepsBytes},
		{"a node that has subscribed misses nothing", missesNothing},
		{"a subscription ends with its context", ends},
		{"a call with a context that has ended fails", fails},
	}
	bus := open(t)
	if _, ok := bus.(adapter.Listener); ok {
		tests = append(tests, test{"what is listened for is delivered", listens})
	}
	if _, ok := bus.(adapter.Batcher); ok {
		tests = append(tests, test{"messages that are published together arrive in order", publishesTogether})
	}
	if _, ok := bus.(adapter.History); ok {
		tests = append(tests,
			test{"messages that are kept have the same places for all", keepsPlaces},
			test{"what is kept can be read from any place", readsBack},
			test{"what is not kept cannot be read", keepsNotEverything},
		)
	}
	if _, ok := bus.(adapter.Sessions); ok {
		tests = append(tests, test{"a session is kept for its time and taken once", keepsSessions})
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
	uid string

	mu       sync.Mutex // guards what follows
	received []arrival
	lost     int           // how often it was told that some were
	changed  chan struct{} // closed when received grows
}

// An arrival is the text of a message with its attachments, and its place.
type arrival struct {
	text string
	at   adapter.Offset
}

// subscribed returns a node that hears the topics.
func subscribed(t *testing.T, open func(t *testing.T) adapter.Bus, topics ...adapter.Topic) *node {
	t.Helper()
	n := newNode(t, open(t))
	if err := n.bus.Subscribe(t.Context(), n.deliver); err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	for _, topic := range append(topics, everybody) {
		n.listen(topic)
	}
	return n
}

// uids numbers the nodes.
var uids atomic.Uint64

func newNode(t *testing.T, bus adapter.Bus) *node {
	return &node{t: t, bus: bus, uid: fmt.Sprintf("%016x", uids.Add(1)), changed: make(chan struct{})}
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

// message returns a message to a topic that carries a text.
func message(uid string, to adapter.Topic, text string, attachments ...[]byte) *adapter.Message {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		panic(err)
	}
	m := &adapter.Message{UID: uid, Namespace: to.Namespace, Type: adapter.Broadcast, Attachments: attachments}
	if to.Node != "" {
		m.Type, m.RequestID, m.Reply = adapter.BroadcastAck, "0123456789abcdef", quoted
		return m
	}
	if to.Room != "" {
		m.Targets.Rooms = []string{to.Room}
	}
	m.Event = slices.Concat([]byte("["), quoted)
	for i := range attachments {
		m.Event = fmt.Appendf(m.Event, `,{"_placeholder":true,"num":%d}`, i)
	}
	m.Event = append(m.Event, ']')
	return m
}

// textOf takes a message apart that message has made.
func textOf(b []byte) (string, error) {
	m, err := adapter.Decode(b)
	if err != nil {
		return "", err
	}
	quoted := m.Reply
	if m.Type == adapter.Broadcast {
		name, err := m.EventName()
		return name + string(bytes.Join(m.Attachments, nil)), err
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	return string(text), err
}

func (n *node) deliver(m []byte, at adapter.Offset) {
	if m == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.lost++
		return
	}
	text, err := textOf(m)
	if err != nil {
		n.t.Errorf("what arrived is no message: %v", err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.received = append(n.received, arrival{text, at})
	close(n.changed)
	n.changed = make(chan struct{})
}

// send publishes a text, and returns the place that it got.
func (n *node) send(ctx context.Context, to adapter.Topic, text string, attachments ...[]byte) (adapter.Offset, error) {
	return n.bus.Publish(ctx, to, message(n.uid, to, text, attachments...).Append(nil))
}

func (n *node) publish(to adapter.Topic, text string, attachments ...[]byte) adapter.Offset {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	at, err := n.send(ctx, to, text, attachments...)
	if err != nil {
		n.t.Fatalf("Publish(%+v): %v", to, err)
	}
	return at
}

// await returns the texts that have been received, of which there must come to be count
// that begin with prefix. These alone it returns, as nodes may hear themselves.
func (n *node) await(prefix string, count int) []string {
	n.t.Helper()
	var texts []string
	for _, a := range n.awaitAll(prefix, count) {
		texts = append(texts, a.text)
	}
	return texts
}

func (n *node) awaitAll(prefix string, count int) []arrival {
	n.t.Helper()
	timeout := time.After(patience)
	for {
		n.mu.Lock()
		changed := n.changed
		var got []arrival
		for _, a := range n.received {
			if strings.HasPrefix(a.text, prefix) {
				got = append(got, a)
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
				if _, err := sender.send(t.Context(), everybody, fmt.Sprintf("%d-%04d", i, n)); err != nil {
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

func publishesTogether(t *testing.T, open func(t *testing.T) adapter.Bus) {
	const batches, count = 5, 60
	receiver, sender := subscribed(t, open, rooms...), subscribed(t, open)
	batcher := sender.bus.(adapter.Batcher)
	for i := range batches {
		var all []adapter.Outgoing
		for n := range count {
			m := message(sender.uid, everybody, fmt.Sprintf("batch %d-%04d", i, n), bytes.Repeat([]byte{byte(n)}, n))
			all = append(all, adapter.Outgoing{To: everybody, Message: m.Append(nil)})
		}
		for _, room := range rooms { // whose messages may be in another order
			m := message(sender.uid, room, fmt.Sprint("room ", i))
			all = append(all, adapter.Outgoing{To: room, Message: m.Append(nil)})
		}
		if failures := batcher.PublishAll(t.Context(), all); failures != nil {
			t.Errorf("PublishAll: %v", failures)
		}
	}
	got := receiver.await("batch ", batches*count)
	if len(got) != batches*count || !slices.IsSorted(got) {
		t.Errorf("received %d messages, in order: %t", len(got), slices.IsSorted(got))
	}
	receiver.await("room ", batches*len(rooms))
	publishesTwins(t, sender, receiver)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := []adapter.Outgoing{{To: everybody, Message: message(sender.uid, everybody, "late").Append(nil)}}
	if failures := batcher.PublishAll(ctx, all); len(failures) != 1 || failures[0] == nil {
		t.Errorf("with a context that has ended PublishAll returned %v", failures)
	}
}

// publishesTwins checks that messages which are alike do not count as one, whether or not they
// are kept, and that one that is none fails alone.
func publishesTwins(t *testing.T, sender, receiver *node) {
	t.Helper()
	const count = 70
	var all []adapter.Outgoing
	for range count {
		for _, volatile := range []bool{false, true} {
			m := message(sender.uid, everybody, fmt.Sprint("twin ", volatile))
			m.Targets.Volatile = volatile
			all = append(all, adapter.Outgoing{To: everybody, Message: m.Append(nil)})
		}
	}
	all[count/2].Message = []byte("\x00none")
	failures := sender.bus.(adapter.Batcher).PublishAll(t.Context(), all)
	for i, err := range failures {
		if (err != nil) != (i == count/2) {
			t.Errorf("PublishAll of message %d: %v", i, err)
		}
	}
	if len(failures) != len(all) {
		t.Errorf("PublishAll returned %d errors, want %d, of which one is not nil", len(failures), len(all))
	}
	want := 2*count - 1
	if got := receiver.await("twin ", want); len(got) != want {
		t.Errorf("of %d messages that are alike %d arrived", want, len(got))
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
		sender := newNode(t, open(t))
		publishers.Go(func() {
			for range count {
				if _, err := sender.send(t.Context(), everybody, "x"); err != nil {
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
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	for i, tt := range []struct {
		text        string
		attachments [][]byte
	}{
		{text: "\x00\x01\u007f\"\\/é\U0001f600\u2028{}[]"},
		{text: "two", attachments: [][]byte{all, {}}},
		{text: strings.Repeat("large ", 170_000)},
		{text: "large", attachments: [][]byte{bytes.Repeat(all, 4096)}},
	} {
		text := fmt.Sprint("m", i, tt.text)
		sender.publish(everybody, text, tt.attachments...)
		want := text + string(bytes.Join(tt.attachments, nil))
		if got := receiver.await(fmt.Sprint("m", i), 1)[0]; got != want {
			t.Errorf("of message %d with %d bytes %d arrived, or others", i, len(want), len(got))
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
			text, _ := textOf(m)
			late = append(late, text)
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
	if _, err := newNode(t, bus).send(ctx, everybody, "m"); err == nil {
		t.Error("Publish returned nil")
	}
	if err := bus.Subscribe(ctx, func([]byte, adapter.Offset) {}); err == nil {
		t.Error("Subscribe returned nil")
	}
}

func listens(t *testing.T, open func(t *testing.T) adapter.Bus) {
	listener := open(t).(adapter.Listener)
	ctx := t.Context()
	n := newNode(t, listener)
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
		_, keeps := n.bus.(adapter.History) // which delivers what it keeps in any case
		anyway := topic.Node == "" && (keeps || topic.Namespace == everybody.Namespace)
		if got := n.await(fmt.Sprint("after", i), 0); len(got) > 0 && !anyway {
			t.Errorf("%q arrived although nobody listened", got)
		}
	}
}

func keepsPlaces(t *testing.T, open func(t *testing.T) adapter.Bus) {
	const count = 100
	nodes := []*node{subscribed(t, open), subscribed(t, open), subscribed(t, open)}
	given := make([][]adapter.Offset, len(nodes))
	var publishers sync.WaitGroup
	for i, sender := range nodes {
		publishers.Go(func() {
			for n := range count {
				at, err := sender.send(t.Context(), everybody, fmt.Sprintf("m%d-%03d", i, n))
				if err != nil {
					t.Errorf("Publish: %v", err)
				}
				given[i] = append(given[i], at)
			}
		})
	}
	publishers.Wait()
	first := nodes[0].awaitAll("m", len(nodes)*count)
	for i, n := range nodes {
		if got := n.awaitAll("m", len(nodes)*count); !slices.Equal(got, first) {
			t.Errorf("node %d received other messages than the first, or in another order", i)
		}
	}
	next := make([]int, len(nodes))
	for _, a := range first {
		var sender, n int
		if _, err := fmt.Sscanf(a.text, "m%d-%d", &sender, &n); err != nil {
			t.Fatal(err)
		}
		if n != next[sender] || a.at == "" || a.at != given[sender][n] {
			t.Fatalf("message %d of node %d came at %q, where %d was due at %q", n, sender, a.at, next[sender], given[sender][n])
		}
		next[sender]++
	}
}

func readsBack(t *testing.T, open func(t *testing.T) adapter.Bus) {
	sender := subscribed(t, open)
	var places []adapter.Offset
	for i := range 250 {
		places = append(places, sender.publish(rooms[i%2], fmt.Sprintf("m%03d", i), []byte{byte(i)}))
	}
	reader := open(t).(adapter.History)
	for _, from := range []int{0, 100, 248, 249} {
		i := from + 1
		for e, err := range reader.Since(t.Context(), places[from]) {
			if err != nil {
				t.Fatalf("Since: %v", err)
			}
			text, err := textOf(e.Message)
			if want := fmt.Sprintf("m%03d%c", i, rune(0)); err != nil || len(want) != len(text) || text[:4] != want[:4] || e.At != places[i] {
				t.Fatalf("behind %d came %q at %q (%v), want number %d at %q", from, text, e.At, err, i, places[i])
			}
			i++
		}
		if i != len(places) {
			t.Errorf("behind %d came %d messages, want %d", from, i-from-1, len(places)-from-1)
		}
	}
	for _, err := range reader.Since(t.Context(), places[0]) {
		if err != nil {
			t.Errorf("Since: %v", err)
		}
		break // need not read all
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := last(reader.Since(ctx, places[0])); err == nil {
		t.Error("Since with a context that has ended gives no error")
	}
}

// last returns how many entries there are, and the error behind them.
func last(entries iter.Seq2[adapter.Entry, error]) (n int, err error) {
	for _, err = range entries {
		if err == nil {
			n++
		}
	}
	return n, err
}

func keepsNotEverything(t *testing.T, open func(t *testing.T) adapter.Bus) {
	sender, receiver := subscribed(t, open), subscribed(t, open)
	from := sender.publish(everybody, "first")
	ask := message(sender.uid, everybody, "question")
	ask.RequestID = "0123456789abcdef"
	volatile := message(sender.uid, everybody, "volatile")
	volatile.Targets.Volatile = true
	for _, m := range []*adapter.Message{ask, volatile} {
		at, err := sender.bus.Publish(t.Context(), everybody, m.Append(nil))
		if err != nil || at != "" {
			t.Errorf("Publish returned %q, %v", at, err)
		}
	}
	sender.publish(everybody, "last")
	for _, text := range []string{"question", "volatile"} {
		if got := receiver.awaitAll(text, 1)[0]; got.at != "" {
			t.Errorf("%s came at %q", text, got.at)
		}
	}
	history := sender.bus.(adapter.History)
	if n, err := last(history.Since(t.Context(), from)); n != 1 || err != nil {
		t.Errorf("of three messages %d were kept (%v), want 1", n, err)
	}
	for _, nowhere := range []adapter.Offset{"", "nonsense", "0", "-1", "99999999999999999999", "1-1", "+1"} {
		if n, err := last(history.Since(t.Context(), nowhere)); n != 0 || !errors.Is(err, adapter.ErrNotKept) {
			t.Errorf("behind %q there are %d messages (%v), want none and ErrNotKept", nowhere, n, err)
		}
	}
}

func keepsSessions(t *testing.T, open func(t *testing.T) adapter.Bus) {
	one, another := open(t).(adapter.Sessions), open(t).(adapter.Sessions)
	ctx := t.Context()
	const content = `{"sid":"é\u0000","pid":"p","rooms":["a","b"],"data":{"n":1.5,"list":[null,true]},"nsp":"/"}`
	if err := one.Save(ctx, "kept", []byte(content), time.Minute); err != nil {
		t.Fatalf("Save: %v", err)
	}
	got, err := another.Take(ctx, "kept")
	if err != nil || !sameJSON(got, content) {
		t.Errorf("Take returned %s, %v; saved was %s", got, err, content)
	}
	if again, err := one.Take(ctx, "kept"); !errors.Is(err, adapter.ErrNotKept) {
		t.Errorf("a second Take returned %s, %v", again, err)
	}
	if _, err := one.Take(ctx, "never saved"); !errors.Is(err, adapter.ErrNotKept) {
		t.Errorf("Take of what was never saved returned %v", err)
	}
	const shorts = 1000
	for i := range shorts {
		if err := one.Save(ctx, fmt.Sprint("short", i), []byte(content), 10*time.Millisecond); err != nil {
			t.Fatalf("Save: %v", err)
		}
	}
	for i := range shorts {
		if _, err := another.Take(ctx, fmt.Sprint("short", i)); errors.Is(err, adapter.ErrNotKept) {
			return
		}
		<-time.After(time.Millisecond) // no two are asked for at the same time of their lives
	}
	t.Errorf("%d sessions were there after their time", shorts)
}

// sameJSON says whether two texts are the same values, whatever order members have.
func sameJSON(a []byte, b string) bool {
	x, y := jsontext.Value(bytes.Clone(a)), jsontext.Value(b)
	return x.Canonicalize() == nil && y.Canonicalize() == nil && bytes.Equal(x, y)
}
