package postgres

import (
	"fmt"
	"testing"

	"socketio/adapter"
)

func BenchmarkPublish(b *testing.B) {
	if programs() == "" {
		b.Skip("PostgreSQL is not installed")
	}
	shared.once.Do(func() { shared.err = shared.init(programs()) })
	if shared.err != nil {
		b.Fatal(shared.err)
	}
	pool, err := shared.dial()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	var messages []adapter.Outgoing
	for i := range 256 {
		messages = append(messages, adapter.Outgoing{To: everybody, Message: event(fmt.Sprint("m", i))})
	}
	for name, bus := range map[string]adapter.Batcher{"bus": New(pool, own()), "log": NewLog(pool, own())} {
		b.Run(name+", one by one", func(b *testing.B) {
			for b.Loop() {
				for _, m := range messages {
					if _, err := bus.Publish(b.Context(), m.To, m.Message); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "events/s")
		})
		b.Run(name+", together", func(b *testing.B) {
			for b.Loop() {
				if failures := bus.PublishAll(b.Context(), messages); failures != nil {
					b.Fatal(failures)
				}
			}
			b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "events/s")
		})
	}
}
