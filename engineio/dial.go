package engineio

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/internal/ws"
)

// Dial opens a connection to the server at rawURL, an http, https, ws or wss URL, by the
// first of the transports in the options, or the first that works with
// TryAllTransports. Nil options are the defaults. It blocks until the connection is
// open, ctx ends or DialTimeout has passed; afterwards ctx has no bearing on the
// connection.
//
// What the server sends is held back until [Conn.Attach] or [Conn.Receive] is called, of
// which one must be. The connection is the caller's to close.
//
// The error wraps a [*ResponseError] where the server has answered something else than
// Engine.IO wants, and then a [*HandshakeError] where that is a refusal of its own; else
// it is that of the network or of the context.
func Dial(ctx context.Context, rawURL string, o *DialOptions) (*Conn, error) {
	options, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("engineio: dialling: %w", err)
	}
	target, err := dialTarget(rawURL, options)
	if err != nil {
		return nil, fmt.Errorf("engineio: dialling: %w", err)
	}
	if options.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, options.DialTimeout)
		defer cancel()
	}
	var failed []error
	for _, transport := range options.Transports {
		cl := newClient(target, options)
		if err = cl.open(ctx, transport); err == nil {
			return cl.conn, nil
		}
		failed = append(failed, fmt.Errorf("engineio: dialling by %s: %w", transport, err))
		if !options.TryAllTransports || ctx.Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return nil, failed[0]
	}
	return nil, errors.Join(failed...)
}

// dialTarget is the URL of every request, but for what differs between them.
func dialTarget(rawURL string, o *DialOptions) (*url.URL, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	switch target.Scheme {
	case "ws":
		target.Scheme = "http"
	case "wss":
		target.Scheme = "https"
	case "http", "https":
	default:
		return nil, protocolError("the URL's scheme is none of http, https, ws and wss")
	}
	if target.Host == "" {
		return nil, protocolError("the URL has no host")
	}
	switch {
	case o.Path != "":
		target.Path, target.RawPath = o.Path, ""
	case target.Path == "" || target.Path == "/":
		target.Path = "/socket.io/"
	}
	query := target.Query()
	for name, values := range o.Query {
		query[name] = append(query[name], values...)
	}
	for _, name := range []string{"transport", "sid", "t"} {
		query.Del(name)
	}
	revision := eio4.Revision
	if o.EIO3 {
		revision = eio3.Revision
	}
	query.Set("EIO", strconv.Itoa(revision))
	if o.Base64 {
		query.Set("b64", "1")
	}
	target.RawQuery, target.Fragment = query.Encode(), ""
	return target, nil
}

// request is the URL of one request.
func (cl *client) request(transport string) string {
	u := *cl.target
	u.RawQuery += "&transport=" + transport
	if id := cl.conn.id; id != "" {
		u.RawQuery += "&sid=" + url.QueryEscape(id)
	}
	if transport == Polling {
		u.RawQuery += "&t=" + rand.Text()[:8] // nobody may answer from a cache
	}
	return u.String()
}

// open begins the session (Engine.IO v4, "Handshake").
func (cl *client) open(ctx context.Context, transport string) error {
	var err error
	if transport == Polling {
		err = cl.openPolling(ctx)
	} else {
		err = cl.openSocket(ctx, transport)
	}
	if err != nil {
		cl.abandon()
		cl.release()
		if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
			err = errors.Join(err, cause)
		}
	}
	return err
}

// abandon ends a session that has not opened: nothing that comes late will open it.
func (cl *client) abandon() {
	cl.conn.mu.Lock()
	cl.session.state = stateOver
	cl.conn.mu.Unlock()
}

func (cl *client) openPolling(ctx context.Context) error {
	body, resp, err := cl.get(ctx)
	if err != nil {
		return err
	}
	form := cl.answerForm(resp)
	p, rest, err := form.next(body)
	var upgrades []string
	if err == nil {
		upgrades, err = cl.opened(p, onPolling, nil)
	}
	if err != nil {
		return newResponseError(resp, body, err)
	}
	cl.goroutines.Go(func() { (&poller{client: cl, resp: resp, body: body, rest: rest, form: form}).run() })
	if len(upgrades) > 0 {
		cl.goroutines.Go(func() { cl.probe(upgrades) })
	}
	return nil
}

