package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"socketio/adapter"
	"socketio/msgpack"
)

const (
	// maxAttachment is how many bytes of a message are read. Nodes publish no more than
	// what may wait for a Bus.
	maxAttachment = 64 << 20

	// attachmentsKept is how long they are, and tidyEvery how often what is too old is
	// deleted.
	attachmentsKept = time.Minute
	tidyEvery       = 30 * time.Second

	// tellEvery is how often what is wrong with messages is reported at most.
	tellEvery = 10 * time.Second
)

// What is delivered for a message that cannot be: nodes count it.
var lostMessage = []byte("a message that could not be read")

var (
	errGone  = errors.New("postgres: a message was not there, or not any more, when it was to be read")
	errLarge = errors.New("postgres: a message that is too large was not read")
)

// fetch returns the message in an attachment, in some form that is none if it is gone or too
// large. The error is that of the connection.
func (b *Bus) fetch(ctx context.Context, conn *pgx.Conn, id int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	var size int
	var packed []byte
	err := conn.QueryRow(ctx, `SELECT coalesce(octet_length(payload), 0), CASE WHEN octet_length(payload) <= $2 THEN payload END
		FROM `+quoted(b.options.Attachments)+` WHERE id = $1`, id, maxAttachment).Scan(&size, &packed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		b.tell(errGone)
		return lostMessage, nil
	case err != nil:
		return nil, err
	case size > maxAttachment:
		b.tell(errLarge)
		return lostMessage, nil
	}
	text, attachments, rest, err := msgpack.ReadValue(nil, packed)
	if err != nil || len(rest) > 0 {
		return lostMessage, nil
	}
	return adapter.Pack(text, attachments), nil
}

// tell reports what may happen often, once in a while.
func (b *Bus) tell(err error) {
	b.mu.Lock()
	again := time.Since(b.told) > tellEvery
	if again {
		b.told = time.Now()
	}
	b.mu.Unlock()
	if again {
		b.options.OnError(err)
	}
}

// tidy deletes what is too old, again and again until ctx ends.
func (b *Bus) tidy(ctx context.Context) {
	ticks := time.NewTicker(tidyEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			if err := b.clean(ctx); err != nil && ctx.Err() == nil {
				b.tell(fmt.Errorf("postgres: what is too old was not deleted: %w", err))
			}
		case <-ctx.Done():
			return
		}
	}
}

// cleanAttachments deletes the attachments that are too old.
func (b *Bus) cleanAttachments(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tidyEvery)
	defer cancel()
	_, err := b.pool.Exec(ctx, `DELETE FROM `+quoted(b.options.Attachments)+` WHERE created_at < now() - make_interval(secs => $1)`, attachmentsKept.Seconds())
	return err
}
