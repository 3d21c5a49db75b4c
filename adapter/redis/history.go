package redis

import (
	"cmp"
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
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
	return idOf(b.client.Do(ctx, b.newest()))
}

// ends returns the IDs of the oldest entry and of the newest.
func (b *Streams) ends(ctx context.Context) (first, newest string, err error) {
	results := b.client.DoMulti(ctx, b.client.B().Xrange().Key(b.options.Stream).Start("-").End("+").Count(1).Build(), b.newest())
	first, err1 := idOf(results[0])
	newest, err2 := idOf(results[1])
	return first, newest, errors.Join(err1, err2)
}

func (b *Streams) newest() rueidis.Completed {
	return b.client.B().Xrevrange().Key(b.options.Stream).End("+").Start("-").Count(1).Build()
}

// idOf returns the ID of the first of some entries, or origin if there are none.
func idOf(result rueidis.RedisResult) (string, error) {
	entries, err := result.AsXRange()
	if err != nil || len(entries) == 0 {
		return origin, err
	}
	return entries[0].ID, nil
}

// Since is that of [adapter.History].
func (b *Streams) Since(ctx context.Context, at adapter.Offset) iter.Seq2[adapter.Entry, error] {
	return func(yield func(adapter.Entry, error) bool) {
		if err := b.since(ctx, string(at), yield); err != nil {
			yield(adapter.Entry{}, err)
		}
	}
}

// since yields what the stream has behind an entry. The error is nil if the loop was left.
func (b *Streams) since(ctx context.Context, last string, yield func(adapter.Entry, error) bool) error {
	if !isID(last) {
		return adapter.ErrNotKept
	}
	from, seen := last, b.seen.Load()
	for {
		entries, err := b.behind(ctx, last)
		if err != nil {
			return err
		}
		for i := range entries {
			last = entries[i].ID
			if m, at := readEntry(&entries[i]); at != "" && !yield(adapter.Entry{Message: m, At: at}, nil) {
				return nil
			}
		}
		if len(entries) < b.options.ReadCount {
			return b.intact(ctx, from, seen)
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

// intact returns ErrNotKept if entries behind one are gone although that itself is there: one
// was deleted, or Redis was restarted and has forgotten its end. The first Redis 7 tells. The
// second shows by the entry that a reader had read before what is to be intact was; the reader
// itself may not have noticed yet.
func (b *Streams) intact(ctx context.Context, from string, seen *string) error {
	key := b.options.Stream
	results := b.client.DoMulti(ctx, b.client.B().XinfoStream().Key(key).Build(),
		b.client.B().Xrange().Key(key).Start(*orOrigin(seen)).End(*orOrigin(seen)).Build(),
		b.client.B().Xrange().Key(key).Start("-").End("+").Count(1).Build())
	if info, err := results[0].AsMap(); err == nil { // else it is an older one, or the rest will tell
		deleted := info["max-deleted-entry-id"]
		if id, err := deleted.ToString(); err == nil && isID(id) && compareIDs(id, from) > 0 {
			return adapter.ErrNotKept
		}
	}
	first, err := idOf(results[2])
	if err != nil || seen == nil {
		return err
	}
	found, err := idOf(results[1])
	if err == nil && found == origin && compareIDs(first, *seen) < 0 {
		return adapter.ErrNotKept
	}
	return err
}

// orOrigin returns an ID, or for none origin.
func orOrigin(id *string) *string {
	if id == nil {
		return new(origin)
	}
	return id
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
