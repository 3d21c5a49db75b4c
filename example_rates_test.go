package socketio_test

import (
	"context"
	"fmt"
	"time"

	"socketio"
)

// A rate is how many events there may be per second, and how many at once.
type rate struct{ perSecond, burst float64 }

// A bucket holds what is left of a rate.
type bucket struct {
	left float64
	at   time.Time
}

type bucketsKey struct{}

// take takes one event out of the bucket of that name, if there is one left.
func take(buckets map[string]*bucket, name string, r rate, now time.Time) bool {
	b := buckets[name]
	if b == nil {
		b = &bucket{left: r.burst, at: now}
		buckets[name] = b
	}
	b.left = min(r.burst, b.left+r.perSecond*now.Sub(b.at).Seconds())
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func Example_rateLimits() {
	srv := socketio.NewServer(&socketio.Options{EventsPerSecond: 100}) // beyond which the connection ends
	limits := map[string]rate{
		"say":    {perSecond: 0.1, burst: 2},
		"search": {perSecond: 0.2, burst: 1},
	}
	srv.Use(func(ctx context.Context, _ *socketio.Socket) (context.Context, error) {
		return context.WithValue(ctx, bucketsKey{}, map[string]*bucket{}), nil
	})
	srv.Wrap(func(next socketio.Handler) socketio.Handler {
		return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			limit, limited := limits[m.Event]
			buckets, _ := ctx.Value(bucketsKey{}).(map[string]*bucket)
			if limited && !take(buckets, m.Event, limit, time.Now()) {
				return m.Ack(map[string]string{"error": "too fast"}) // nothing, if no answer is asked for
			}
			return next(ctx, s, m)
		}
	})
	srv.OnAck("say", func(_ context.Context, _ *socketio.Socket, text string) (string, error) {
		return "said " + text, nil
	})

	client := visit(srv)
	defer client.end()
	for i := range 3 {
		client.send(fmt.Sprintf(`2%d["say","hello"]`, i))
		fmt.Println(client.receive())
	}
	// Output:
	// 30["said hello"]
	// 31["said hello"]
	// 32[{"error":"too fast"}]
}
