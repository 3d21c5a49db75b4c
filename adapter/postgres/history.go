package postgres

import (
	"context"
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"socketio/adapter"
)

// A position is where an event stands. Its number alone would be that of another event if
// the table began anew.
type position struct {
	id int64
	at int64 // when it was written, in microseconds since 1970; 0 if that is not known
}

// micros is the second part of a position in a statement.
const micros = `(extract(epoch FROM created_at) * 1000000)::bigint`

func (p position) offset() adapter.Offset {
	return adapter.Offset(strconv.FormatInt(p.id, 10) + "-" + strconv.FormatInt(p.at, 10))
}

// parseOffset takes offset back.
func parseOffset(s string) (p position, ok bool) {
	id, at, _ := strings.Cut(s, "-")
	p.id, _ = strconv.ParseInt(id, 10, 64)
	p.at, _ = strconv.ParseInt(at, 10, 64)
	return p, p.id > 0 && p.at > 0 && string(p.offset()) == s
}

// offsetMark is what a Log puts in front of a message that it has kept.
const offsetMark = `{"offset":"`

// cutOffset returns the position that is in front of a message, and the rest, if there is one.
func cutOffset(payload string) (p position, rest string, ok bool) {
	behind, marked := strings.CutPrefix(payload, offsetMark)
	offset, rest, whole := strings.Cut(behind, `",`)
	p, ok = parseOffset(offset)
	return p, "{" + rest, ok && marked && whole
}

// A row is one of the table of events. One without a payload is a hole.
type row struct {
	position
	payload []byte
}

// follows says whether nothing can have been between an event and the one before it, as far as
// that is known: numbers are given one after the other.
func (r *row) follows(before position) bool { return before.at == 0 || r.id == before.id+1 }

// pageSize is how many events are read at once.
const pageSize = 100

// A querier is a connection, or a pool of them.
type querier interface {
	Query(ctx context.Context, statement string, arguments ...any) (pgx.Rows, error)
}

// page returns the next events behind one, up to the one of that number. The error is
// ErrNotKept if that which they are behind is gone, as then some of them may be.
func (l *Log) page(ctx context.Context, from querier, behind position, upTo int64) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	first := behind.id
	if behind.at == 0 {
		first++
	}
	found, err := from.Query(ctx, `SELECT id, `+micros+`, CASE WHEN octet_length(payload) <= $4 THEN payload END
		FROM `+quoted(l.options.Events)+` WHERE id >= $1 AND id <= greatest($1, $2) ORDER BY id LIMIT $3`, first, upTo, pageSize+1, maxAttachment)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, func(found pgx.CollectableRow) (r row, err error) {
		return r, found.Scan(&r.id, &r.at, &r.payload)
	})
	switch {
	case err != nil:
		return nil, err
	case behind.at == 0:
		return rows[:min(len(rows), pageSize)], nil
	case len(rows) == 0 || rows[0].position != behind:
		return nil, adapter.ErrNotKept
	}
	return rows[1:], nil
}

// newest returns the position of the last event of the table.
func (l *Log) newest(ctx context.Context, conn *pgx.Conn) (position, error) {
	return l.oneRow(ctx, conn, `ORDER BY id DESC`)
}

// oneRow returns the position of the first event of a selection, or none.
func (l *Log) oneRow(ctx context.Context, conn *pgx.Conn, selection string, arguments ...any) (p position, err error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	err = conn.QueryRow(ctx, `SELECT id, `+micros+` FROM `+quoted(l.options.Events)+` `+selection+` LIMIT 1`, arguments...).Scan(&p.id, &p.at)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return p, err
}

// Since is that of [adapter.History].
func (l *Log) Since(ctx context.Context, at adapter.Offset) iter.Seq2[adapter.Entry, error] {
	return func(yield func(adapter.Entry, error) bool) {
		if err := l.since(ctx, at, yield); err != nil {
			yield(adapter.Entry{}, err)
		}
	}
}

