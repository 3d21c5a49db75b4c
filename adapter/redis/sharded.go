package redis

import (
	"cmp"
	"context"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// ShardedOptions are the options of a [Sharded]. Those of the servers for Node have to be
// the same.
type ShardedOptions struct {
	// Prefix begins the names of all channels. The default is "socket.io".
	Prefix string

	// Mode says which rooms have channels of their own.
	Mode SubscriptionMode

	// OnError is told when the connection to Redis is lost, once each time. It must not
	// block. The default logs by package slog.
	OnError func(error)
}

// A SubscriptionMode says which rooms have channels of their own, so that an event for one
// room reaches only the servers that have it.
type SubscriptionMode int

// The modes, by their names in the adapter for Node.
const (
	Dynamic        SubscriptionMode = iota // all but those whose names are as long as the ID of a socket
	DynamicPrivate                         // all, those of single sockets as well
	Static                                 // none
)

// idLength is how long the ID of a socket is.
const idLength = 20

// Sharded is a Bus over the sharded Pub/Sub of Redis 7 or newer; see [NewSharded].
type Sharded struct {
	client        rueidis.Client
	prefix        string
	mode          SubscriptionMode
	subscriptions subscriptions
}

var (
	_ adapter.Listener = (*Sharded)(nil)
	_ adapter.Counter  = (*Sharded)(nil)
	_ adapter.Batcher  = (*Sharded)(nil)
)

// NewSharded returns a Bus that is compatible with createShardedAdapter of
// @socket.io/redis-adapter 8.3. In a Redis Cluster its channels are spread over the nodes;
// then messages of one server are in order within a channel only.
func NewSharded(client rueidis.Client, o *ShardedOptions) *Sharded {
	if o == nil {
		o = new(ShardedOptions)
	}
	b := &Sharded{client: client, prefix: cmp.Or(o.Prefix, prefix), mode: o.Mode}
	b.subscriptions = subscriptions{
		client: client, sharded: true, report: reporter(o.OnError),
		handle: func(_ channel, m string) { b.subscriptions.deliver(decode(m), "") },
		topics: map[adapter.Topic]int{}, wanted: map[channel]int{},
	}
	return b
}

// Publish is that of [adapter.Bus].
func (b *Sharded) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	command, err := b.command(&adapter.Outgoing{To: to, Message: m})
	if err != nil {
		return "", err
	}
	return "", b.client.Do(ctx, command).Error()
}

// PublishAll is that of [adapter.Batcher].
func (b *Sharded) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	return publishAll(ctx, b.client, messages, b.command)
}

// command returns what publishes a message.
func (b *Sharded) command(m *adapter.Outgoing) (rueidis.Completed, error) {
	body, err := encode(m.Message)
	return b.client.B().Spublish().Channel(b.channel(m.To).name).Message(body).Build(), err
}

// Subscribe is that of [adapter.Bus].
func (b *Sharded) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	return b.subscriptions.subscribe(ctx, deliver)
}

// Listen is that of [adapter.Listener].
func (b *Sharded) Listen(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.listen(ctx, to, b.channel(to))
}

// Unlisten is that of [adapter.Listener].
func (b *Sharded) Unlisten(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.unlisten(ctx, to, b.channel(to))
}

// Count is that of [adapter.Counter].
func (b *Sharded) Count(ctx context.Context, namespace string) (int, error) {
	all := b.channel(adapter.Topic{Namespace: namespace}).name
	return count(ctx, b.client, b.client.B().PubsubShardnumsub().Channel(all).Build(), all)
}

// channel returns the channel of a topic.
func (b *Sharded) channel(to adapter.Topic) channel {
	if to.Room != "" && (b.mode == Static || b.mode == Dynamic && jsLength(to.Room) == idLength) {
		to.Room = ""
	}
	return channelOf(b.prefix, to)
}

// channelOf returns the channel of a topic where each room has its own.
func channelOf(prefix string, to adapter.Topic) channel {
	name := prefix + "#" + to.Namespace + "#"
	switch {
	case to.Node != "":
		name += to.Node + "#"
	case to.Room != "":
		name += to.Room + "#"
	}
	return channel{name: name}
}

// jsLength returns the length of a string as JavaScript counts it, in UTF-16.
func jsLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// count returns what Redis answers to one of the commands that count subscriptions.
func count(ctx context.Context, client rueidis.Client, command rueidis.Completed, name string) (int, error) {
	counts, err := client.Do(ctx, command).AsIntMap()
	return int(counts[name]), err
}

// countEverywhere counts the subscriptions to a channel that is no sharded one, which in a
// Redis Cluster each node does for itself.
func countEverywhere(ctx context.Context, client rueidis.Client, name string) (int, error) {
	total := 0
	for _, node := range client.Nodes() {
		n, err := count(ctx, node, node.B().PubsubNumsub().Channel(name).Build(), name)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
