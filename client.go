package socketio

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"socketio/engineio"
)

// A Client is one connection to a server, in Go, which is made again when it is lost. It
// is made by [NewClient]; then handlers are registered, Connect is called, and in the end
// Close.
//
// A Client is also the socket of its main namespace, the one that the URL names: On,
// OnAck, Handle, Off, OnAny, OnAnyOutgoing, OnConnect, OnDisconnect, Emit, EmitAck,
// EmitArgs, EmitArgsAck, Volatile, Compress, ID, Name, Connected, Active, Recovered,
// Context and Disconnect are those of [ClientSocket].
//
// Connections come and go below a Client. While it is connected by WebSocket and idle it
// costs no goroutine on Linux, and one elsewhere and over TLS. All methods may be called concurrently, and none that takes no
// context blocks.
type Client struct {
	*ClientSocket

	options  ClientOptions
	url      string
	invalid  error        // what is wrong with the URL
	core     *Server      // what the connections have in common; it serves nobody
	failures atomic.Int32 // attempts that did not lead into a namespace, in a row

	mu       sync.Mutex // guards what follows, and the fields of sockets marked so
	sockets  []*ClientSocket
	link     *clientConn // the present connection
	pursuit  *pursuit    // what tries to make one
	failure  error       // why its last attempt has failed
	upgraded bool        // the last connection was on a WebSocket
	closed   bool
	changed  chan struct{} // closed when who waits should look again; nil if nobody waits
}

// ErrClientClosed is returned after [Client.Close], and is the cause of the disconnects
// that it leads to.
var ErrClientClosed = errors.New("socketio: client closed")

// NewClient returns a client for the server at rawURL, an http, https, ws or wss URL
// whose path is the main namespace's name. Nil options are the defaults. It does not
// connect yet; what is wrong with the URL shows in Connect. It panics on options that
// contradict each other.
func NewClient(rawURL string, o *ClientOptions) *Client {
	c := &Client{options: o.withDefaults()}
	core := &Options{
		AckTimeout: c.options.AckTimeout, ConnectTimeout: c.options.DialTimeout,
		MaxAttachments: c.options.MaxAttachments, Codec: c.options.Codec,
	}
	core.MaxPayload, core.Logger = c.options.MaxPayload, c.options.Logger
	if tell := c.options.OnError; tell != nil {
		core.OnError = func(ctx context.Context, s *Socket, err error) {
			if s == nil {
				tell(ctx, c.ClientSocket, err)
			} else {
				tell(ctx, s.ns.client, err)
			}
		}
	}
	c.core = newCore(core)
	c.core.client = c
	c.options.Logger = c.core.options.Logger
	c.core.lifetime, c.core.expire = context.WithCancel(context.Background())
	name := "/"
	if target, err := url.Parse(rawURL); err != nil {
		c.invalid = fmt.Errorf("socketio: %w", err)
	} else if !canBeNamespace(target.Path) {
		c.invalid = fmt.Errorf("socketio: the path of %q is no namespace", rawURL)
	} else {
		name = target.Path
		target.Path, target.RawPath = "", ""
		c.url = target.String()
	}
	c.ClientSocket = c.Of(name)
	return c
}

// Of returns the socket of another namespace, on the same connection. It joins with the
// next Connect, the client's or its own. A slash is put in front of a name without one.
// Of panics on names that no server has; see [Server.Of].
func (c *Client) Of(name string) *ClientSocket {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	mustBeNamespace(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == name {
			return s
		}
	}
	s := &ClientSocket{client: c, ns: newNamespace(c.core, name)}
	s.ns.client = s
	c.sockets = append(c.sockets, s)
	return s
}

// Connect connects, joins the main namespace and those that Of was called for, and waits
// until that is done. It tries until ctx ends, Backoff.Attempts is used up or a namespace
// refuses. Each failure goes to OnRetry. Afterwards ctx has no bearing on the connection,
// which is made again, with all namespaces, whenever it is lost.
//
// The error is a [*ConnectError] from the server; ctx's, together with the failure of the
// last attempt; the last failure alone; or [ErrClientClosed]. After a refusal the client
// keeps what other namespaces have joined; after another error it does not go on trying,
// unless it did before.
func (c *Client) Connect(ctx context.Context) error {
	c.mu.Lock()
	sockets := slices.Clone(c.sockets)
	c.mu.Unlock()
	return c.connect(ctx, sockets)
}

