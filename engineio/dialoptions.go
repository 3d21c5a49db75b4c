package engineio

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// DialOptions configures a connection that [Dial] makes. The zero value of each field
// is its default.
type DialOptions struct {
	// Path is where the server is mounted: by default the path of the URL, or
	// "/socket.io/" if that has none. It is requested as it is written.
	Path string

	// Query is added to the URL's own.
	Query url.Values

	// Header is sent with every request, that of a WebSocket included. Host in it
	// changes the requests' Host.
	Header http.Header

	// Transports are tried in this order: Polling and then WebSocket by default.
	// The first one opens the connection; one that begins with Polling goes over to
	// WebSocket if that is among them, or WebTransport, which needs DialStream.
	Transports []string

	// EIO3 makes the connection one of revision 3 of the protocol, for servers of
	// Socket.IO 2. By default it is one of revision 4. A server does not say which of
	// them it speaks, so it is the program that has to know.
	EIO3 bool

	// DialStream opens a session of WebTransport at a URL, and the one stream in it
	// that carries the connection; its Close ends the session. It is what the method of
	// that name of a webtransport.Dialer does, which is in a module of its own,
	// socketio/webtransport. What a server refuses is to be a [*ResponseError].
	DialStream func(ctx context.Context, url string, header http.Header) (net.Conn, error)

	// NoUpgrade keeps a connection that begins with Polling there.
	NoUpgrade bool

	// TryAllTransports goes on with the next one when a transport could not open
	// the connection. Without it the first decides.
	TryAllTransports bool

	// Base64 sends binary messages as text on a WebSocket as well.
	Base64 bool

	// DialTimeout is how long opening a connection may take, over all transports
	// that are tried, and then an upgrade; 20 s by default. A negative one is no
	// limit: the context alone is.
	DialTimeout time.Duration

	// HTTPClient makes the requests. Its Transport decides about TLS, proxy and
	// dialling, its Jar about cookies, for WebSockets too; its Timeout bounds each
	// request, and so must be longer than the server's heartbeat where it polls.
	// By default each connection has a client with the settings of
	// http.DefaultTransport, without a jar, and leaves nothing of it behind.
	HTTPClient *http.Client

	// Subprotocols are offered to the server with a WebSocket.
	Subprotocols []string

	// Deflate offers the compression of messages to the server, over WebSockets; off
	// by default.
	Deflate Deflate

	// MaxPayload is the size of the largest message that is received, and of the
	// largest answer to a poll, in bytes; 10,000,000 by default.
	MaxPayload int

	// QueueBytes is how much may wait to be sent, 16 MB by default, each packet
	// counting 64 bytes more than it has. An empty queue takes any one message. A
	// connection whose queue is full is closed.
	QueueBytes int

	// WriteTimeout is how long a server may take nothing of what is being written
	// to it, 10 s by default.
	WriteTimeout time.Duration

	// Trace has hooks that are told what happens to the connection; nil for none. A nil
	// field of it costs nothing.
	Trace *Trace

	// Logger gets a line where something went wrong that nobody else is told of, as
	// an upgrade that failed; slog.Default by default.
	Logger *slog.Logger
}

// withDefaults returns a copy with defaults for what is not set, or says what is wrong.
func (o *DialOptions) withDefaults() (*DialOptions, error) {
	var c DialOptions
	if o != nil {
		c = *o
	}
	orElse(&c.DialTimeout, 20*time.Second)
	orElse(&c.MaxPayload, 10_000_000)
	orElse(&c.QueueBytes, 16_000_000)
	orElse(&c.WriteTimeout, 10*time.Second)
	orElse(&c.Logger, slog.Default())
	c.Logger = c.Logger.With("component", "engineio")
	if len(c.Transports) == 0 {
		c.Transports = []string{Polling, WebSocket}
	}
	if err := c.checkTransports(); err != nil {
		return nil, err
	}
	if c.MaxPayload < 0 || c.QueueBytes < 0 || c.WriteTimeout < 0 {
		return nil, protocolError("a limit in DialOptions is negative")
	}
	if err := c.Deflate.check(); err != nil {
		return nil, err
	}
	return &c, nil
}

// checkTransports says what is wrong with Transports.
func (o *DialOptions) checkTransports() error {
	known := []string{Polling, WebSocket, WebTransport}
	for _, name := range o.Transports {
		if !slices.Contains(known, name) {
			return protocolError("DialOptions.Transports has an unknown transport: " + name)
		}
	}
	switch {
	case !slices.Contains(o.Transports, WebTransport):
	case o.DialStream == nil:
		return protocolError("DialOptions.Transports has WebTransport, and there is no DialStream")
	case o.EIO3:
		return protocolError("DialOptions.Transports has WebTransport, which revision 3 does not know")
	}
	return nil
}
