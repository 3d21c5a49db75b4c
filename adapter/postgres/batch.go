package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"socketio/adapter"
)

// batchSize is how many messages are one transaction. More gain little, and keep others waiting.
const batchSize = 64

// A statement is one of a batch.
type statement struct {
	text      string
	arguments []any
}

// A together publishes several messages in one transaction and one round trip.
type together struct {
	bus   *Bus
	first statement // that the transaction begins with
	// Encode returns the statement for a message. One publishes it alone.
	encode func(m *adapter.Outgoing, twins map[string]int) (statement, error)
	one    func(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error)
}

// PublishAll is that of [adapter.Batcher].
func (b *Bus) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	t := together{bus: b, first: statement{text: `SELECT ` + hurried}, encode: b.statement, one: b.Publish}
	return t.publish(ctx, messages)
}

// PublishAll is that of [adapter.Batcher].
func (l *Log) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	t := together{bus: &l.Bus, first: statement{text: `SELECT ` + hurried}, encode: l.statement, one: l.Publish}
	if slices.ContainsFunc(messages, func(m adapter.Outgoing) bool { return isKept(m.Message) }) {
		t.first = statement{`SELECT ` + hurried + `, pg_advisory_xact_lock($1)`, []any{l.lock}}
	}
	return t.publish(ctx, messages)
}

// publish returns what PublishAll of [adapter.Batcher] does.
func (t *together) publish(ctx context.Context, messages []adapter.Outgoing) []error {
	var failures []error
	failed := false
	for chunk := range slices.Chunk(messages, batchSize) {
		for _, err := range t.publishChunk(ctx, chunk) {
			failures = append(failures, err)
			failed = failed || err != nil
		}
	}
	if !failed {
		return nil
	}
	return failures
}

// publishChunk publishes messages in one transaction. If the database refuses that, it may be
// for one of them, so they are published one by one; none of them has been.
func (t *together) publishChunk(ctx context.Context, messages []adapter.Outgoing) []error {
	failures := make([]error, len(messages))
	statements := []statement{t.first}
	places := make([]int, 0, len(messages)) // of the statements' messages
	twins := map[string]int{}
	for i := range messages {
		s, err := t.encode(&messages[i], twins)
		if failures[i] = err; err == nil {
			statements, places = append(statements, s), append(places, i)
		}
	}
	err := t.bus.creating(ctx, func() error { return t.send(ctx, statements) })
	_, refused := errors.AsType[*pgconn.PgError](err)
	for _, i := range places {
		if failures[i] = err; refused {
			_, failures[i] = t.one(ctx, messages[i].To, messages[i].Message)
		}
	}
	return failures
}

func (t *together) send(ctx context.Context, statements []statement) error {
	batch := new(pgx.Batch)
	for _, s := range statements {
		batch.Queue(s.text, s.arguments...)
	}
	return t.bus.pool.SendBatch(ctx, batch).Close()
}

// statement returns the one that publishes a message. Twins counts notifications: of those that
// are alike in one transaction the database delivers one, so there is a space more behind each.
func (b *Bus) statement(m *adapter.Outgoing, twins map[string]int) (statement, error) {
	n, err := b.encode(m.Message)
	if err != nil {
		return statement{}, err
	}
	n.text = addressed(m.To.Node, n.text)
	channel := channelOf(b.options.Prefix, m.To.Namespace)
	if n.attachment != nil {
		return statement{`WITH attachment AS (INSERT INTO ` + quoted(b.options.Attachments) + ` (payload) VALUES ($3) RETURNING id)
			SELECT pg_notify($1, $2 || id || '"}') FROM attachment`, []any{channel, n.text, n.attachment}}, nil
	}
	name := channel + "\x00" + n.text
	spaces := strings.Repeat(" ", twins[name])
	twins[name]++
	return statement{`SELECT pg_notify($1, $2)`, []any{channel, n.text + spaces}}, nil
}

// statement returns the one that publishes a message and keeps it, if it is one to be kept.
func (l *Log) statement(m *adapter.Outgoing, twins map[string]int) (statement, error) {
	if !isKept(m.Message) {
		return l.Bus.statement(m, twins)
	}
	n, err := l.encode(m.Message)
	if err != nil {
		return statement{}, err
	}
	text := `WITH event AS (INSERT INTO ` + quoted(l.options.Events) + ` (payload) VALUES ($1) RETURNING id, ` + micros + ` AS at)`
	arguments := []any{m.Message, channelOf(l.options.Prefix, m.To.Namespace), n.text[1:]}
	if n.attachment == nil {
		return statement{text + ` SELECT pg_notify($2::text, '{"offset":"' || id || '-' || at || '",' || $3::text) FROM event`, arguments}, nil
	}
	return statement{text + `, attachment AS (INSERT INTO ` + quoted(l.options.Attachments) + ` (payload) VALUES ($4) RETURNING id)
		SELECT pg_notify($2::text, '{"offset":"' || event.id || '-' || at || '",' || $3::text || attachment.id || '"}') FROM event, attachment`,
		append(arguments, n.attachment)}, nil
}
