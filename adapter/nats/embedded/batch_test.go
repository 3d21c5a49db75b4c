package embedded_test

import (
	"fmt"
	"slices"
	"testing"

	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// together returns events for all as they are published together.
func together(count int) (messages []adapter.Outgoing) {
	for i := range count {
		messages = append(messages, adapter.Outgoing{To: everybody, Message: encoded(fmt.Sprintf("m%03d", i), "")})
	}
	return messages
}

func TestJetStreamMakesTheStreamForWhatIsPublishedTogether(t *testing.T) {
	_, e, sender, _, api := following(t)
	if failures := sender.PublishAll(t.Context(), together(3)); failures != nil {
		t.Fatal(failures)
	}
	until(t, "the first events", func() bool { return e.has("m002") })
	if err := api.DeleteStream(t.Context(), "socketio"); err != nil {
		t.Fatal(err)
	}
	if failures := sender.PublishAll(t.Context(), together(300)); failures != nil {
		t.Error(failures)
	}
	until(t, "the last event", func() bool { return e.has("m299") })
	heard, _ := e.without("nothing")
	if heard = heard[3:]; len(heard) != 300 || !slices.IsSorted(heard) {
		t.Errorf("of the new stream %d events came, in order: %t", len(heard), slices.IsSorted(heard))
	}
}

func TestJetStreamOfALostBrokerRefusesWhatIsPublishedTogether(t *testing.T) {
	l, e, _, _, _ := following(t)
	conn, err := nats.Dial("nats://" + l.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	bus := nats.NewJetStream(conn, &nats.JetStreamOptions{OnError: e.report})
	until(t, "being connected", conn.IsConnected)
	l.setCut(true)
	until(t, "the loss", func() bool { return !conn.IsConnected() })
	failures := bus.PublishAll(t.Context(), together(10))
	if len(failures) != 10 || slices.Contains(failures, nil) {
		t.Errorf("PublishAll returned %v", failures)
	}
}

func BenchmarkPublish(b *testing.B) {
	broker, err := embedded.Start(&embedded.Options{Clients: "127.0.0.1:0", Store: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(broker.Close)
	conn, err := nats.Dial("nats://" + broker.ClientAddress())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	bus := nats.NewJetStream(conn, nil)
	messages := together(256)
	if err := conn.Flush(); err != nil { // it is connected
		b.Fatal(err)
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			for _, m := range messages {
				if _, err := bus.Publish(b.Context(), m.To, m.Message); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("together", func(b *testing.B) {
		for b.Loop() {
			if failures := bus.PublishAll(b.Context(), messages); failures != nil {
				b.Fatal(failures)
			}
		}
		b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "events/s")
	})
}
