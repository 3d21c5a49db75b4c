// Package dedupe has things done once that are asked for several times: by clients that send
// again what was not acknowledged, with Retries in Go or retries in JavaScript.
//
// What is done is named by a key that stays the same when it is asked for again: the client's
// own number of the event, such as client_offset in the tutorial of Socket.IO, together with
// the user, so that nobody can use up another's. [Once] runs a function the first time, keeps
// what it returned in a [Store], and returns that each further time, so that the late
// acknowledgement is the same as the one that got lost.
//
// A [Memory] forgets when the process ends. A [Table] of a database takes part in the program's
// own transaction: what was done and that it was done are committed together or not at
// all.
package dedupe

import (
	"context"
	"encoding/json/v2"
	"fmt"
)

// maxKey is how many bytes a key has at most.
const maxKey = 256

// A Store keeps what was returned for each key. Its method may be called concurrently.
type Store interface {
	// Do returns the JSON that is kept for the key, or else runs f and keeps what that
	// returns, unless it is an error, which Do returns as it is. If f is being run for the
	// same key, Do waits for that. It must not keep anything when f panics.
	Do(ctx context.Context, key string, f func(ctx context.Context) ([]byte, error)) ([]byte, error)
}

// Once returns what f returned for the key, and runs it only if it has not yet without an
// error. It blocks as long as f, or as long as another call that runs it; f gets ctx.
//
// What f returns is kept as JSON. The error is that of f, of the store or of ctx, that the key
// is empty or has more than 256 bytes, or that what is kept is no R.
func Once[R any](ctx context.Context, store Store, key string, f func(ctx context.Context) (R, error)) (R, error) {
	var r R
	if key == "" || len(key) > maxKey {
		return r, fmt.Errorf("dedupe: a key has 1 to %d bytes, not %d", maxKey, len(key))
	}
	text, err := store.Do(ctx, key, func(ctx context.Context) ([]byte, error) {
		r, err := f(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(r)
	})
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("dedupe: what is kept for %q: %w", key, err)
	}
	return r, nil
}
