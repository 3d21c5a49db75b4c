package nats

import (
	"context"
	"errors"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

// Since is that of [adapter.History].
func (b *JetStream) Since(ctx context.Context, at adapter.Offset) iter.Seq2[adapter.Entry, error] {
	return func(yield func(adapter.Entry, error) bool) {
		stream, info, err := b.info(ctx)
		if err != nil {
			yield(adapter.Entry{}, err)
			return
		}
		number, ok := numberOf(info.Created, at)
		if !ok || number < info.State.FirstSeq || number > info.State.LastSeq {
			yield(adapter.Entry{}, adapter.ErrNotKept)
			return
		}
		for e, err := range b.between(ctx, stream, info.Created, number, info.State.LastSeq) {
			if err == nil && e.number == number {
				if e.At == at {
					continue // the last that is known
				}
				err = adapter.ErrNotKept // another has its number by now
			}
			if !yield(e.Entry, err) || err != nil {
				return
			}
		}
	}
}

// info returns the stream of the events and how it is.
func (b *JetStream) info(ctx context.Context) (jetstream.Stream, *jetstream.StreamInfo, error) {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for again := false; ; again = true {
		if _, err := b.open(ctx); err != nil {
			return nil, nil, err
		}
		b.mu.Lock()
		stream := b.events
		b.mu.Unlock()
		if stream == nil {
			continue // forgotten at this moment
		}
		info, err := stream.Info(ctx)
		if again || !errors.Is(err, jetstream.ErrStreamNotFound) {
			b.note(info)
			return stream, info, err
		}
		b.forget()
	}
}

// note remembers which stream it is, as there may be another of the same name by now.
func (b *JetStream) note(info *jetstream.StreamInfo) {
	if info != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.created = info.Created
	}
}
