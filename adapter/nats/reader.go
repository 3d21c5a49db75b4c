package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

const (
	// followed is how many events may wait to be delivered. Those that come then are read
	// from the stream.
	followed = 8 << 10

	// catchUpAgain is how soon the stream is asked again that could not be read.
	catchUpAgain = 200 * time.Millisecond
)

// errLost says that not all events of the stream were read in time.
var errLost = errors.New("nats: events of the stream were gone before they could be read")

// A reader delivers the events of the stream to one subscriber. The broker publishes each
// with its number and that of the one before it; what is missing between them, or was sent
// while the connection was lost, the reader gets from the stream.
type reader struct {
	bus     *JetStream
	deliver func(m []byte, at adapter.Offset)
	arrived chan *natsgo.Msg
	sub     *natsgo.Subscription
	dropped int // what the connection had dropped, as far as it is known

	created time.Time      // which stream it is
	last    uint64         // the number of the last entry that was read
	at      adapter.Offset // of the last event, "" before the first
	newest  time.Time      // when that was written
	behind  bool           // the stream has to be read before anything else
	told    bool           // that it cannot be
}

// follow begins to listen, so that no event is missed from now on.
func (b *JetStream) follow(ctx context.Context) (*reader, error) {
	if _, err := b.open(ctx); err != nil {
		return nil, err
	}
	r := &reader{bus: b, arrived: make(chan *natsgo.Msg, followed)}
	var err error
	if r.sub, err = b.conn.ChanSubscribe(b.live(), r.arrived); err != nil {
		return nil, err
	}
	_, info, err := b.info(ctx) // which the broker answers when it has subscribed
	if err != nil {
		_ = r.sub.Unsubscribe() // of which there is nothing to be heard
		return nil, err
	}
	r.created, r.last, r.newest = info.Created, info.State.LastSeq, info.State.LastTime
	return r, nil
}

// run delivers until ctx ends.
func (r *reader) run(ctx context.Context) {
	connected := r.bus.conn.StatusChanged(natsgo.CONNECTED)
	defer func() {
		r.bus.conn.RemoveStatusListener(connected)
		_ = r.sub.Unsubscribe() // on a connection that is closed there is nothing to end
	}()
	for {
		var again <-chan time.Time
		if r.behind {
			again = time.After(catchUpAgain)
		}
		select {
		case m := <-r.arrived:
			select {
			case <-connected: // what the broker has lost shows before what it has now
				r.catchUp(ctx)
			default:
			}
			r.take(ctx, m)
		case <-connected:
			r.catchUp(ctx)
		case <-again:
			r.catchUp(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// take takes an event that the broker has just published.
func (r *reader) take(ctx context.Context, m *natsgo.Msg) {
	number, before, written, ok := place(m)
	isNext := number == r.last+1 || before > 0 && before <= r.last
	isList := len(m.Data) > 0 && m.Data[0] == listMark
	switch {
	case !ok:
		r.give(ctx, append([]byte{}, m.Data...), "") // by somebody else; the node looks whether it is a message
	case r.behind:
		// It is in the stream.
	case number <= r.last:
		// It was read from the stream, unless the numbers have begun anew.
		if written.After(r.newest) {
			r.catchUp(ctx)
		}
	case !isNext || isList:
		r.catchUp(ctx)
	default:
		r.advance(ctx, number, m.Data, offsetOf(r.created, number, m.Data))
		r.newest = written
		r.lookForDropped(ctx)
	}
}

// place returns the number of an event that the broker has published, that of the one before
// it, 0 if that is gone, and when it was written.
func place(m *natsgo.Msg) (number, before uint64, written time.Time, ok bool) {
	number, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	before, err2 := strconv.ParseUint(m.Header.Get(jetstream.LastSequenceHeader), 10, 64)
	written, err3 := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
	return number, before, written, firstError(err, err2, err3) == nil && number > 0
}

// lookForDropped reads the stream if the connection has dropped events and no other will
// show that.
func (r *reader) lookForDropped(ctx context.Context) {
	if len(r.arrived) > 0 {
		return
	}
	if dropped, err := r.sub.Dropped(); err == nil && dropped != r.dropped {
		r.dropped = dropped
		r.catchUp(ctx)
	}
}

// catchUp delivers what is in the stream and has not been delivered. If the stream cannot be
// read, that is tried again soon; nothing else is delivered until then.
func (r *reader) catchUp(ctx context.Context) {
	err := r.readOn(ctx)
	r.behind = err != nil
	switch {
	case err == nil:
		r.told = false
	case !r.told && ctx.Err() == nil:
		r.told = true
		r.bus.subscriptions.report(fmt.Errorf("nats: the stream cannot be read for now: %w", err))
	}
}

func (r *reader) readOn(ctx context.Context) error {
	stream, info, err := r.bus.info(ctx)
	if err != nil {
		return err
	}
	s := &info.State
	switch {
	case !info.Created.Equal(r.created): // it is another stream
		r.lose(ctx)
		r.created, r.last, r.at = info.Created, 0, ""
	case s.LastSeq < r.last: // the broker has lost the newest
		if err := r.dig(ctx); err != nil {
			return err
		}
		r.last, r.at = s.LastSeq, ""
	}
	if s.FirstSeq > r.last+1 {
		r.lose(ctx)
		r.last, r.at = s.FirstSeq-1, ""
	}
	first := r.last + 1
	known, _ := numberOf(r.created, r.at)
	if known >= max(s.FirstSeq, 1) {
		first = known
	}
	for e, err := range r.bus.between(ctx, stream, r.created, first, s.LastSeq) {
		switch {
		case err != nil && !errors.Is(err, adapter.ErrNotKept):
			return err
		case e.number == known && e.At == r.at:
			// As it was, so nothing in front of it has changed.
		case err != nil:
			r.lose(ctx)
			r.last = max(r.last, e.number)
		case e.number <= r.last: // it is another, so the broker has lost the newest
			if err := r.dig(ctx); err != nil {
				return err
			}
			r.last, r.at = e.number-1, ""
			r.advance(ctx, e.number, e.Message, e.At)
		default:
			r.advance(ctx, e.number, e.Message, e.At)
		}
	}
	r.last, r.newest = max(r.last, s.LastSeq), s.LastTime
	return nil
}

// dig tells all servers that nobody can be recovered who stands in front of what the broker has
// lost: what was there is gone, and others have its numbers, so the stream shows nothing.
func (r *reader) dig(ctx context.Context) error {
	if _, err := r.bus.keep(ctx, adapter.NewHole(adapter.EmitterUID, "/").Append(nil)); err != nil {
		return fmt.Errorf("the hole in it was not marked: %w", err)
	}
	r.lose(ctx)
	return nil
}

// lose tells that events are lost.
func (r *reader) lose(ctx context.Context) {
	r.bus.seen.Store(nil)
	r.bus.subscriptions.report(errLost)
	r.give(ctx, nil, "")
}

// advance delivers the next event.
func (r *reader) advance(ctx context.Context, number uint64, m []byte, at adapter.Offset) {
	r.last, r.at = number, at
	r.bus.seen.Store(&at)
	if m == nil {
		m = []byte{} // no message, but no loss either
	}
	r.give(ctx, m, at)
}

func (r *reader) give(ctx context.Context, m []byte, at adapter.Offset) {
	r.bus.subscriptions.delivering.Lock()
	defer r.bus.subscriptions.delivering.Unlock()
	if ctx.Err() == nil {
		r.deliver(m, at)
	}
}