// since yields what the table has behind an offset. The error is nil if the loop was left.
func (l *Log) since(ctx context.Context, at adapter.Offset, yield func(adapter.Entry, error) bool) error {
	from, ok := parseOffset(string(at))
	if !ok {
		return adapter.ErrNotKept
	}
	// What a loss of the connection has done to the table, and to those who were there, is
	// known when it is back.
	if up, wanted := l.line.connected(); wanted {
		select {
		case <-up:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if from.id <= l.hole.Load() {
		return adapter.ErrNotKept
	}
	last, need := from, l.reached.Load() // what was delivered here is behind it, if it is not gone
	for checked := false; ; {
		rows, err := l.page(ctx, l.pool, last, math.MaxInt64)
		if err == nil {
			err = l.await(ctx, from.id)
		}
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			if r.payload == nil || !r.follows(last) {
				return adapter.ErrNotKept
			}
			if last = r.position; !yield(adapter.Entry{Message: r.payload, At: r.offset()}, nil) {
				return nil
			}
		}
		switch {
		case len(rows) == pageSize:
		case last.id < need:
			return adapter.ErrNotKept
		case checked:
			return nil
		default:
			checked = true
			if need, err = l.given(ctx, last); err != nil || need <= last.id {
				return err
			}
		}
	}
}

// given returns the number that was given last, if it is not that of the event which was read
// last, and waits until whatever has a number is there. So what is not there then was deleted,
// or taken back, or is one of those that a crash skips: something may be gone, or was sent to
// some clients only. Where the number may not be known it returns 0.
func (l *Log) given(ctx context.Context, last position) (id int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	err = l.pool.QueryRow(ctx, `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0)`, quoted(l.options.Events)).Scan(&id)
	if refusal, refused := errors.AsType[*pgconn.PgError](err); refused && refusal.Code == notAllowed {
		return 0, nil
	}
	if err != nil || id <= last.id {
		return id, err
	}
	return id, pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, l.lock)
		return err
	})
}

// notAllowed is the code of the error that one lacks a privilege.
const notAllowed = "42501"

// await waits until the line has delivered an event that there is, if it is to deliver.
func (l *Log) await(ctx context.Context, id int64) error {
	for l.reached.Load() < id {
		if _, wanted := l.line.connected(); !wanted {
			return nil
		}
		select {
		case <-time.After(awaitEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// awaitEvery is how often await looks.
const awaitEvery = 5 * time.Millisecond

// Save is that of [adapter.Sessions].
func (l *Log) Save(ctx context.Context, id string, content []byte, ttl time.Duration) error {
	return l.creating(ctx, func() error {
		_, err := l.pool.Exec(ctx, `INSERT INTO `+quoted(l.options.Sessions)+` (id, expires_at, content)
			SELECT $1::bytea, clock_timestamp() + make_interval(secs => $2), $3::bytea FROM (SELECT `+hurried+`) now
			ON CONFLICT (id) DO UPDATE SET expires_at = EXCLUDED.expires_at, content = EXCLUDED.content`,
			[]byte(id), ttl.Seconds(), content)
		return err
	})
}

// Take is that of [adapter.Sessions].
func (l *Log) Take(ctx context.Context, id string) ([]byte, error) {
	var content []byte
	var valid bool
	err := l.creating(ctx, func() error {
		return l.pool.QueryRow(ctx, `DELETE FROM `+quoted(l.options.Sessions)+` WHERE id = $1
			RETURNING content, expires_at > clock_timestamp()`, []byte(id)).Scan(&content, &valid)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && !valid:
		return nil, adapter.ErrNotKept
	case err != nil:
		return nil, err
	}
	return content, nil
}

// cleanAll deletes attachments, events and sessions that are too old. Of the events it leaves
// the last of those: an offset is good as long as nothing behind it is gone, and many a client
// has that of the newest event for longer than events are kept.
func (l *Log) cleanAll(ctx context.Context) error {
	events := quoted(l.options.Events)
	_, err := l.pool.Exec(ctx, `DELETE FROM `+events+` WHERE id < (SELECT max(id) FROM `+events+` WHERE id <
		(SELECT coalesce(min(id), 9223372036854775807) FROM `+events+` WHERE created_at >= now() - make_interval(secs => $1)))`, l.options.Keep.Seconds())
	if err != nil {
		return err
	}
	_, err = l.pool.Exec(ctx, `DELETE FROM `+quoted(l.options.Sessions)+` WHERE expires_at < now()`)
	return errors.Join(err, l.cleanAttachments(ctx))
}
