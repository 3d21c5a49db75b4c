package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

// Save is that of [adapter.Sessions]. What is saved has in front for how many milliseconds,
// and a space, as NATS forgets it to the second only.
func (b *JetStream) Save(ctx context.Context, id string, content []byte, ttl time.Duration) error {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return err
	}
	value := append(fmt.Appendf(nil, "%d ", ttl.Milliseconds()), content...)
	whole := (max(ttl, 1) + time.Second - 1).Truncate(time.Second)
	_, err := b.add(ctx, b.session(id), value, jetstream.WithMsgTTL(whole))
	return err
}

// Take is that of [adapter.Sessions].
func (b *JetStream) Take(ctx context.Context, id string) ([]byte, error) {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return nil, err
	}
	if _, err := b.open(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	stream := b.sessions
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stored, err := stream.GetLastMsgForSubject(ctx, b.session(id))
	if err == nil {
		err = stream.DeleteMsg(ctx, stored.Sequence)
	}
	switch {
	case err == nil:
		return readSession(stored.Data, time.Since(stored.Time))
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrStreamNotFound),
		errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful): // by whom another was faster
		return nil, adapter.ErrNotKept
	}
	return nil, err
}

// readSession returns what was saved, unless its time is over.
func readSession(b []byte, age time.Duration) ([]byte, error) {
	milliseconds, content, ok := bytes.Cut(b, []byte(" "))
	n, err := strconv.ParseInt(string(milliseconds), 10, 64)
	if !ok || err != nil || age.Milliseconds() >= n {
		return nil, adapter.ErrNotKept
	}
	return content, nil
}