// maxSessionID is how long a session's id may be, since every request's URL has it.
const maxSessionID = 1 << 10

// shortestInterval is how often a server of revision 3 can have itself pinged at most.
const shortestInterval = 100 * time.Millisecond

// opened takes the open packet, and returns the transports that the session is to go over
// to. Sock carries the session, if it is not polling.
func (cl *client) opened(p eio4.Packet, via clientCarrier, sock *socket) (upgrades []string, err error) {
	if p.Type != eio4.Open {
		return nil, protocolError("the first packet is no open packet")
	}
	h, err := eio4.DecodeHandshake(p.Data)
	if err == nil && len(h.SID) > maxSessionID {
		err = protocolError("a session id that is too long for a URL")
	}
	if err != nil {
		return nil, err
	}
	if cl.options.EIO3 {
		h.PingInterval = max(h.PingInterval, shortestInterval)
	}
	c := cl.conn
	defer cl.traceOpened(&err) // without the lock
	c.mu.Lock()
	defer c.mu.Unlock()
	if cl.session.state == stateOver {
		return nil, ErrClosed // nobody waits for it any more
	}
	c.id = h.SID
	cl.maxPost = h.MaxPayload
	cl.session.v3, cl.session.pings = cl.options.EIO3, h.PingInterval
	cl.session.patience = h.PingInterval + h.PingTimeout
	cl.session.grace = max(cl.options.DialTimeout, 0)
	now := cl.now()
	cl.session.start(now, via)
	cl.session.getting = via == onPolling
	if sock != nil {
		c.socket.Store(sock)
	} else if upgrades = cl.upgrades(h.Upgrades); len(upgrades) > 0 {
		cl.session.step(now, clientEvent{input: clProbe})
	}
	cl.schedule(now)
	return upgrades, nil
}

func (cl *client) openSocket(ctx context.Context, transport string) error {
	sock, early, err := cl.dialSocket(ctx, transport)
	if err != nil {
		return err
	}
	opening := make(chan error, 1)
	cl.opening = opening
	cl.goroutines.Go(func() { sock.Serve(early) })
	select {
	case err = <-opening:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		sock.CloseNow()
		return err
	}
	cl.hangUpHTTP()
	return nil
}

// dialSocket opens a WebSocket, or a stream, which serves the connection once Serve is
// called.
func (cl *client) dialSocket(ctx context.Context, transport string) (sock *socket, early []byte, err error) {
	if transport == WebTransport {
		sock, err = cl.dialStream(ctx)
		return sock, nil, err
	}
	deflater := cl.options.Deflate.deflater()
	nc, early, resp, err := ws.Dial(ctx, cl.request(WebSocket), ws.DialOptions{
		Header: cl.options.Header, Client: &cl.http, Subprotocols: cl.options.Subprotocols,
		Deflater: deflater,
	})
	if resp != nil && resp.Request != nil {
		cl.remember(resp.Request)
	}
	if err != nil {
		return nil, nil, dialError(resp, err)
	}
	sock = &socket{conn: cl.conn, form: formOf(cl.conn, cl.options.Base64)}
	sock.Init(nc, &cl.sockets, (*clientSocket)(sock))
	if deflater != nil {
		agreed, _ := deflater.Agreed(resp) // which Dial has made sure of
		sock.Compress(agreed)
	}
	return sock, early, nil
}

// dialError describes the answer to a WebSocket handshake that is not right.
func dialError(resp *http.Response, err error) error {
	if resp == nil {
		return err
	}
	body, _ := readUpTo(resp.Body, make([]byte, 0, maxExcerpt), maxAnswer) // in memory
	return newResponseError(resp, body, err)
}
