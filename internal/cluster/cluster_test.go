package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// A log is a Bus that remembers what is published and can be made to fail or to stall.
type log struct {
	*adapter.Memory
	mu        sync.Mutex // guards what follows
	messages  []*adapter.Message
	topics    []adapter.Topic
	fail      error
	refusals  int           // how often Subscribe fails
	stalled   chan struct{} // Publish waits for it, if it is not nil
	listening []adapter.Topic
}

func newLog() *log { return &log{Memory: adapter.NewMemory()} }

func (l *log) Publish(ctx context.Context, to adapter.Topic, b []byte) (adapter.Offset, error) {
	m, err := adapter.Decode(b)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	fail, stalled := l.fail, l.stalled
	l.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if fail != nil {
		return "", fail
	}
	l.mu.Lock()
	l.messages = append(l.messages, m)
	l.topics = append(l.topics, to)
	l.mu.Unlock()
	return l.Memory.Publish(ctx, to, b)
}

func (l *log) Subscribe(ctx context.Context, deliver func([]byte, adapter.Offset)) error {
	l.mu.Lock()
	l.refusals--
	refused := l.refusals >= 0
	l.mu.Unlock()
	if refused {
		return errors.New("refused")
	}
	return l.Memory.Subscribe(ctx, deliver)
}

func (l *log) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// take returns the types of what was published since the last call.
func (l *log) take() (types []adapter.MessageType) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.messages {
		types = append(types, m.Type)
	}
	l.messages, l.topics = nil, nil
	return types
}

// to returns the topics of what was published since the last call of take.
func (l *log) to() []adapter.Topic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.topics
}

// heardFor returns what is listened for.
func (l *log) heardFor() []adapter.Topic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.listening)
}

// A listeningLog is a log that has to be told what to listen for.
type listeningLog struct{ *log }

func (l listeningLog) Listen(_ context.Context, to adapter.Topic) error {
	l.set(func() { l.listening = append(l.listening, to) })
	return nil
}

func (l listeningLog) Unlisten(_ context.Context, to adapter.Topic) error {
	l.set(func() {
		l.listening = slices.DeleteFunc(l.listening, func(other adapter.Topic) bool { return other == to })
	})
	return nil
}

// A trial is a node under test.
type trial struct {
	*Node
	group *Group

	mu       sync.Mutex // guards what follows
	received []*adapter.Message
	reported []error
}

// heard returns what others wanted of the node.
func (tr *trial) heard() []*adapter.Message {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.received
}

// troubles returns what the node has reported.
func (tr *trial) troubles() []error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.reported
}

func start(t *testing.T, bus adapter.Bus) *trial {
	tr := new(trial)
	tr.Node = Start(bus, &Hooks{Report: func(err error) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.reported = append(tr.reported, err)
	}})
	tr.group = tr.Group("/", func(m *adapter.Message, _ adapter.Offset) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.received = append(tr.received, m)
	})
	tr.group.Join()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := tr.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	synctest.Wait()
	return tr
}

func event(name string) *adapter.Message {
	return &adapter.Message{Type: adapter.Broadcast, Event: []byte(`["` + name + `"]`)}
}

func TestNodesMeetStayAndPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := start(t, bus)
		if got, want := bus.take(), []adapter.MessageType{adapter.InitialHeartbeat}; !slices.Equal(got, want) {
			t.Errorf("a node that comes says %v, want %v", got, want)
		}
		b := start(t, bus)
		if got, want := bus.take(), []adapter.MessageType{adapter.InitialHeartbeat, adapter.Heartbeat}; !slices.Equal(got, want) {
			t.Errorf("it and another say %v, want %v", got, want)
		}
		if a.group.Size() != 2 || b.group.Size() != 2 {
			t.Errorf("they see %d and %d nodes", a.group.Size(), b.group.Size())
		}
		time.Sleep(heartbeatEvery + tickEvery)
		synctest.Wait()
		if got := bus.take(); len(got) != 2 || got[0] != adapter.Heartbeat || got[1] != adapter.Heartbeat {
			t.Errorf("without anything to say they say %v", got)
		}
		for range 5 { // whoever says something else sends no heartbeat
			a.group.Publish(event("e"))
			time.Sleep(heartbeatEvery / 2)
		}
		if got := bus.take(); slices.Index(got, adapter.Heartbeat) < 0 || len(got) > 5+3 {
			t.Errorf("with something to say they say %v", got)
		}
		b.Close(t.Context())
		synctest.Wait()
		if got, want := bus.take(), []adapter.MessageType{adapter.AdapterClose}; !slices.Equal(got, want) || a.group.Size() != 1 {
			t.Errorf("one that goes says %v, want %v, and there are %d", got, want, a.group.Size())
		}
		if err := b.group.Publish(event("late")); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close Publish returned %v", err)
		}
	})
}

func TestADeadNodeIsForgottenAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := start(t, bus)
		dead := &adapter.Message{UID: "dead", Namespace: "/", Type: adapter.Heartbeat}
		bus.Memory.Publish(t.Context(), adapter.Topic{}, dead.Append(nil))
		emitter := &adapter.Message{UID: adapter.EmitterUID, Namespace: "/", Type: adapter.SocketsJoin}
		bus.Memory.Publish(t.Context(), adapter.Topic{}, emitter.Append(nil))
		synctest.Wait()
		if got := a.group.Size(); got != 2 {
			t.Errorf("there are %d nodes, want 2", got)
		}
		time.Sleep(silentAfter - tickSoonest)
		synctest.Wait()
		if got := a.group.Size(); got != 2 {
			t.Errorf("before %v there are %d nodes, want 2", silentAfter, got)
		}
		time.Sleep(2 * tickSoonest)
		synctest.Wait()
		if got := a.group.Size(); got != 1 {
			t.Errorf("after %v there are %d nodes, want 1", silentAfter+tickSoonest, got)
		}
		if len(a.heard()) != 1 {
			t.Errorf("of an emitter came %d messages, want 1", len(a.heard()))
		}
	})
}

func TestPublishingWaitsForNobodyAndWithinALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a, b := start(t, bus), start(t, bus)
		stalled := make(chan struct{})
		bus.set(func() { bus.stalled = stalled })
		began := time.Now()
		large := event(strings.Repeat("x", 1<<20))
		accepted := 0
		var err error
		for err == nil && accepted < 100 {
			if err = a.group.Publish(large); err == nil {
				accepted++
			}
		}
		if !errors.Is(err, ErrFull) || accepted < 15 || accepted > 16 {
			t.Errorf("%d messages of 1 MiB were accepted, then %v", accepted, err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("publishing took %v", took)
		}
		a.group.Publish(large)
		synctest.Wait()
		if len(a.troubles()) != 1 || !errors.Is(a.troubles()[0], ErrFull) || a.Counts().Dropped != 2 {
			t.Errorf("reported was %v, and %d messages were dropped", a.troubles(), a.Counts().Dropped)
		}
		bus.set(func() { bus.stalled = nil })
		close(stalled)
		synctest.Wait()
		if len(b.heard()) != accepted {
			t.Errorf("%d messages arrived, want %d", len(b.heard()), accepted)
		}
		if err := a.group.Publish(event("again")); err != nil {
			t.Errorf("afterwards Publish returned %v", err)
		}
	})
}

func TestABusThatFailsIsReportedOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a, b := start(t, bus), start(t, bus)
		broken := errors.New("broken")
		bus.set(func() { bus.fail = broken })
		for range 10 {
			a.group.Publish(event("lost"))
		}
		synctest.Wait()
		if len(a.troubles()) != 1 || !errors.Is(a.troubles()[0], broken) || a.Counts().Failed != 10 {
			t.Errorf("reported was %v of %d failures", a.troubles(), a.Counts().Failed)
		}
		time.Sleep(reportEvery)
		a.group.Publish(event("lost"))
		synctest.Wait()
		if len(a.troubles()) != 2 {
			t.Errorf("later reported was %v", a.troubles())
		}
		bus.set(func() { bus.fail = nil })
		a.group.Publish(event("found"))
		synctest.Wait()
		if len(b.heard()) != 1 || string(b.heard()[0].Event) != `["found"]` {
			t.Errorf("when it was whole again %d messages arrived", len(b.heard()))
		}
	})
}

func TestAStalledBusIsGivenUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := start(t, bus)
		bus.set(func() { bus.stalled = make(chan struct{}) })
		a.group.Publish(event("lost"))
		time.Sleep(publishTimeout)
		synctest.Wait()
		if len(a.troubles()) != 1 || !errors.Is(a.troubles()[0], context.DeadlineExceeded) {
			t.Errorf("reported was %v", a.troubles())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a.group.Publish(event("lost too"))
		if err := a.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returned %v", err)
		}
		synctest.Wait() // nothing of it remains, or the bubble would not end
	})
}

func TestWhatIsSaidBeforeANodeIsSubscribedIsSaidThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		b := start(t, bus)
		bus.set(func() { bus.refusals = 2 })
		a := start(t, bus)
		a.group.Publish(event("early"))
		synctest.Wait()
		if len(b.heard()) != 0 || len(a.troubles()) != 1 {
			t.Errorf("%d messages arrived, and reported was %v", len(b.heard()), a.troubles())
		}
		<-a.Ready()
		synctest.Wait()
		if len(b.heard()) != 1 || a.group.Size() != 2 {
			t.Errorf("%d messages arrived, and there are %d nodes", len(b.heard()), a.group.Size())
		}
	})
}

func TestANodeThatNeverSubscribesCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		bus.set(func() { bus.refusals = 1 << 30 })
		a := start(t, bus)
		a.group.Publish(event("never"))
		if err := a.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := bus.take(); got != nil {
			t.Errorf("published was %v", got)
		}
	})
}

func TestWhatIsNoMessageIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := start(t, bus)
		for _, text := range []string{"", "\x93", `{"type":3}`, "\x00\xff"} {
			bus.Memory.Publish(t.Context(), adapter.Topic{}, []byte(text))
		}
		bus.Memory.Publish(t.Context(), adapter.Topic{}, []byte(`{"type":3,"nsp":"/unknown","uid":"u","data":{"packet":{"type":2,"data":["e"]}}}`))
		bus.Memory.Publish(t.Context(), adapter.Topic{}, []byte(`{"type":99,"nsp":"/","uid":"u"}`))
		bus.Memory.Publish(t.Context(), adapter.Topic{}, []byte(`{"type":8,"nsp":"/","uid":"u","data":{"requestId":"nobody's"}}`))
		if c := a.Counts(); c.Malformed != 4 || c.Received != 3 || len(a.troubles()) != 1 {
			t.Errorf("counted were %+v, reported was %v", c, a.troubles())
		}
	})
}

func TestTopicsSayForWhomAMessageIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := listeningLog{newLog()}
		a := start(t, bus)
		own := []adapter.Topic{{Namespace: "/"}, {Namespace: "/", Node: a.UID()}}
		if !slices.Equal(bus.heardFor(), own) {
			t.Errorf("a node listens to %v", bus.heardFor())
		}
		a.group.Listen("r")
		synctest.Wait()
		if want := append(slices.Clone(own), adapter.Topic{Namespace: "/", Room: "r"}); !slices.Equal(bus.heardFor(), want) {
			t.Errorf("with a room it listens to %v", bus.heardFor())
		}
		a.group.Unlisten("r")
		bus.take()
		to := func(m *adapter.Message, rooms ...string) *adapter.Message {
			m.Targets.Rooms = rooms
			return m
		}
		a.group.Publish(to(event("e"), "r"))
		a.group.Publish(to(event("e"), "r", "s"))
		a.group.Publish(to(&adapter.Message{Type: adapter.SocketsJoin}, "r"))
		r, err := a.group.Ask(to(event("e"), "r"), make(chan struct{}, 1))
		if err != nil {
			t.Fatal(err)
		}
		r.End()
		a.group.Respond("u", &adapter.Message{Type: adapter.BroadcastClientCount, RequestID: "r"})
		synctest.Wait()
		all := adapter.Topic{Namespace: "/"}
		want := []adapter.Topic{{Namespace: "/", Room: "r"}, all, all, all, {Namespace: "/", Node: "u"}}
		if !slices.Equal(bus.to(), want) || !slices.Equal(bus.heardFor(), own) {
			t.Errorf("published was to %v, want %v; it listens to %v", bus.to(), want, bus.heardFor())
		}
		a.Close(t.Context())
		if len(bus.heardFor()) != 0 {
			t.Errorf("a closed node listens to %v", bus.heardFor())
		}
	})
}

// answer makes a node named uid answer a request.
func answer(g *Group, uid, request string, m adapter.Message) {
	m.UID, m.RequestID = uid, request
	g.hear(&m, "")
}

func TestRequestsKnowWhoHasNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, newLog())
		for _, uid := range []string{"b", "c", "d"} {
			a.group.hear(&adapter.Message{UID: uid, Type: adapter.Heartbeat}, "")
		}
		news := make(chan struct{}, 1)
		r, err := a.group.Ask(event("e"), news)
		if err != nil {
			t.Fatal(err)
		}
		defer r.End()
		check := func(replies int, left Left, silent ...string) {
			t.Helper()
			got, l := r.Take()
			if len(got) != replies || l != left || !slices.Equal(r.Silent(), silent) {
				t.Errorf("%d replies, left is %+v, silent are %q; want %d, %+v, %q", len(got), l, r.Silent(), replies, left, silent)
			}
		}
		count := func(n int) adapter.Message { return adapter.Message{Type: adapter.BroadcastClientCount, Clients: n} }
		ack := adapter.Message{Type: adapter.BroadcastAck}
		check(0, Left{Nodes: 3}, "b", "c", "d")
		answer(a.group, "b", r.id, count(0))
		check(0, Left{Nodes: 2}, "c", "d")
		<-news
		answer(a.group, "c", r.id, count(3))
		answer(a.group, "c", r.id, ack)
		check(1, Left{Nodes: 2, Clients: 2}, "c", "d")
		gone := ack
		gone.Gone = true
		answer(a.group, "c", r.id, gone)
		check(0, Left{Nodes: 2, Clients: 1}, "c", "d")
		answer(a.group, "late", r.id, count(1)) // it has joined since
		check(0, Left{Nodes: 3, Clients: 2}, "c", "d", "late")
		answer(a.group, "late", r.id, ack)
		answer(a.group, "another", r.id, ack) // the bus may have lost its count
		check(2, Left{Nodes: 3, Clients: 1}, "another", "c", "d")
		answer(a.group, "another", r.id, count(1))
		answer(a.group, "d", "another request", count(0))
		check(0, Left{Nodes: 2, Clients: 1}, "c", "d")
		a.group.part("d", false)
		a.group.part("c", true)
		check(0, Left{Lost: 1, Clients: 1}, "c")
	})
}

func TestANodeKnowsItsOwnMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, newLog())
		m := event("e")
		m.UID, m.Namespace = a.UID(), "/chat"
		if !a.isOwn(m.Append(nil)) {
			t.Error("its own message is another's")
		}
		forged := `{"x":1,"uid":"` + a.UID() + `","nsp":"/"}`
		m.Event = []byte(`["e",` + forged + `]`)
		m.UID = "another"
		binary := *m
		binary.Event = []byte(`["e",{"_placeholder":true,"num":0}]`)
		binary.Attachments = [][]byte{[]byte(forged)}
		for _, b := range [][]byte{
			m.Append(nil), binary.Append(nil), {}, []byte(`{}`), []byte("nonsense" + forged),
			[]byte(`{"uid":"another","nsp":"/","type":9,"data":{"packet":["e",` + forged + `]}}`),
		} {
			if a.isOwn(b) {
				t.Errorf("%q is taken for its own", b)
			}
		}
	})
}

// A batchingLog is a log that can take several messages at once.
type batchingLog struct {
	*log
	sizes []int
	bad   string // the name of the event that is refused
}

func (l *batchingLog) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	l.sizes = append(l.sizes, len(messages))
	var failures []error
	for i, m := range messages {
		_, err := l.Publish(ctx, m.To, m.Message)
		if decoded, _ := adapter.Decode(m.Message); string(decoded.Event) == `["`+l.bad+`"]` {
			err = errors.New("refused")
		}
		if err != nil && failures == nil {
			failures = make([]error, len(messages))
		}
		if err != nil {
			failures[i] = err
		}
	}
	return failures
}

func TestWhatWaitsIsPublishedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &batchingLog{log: newLog(), bad: "bad"}
		a, b := start(t, bus), start(t, bus)
		gate := make(chan struct{})
		bus.set(func() { bus.stalled = gate })
		a.group.Publish(event("first"))
		synctest.Wait()
		failed := 0
		for range batchMessages {
			a.group.PublishOr(event("good"), func() { failed += 1000 })
		}
		a.group.PublishOr(event("bad"), func() { failed++ })
		a.group.Publish(event("last"))
		bus.set(func() { bus.stalled = nil })
		close(gate)
		synctest.Wait()
		if want := []int{batchMessages, 2}; !slices.Equal(bus.sizes, want) {
			t.Errorf("published together were %v, want %v", bus.sizes, want)
		}
		heard := b.heard()
		if len(heard) != batchMessages+3 || string(heard[len(heard)-1].Event) != `["last"]` {
			t.Errorf("%d messages were heard, want %d with the last at the end", len(heard), batchMessages+3)
		}
		if c := a.Counts(); failed != 1 || c.Failed != 1 || c.Published != batchMessages+4 {
			t.Errorf("%d messages failed (%d counted) and %d were published", failed, c.Failed, c.Published)
		}
	})
}

func TestABusWaitsForANodeThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var begun, ended atomic.Int32
		n := Start(newLog(), &Hooks{
			Report: func(error) {}, Begin: func() { begun.Add(1); <-gate }, End: func() { ended.Add(1) },
		})
		defer n.Close(t.Context())
		synctest.Wait()
		large := event(strings.Repeat("x", maxArrived/4))
		large.UID, large.Namespace = "other", "/"
		delivered := 0
		go func() {
			for range 10 {
				n.deliver(large.Append(nil), "")
				delivered++
			}
		}()
		synctest.Wait()
		if delivered > 5 {
			t.Errorf("%d messages of a quarter of the limit were taken", delivered)
		}
		close(gate)
		synctest.Wait()
		if delivered != 10 || begun.Load() != ended.Load() {
			t.Errorf("%d messages were taken, want 10; %d batches began and %d ended", delivered, begun.Load(), ended.Load())
		}
	})
}
