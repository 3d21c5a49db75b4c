package postgres

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
)

// Log is a Bus over notifications and a table of events, with History and Sessions; see
// [NewLog].
//
// Events get their numbers under a lock that lasts until they are committed, so that the
// order of the numbers is the one in which they come to be seen, and in which they are
// notified. So whoever has got one, and then one that is not the next, finds in the table
// what was between, unless it was written and taken back.
type Log struct {
	Bus
	lock int64 // the number of the advisory lock

	// What the goroutine of the line alone uses.
	last   position // of the last event that was delivered
	aliens bool     // events have come that are not in the table

	reached atomic.Int64 // the number of last, when that has been delivered
	hole    atomic.Int64 // the number of the last event behind which others may be missing
}

var (
	_ adapter.Listener = (*Log)(nil)
	_ adapter.Batcher  = (*Log)(nil)
	_ adapter.History  = (*Log)(nil)
	_ adapter.Sessions = (*Log)(nil)
)

// NewLog returns a Bus that is compatible with what [New] returns, and keeps the events of
// servers and emitters that use it as well.
//
// After a loss of the connection it delivers what the table has, so that no event is lost.
// Servers for Node keep nothing. What they send is delivered, but a client that was away
// meanwhile cannot be recovered.
func NewLog(pool *pgxpool.Pool, o *Options) *Log {
	l := new(Log)
	l.init(pool, o)
	l.lock = lockOf("events of", l.options.Events)
	l.tables[l.options.Events], l.tables[l.options.Sessions] = eventColumns, sessionColumns
	l.line.begin, l.line.take, l.clean = l.begin, l.take, l.cleanAll
	return l
}

// isKept says whether a message is one that a History keeps.
func isKept(m []byte) bool {
	if !bytes.Contains(m, broadcastMark) {
		return false
	}
	decoded, err := adapter.Decode(m)
	return err == nil && decoded.Kept()
}

// broadcastMark is in every message that a History keeps.
var broadcastMark = []byte(`"type":3`)

// Publish is that of [adapter.Bus].
func (l *Log) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	if !isKept(m) {
		return l.Bus.Publish(ctx, to, m)
	}
	n, err := l.encode(m)
	if err != nil {
		return "", err
	}
	// The names of tables cannot be parameters.
	statement := `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($1), ` + hurried + `),
		event AS (INSERT INTO ` + quoted(l.options.Events) + ` (payload) SELECT $2::bytea FROM turn RETURNING id, ` + micros + ` AS at)`
	arguments := []any{l.lock, m, channelOf(l.options.Prefix, to.Namespace), n.text[1:]}
	if n.attachment == nil {
		statement += ` SELECT id, at FROM event, pg_notify($3::text, '{"offset":"' || id || '-' || at || '",' || $4::text)`
	} else {
		statement += `, attachment AS (INSERT INTO ` + quoted(l.options.Attachments) + ` (payload) SELECT $5::bytea FROM turn RETURNING id)
			SELECT event.id, at FROM event, attachment,
			pg_notify($3::text, '{"offset":"' || event.id || '-' || at || '",' || $4::text || attachment.id || '"}')`
		arguments = append(arguments, n.attachment)
	}
	var p position
	err = l.creating(ctx, func() error {
		return l.pool.QueryRow(ctx, statement, arguments...).Scan(&p.id, &p.at)
	})
	if err != nil {
		return "", err
	}
	return p.offset(), nil
}

// begin finds the place where reading begins, or goes on where it was.
func (l *Log) begin(ctx context.Context, conn *pgx.Conn, first bool) (err error) {
	if first {
		l.last, err = l.newest(ctx, conn)
		l.reached.Store(l.last.id)
		return err
	}
	if err := l.catchUp(ctx, conn, math.MaxInt64, true); err != nil || !l.aliens {
		return err
	}
	l.line.deliver(nil, "") // some that are not in the table may have been missed
	return l.dig(ctx, conn)
}

