package nats

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

// How many events are on their way to the stream before their acknowledgements are waited for. It bounds what the connection holds for a broker that is slow.
const (
	inFlight    = 256
	maxInFlight = 16 * inFlight // of all nodes that share the Bus
)

// PublishAll is that of [adapter.Batcher]. Events of the stream are sent without waiting for the
// acknowledgement of the one before, as the broker takes those of one connection in their order.
func (b *JetStream) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	failures := make([]error, 0, len(messages))
	for chunk := range slices.Chunk(messages, inFlight) {
		failures = append(failures, b.publishChunk(ctx, chunk)...)
	}
	if firstError(failures...) == nil {
		return nil
	}
	return failures
}

func (b *JetStream) publishChunk(ctx context.Context, messages []adapter.Outgoing) []error {
	failures := make([]error, len(messages))
	promised := make([]jetstream.PubAckFuture, len(messages))
	for i := range messages {
		promised[i], failures[i] = b.promise(ctx, &messages[i])
	}
	for i, future := range promised {
		if future == nil {
			continue
		}
		select {
		case <-future.Ok():
		case failures[i] = <-future.Err():
		case <-ctx.Done():
			failures[i] = ctx.Err()
		}
	}
	b.publishWithoutStream(ctx, messages, failures)
	return failures
}

// promise sends a message. It returns where the acknowledgement will come if it is one of the
// stream.
func (b *JetStream) promise(ctx context.Context, m *adapter.Outgoing) (jetstream.PubAckFuture, error) {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return nil, err
	}
	decoded, err := adapter.Decode(m.Message)
	if err != nil {
		return nil, err
	}
	if !decoded.Kept() {
		return nil, b.divider.publish(b.conn, b.subjects.of(m.To), m.Message)
	}
	content, err := b.entry(ctx, m.Message)
	if err != nil {
		return nil, err
	}
	api, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	return api.PublishAsync(b.kept(), content, jetstream.WithRetryAttempts(0))
}

// publishWithoutStream publishes once more the last messages, if there was no stream for them, as
// then nothing has been done. Those in front of one that is there would come behind it.
func (b *JetStream) publishWithoutStream(ctx context.Context, messages []adapter.Outgoing, failures []error) {
	first := len(failures)
	for first > 0 && errors.Is(failures[first-1], jetstream.ErrNoStreamResponse) {
		first--
	}
	if first == len(failures) {
		return
	}
	b.forget()
	for i := first; i < len(failures); i++ {
		_, failures[i] = b.Publish(ctx, messages[i].To, messages[i].Message)
	}
}
