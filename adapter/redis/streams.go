package redis

import (
	"cmp"
	"context"
	"encoding/json/v2"
	"strconv"
	"sync/atomic"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// StreamsOptions are the options of a [Streams]. Those of the servers for Node have to be
// the same.
type StreamsOptions struct {
	// Stream is the key of the stream. The default is "socket.io".
	Stream string

	// MaxLen is about how many messages the stream keeps. The default is 10,000.
	MaxLen int

	// ReadCount is how many messages are read at once. The default is 100.
	ReadCount int

	// Prefix begins the names of all channels. The default is "socket.io".
	Prefix string

	// Sharded uses the sharded Pub/Sub of Redis 7 for what is not kept.
	Sharded bool

	// SessionPrefix begins the keys of the sessions. The default is "sio:session:".
	SessionPrefix string

	// OnError is told when a connection to Redis is lost, once each time, and of messages
	// that were lost meanwhile. It must not block. The default logs by package slog.
	OnError func(error)
}

// The defaults of StreamsOptions.
const (
	maxLen        = 10_000
	readCount     = 100
	sessionPrefix = "sio:session:"
)

// Streams is a Bus over a stream of Redis, with History and Sessions; see [NewStreams].
type Streams struct {
	client        rueidis.Client
	options       StreamsOptions
	subscriptions subscriptions
	seen          atomic.Pointer[string] // the ID of the last entry that a reader has read; nil before the first
}

var (
	_ adapter.Listener = (*Streams)(nil)
	_ adapter.Counter  = (*Streams)(nil)
	_ adapter.Batcher  = (*Streams)(nil)
	_ adapter.History  = (*Streams)(nil)
	_ adapter.Sessions = (*Streams)(nil)
)

// NewStreams returns a Bus that is compatible with @socket.io/redis-streams-adapter 0.3,
// whose option streamCount has to be 1. Redis has to be 6.2 or newer.
//
// Events that are kept, and what makes sockets join, leave or disconnect, pass through the
// stream. After a loss of the connection reading goes on where it ended, so that nothing is
// lost as long as the stream has it; that some is lost OnError is told. All else is published
// and lost meanwhile.
func NewStreams(client rueidis.Client, o *StreamsOptions) *Streams {
	b := &Streams{client: client}
	if o != nil {
		b.options = *o
	}
	p := &b.options
	p.Stream, p.Prefix = cmp.Or(p.Stream, prefix), cmp.Or(p.Prefix, prefix)
	p.SessionPrefix = cmp.Or(p.SessionPrefix, sessionPrefix)
	p.MaxLen, p.ReadCount = cmp.Or(p.MaxLen, maxLen), cmp.Or(p.ReadCount, readCount)
	b.subscriptions = subscriptions{
		client: client, sharded: p.Sharded, report: reporter(p.OnError),
		handle: func(_ channel, m string) { b.subscriptions.deliver(decode(m), "") },
		topics: map[adapter.Topic]int{}, wanted: map[channel]int{},
	}
	return b
}

// Publish is that of [adapter.Bus].
func (b *Streams) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	command, e, err := b.encode(&adapter.Outgoing{To: to, Message: m})
	if err != nil {
		return "", err
	}
	result := publish(ctx, b.client, command)
	if !e.kept() {
		return "", result.Error()
	}
	id, err := result.ToString()
	return adapter.Offset(id), err
}

// PublishAll is that of [adapter.Batcher].
func (b *Streams) PublishAll(ctx context.Context, messages []adapter.Outgoing) []error {
	encode := func(m *adapter.Outgoing) (rueidis.Completed, error) {
		command, _, err := b.encode(m)
		return command, err
	}
	if b.client.Mode() != rueidis.ClientModeCluster || b.options.Sharded {
		return publishAll(ctx, b.client, messages, encode)
	}
	// Beside commands for the stream, others would go to the node that has it; see publish.
	var failures []error
	for i := range messages {
		if err := publishAll(ctx, b.client, messages[i:i+1], encode); err != nil {
			if failures == nil {
				failures = make([]error, len(messages))
			}
			failures[i] = err[0]
		}
	}
	return failures
}

// encode returns the command that publishes a message, or adds it to the stream.
func (b *Streams) encode(m *adapter.Outgoing) (command rueidis.Completed, e envelope, err error) {
	text, attachments, err := adapter.Unpack(m.Message)
	if err != nil {
		return command, e, err
	}
	if err := json.Unmarshal(text, &e, decodeOptions); err != nil {
		return command, e, err
	}
	if e.persistent() {
		command, err = b.add(&e, attachments)
		return command, e, err
	}
	body, err := encodeBinary(text, attachments)
	name := b.channel(m.To).name
	if b.options.Sharded {
		return b.client.B().Spublish().Channel(name).Message(body).Build(), e, err
	}
	return b.client.B().Publish().Channel(name).Message(body).Build(), e, err
}

// add returns the command that adds a message to the stream.
func (b *Streams) add(e *envelope, attachments [][]byte) (command rueidis.Completed, err error) {
	data := string(e.Data)
	if len(attachments) > 0 {
		if data, err = encodeBase64(e.Data, attachments); err != nil {
			return command, err
		}
	}
	command = b.client.B().Xadd().Key(b.options.Stream).Maxlen().Almost().Threshold(strconv.Itoa(b.options.MaxLen)).Id("*").
		FieldValue().FieldValue("uid", e.UID).FieldValue("nsp", e.Namespace).
		FieldValue("type", strconv.Itoa(int(e.Type))).FieldValue("data", data).Build()
	return command, nil
}

// Subscribe is that of [adapter.Bus].
func (b *Streams) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	last, err := b.last(ctx)
	if err != nil {
		return err
	}
	if err := b.subscriptions.subscribe(ctx, deliver); err != nil {
		return err
	}
	r := &reader{bus: b, last: last, deliver: deliver}
	go r.run(ctx)
	return nil
}

// Listen is that of [adapter.Listener].
func (b *Streams) Listen(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.listen(ctx, to, b.channel(to))
}

// Unlisten is that of [adapter.Listener].
func (b *Streams) Unlisten(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.unlisten(ctx, to, b.channel(to))
}

// Count is that of [adapter.Counter].
func (b *Streams) Count(ctx context.Context, namespace string) (int, error) {
	name := b.channel(adapter.Topic{Namespace: namespace}).name
	if b.options.Sharded {
		return count(ctx, b.client, b.client.B().PubsubShardnumsub().Channel(name).Build(), name)
	}
	return countEverywhere(ctx, b.client, name)
}

// channel returns the channel of a topic, where rooms have none of their own.
func (b *Streams) channel(to adapter.Topic) channel {
	to.Room = ""
	return channelOf(b.options.Prefix, to)
}
