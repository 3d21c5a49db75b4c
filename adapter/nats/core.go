package nats

import (
	"context"

	natsgo "github.com/nats-io/nats.go"

	"socketio/adapter"
)

// CoreOptions are the options of a [Core]. The first two have to be the same for all
// servers of a fleet.
type CoreOptions struct {
	// Prefix begins all subjects; it may have dots. The default is "socketio".
	Prefix string

	// Mode says which rooms have subjects of their own.
	Mode Mode

	// OnError is told when the broker is lost, once each time. It must not block. The
	// default logs by package slog.
	OnError func(error)
}

// Core is a Bus over the subjects of NATS; see [NewCore].
type Core struct {
	conn          *natsgo.Conn
	subjects      subjects
	divider       *divider
	subscriptions *subscriptions
}

var _ adapter.Listener = (*Core)(nil)

// NewCore returns a Bus that keeps nothing: what is published while the broker is away is
// lost for the other servers. A message that is larger than the broker allows is sent in
// parts, up to 64 MiB.
//
// Publish does not wait for the broker but, where that has stopped reading, for the
// connection's FlusherTimeout.
func NewCore(conn *natsgo.Conn, o *CoreOptions) *Core {
	if o == nil {
		o = new(CoreOptions)
	}
	return &Core{
		conn: conn, subjects: newSubjects(o.Prefix, o.Mode), divider: newDivider(),
		subscriptions: newSubscriptions(conn, o.OnError),
	}
}

// Health returns nil while the broker is there, and otherwise why it is not. It does not
// block.
func (b *Core) Health() error { return b.subscriptions.health() }

// Publish is that of [adapter.Bus].
func (b *Core) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return "", err
	}
	return "", b.divider.publish(b.conn, b.subjects.of(to), m)
}

// Subscribe is that of [adapter.Bus].
func (b *Core) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	return b.subscriptions.subscribe(ctx, deliver)
}

// Listen is that of [adapter.Listener].
func (b *Core) Listen(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.listen(ctx, b.subjects.of(to))
}

// Unlisten is that of [adapter.Listener].
func (b *Core) Unlisten(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.unlisten(ctx, b.subjects.of(to))
}
