package redis

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// ClassicOptions are the options of a [Classic]. Those of the servers for Node have to be
// the same.
type ClassicOptions struct {
	// Prefix begins the names of all channels; it is the option key of the adapter for
	// Node. The default is "socket.io".
	Prefix string

	// OnError is told when the connection to Redis is lost, once each time. It must not
	// block. The default logs by package slog.
	OnError func(error)
}

// Classic is a Bus over the Pub/Sub of any version of Redis; see [NewClassic].
type Classic struct {
	client        rueidis.Client
	prefix        string
	subscriptions subscriptions

	mu         sync.Mutex         // guards what follows
	namespaces map[channel]string // of the channels that are or were listened to
	asked      map[string]classicType
}

var (
	_ adapter.Listener = (*Classic)(nil)
	_ adapter.Counter  = (*Classic)(nil)
	_ adapter.Batcher  = (*Classic)(nil)
)

// NewClassic returns a Bus that is compatible with createAdapter of @socket.io/redis-adapter
// 8.3 with its own parser, and with @socket.io/redis-emitter 5.1. Every message reaches every
// server.
//
// What servers for Node answer does not say who has answered; if some have not, a
// *PartialError of package socketio calls them "unknown".
func NewClassic(client rueidis.Client, o *ClassicOptions) *Classic {
	if o == nil {
		o = new(ClassicOptions)
	}
	b := &Classic{
		client: client, prefix: cmp.Or(o.Prefix, prefix),
		namespaces: map[channel]string{}, asked: map[string]classicType{},
	}
	b.subscriptions = subscriptions{
		client: client, report: reporter(o.OnError), handle: b.handle,
		topics: map[adapter.Topic]int{}, wanted: map[channel]int{},
	}
	return b
}

// Publish is that of [adapter.Bus].
func (b *Classic) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	command, err := b.command(&adapter.Outgoing{To: to, Message: m})
	if err != nil {
		return "", err
	}
	return "", publish(ctx, b.client, command).Error()
}

// PublishAll is that of [adapter.Batcher].
func (b *Classic) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	return publishAll(ctx, b.client, messages, b.command)
}

// command returns what publishes a message.
func (b *Classic) command(m *adapter.Outgoing) (rueidis.Completed, error) {
	kind, body, err := b.encode(m.Message)
	return b.client.B().Publish().Channel(b.destination(kind, m.To)).Message(body).Build(), err
}

// Subscribe is that of [adapter.Bus].
func (b *Classic) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	return b.subscriptions.subscribe(ctx, deliver)
}

// Listen is that of [adapter.Listener].
func (b *Classic) Listen(ctx context.Context, to adapter.Topic) error {
	channels := b.channels(to)
	b.mu.Lock()
	for _, c := range channels {
		b.namespaces[c] = to.Namespace
	}
	b.mu.Unlock()
	return b.subscriptions.listen(ctx, to, channels...)
}

// Unlisten is that of [adapter.Listener].
func (b *Classic) Unlisten(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.unlisten(ctx, to, b.channels(to)...)
}

// Count is that of [adapter.Counter].
func (b *Classic) Count(ctx context.Context, namespace string) (int, error) {
	return countEverywhere(ctx, b.client, b.destination(requests, adapter.Topic{Namespace: namespace}))
}

// A classicKind is a kind of channels.
type classicKind int

const (
	nowhere classicKind = iota // messages that servers for Node have no form for
	broadcasts
	requests
	responses
)

// destination returns the channel for what is for a topic.
func (b *Classic) destination(kind classicKind, to adapter.Topic) string {
	switch kind {
	case requests:
		return b.prefix + "-request#" + to.Namespace + "#"
	case responses:
		name := b.prefix + "-response#" + to.Namespace + "#"
		if to.Node != "" {
			name += to.Node + "#"
		}
		return name
	default:
		return channelOf(b.prefix, to).name
	}
}

// channels returns what has to be listened to for a topic.
func (b *Classic) channels(to adapter.Topic) []channel {
	if to.Node != "" {
		return []channel{{name: b.destination(responses, to)}}
	}
	all := adapter.Topic{Namespace: to.Namespace}
	return []channel{
		{name: globEscaper.Replace(b.destination(broadcasts, all)) + "*", pattern: true},
		{name: b.destination(requests, all)},
		{name: b.destination(responses, all)},
	}
}

// globEscaper makes of a name a pattern that matches it alone.
var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// handle takes what arrives on a channel.
func (b *Classic) handle(c channel, body string) {
	b.mu.Lock()
	namespace := b.namespaces[c]
	b.mu.Unlock()
	var m []byte
	switch {
	case c.pattern:
		m = decodeBroadcast(namespace, body)
	case c.name == b.destination(requests, adapter.Topic{Namespace: namespace}):
		m = b.decodeRequest(namespace, body)
	default:
		m = decodeResponse(namespace, body)
	}
	if m != nil {
		b.subscriptions.deliver(m, "")
	}
}
