package engineio

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"socketio/internal/safelog"
)

// The names of the transports.
const (
	Polling      = "polling"
	WebSocket    = "websocket"
	WebTransport = "webtransport"
)

// Options configures a Server. The zero value of each field is its default.
type Options struct {
	// Path is where the server is mounted, "/socket.io/" by default. It is
	// served with and without its last slash, and nothing below it is but
	// ClientFiles.
	Path string

	// PingInterval is the time from one heartbeat to the next, 25 s by
	// default, and PingTimeout how long the client may take to answer, 20 s.
	PingInterval, PingTimeout time.Duration

	// UpgradeTimeout is how long an upgrade to a WebSocket may take, 10 s by
	// default, and how long the first packet of a WebTransport session.
	UpgradeTimeout time.Duration

	// WriteTimeout is how long a client may take nothing of what is being
	// written to it, 10 s by default.
	WriteTimeout time.Duration

	// MaxPayload is the size of the largest message that is received, and of
	// the largest POST, in bytes; 1,000,000 by default.
	MaxPayload int

	// QueueBytes is how much may wait to be sent on one connection, 16 MB by
	// default, each packet counting 64 bytes more than it has. An empty queue
	// takes any one message. A connection whose queue is full is closed, unless
	// DropOldest is set: then the messages that have waited the longest are dropped to
	// make room, or the new one if there is none of them, but for those with
	// [Message].Keep. DropOldest and Deflate.ContextTakeover contradict each other.
	QueueBytes int
	DropOldest bool

	// MemoryBudget is how many bytes all connections together may make the server hold:
	// of what waits to be sent, of messages that have come in part, and of those that
	// [Conn.Account] tells. Without limit by default. From 80 % of it on new
	// connections are refused with 503, from 90 % on TrySend sends nothing, and beyond
	// it the connections that hold the most are cut until 80 % are left.
	MemoryBudget int

	// Transports is what clients may use: Polling and WebSocket by default. For
	// WebTransport there also has to be what [Server.ServeStream] describes.
	Transports []string

	// Deflate compresses messages over WebSockets; off by default.
	Deflate Deflate

	// HTTPCompression is from how many bytes on the answer to a poll is compressed
	// with gzip or deflate for a client that accepts it; 1,024 by default. A negative
	// number switches it off.
	HTTPCompression int

	// NoUpgrade keeps connections that begin with polling there.
	NoUpgrade bool

	// EIO3 lets clients of Engine.IO 3 in, which is Socket.IO 2, besides those of
	// revision 4. Their sockets have the session's id: whoever learns it can take the
	// session over, so do not tell clients the ids of others then.
	EIO3 bool

	// JSONP lets clients poll by script tags, for browsers that can do nothing
	// else. Any page can read such an answer, whatever CORS says.
	JSONP bool

	// CORS says which pages of other origins may connect, on any transport.
	CORS CORS

	// Cookie is a template for a cookie with the session's id, which some load
	// balancers want; none by default. &http.Cookie{} means the name "io", the path
	// "/", HttpOnly and SameSite=Lax. If any field is set, Name, Path and
	// SameSite fill in when empty and HttpOnly is as given. It is set by polling
	// handshakes only.
	Cookie *http.Cookie

	// MaxConnections is how many connections there may be, MaxConnectionsPerIP how many
	// from one address, and HandshakesPerIP how many an address may ask for per second;
	// without limit by default. Beyond that the answer is 503 with Retry-After. An
	// address is what ClientIP returns, and of version 6 all that share the first 64
	// bits.
	MaxConnections, MaxConnectionsPerIP, HandshakesPerIP int

	// Allow decides on each new connection; its error refuses it, and is what
	// the client is told. The request's context ends after 10 s; then, and if Allow
	// panics, the answer is 500.
	Allow func(r *http.Request) error

	// GenerateID makes a session's id, which must be unique and hard to
	// guess; by default it is 20 characters from crypto/rand.
	GenerateID func(r *http.Request) (string, error)

	// Header may add headers to every response of a session; first says that it
	// is the session's first.
	Header func(h http.Header, r *http.Request, first bool)

	// InitialMessage is sent, as text, to each client as soon as it has connected; none
	// by default.
	InitialMessage []byte

	// TrustedProxies are the addresses of proxies in front of the server; none by default.
	// Of a request that one of them sends on, its headers X-Forwarded-For and
	// X-Forwarded-Proto say where it comes from, or Forwarded if it has neither: from
	// the last hop that is not trusted. Proxies must not let these headers of clients
	// through, but add to them or replace them.
	TrustedProxies []netip.Prefix

	// ClientIP tells a client's address, for servers behind a proxy that tells it in
	// another way; by default it is the host of r.RemoteAddr, or as TrustedProxies say.
	ClientIP func(r *http.Request) string

	// ClientFiles are served below Path to everybody: those of its root directory whose
	// names end in .js, .mjs or .map. They are read once. By default a server of Socket.IO
	// serves the client for browsers that this module brings, and one of Engine.IO none;
	// NoClientFiles has none served.
	ClientFiles   fs.FS
	NoClientFiles bool

	// Logger gets a line for what is refused and why; slog.Default by default.
	Logger *slog.Logger
}

