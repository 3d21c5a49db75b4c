package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// An ear remembers what it has been given.
type ear struct {
	mu       sync.Mutex // guards what follows
	heard    []string
	at       []adapter.Offset
	lost     int
	nonsense int
	reported []error
}

func (e *ear) deliver(b []byte, at adapter.Offset) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b == nil {
		e.lost++
		return
	}
	m, err := adapter.Decode(b)
	if err != nil {
		e.nonsense++
		return
	}
	name, _ := m.EventName()
	e.heard, e.at = append(e.heard, name), append(e.at, at)
}

func (e *ear) report(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reported = append(e.reported, err)
}

func (e *ear) has(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.heard, name)
}

// without returns what was heard but for what begins with prefix, and how often a loss was
// told.
func (e *ear) without(prefix string) (heard []string, lost int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range e.heard {
		if !strings.HasPrefix(name, prefix) {
			heard = append(heard, name)
		}
	}
	return heard, e.lost
}

func (e *ear) reports() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.reported)
}

func encoded(name, room string) []byte {
	m := &adapter.Message{UID: "0123456789abcdef", Namespace: "/", Type: adapter.Broadcast, Event: []byte(`["` + name + `"]`)}
	if room != "" {
		m.Targets.Rooms = []string{room}
	}
	return m.Append(nil)
}

var everybody = adapter.Topic{Namespace: "/"}

func TestCoreOutlivesItsBroker(t *testing.T) {
	outlive(t, "", func(conn *natsgo.Conn, e *ear) adapter.Listener {
		return nats.NewCore(conn, &nats.CoreOptions{OnError: e.report})
	})
}

func TestJetStreamOutlivesItsBroker(t *testing.T) {
	outlive(t, t.TempDir(), func(conn *natsgo.Conn, e *ear) adapter.Listener {
		return nats.NewJetStream(conn, &nats.JetStreamOptions{OnError: e.report, MaxBytes: 16 << 20})
	})
}

