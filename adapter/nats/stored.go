package nats

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

// An event that is too large for one entry of the stream is there as its parts, under a
// subject of their own, and behind these as an entry that begins with listMark and has as
// varints the numbers of the parts. So its place is that of one entry.
const listMark = 2

// maxParts is how many parts an event may have: more than maxMessage where payloads are as
// large as NATS suggests.
const maxParts = 1024

var errNoList = errors.New("nats: an entry that lists the parts of an event, of which it has none")

// keepParts puts the parts of a message into the stream, and returns their list.
func (b *JetStream) keepParts(ctx context.Context, m []byte, size int) ([]byte, error) {
	if len(m) > maxMessage || len(m) > size*maxParts {
		return nil, errTooLarge
	}
	list := []byte{listMark}
	for len(m) > 0 {
		n := min(size, len(m))
		ack, err := b.add(ctx, b.partly(), m[:n])
		if err != nil {
			return nil, err
		}
		list = binary.AppendUvarint(list, ack.Sequence)
		m = m[n:]
	}
	return list, nil
}

// readList returns the numbers in a list.
func readList(b []byte) (numbers []uint64, err error) {
	if len(b) < 2 || b[0] != listMark {
		return nil, errNoList
	}
	for b = b[1:]; len(b) > 0; {
		number, n := binary.Uvarint(b)
		if n <= 0 || number == 0 || len(numbers) == maxParts {
			return nil, errNoList
		}
		numbers = append(numbers, number)
		b = b[n:]
	}
	return numbers, nil
}

// whole returns the message of the entry of that number. What is no list is returned as it
// is, also if it looks like one. The error is ErrNotKept if parts of the message are gone.
func (b *JetStream) whole(ctx context.Context, stream jetstream.Stream, number uint64, content []byte) ([]byte, error) {
	numbers, err := readList(content)
	if err != nil || slices.Max(numbers) >= number {
		return content, nil //nolint:nilerr // it is no list, as most entries
	}
	entries, err := fetch(ctx, stream, numbers)
	if err != nil {
		return nil, err
	}
	var message []byte
	for _, e := range entries {
		switch {
		case e == nil:
			return nil, adapter.ErrNotKept
		case e.Subject != b.partly() || len(message)+len(e.Data) > maxMessage:
			return content, nil
		}
		message = append(message, e.Data...)
	}
	return message, nil
}

// A storedEvent is an event as it was found in the stream.
type storedEvent struct {
	adapter.Entry
	number uint64
}

// between returns the events between two numbers. The error is ErrNotKept for one that is
// gone; behind others nothing comes.
func (b *JetStream) between(ctx context.Context, stream jetstream.Stream, created time.Time, first, last uint64) iter.Seq2[storedEvent, error] {
	return func(yield func(storedEvent, error) bool) {
		for first <= last {
			numbers := make([]uint64, 0, fetchAtOnce)
			for ; first <= last && len(numbers) < cap(numbers); first++ {
				numbers = append(numbers, first)
			}
			fetched, err := fetch(ctx, stream, numbers)
			if err != nil {
				yield(storedEvent{}, err)
				return
			}
			for i, raw := range fetched {
				if raw != nil && raw.Subject == b.partly() {
					continue
				}
				e := storedEvent{number: numbers[i]}
				err := adapter.ErrNotKept
				if raw != nil {
					e.At = offsetOf(created, e.number, raw.Data)
					e.Message, err = b.whole(ctx, stream, e.number, raw.Data)
				}
				if !yield(e, err) || err != nil && !errors.Is(err, adapter.ErrNotKept) {
					return
				}
			}
		}
	}
}

// fetchAtOnce is how many entries are asked for at the same time.
const fetchAtOnce = 64

// fetch returns the entries with those numbers, nil in place of those that are gone. It
// asks the leader of the stream, who has all that was acknowledged.
func fetch(ctx context.Context, stream jetstream.Stream, numbers []uint64) ([]*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	entries, errs := make([]*jetstream.RawStreamMsg, len(numbers)), make([]error, len(numbers))
	var asking sync.WaitGroup
	slots := make(chan struct{}, fetchAtOnce)
	for i, number := range numbers {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			e, err := stream.GetMsg(ctx, number)
			if !errors.Is(err, jetstream.ErrMsgNotFound) {
				entries[i], errs[i] = e, err
			}
		})
	}
	asking.Wait()
	return entries, firstError(errs...)
}
