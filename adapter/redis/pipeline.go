package redis

import (
	"context"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// publishAll publishes messages by commands that are sent together, and returns what
// PublishAll of [adapter.Batcher] does.
func publishAll(
	ctx context.Context, client rueidis.Client, messages []adapter.Outgoing,
	command func(m *adapter.Outgoing) (rueidis.Completed, error),
) []error {
	var failures []error
	fail := func(i int, err error) {
		if failures == nil {
			failures = make([]error, len(messages))
		}
		failures[i] = err
	}
	commands := make(rueidis.Commands, 0, len(messages))
	places := make([]int, 0, len(messages)) // of the commands' messages
	for i := range messages {
		c, err := command(&messages[i])
		if err != nil {
			fail(i, err)
			continue
		}
		commands, places = append(commands, c), append(places, i)
	}
	for i, result := range client.DoMulti(ctx, commands...) {
		if err := result.Error(); err != nil {
			fail(places[i], err)
		}
	}
	return failures
}

// publish publishes by one command. In a Redis Cluster a command without a key goes to any
// node, but with DoMulti to the same one each time, so that messages stay in order.
func publish(ctx context.Context, client rueidis.Client, command rueidis.Completed) rueidis.RedisResult {
	return client.DoMulti(ctx, command)[0]
}