// withDefaults returns a copy with defaults for what is not set.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	orElse(&c.Path, "/socket.io/")
	orElse(&c.PingInterval, 25*time.Second)
	orElse(&c.PingTimeout, 20*time.Second)
	orElse(&c.UpgradeTimeout, 10*time.Second)
	orElse(&c.WriteTimeout, 10*time.Second)
	orElse(&c.MaxPayload, 1_000_000)
	orElse(&c.QueueBytes, 16_000_000)
	orElse(&c.HTTPCompression, 1024)
	orElse(&c.Logger, slog.Default())
	c.Logger = safelog.Logger(c.Logger)
	if c.Transports == nil {
		c.Transports = []string{Polling, WebSocket}
	}
	if c.ClientIP == nil {
		c.ClientIP = proxies(c.TrustedProxies).clientIP
	}
	for _, name := range c.Transports {
		if name != Polling && name != WebSocket && name != WebTransport {
			panic("engineio: Options.Transports has an unknown transport: " + name)
		}
	}
	for _, d := range []time.Duration{c.PingInterval, c.PingTimeout, c.UpgradeTimeout, c.WriteTimeout} {
		if d < 0 {
			panic("engineio: a duration in Options is negative")
		}
	}
	if c.MaxPayload < 0 || c.QueueBytes < 0 || c.MemoryBudget < 0 {
		panic("engineio: a size in Options is negative")
	}
	if c.DropOldest && c.Deflate.ContextTakeover {
		panic("engineio: Options.DropOldest drops messages to which, with Deflate.ContextTakeover, later ones refer back")
	}
	if err := c.Deflate.check(); err != nil {
		panic("engineio: Options." + err.Error())
	}
	c.Cookie = cookieTemplate(c.Cookie)
	return c
}

func orElse[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// cookieTemplate fills in what Options.Cookie leaves open.
func cookieTemplate(t *http.Cookie) *http.Cookie {
	if t == nil {
		return nil
	}
	c := *t
	if isZeroCookie(t) {
		c.HttpOnly = true
	}
	orElse(&c.Name, "io")
	orElse(&c.Path, "/")
	orElse(&c.SameSite, http.SameSiteLaxMode)
	return &c
}

func isZeroCookie(c *http.Cookie) bool {
	return c.Name == "" && c.Path == "" && c.Domain == "" && c.SameSite == 0 &&
		c.MaxAge == 0 && c.Expires.IsZero() && !c.Secure && !c.HttpOnly && !c.Partitioned
}

// upgrades is what a connection of the transport may be upgraded to.
func (o *Options) upgrades(transport string) []string {
	if transport != Polling || o.NoUpgrade {
		return nil
	}
	var names []string
	for _, name := range [...]string{WebSocket, WebTransport} {
		if slices.Contains(o.Transports, name) {
			names = append(names, name)
		}
	}
	return names
}
