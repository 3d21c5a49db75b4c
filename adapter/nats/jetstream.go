package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
)

// JetStreamOptions are the options of a [JetStream]. Prefix, Mode and Stream have to be the
// same for all servers of a fleet. What the streams keep is decided by the options of
// whoever comes first, as streams that exist are used as they are.
type JetStreamOptions struct {
	// Prefix begins all subjects; it may have dots. The default is "socketio".
	Prefix string

	// Mode says which rooms have subjects of their own, for what is not kept.
	Mode Mode

	// Stream is the name of the stream that has the events; that of the sessions ends
	// with "-sessions". The default is "socketio".
	Stream string

	// MaxBytes is how much the stream keeps, and MaxAge for how long. The defaults are
	// 64 MiB and one hour.
	MaxBytes int64
	MaxAge   time.Duration

	// InMemory keeps all of it in the broker's memory and not in files, so that a restart
	// of the broker is the end of it.
	InMemory bool

	// Replicas is how many brokers of a cluster of NATS keep it. The default is 1.
	Replicas int

	// OnError is told when the broker is lost, once each time, and of messages that were
	// lost meanwhile. It must not block. The default logs by package slog.
	OnError func(error)
}

// The defaults of JetStreamOptions.
const (
	streamName = "socketio"
	maxBytes   = 64 << 20
	maxAge     = time.Hour
)

// callTimeout is how long JetStream has for an answer, unless the caller's context says so.
const callTimeout = 10 * time.Second

// JetStream is a Bus that keeps events in a stream of NATS, with History and Sessions; see
// [NewJetStream].
type JetStream struct {
	conn          *natsgo.Conn
	options       JetStreamOptions
	subjects      subjects
	divider       *divider
	subscriptions *subscriptions
	seen          atomic.Pointer[adapter.Offset] // of the last event that a reader has read; nil before the first

	mu       sync.Mutex // guards what follows, and is held while it is found out
	api      jetstream.JetStream
	events   jetstream.Stream
	sessions jetstream.Stream
	created  time.Time // when the stream of the events was
}

var (
	_ adapter.Listener = (*JetStream)(nil)
	_ adapter.Batcher  = (*JetStream)(nil)
	_ adapter.History  = (*JetStream)(nil)
	_ adapter.Sessions = (*JetStream)(nil)
)

// NewJetStream returns a Bus for a broker with JetStream, of version 2.11 or newer. It makes
// two streams when they are first needed.
//
// Events that are kept pass through the stream; after a loss of the connection, reading
// goes on where it ended, so that nothing is lost as long as the stream has it. That some is
// lost OnError is told. All else is published as a [Core] does it, and lost meanwhile.
func NewJetStream(conn *natsgo.Conn, o *JetStreamOptions) *JetStream {
	b := &JetStream{conn: conn, divider: newDivider()}
	if o != nil {
		b.options = *o
	}
	p := &b.options
	p.Stream = cmp.Or(p.Stream, streamName)
	p.MaxBytes, p.MaxAge = cmp.Or(p.MaxBytes, maxBytes), cmp.Or(p.MaxAge, maxAge)
	b.subjects = newSubjects(p.Prefix, p.Mode)
	b.subscriptions = newSubscriptions(conn, p.OnError)
	return b
}

// The subjects of the streams: of the events as they are published and as the broker
// publishes them once more with their places, of the parts of those that are too large, and
// of the sessions.
func (b *JetStream) kept() string             { return b.subjects.prefix + ".kept" }
func (b *JetStream) live() string             { return b.subjects.prefix + ".live" }
func (b *JetStream) partly() string           { return b.subjects.prefix + ".part" }
func (b *JetStream) session(id string) string { return b.subjects.prefix + ".session." + token(id) }

// Health returns nil while the broker is there, and otherwise why it is not. It does not
// block.
func (b *JetStream) Health() error { return b.subscriptions.health() }

// Publish is that of [adapter.Bus].
func (b *JetStream) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return "", err
	}
	decoded, err := adapter.Decode(m)
	if err != nil {
		return "", err
	}
	if decoded.Kept() {
		return b.keep(ctx, m)
	}
	return "", b.divider.publish(b.conn, b.subjects.of(to), m)
}

// entry returns what is put into the stream for a message: itself, or if it is too large the list
// of its parts, which are there by then.
func (b *JetStream) entry(ctx context.Context, m []byte) ([]byte, error) {
	if size := partSize(b.conn); len(m) > size {
		return b.keepParts(ctx, m, size)
	}
	return m, nil
}

// keep puts a message into the stream.
func (b *JetStream) keep(ctx context.Context, m []byte) (adapter.Offset, error) {
	content, err := b.entry(ctx, m)
	if err != nil {
		return "", err
	}
	ack, err := b.add(ctx, b.kept(), content)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	created := b.created
	b.mu.Unlock()
	return offsetOf(created, ack.Sequence, content), nil
}

