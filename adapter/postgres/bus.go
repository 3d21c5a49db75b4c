package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
)

// Bus is a Bus over notifications; see [New].
type Bus struct {
	pool    *pgxpool.Pool
	options Options
	line    line

	mu   sync.Mutex     // guards what follows
	own  map[string]int // how often each UID is that of a node of this Bus
	told time.Time      // when something was last reported by tell

	// Clean deletes what is too old in the tables, whose columns these are by their names.
	clean  func(ctx context.Context) error
	tables map[string]string
}

var (
	_ adapter.Listener = (*Bus)(nil)
	_ adapter.Batcher  = (*Bus)(nil)
)

// New returns a Bus that is compatible with @socket.io/postgres-adapter 0.5, and hears
// @socket.io/postgres-emitter 0.1. Every message reaches every server that has its namespace.
//
// While the connection to the database is lost, what others publish is lost as well.
func New(pool *pgxpool.Pool, o *Options) *Bus {
	b := new(Bus)
	b.init(pool, o)
	b.line.begin, b.line.take = func(context.Context, *pgx.Conn, bool) error { return nil }, b.take
	b.clean = b.cleanAttachments
	return b
}

func (b *Bus) init(pool *pgxpool.Pool, o *Options) {
	b.pool, b.options = pool, o.withDefaults()
	b.own = map[string]int{}
	b.line.pool, b.line.report, b.line.beside = pool, b.options.OnError, b.tidy
	b.tables = map[string]string{b.options.Attachments: attachmentColumns}
	b.line.channels, b.line.changed, b.line.up = map[string]*channel{}, map[string]struct{}{}, make(chan struct{})
}

// Healthy says whether the Bus hears what is published. It is false before the first
// Subscribe, and while the connection is lost.
func (b *Bus) Healthy() bool {
	up, _ := b.line.connected()
	select {
	case <-up:
		return true
	default:
		return false
	}
}

// Publish is that of [adapter.Bus].
func (b *Bus) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	n, err := b.encode(m)
	if err != nil {
		return "", err
	}
	n.text = addressed(to.Node, n.text)
	channel := channelOf(b.options.Prefix, to.Namespace)
	if n.attachment == nil {
		_, err := b.pool.Exec(ctx, `SELECT `+hurried+`, pg_notify($1, $2)`, channel, n.text)
		return "", err
	}
	statement := `WITH attachment AS (INSERT INTO ` + quoted(b.options.Attachments) + ` (payload) VALUES ($3) RETURNING id)
		SELECT ` + hurried + `, pg_notify($1, $2 || id || '"}') FROM attachment`
	return "", b.creating(ctx, func() error {
		_, err := b.pool.Exec(ctx, statement, channel, n.text, n.attachment)
		return err
	})
}

// hurried makes the transaction not wait for the disk. What may be lost if the database
// crashes is what nobody needs then.
const hurried = `set_config('synchronous_commit', 'off', true)`

// Subscribe is that of [adapter.Bus].
func (b *Bus) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	if err := b.create(ctx); err != nil {
		return err
	}
	return b.line.subscribe(ctx, deliver)
}

// Listen is that of [adapter.Listener]. Rooms have no channels, but that of their namespace.
func (b *Bus) Listen(ctx context.Context, to adapter.Topic) error {
	if to.Node != "" {
		b.mu.Lock()
		b.own[to.Node]++
		b.mu.Unlock()
	}
	return b.line.listen(ctx, channelOf(b.options.Prefix, to.Namespace), to.Namespace)
}

// Unlisten is that of [adapter.Listener].
func (b *Bus) Unlisten(ctx context.Context, to adapter.Topic) error {
	if to.Node != "" {
		b.mu.Lock()
		if b.own[to.Node]--; b.own[to.Node] <= 0 {
			delete(b.own, to.Node)
		}
		b.mu.Unlock()
	}
	b.line.unlisten(channelOf(b.options.Prefix, to.Namespace))
	return ctx.Err()
}

// take delivers what a notification tells.
func (b *Bus) take(ctx context.Context, conn *pgx.Conn, n *pgconn.Notification) error {
	m, err := b.read(ctx, conn, n.Channel, n.Payload)
	if err == nil && m != nil {
		b.line.deliver(m, "")
	}
	return err
}

// isOwn says whether a UID is that of a node of this Bus.
func (b *Bus) isOwn(uid string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.own[uid] > 0
}

// read returns the message of a notification, or nil if nobody here wants it: it is for
// another node, or one of the Bus's own nodes has put it into the table.
func (b *Bus) read(ctx context.Context, conn *pgx.Conn, channel, payload string) ([]byte, error) {
	if node, rest, one := cutAddress(payload); one {
		if !b.isOwn(node) {
			return nil, nil
		}
		payload = rest
	}
	namespace, wanted := b.line.namespaceOf(channel)
	if !wanted {
		return nil, nil
	}
	h, attached := parseHeader(payload)
	if !attached {
		return named(namespace, []byte(payload)), nil
	}
	if b.isOwn(h.UID) {
		return nil, nil
	}
	m, err := b.fetch(ctx, conn, h.id)
	return named(namespace, m), err
}
