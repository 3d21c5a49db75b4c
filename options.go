package socketio

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"time"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/internal/safelog"
	"socketio/sio5"
)

// CORS says which origins may connect; see [engineio.CORS].
type CORS = engineio.CORS

// Options configures a [Server]. Of each field the zero value is the default. A
// negative one switches a limit or a timeout of this package off; of Engine.IO's, which
// protect the connection itself, it panics.
//
// It embeds the options of Engine.IO, whose fields are written as if they were its
// own, since Go allows promoted fields as keys:
//
//	&socketio.Options{PingInterval: 10 * time.Second, AckTimeout: 5 * time.Second}
//
// These are, among others, Path, PingInterval, PingTimeout, MaxPayload, Transports,
// Cookie, CORS, Allow and Logger.
type Options struct {
	engineio.Options

	// ConnectTimeout is how long a connection may go without having joined a
	// namespace, at its beginning or after it has left the last one; default 45 s.
	ConnectTimeout time.Duration

	// AckTimeout is how long an acknowledgement is waited for if the context
	// has no deadline; default 30 s.
	AckTimeout time.Duration

	// Recovery lets clients take up where they were when their connection was lost;
	// default off.
	Recovery Recovery

	// MaxNamespaces is how many namespaces one connection may join; default 32.
	// One that asks for more is closed.
	MaxNamespaces int

	// KeepEmptyNamespaces keeps namespaces that were made on demand, see
	// [Server.OfFunc], when their last socket has ended. As clients choose the
	// names, the function given to OfFunc should then accept only so many.
	KeepEmptyNamespaces bool

	// MaxRooms is how many rooms one socket may join; default 1,000. Joining
	// more does nothing, except that OnError is told.
	MaxRooms int

	// MaxAcks is how many acknowledgements of one socket may be awaited at the
	// same time; default 1,000. Asking for more is an error.
	MaxAcks int

	// Codec is the form in which packets travel, the same for all clients of the
	// server; default nil, which is the protocol's own, JSON. The module
	// socketio/msgpack has another.
	Codec sio5.Codec

	// MaxAttachments is how many binary values one message may have, either
	// way; default 10. A peer that sends more is closed; emitting more is an error.
	// It does not count those that a Codec carries inside of its messages.
	MaxAttachments int

	// Inbox is how many bytes of events may wait for the handlers of one
	// connection, each counted with 64 bytes on top; default 1,000,000. Beyond
	// that the connection is not read until half of them are handled. While a
	// handler waits for an acknowledgement by its own peer reading goes on, up
	// to twice as many; then the connection is closed.
	Inbox int

	// EventsPerSecond, BytesPerSecond, JoinsPerSecond and ConnectsPerSecond are how many
	// events and bytes one connection may send per second, how many rooms its sockets may
	// join, and how many namespaces it may ask for, again and again; without limit by
	// default. A second's worth may come at once, and after a pause one message of any
	// size. A connection that goes beyond that is closed.
	EventsPerSecond, BytesPerSecond, JoinsPerSecond, ConnectsPerSecond int

	// Bus joins the server with others to a cluster: what one emits reaches the
	// clients of all; see package adapter. The server begins to use it at once, and
	// ends that with Shutdown or Close. Default: the server is by itself.
	Bus adapter.Bus

	// Advertise is where the other servers of the cluster reach this one's handler over
	// HTTP, such as "10.0.0.7:3000". With it the requests of a session may come to any
	// server that advertises too: that passes them on to the session's own, so load
	// balancers need not be sticky. It needs a Bus, and a ClusterSecret of at least 16
	// characters, the same for all, by which servers know each other's requests. The
	// server then makes session ids by itself, without GenerateID. Default: code 1 answers
	// requests for sessions of others.
	Advertise, ClusterSecret string

	// ClusterTLS is how the other servers are reached at what they advertise: by TLS, with
	// RootCAs that their certificates must come from, and Certificates that they may ask for.
	// Who is let in there decides the TLSConfig of the http.Server that listens. The server
	// copies it. Default: plain HTTP.
	ClusterTLS *tls.Config

	// OnError is told of every error that handlers, hooks and middleware
	// return, and of their panics. The socket may be nil. The default logs:
	// a [*PanicError] as error, a [*DecodeError] and what says itself how it is
	// acknowledged as warning, [ErrDisconnected] at the debug level, everything else
	// as error. Of trouble with the Bus it is told once in a while.
	OnError func(ctx context.Context, s *Socket, err error)
}

// Limits that are no options.
const (
	// maxNamespaceName is the length of the longest namespace, in bytes.
	maxNamespaceName = 256

	// maxNamespaceQuery is how long it may be together with the query that clients
	// of version 2 put behind it.
	maxNamespaceQuery = 8192

	// maxPending is how many packets wait while a CONNECT is decided.
	maxPending = 16

	// maxRefused is how many CONNECTs in a row are answered by a refusal.
	maxRefused = 5

	// maxEnding is how many sockets of a connection, besides MaxNamespaces, may have
	// ended while their middleware, handlers and hooks still run.
	maxEnding = 32

	// maxLeft is how many namespaces a connection is known to have left.
	maxLeft = 32

	// attachmentTimeout is how long the attachments of a packet may take.
	attachmentTimeout = 30 * time.Second

	// itemOverhead is what an event counts in the inbox beside its bytes.
	itemOverhead = 64
)

// withDefaults returns a copy of o without zero values where these mean a default,
// and without negative limits.
func (o *Options) withDefaults() Options {
	var r Options
	if o != nil {
		r = *o
	}
	r.ConnectTimeout = orDefault(r.ConnectTimeout, 45*time.Second)
	r.AckTimeout = orDefault(r.AckTimeout, 30*time.Second)
	r.MaxNamespaces = limitOf(r.MaxNamespaces, 32)
	r.Recovery.setDefaults()
	r.MaxRooms = limitOf(r.MaxRooms, 1000)
	r.MaxAcks = limitOf(r.MaxAcks, 1000)
	r.MaxAttachments = limitOf(r.MaxAttachments, 10)
	r.Inbox = limitOf(r.Inbox, 1_000_000)
	if r.DropOldest && r.Recovery.Window > 0 {
		panic("socketio: Options.DropOldest loses events, and Options.Recovery promises not to")
	}
	r.checkAdvertise()
	if r.Logger == nil {
		r.Logger = slog.Default()
	}
	r.Logger = safelog.Logger(r.Logger)
	return r
}

func orDefault[T comparable](v, byDefault T) T {
	var zero T
	if v == zero {
		return byDefault
	}
	return v
}

// limitOf is orDefault for a limit, which a negative value switches off.
func limitOf(v, byDefault int) int {
	if v < 0 {
		// Halved, so that twice the limit is still an int.
		return math.MaxInt / 2
	}
	return orDefault(v, byDefault)
}