// add puts something into a stream. If there is no stream, nothing has been done, so it is
// tried again when there is one.
func (b *JetStream) add(ctx context.Context, subject string, content []byte, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	api, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	options = append(options, jetstream.WithRetryAttempts(0))
	ack, err := api.Publish(ctx, subject, content, options...)
	if !errors.Is(err, jetstream.ErrNoStreamResponse) {
		return ack, err
	}
	b.forget()
	if _, err := b.open(ctx); err != nil {
		return nil, err
	}
	return api.Publish(ctx, subject, content, options...)
}

// forget makes the streams be looked for again.
func (b *JetStream) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = nil
}

// open finds the streams, or makes them.
func (b *JetStream) open(ctx context.Context) (jetstream.JetStream, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.events != nil {
		return b.api, nil
	}
	if b.api == nil {
		api, err := jetstream.New(b.conn, jetstream.WithPublishAsyncMaxPending(maxInFlight), jetstream.WithPublishAsyncTimeout(callTimeout))
		if err != nil {
			return nil, err
		}
		b.api = api
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	o := &b.options
	storage := jetstream.FileStorage
	if o.InMemory {
		storage = jetstream.MemoryStorage
	}
	sessions, err := b.openStream(ctx, &jetstream.StreamConfig{
		Name: o.Stream + "-sessions", Subjects: []string{b.subjects.prefix + ".session.*"},
		MaxMsgsPerSubject: 1, AllowMsgTTL: true, MaxBytes: o.MaxBytes, MaxAge: o.MaxAge,
		Storage: storage, Replicas: o.Replicas,
	})
	if err != nil {
		return nil, err
	}
	events, err := b.openStream(ctx, &jetstream.StreamConfig{
		Name: o.Stream, Subjects: []string{b.kept(), b.partly()},
		MaxBytes: o.MaxBytes, MaxAge: o.MaxAge,
		Storage: storage, Replicas: o.Replicas,
		RePublish: &jetstream.RePublish{Source: b.kept(), Destination: b.live()},
	})
	if err != nil {
		return nil, err
	}
	b.sessions, b.events, b.created = sessions, events, events.CachedInfo().Created
	return b.api, nil
}

// openStream returns a stream that is there, if it does what it has to, or makes it.
func (b *JetStream) openStream(ctx context.Context, want *jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := b.api.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = b.api.CreateStream(ctx, *want)
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		s, err = b.api.Stream(ctx, want.Name) // another server was faster, with other limits
	}
	if err != nil {
		return nil, fmt.Errorf("nats: the stream %s: %w", want.Name, err)
	}
	have := s.CachedInfo().Config
	if strings.Join(have.Subjects, " ") != strings.Join(want.Subjects, " ") || have.AllowMsgTTL != want.AllowMsgTTL ||
		want.RePublish != nil && (have.RePublish == nil || *have.RePublish != *want.RePublish) {
		return nil, fmt.Errorf("nats: the stream %s is another's, or of another prefix", want.Name)
	}
	return s, nil
}

// offsetOf returns the offset of an entry of the stream: which stream it is, the number in
// that, and a sum of the content, as a broker that has lost its newest entries gives their
// numbers to others.
func offsetOf(created time.Time, number uint64, content []byte) adapter.Offset {
	const base = 36
	b := strconv.AppendInt(nil, created.UnixNano(), base)
	b = strconv.AppendUint(append(b, '.'), number, base)
	b = strconv.AppendUint(append(b, '.'), uint64(crc32.ChecksumIEEE(content)), base)
	return adapter.Offset(b)
}

// numberOf returns the number in an offset of that stream.
func numberOf(created time.Time, at adapter.Offset) (uint64, bool) {
	stream, rest, _ := strings.Cut(string(at), ".")
	number, _, ok := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(number, 36, 64)
	return n, ok && err == nil && n > 0 && stream == strconv.FormatInt(created.UnixNano(), 36)
}

// Listen is that of [adapter.Listener].
func (b *JetStream) Listen(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.listen(ctx, b.subjects.of(to))
}

// Unlisten is that of [adapter.Listener].
func (b *JetStream) Unlisten(ctx context.Context, to adapter.Topic) error {
	return b.subscriptions.unlisten(ctx, b.subjects.of(to))
}

// Subscribe is that of [adapter.Bus].
func (b *JetStream) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	if err := firstError(ctx.Err(), b.Health()); err != nil {
		return err
	}
	r, err := b.follow(ctx)
	if err != nil {
		return err
	}
	if err := b.subscriptions.subscribe(ctx, deliver); err != nil {
		_ = r.sub.Unsubscribe() // of which there is nothing to be heard
		return err
	}
	r.deliver = deliver
	go r.run(ctx)
	return nil
}