// outlive checks that a restart of the broker is the end of no subscription.
func outlive(t *testing.T, store string, open func(conn *natsgo.Conn, e *ear) adapter.Listener) {
	b, err := embedded.Start(&embedded.Options{Clients: "127.0.0.1:0", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	l, conn := lineTo(t, b.ClientAddress())
	e := new(ear)
	bus := open(conn, e)
	if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := bus.Listen(t.Context(), adapter.Topic{Namespace: "/", Room: fmt.Sprint("r", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := health(bus); err != nil {
		t.Errorf("Health: %v", err)
	}
	l.setCut(true)
	b.Close()
	until(t, "the report of the loss", func() bool { return e.reports() > 0 })
	until(t, "the health of a bus without a broker", func() bool { return health(bus) != nil })
	if _, err := bus.Publish(t.Context(), everybody, encoded("lost", "")); err == nil {
		t.Error("there is no broker, and Publish returned nil")
	}
	// What is listened for meanwhile is heard afterwards.
	if err := bus.Listen(t.Context(), adapter.Topic{Namespace: "/", Room: "new"}); err != nil {
		t.Errorf("Listen: %v", err)
	}

	b = started(t, &embedded.Options{Clients: "127.0.0.1:0", Store: store})
	l.setTarget(b.ClientAddress())
	began := time.Now()
	l.setCut(false)
	for _, room := range []string{"r7", "new"} {
		until(t, "hearing again", func() bool {
			_, err := bus.Publish(t.Context(), adapter.Topic{Namespace: "/", Room: room}, encoded("to "+room, room))
			return err == nil && e.has("to "+room)
		})
	}
	t.Logf("it was heard again after %v", time.Since(began))
	if n := e.reports(); n > 3 {
		t.Errorf("one loss was reported %d times: %v", n, e.reported)
	}
}

func health(b adapter.Bus) error { return b.(interface{ Health() error }).Health() }

// following returns a Bus whose connection can be cut, with an ear, and one whose cannot.
func following(t *testing.T) (l *line, e *ear, sender *nats.JetStream, stream jetstream.Stream, api jetstream.JetStream) {
	t.Helper()
	b := started(t, &embedded.Options{Clients: "127.0.0.1:0", Store: t.TempDir()})
	l, conn := lineTo(t, b.ClientAddress())
	e = new(ear)
	bus := nats.NewJetStream(conn, &nats.JetStreamOptions{OnError: e.report, MaxBytes: 16 << 20})
	if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
		t.Fatal(err)
	}
	other := dialled(t, b)
	api, err := jetstream.New(other)
	if err != nil {
		t.Fatal(err)
	}
	if stream, err = api.Stream(t.Context(), "socketio"); err != nil {
		t.Fatal(err)
	}
	return l, e, nats.NewJetStream(other, nil), stream, api
}

func publish(t *testing.T, bus adapter.Bus, name string) adapter.Offset {
	t.Helper()
	at, err := bus.Publish(t.Context(), everybody, encoded(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestJetStreamGoesOnWhereItWasAndTellsOfGaps(t *testing.T) {
	for _, tt := range []struct {
		name    string
		trouble func(t *testing.T, stream jetstream.Stream)
		want    []string
		lost    int
	}{
		{"all is there", func(*testing.T, jetstream.Stream) {}, []string{"before", "a", "b", strings.Repeat("c", 2_000_000), "last"}, 0},
		{"some is gone", func(t *testing.T, s jetstream.Stream) {
			if err := s.Purge(t.Context(), jetstream.WithPurgeKeep(1)); err != nil {
				t.Fatal(err)
			}
		}, []string{"before", "last"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, e, sender, stream, _ := following(t)
			publish(t, sender, "before")
			until(t, "the first event", func() bool { return e.has("before") })
			l.setCut(true)
			until(t, "the report of the loss", func() bool { return e.reports() > 0 })
			for _, name := range []string{"a", "b", strings.Repeat("c", 2_000_000), "last"} {
				publish(t, sender, name)
			}
			tt.trouble(t, stream)
			l.setCut(false)
			until(t, "the last event", func() bool { return e.has("last") })
			publish(t, sender, "live")
			until(t, "an event after that", func() bool { return e.has("live") })
			heard, lost := e.without("live")
			if !slices.Equal(heard, tt.want) || lost != tt.lost {
				t.Errorf("heard %.80q, and %d times of a loss; want %.80q and %d", heard, lost, tt.want, tt.lost)
			}
		})
	}
}

func TestJetStreamOfAnotherTimeGivesNothing(t *testing.T) {
	_, e, sender, _, api := following(t)
	old := publish(t, sender, "old")
	until(t, "the first event", func() bool { return e.has("old") })
	if err := api.DeleteStream(t.Context(), "socketio"); err != nil {
		t.Fatal(err)
	}
	at := publish(t, sender, "first of a new stream")
	publish(t, sender, "second of it")
	until(t, "the new events", func() bool { return e.has("second of it") })
	if _, lost := e.without("nothing"); lost == 0 {
		t.Error("a stream is gone, and nothing was told")
	}
	for _, err := range sender.Since(t.Context(), old) {
		if !errors.Is(err, adapter.ErrNotKept) {
			t.Errorf("behind an event of the old stream there is one, or the error %v", err)
		}
	}
	n := 0
	for _, err := range sender.Since(t.Context(), at) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("behind the first event of the new stream there are %d, want 1", n)
	}
}

func TestJetStreamEntriesOfOthersAreHarmless(t *testing.T) {
	_, e, sender, _, api := following(t)
	first := publish(t, sender, "first")
	for _, text := range []string{"", "hello", "\x00\xff", "\x01", "\x02", "\x02\x01", "\x02\xff\xff\x03", "\x02\x80", string(encoded("cut", ""))[:40]} {
		if _, err := api.Publish(t.Context(), "socketio.kept", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := api.Conn().Publish("socketio.live", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, sender, "last")
	until(t, "the event behind all that", func() bool { return e.has("last") })
	if heard, lost := e.without("nothing"); len(heard) != 2 || lost != 0 || e.nonsense != 18 {
		t.Errorf("heard %q, and %d that were nothing, and %d times of a loss", heard, e.nonsense, lost)
	}
	events := 0
	for entry, err := range sender.Since(t.Context(), first) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := adapter.Decode(entry.Message); err == nil {
			events++
		}
	}
	if events != 1 {
		t.Errorf("behind the first event there are %d, want 1", events)
	}
}

func TestJetStreamClientsComeBackToAnotherServer(t *testing.T) {
	b := started(t, &embedded.Options{Store: t.TempDir()})
	var servers [2]*socketio.Server
	var addresses [2]string
	for i := range servers {
		o := &socketio.Options{Bus: nats.NewJetStream(dialled(t, b), &nats.JetStreamOptions{MaxBytes: 16 << 20})}
		o.Recovery.Window = time.Minute
		var url string
		servers[i], url = serve(t, o)
		addresses[i] = strings.TrimPrefix(url, "http://")
		servers[i].OnConnect(func(_ context.Context, s *socketio.Socket) error {
			s.Join("room")
			return nil
		})
	}
	until(t, "the meeting of two servers", func() bool { return count(t, servers[0]) == 2 && count(t, servers[1]) == 2 })
	l := newLine(t, addresses[0])
	c, heard := visiting(t, "http://"+l.listener.Addr().String())
	next := 0
	expect := func() {
		t.Helper()
		select {
		case n := <-heard:
			if n != next {
				t.Fatalf("event %d came, where %d was due", n, next)
			}
		case <-time.After(patience):
			t.Fatalf("event %d has not come", next)
		}
		next++
	}
	say := func(from *socketio.Server, n int) {
		t.Helper()
		if err := from.To("room").EmitArgs("n", n); err != nil {
			t.Fatal(err)
		}
	}
	say(servers[0], 0)
	expect()
	say(servers[1], 1)
	expect()
	l.setTarget(addresses[1])
	l.setCut(true)
	for n := range 10 {
		say(servers[1], 2+n)
	}
	l.setCut(false)
	for range 10 {
		expect()
	}
	if !c.Recovered() {
		t.Error("the client was not recovered")
	}
	say(servers[0], 12)
	expect()
}

func TestCoreLocalClientsWaitForNoStalledBroker(t *testing.T) {
	b := started(t, &embedded.Options{Clients: "127.0.0.1:0"})
	l, conn := lineTo(t, b.ClientAddress())
	srv, url := serve(t, &socketio.Options{Bus: nats.NewCore(conn, nil)})
	other, _ := serve(t, &socketio.Options{Bus: nats.NewCore(dialled(t, b), nil)})
	until(t, "the meeting of two servers", func() bool { return count(t, srv) == 2 })
	heard := visit(t, url)
	resume := sync.OnceFunc(l.stall())
	defer resume()
	for i := range 1000 {
		if err := srv.EmitArgs("n", i, strings.Repeat("x", 1000)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		select {
		case n := <-heard:
			if n != i {
				t.Fatalf("event %d came, where %d was due", n, i)
			}
		case <-time.After(patience):
			t.Fatalf("event %d has not come while the broker is stalled", i)
		}
	}
	resume()
	until(t, "an event of the other server", func() bool {
		_ = other.EmitArgs("n", -1, "")
		select {
		case n := <-heard:
			return n == -1
		default:
			return false
		}
	})
}

func TestCoreMalformedMessagesAreCountedAndHarmless(t *testing.T) {
	b := started(t, nil)
	srv, url := serve(t, &socketio.Options{Bus: nats.NewCore(dialled(t, b), nil)})
	other, _ := serve(t, &socketio.Options{Bus: nats.NewCore(dialled(t, b), nil)})
	until(t, "the meeting of two servers", func() bool { return count(t, srv) == 2 && count(t, other) == 2 })
	heard := visit(t, url)
	whole := string(encoded("cut", ""))
	alien := []string{
		"", "hello", "{", "{}", "[]", "null", "\x00", "\x00\xff\xff\xff\xff\xff", "\x01", "\x01short", "\x02\x01",
		"\x0112345678\x01\x00\x02half of it", "\x0112345678\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x01x",
		whole[:len(whole)-1], whole[:len(whole)/2], strings.Repeat("[", 100_000), `{"type":"3","uid":1,"nsp":[]}`,
	}
	conn := dialled(t, b)
	for _, text := range alien {
		for _, subject := range []string{"socketio.all.=2F", "socketio.kept", "socketio.live", "socketio"} {
			if err := conn.Publish(subject, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	until(t, "an event behind all that", func() bool {
		_ = other.EmitArgs("n", 7, "")
		select {
		case n := <-heard:
			return n == 7
		default:
			return false
		}
	})
	if got := srv.Stats().BusMalformed; got < uint64(len(alien)-5) || got > uint64(len(alien)) {
		t.Errorf("%d messages were counted as malformed, of %d", got, len(alien))
	}
}

// serve returns a server and its URL.
func serve(t *testing.T, o *socketio.Options) (*socketio.Server, string) {
	t.Helper()
	o.OnError = func(context.Context, *socketio.Socket, error) {}
	srv := socketio.NewServer(o)
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	return srv, web.URL
}

func count(t *testing.T, srv *socketio.Server) int {
	t.Helper()
	n, err := srv.ServerCount(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// visit returns the numbers that a client is sent.
func visit(t *testing.T, url string) <-chan int {
	t.Helper()
	_, heard := visiting(t, url)
	return heard
}

func visiting(t *testing.T, url string) (*socketio.Client, <-chan int) {
	t.Helper()
	heard := make(chan int, 10_000)
	c := socketio.NewClient(url, nil)
	t.Cleanup(func() { c.Close() })
	c.On("n", func(_ context.Context, _ *socketio.ClientSocket, n int) error {
		heard <- n
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return c, heard
}