// connect makes sockets active and waits until each is connected, or one will not be.
func (c *Client) connect(ctx context.Context, sockets []*ClientSocket) error {
	if c.invalid != nil {
		return c.invalid
	}
	defer beginWait(ctx, nil)()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClientClosed
	}
	began := c.pursuit == nil && c.link == nil
	for _, s := range sockets {
		s.active, s.err = true, nil
		s.awaited++
	}
	if began {
		c.failures.Store(0)
		c.failure = nil
	}
	c.pursue(nil)
	l := c.link
	c.mu.Unlock()
	defer c.awaitedNoMore(sockets)
	if l != nil {
		auth, err := c.auth(ctx)
		if err != nil {
			return err
		}
		c.joinAll(l, auth)
	}
	err := c.await(ctx, func() (bool, error) { return joined(sockets) })
	if ctx.Err() == nil || err == nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		err = errors.Join(err, c.failure)
	}
	if began && c.pursuit != nil {
		for _, s := range sockets {
			s.active, s.err = false, err
		}
		c.pursuit.cancel()
	}
	return err
}

// joined says whether all of the sockets are connected, or why one of them will not be.
func joined(sockets []*ClientSocket) (all bool, err error) {
	all = true
	for _, s := range sockets {
		switch {
		case s.current.Load() != nil:
		case !s.active:
			return true, s.err
		default:
			all = false
		}
	}
	return all, nil
}

func (c *Client) awaitedNoMore(sockets []*ClientSocket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range sockets {
		s.awaited--
	}
}

// Wait waits until the client is not connected and will not be by itself: it was closed,
// all its namespaces were disconnected or refused, or its attempts are used up. It
// returns why, a [*DisconnectError] or a [*ConnectError] or the last failure; or the error
// of ctx. Before Connect it waits for that.
func (c *Client) Wait(ctx context.Context) error {
	defer beginWait(ctx, nil)()
	return c.await(ctx, func() (bool, error) {
		if c.closed {
			return true, c.ClientSocket.err
		}
		var why error
		for _, s := range c.sockets {
			if s.active {
				return false, nil
			}
			if why == nil {
				why = s.err
			}
		}
		return why != nil, why
	})
}

// await waits until done says so, which is called with mu held, and returns its error.
func (c *Client) await(ctx context.Context, done func() (bool, error)) error {
	for {
		c.mu.Lock()
		over, err := done()
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		if over {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("socketio: not connected: %w", ctx.Err())
		}
	}
}

// signal lets those who wait look again. The caller holds mu.
func (c *Client) signal() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Conn returns the present connection, or nil.
func (c *Client) Conn() *engineio.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return nil
	}
	return c.link.conn
}

// Close ends the client for good: it leaves all namespaces, closes the connection when
// what was sent is out, and does not connect again. What waits to be sent is dropped and
// counted in the [*DisconnectError] that Wait returns. It does not wait, and always
// returns nil.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	sockets := slices.Clone(c.sockets)
	unsent, inDoubt := 0, 0
	for _, s := range sockets {
		unsent += int(s.unsent.Load())
		inDoubt += s.inDoubt()
	}
	end := &DisconnectError{Reason: ReasonIOClientDisconnect, Err: ErrClientClosed, Unsent: unsent, InDoubt: inDoubt}
	for _, s := range sockets {
		s.active, s.err = false, end
	}
	if c.pursuit != nil {
		c.pursuit.cancel()
	}
	l := c.link
	c.signal()
	c.mu.Unlock()
	for _, s := range sockets {
		s.leave(ErrClientClosed)
		s.forgetAll(end)
	}
	if l != nil {
		l.drop()
	}
	return nil
}

// closeIdle closes a connection that no namespace wants any more, and ends the attempts
// to make one.
func (c *Client) closeIdle() {
	c.mu.Lock()
	if slices.ContainsFunc(c.sockets, func(s *ClientSocket) bool { return s.active }) {
		c.mu.Unlock()
		return
	}
	if c.pursuit != nil {
		c.pursuit.cancel()
	}
	l := c.link
	c.link = nil
	c.signal()
	c.mu.Unlock()
	if l != nil {
		l.drop()
	}
}
