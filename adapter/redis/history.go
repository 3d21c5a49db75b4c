package redis

import (
	"cmp"
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// last returns the ID of the newest entry.
func (b *Streams) last(ctx context.Context) (string, error) {
	command := b.client.B().Xrevrange().Key(b.options.Stream).End("+").Start("-").Count(1).Build()
	entries, err := b.client.Do(ctx, command).AsXRange()
	if err != nil || len(entries) == 0 {
		return origin, err
	}
	return entries[0].ID, nil
}

// Since is that of [adapter.History].
func (b *Streams) Since(ctx context.Context, at adapter.Offset) iter.Seq2[adapter.Entry, error] {
	return func(yield func(adapter.Entry, error) bool) {
		last := string(at)
		if !isID(last) {
			yield(adapter.Entry{}, adapter.ErrNotKept)
			return
		}
		for {
			entries, err := b.behind(ctx, last)
			if err != nil {
				yield(adapter.Entry{}, err)
				return
			}
			for i := range entries {
				last = entries[i].ID
				if m, at := readEntry(&entries[i]); at != "" && !yield(adapter.Entry{Message: m, At: at}, nil) {
					return
				}
			}
			if len(entries) < b.options.ReadCount {
				return
			}
		}
	}
}

// behind returns the next entries behind one. The error is ErrNotKept if that is gone, as
// then some behind it may be.
func (b *Streams) behind(ctx context.Context, last string) ([]rueidis.XRangeEntry, error) {
	command := b.client.B().Xrange().Key(b.options.Stream).Start(last).End("+").Count(int64(b.options.ReadCount) + 1).Build()
	entries, err := b.client.Do(ctx, command).AsXRange()
	switch {
	case err != nil:
		return nil, err
	case len(entries) == 0 || entries[0].ID != last:
		return nil, adapter.ErrNotKept
	}
	return entries[1:], nil
}

// isID says whether s is the ID of an entry.
func isID(s string) bool {
	milliseconds, sequence, ok := strings.Cut(s, "-")
	return ok && isNumber(milliseconds) && isNumber(sequence)
}

func isNumber(s string) bool {
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && strconv.FormatUint(n, 10) == s
}

// compareIDs compares the IDs of two entries.
func compareIDs(a, b string) int {
	aFirst, aSecond, _ := strings.Cut(a, "-")
	bFirst, bSecond, _ := strings.Cut(b, "-")
	return cmp.Or(compareNumbers(aFirst, bFirst), compareNumbers(aSecond, bSecond))
}

// compareNumbers compares two numbers that are written without zeros in front.
func compareNumbers(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// A session is what is saved of one, where binary in its data is no member of its own.
type session struct {
	Attachments [][]byte       `json:"attachments,omitzero"`
	Rest        jsontext.Value `json:",embed"`
}

// Save is that of [adapter.Sessions].
func (b *Streams) Save(ctx context.Context, id string, content []byte, ttl time.Duration) error {
	var s session
	if err := json.Unmarshal(content, &s, decodeOptions); err != nil {
		return fmt.Errorf("redis: a session that is no object: %w", err)
	}
	value, err := encodeBase64(s.Rest, s.Attachments)
	if err != nil {
		return err
	}
	return b.client.Do(ctx, b.client.B().Set().Key(b.options.SessionPrefix+id).Value(value).Px(max(ttl, time.Millisecond)).Build()).Error()
}

// Take is that of [adapter.Sessions].
func (b *Streams) Take(ctx context.Context, id string) ([]byte, error) {
	value, err := b.client.Do(ctx, b.client.B().Getdel().Key(b.options.SessionPrefix+id).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return nil, adapter.ErrNotKept
	}
	if err != nil {
		return nil, err
	}
	var s session
	if s.Rest, s.Attachments, err = decodeBase64(value); err != nil {
		return nil, fmt.Errorf("redis: the session %q is none: %w", id, err)
	}
	return json.Marshal(&s, decodeOptions)
}
