package socketio

import (
	"context"
	"time"

	"socketio/engineio"
	"socketio/sio5"
)

// ClientOptions configures a [Client]. Of each field the zero value is the default, and
// a negative one switches a limit or a timeout off.
//
// It embeds the options of a connection, whose fields are written as if they were its
// own: Path, Query, Header, Transports, EIO3, DialStream, NoUpgrade, TryAllTransports,
// Base64, DialTimeout, HTTPClient, Subprotocols, Deflate, MaxPayload, QueueBytes,
// WriteTimeout, Trace and Logger; see [engineio.DialOptions].
type ClientOptions struct {
	engineio.DialOptions

	// RememberUpgrade makes the client begin with WebSocket when its last connection
	// was on one.
	RememberUpgrade bool

	// Auth goes to the server's middleware with each CONNECT. It is encoded as a JSON
	// object. Servers of version 2 (EIO3) have no auth: it goes to them as version 2 sends
	// its query, in the URL and behind the name of a namespace, what is no string as JSON.
	Auth any

	// AuthFunc makes, for each attempt to connect, what Auth is otherwise: it can
	// renew a token. Its error fails the attempt. Not both of them can be set.
	AuthFunc func(ctx context.Context) (any, error)

	// Backoff says how the client reconnects.
	Backoff Backoff

	// AckTimeout is how long an acknowledgement is waited for if the context has no
	// deadline; default 30 s.
	AckTimeout time.Duration

	// Retries is how often an event is sent again whose acknowledgement does not come
	// within AckTimeout, or whose connection is lost; default 0. With it each event,
	// volatile ones aside, wants an acknowledgement and is sent when the one before
	// it is done with: in order, and at least once. The server may get one twice.
	Retries int

	// Buffer is how many bytes of events each namespace keeps while it is not
	// connected, each counted with 64 bytes on top; default 16,000,000. Emit then
	// returns [ErrQueueFull]. With a negative one nothing is kept, and Emit
	// returns [ErrDisconnected].
	Buffer int

	// Codec is the form in which packets travel, which must be the server's; default
	// nil, which is the protocol's own, JSON.
	Codec sio5.Codec

	// MaxAttachments is how many binary values one message may have, either way;
	// default 10.
	MaxAttachments int

	// OnError is told of the errors and panics of handlers and hooks, of refusals while
	// nobody waits in Connect, and of events that Retries has given up. The default
	// logs them.
	OnError func(ctx context.Context, s *ClientSocket, err error)

	// OnRetry is told of each failure to connect that another attempt follows, and of
	// each connection that was lost: which attempt it will be, counted from 1, how long
	// the client waits before it, and why. The default logs a warning.
	OnRetry func(attempt int, wait time.Duration, cause error)
}

// withDefaults returns a copy of o without zero values where these mean a default.
func (o *ClientOptions) withDefaults() ClientOptions {
	var r ClientOptions
	if o != nil {
		r = *o
	}
	if r.Auth != nil && r.AuthFunc != nil {
		panic("socketio: ClientOptions has both Auth and AuthFunc")
	}
	r.Backoff = r.Backoff.withDefaults()
	r.DialTimeout = orDefault(r.DialTimeout, 20*time.Second)
	r.MaxPayload = orDefault(r.MaxPayload, 10_000_000)
	r.AckTimeout = orDefault(r.AckTimeout, 30*time.Second)
	r.Buffer = orDefault(r.Buffer, 16_000_000)
	return r
}
