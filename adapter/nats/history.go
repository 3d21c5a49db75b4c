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
		if err := b.since(ctx, at, yield); err != nil {
			yield(adapter.Entry{}, err)
		}
	}
}

// since yields what the stream has behind an offset. The error is nil if the loop was left.
//
// A broker that has forgotten its end gives the numbers of what is gone to others. That shows by
// the last event that a reader has read, if it has not noticed itself yet.
func (b *JetStream) since(ctx context.Context, at adapter.Offset, yield func(adapter.Entry, error) bool) error {
	var seen adapter.Offset
	if p := b.seen.Load(); p != nil {
		seen = *p
	}
	stream, info, err := b.info(ctx)
	if err != nil {
		return err
	}
	number, ok := numberOf(info.Created, at)
	if !ok || number < info.State.FirstSeq || number > info.State.LastSeq {
		return adapter.ErrNotKept
	}
	read, ok := numberOf(info.Created, seen)
	if ok && read > info.State.LastSeq {
		return adapter.ErrNotKept
	}
	for e, err := range b.between(ctx, stream, info.Created, number, info.State.LastSeq) {
		switch {
		case err != nil:
			return err
		case e.number == number && e.At != at, ok && e.number == read && e.At != seen:
			return adapter.ErrNotKept // another has its number by now
		case e.number == number:
			continue // the last that is known
		}
		if !yield(e.Entry, nil) {
			return nil
		}
	}
	return nil
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
