package redis

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// An ear remembers what it has been given.
type ear struct {
	mu    sync.Mutex // guards what follows
	heard []string
	lost  int
}

func (e *ear) deliver(b []byte, _ adapter.Offset) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b == nil {
		e.lost++
		return
	}
	if m, err := adapter.Decode(b); err == nil {
		name, _ := m.EventName()
		e.heard = append(e.heard, name)
	}
}

// count returns how often a message came, and how often messages were lost.
func (e *ear) count(name string) (n, lost int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, heard := range e.heard {
		if heard == name {
			n++
		}
	}
	return n, e.lost
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s has not happened", what)
		}
	}
}

// own returns a broker for a test that harms it.
func own(t *testing.T, args ...string) *broker {
	t.Helper()
	connected(t)
	b, err := startBroker(t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.kill() })
	return b
}

func encoded(name, room string) []byte {
	m := &adapter.Message{UID: "0123456789abcdef", Namespace: "/", Type: adapter.Broadcast, Event: []byte(`["` + name + `"]`)}
	if room != "" {
		m.Targets.Rooms = []string{room}
	}
	return m.Append(nil)
}

func TestClassicOutlivesItsBroker(t *testing.T) {
	outlive(t, func(c rueidis.Client, onError func(error)) adapter.Listener {
		return NewClassic(c, &ClassicOptions{OnError: onError})
	})
}

func TestShardedOutlivesItsBroker(t *testing.T) {
	outlive(t, func(c rueidis.Client, onError func(error)) adapter.Listener {
		return NewSharded(c, &ShardedOptions{OnError: onError})
	})
}

func TestStreamsOutliveTheirBroker(t *testing.T) {
	outlive(t, func(c rueidis.Client, onError func(error)) adapter.Listener {
		return NewStreams(c, &StreamsOptions{OnError: onError})
	})
}

// outlive checks that a restart of the broker is the end of no subscription.
func outlive(t *testing.T, open func(c rueidis.Client, onError func(error)) adapter.Listener) {
	b := own(t)
	var mu sync.Mutex
	var reported []error
	bus := open(b.client(t), func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, err)
	})
	e := new(ear)
	if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := bus.Listen(t.Context(), adapter.Topic{Namespace: "/", Room: fmt.Sprint("r", i)}); err != nil {
			t.Fatal(err)
		}
	}
	b.kill()
	until(t, "the report of the loss", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(reported) > 0
	})
	if err := b.restart(); err != nil {
		t.Fatal(err)
	}
	until(t, "hearing again", func() bool {
		_, err := bus.Publish(t.Context(), adapter.Topic{Namespace: "/", Room: "r7"}, encoded("again", "r7"))
		n, _ := e.count("again")
		return err == nil && n > 0
	})
	mu.Lock()
	defer mu.Unlock()
	if len(reported) > 4 {
		t.Errorf("one loss was reported %d times: %v", len(reported), reported)
	}
}

func TestStreamsGoOnWhereTheyWereAndTellOfGaps(t *testing.T) {
	for _, tt := range []struct {
		name    string
		trimmed bool
	}{{"all is there", false}, {"some is gone", true}} {
		t.Run(tt.name, func(t *testing.T) {
			client := connected(t)
			e := new(ear)
			bus := NewStreams(client, &StreamsOptions{Stream: t.Name(), Prefix: t.Name(), OnError: func(error) {}})
			if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
				t.Fatal(err)
			}
			publish := func(name string) {
				t.Helper()
				if _, err := bus.Publish(t.Context(), adapter.Topic{Namespace: "/"}, encoded(name, "")); err != nil {
					t.Fatal(err)
				}
			}
			publish("before")
			until(t, "the first message", func() bool { n, _ := e.count("before"); return n == 1 })
			bus.subscriptions.delivering.Lock() // the reader is held up, as by a loss of the broker
			publish("held")
			publish("meanwhile")
			publish("last")
			if tt.trimmed {
				trim := client.B().Xtrim().Key(t.Name()).Maxlen().Threshold("1").Build()
				if err := client.Do(t.Context(), trim).Error(); err != nil {
					t.Fatal(err)
				}
			}
			disconnectReaders(t, client)
			bus.subscriptions.delivering.Unlock()
			until(t, "the last message", func() bool { n, _ := e.count("last"); return n == 1 })
			meanwhile, lost := e.count("meanwhile")
			if tt.trimmed && meanwhile == 0 && lost != 1 || !tt.trimmed && (meanwhile != 1 || lost != 0) {
				t.Errorf("of what came meanwhile %d messages arrived, and a loss was told %d times", meanwhile, lost)
			}
		})
	}
}

// disconnectReaders ends the connections that wait for a stream.
func disconnectReaders(t *testing.T, client rueidis.Client) {
	t.Helper()
	kill := client.B().ClientKill().TypeNormal().SkipmeYes().Build()
	if err := client.Do(t.Context(), kill).Error(); err != nil {
		t.Fatal(err)
	}
}