// take delivers what a notification tells, after what the table has in front of it.
func (l *Log) take(ctx context.Context, conn *pgx.Conn, n *pgconn.Notification) error {
	p, payload, kept := cutOffset(n.Payload)
	if !kept {
		return l.takeOther(ctx, conn, n.Channel, n.Payload)
	}
	_, attached := parseHeader(payload)
	switch {
	case p.id <= l.last.id && p.at <= l.last.at:
		return nil // the table had it already
	case p.id == l.last.id+1 && p.at >= l.last.at && !attached:
		l.give(&row{p, []byte(payload)})
		return nil
	}
	if err := l.catchUp(ctx, conn, p.id, false); err != nil || p.id <= l.last.id {
		return err
	}
	return l.takeOther(ctx, conn, n.Channel, payload)
}

// takeOther delivers what is not in the table of events.
func (l *Log) takeOther(ctx context.Context, conn *pgx.Conn, channel, payload string) error {
	m, err := l.read(ctx, conn, channel, payload)
	if err != nil || m == nil {
		return err
	}
	if isKept(m) {
		l.aliens = true
		if err := l.dig(ctx, conn); err != nil {
			return err
		}
	}
	l.line.deliver(m, "")
	return nil
}

// give delivers an event of the table.
func (l *Log) give(r *row) {
	l.last = r.position
	defer l.reached.Store(r.id)
	if r.payload == nil {
		l.hole.Store(r.id)
		return
	}
	l.line.deliver(r.payload, r.offset())
}

// catchUp delivers what the table has behind the last event, up to the one of that number:
// there may be messages that are not kept between this and the next. What was written while the
// connection was away may have been deleted as well, where a number is missing. Otherwise it was
// written and taken back, or it would have been notified.
func (l *Log) catchUp(ctx context.Context, conn *pgx.Conn, upTo int64, away bool) error {
	for {
		rows, err := l.page(ctx, conn, l.last, upTo)
		switch {
		case errors.Is(err, adapter.ErrNotKept):
			if err := l.lose(ctx, conn); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		for i := range rows {
			if away && !rows[i].follows(l.last) {
				l.line.deliver(nil, "")
			}
			l.give(&rows[i])
		}
		if len(rows) < pageSize {
			return nil
		}
	}
}

// lose is told that the last event is not in the table any more: it is too old, or the table
// was emptied, or the database has lost its end in a crash. Reading goes on with what was written
// later than that event, as the numbers may have begun anew.
func (l *Log) lose(ctx context.Context, conn *pgx.Conn) error {
	newest, err := l.newest(ctx, conn)
	if err != nil {
		return err
	}
	next, err := l.oneRow(ctx, conn, `WHERE `+micros+` > $1 ORDER BY id`, l.last.at)
	if err != nil {
		return err
	}
	if l.last = newest; next.id > 0 {
		l.last = position{id: next.id - 1}
	}
	l.line.deliver(nil, "")
	l.reached.Store(l.last.id)
	l.hole.Store(newest.id)
	return l.mark(ctx, conn)
}

// dig makes it known that an event is not in the table, and so that whoever has missed it
// cannot be recovered.
func (l *Log) dig(ctx context.Context, conn *pgx.Conn) error {
	if l.hole.Load() >= l.last.id {
		return nil // it is known, and nobody stands behind
	}
	l.hole.Store(l.last.id)
	return l.mark(ctx, conn)
}

// mark puts a hole into the table, unless that ends with one, for servers that come later.
func (l *Log) mark(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	table := quoted(l.options.Events)
	_, err := conn.Exec(ctx, `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($1), `+hurried+`)
		INSERT INTO `+table+` (payload) SELECT NULL::bytea FROM turn
		WHERE EXISTS (SELECT FROM (SELECT payload FROM `+table+` ORDER BY id DESC LIMIT 1) newest WHERE payload IS NOT NULL)`, l.lock)
	return err
}
