package ws

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// maxRefusal is how many bytes of the body of a refusal are kept.
const maxRefusal = 4 << 10

// DialOptions configures [Dial]. The zero value of each field is its default.
type DialOptions struct {
	// Header is sent along. Host in it changes the request's Host; the headers of
	// the handshake itself are not taken from it.
	Header http.Header
	// Client makes the request: its Transport decides about TLS, proxy and
	// dialling, its Jar about cookies, and its Timeout bounds the handshake.
	// Default http.DefaultClient.
	Client *http.Client
	// Subprotocols are offered, in this order. The one chosen is in the response's
	// Sec-WebSocket-Protocol.
	Subprotocols []string
	// Deflater offers compressed messages unless nil. What was agreed on is then
	// Deflater.Agreed of the response, for [Conn.Compress].
	Deflater *Deflater
}

// Dial opens a WebSocket connection to u, a ws, wss, http or https URL. It blocks
// until the server has answered or ctx ends; afterwards ctx has no bearing on the
// connection. Redirects are not followed.
//
// The connection is the bare one, a *net.TCPConn or *tls.Conn unless the Transport
// dials others, without deadlines, and the caller's to close; early is what the
// server has already sent behind its answer, to be read before the connection is.
//
// When the server answers something else than is right, the error is a
// *HandshakeError and resp that answer, with at most 4 KiB of its body, which is in
// memory and need not be closed.
//
// The request goes through net/http, because its Transport knows proxies, TLS and
// cookies already; it leaves the connection behind a 101 to the caller, and its
// trace tells which one that is. One thing follows: a plain ws URL goes to an HTTP
// proxy as an ordinary request with an Upgrade header, not through CONNECT.
func Dial(ctx context.Context, u string, o DialOptions) (conn net.Conn, early []byte, resp *http.Response, err error) {
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if client.Timeout > 0 {
		// The client's own timer runs until the body is closed, which the one of a
		// connection that is handed on never is.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, client.Timeout)
		defer cancel()
		client.Timeout = 0
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn },
	})
	r, key, err := newHandshake(ctx, u, o)
	if err != nil {
		return nil, nil, nil, err
	}
	resp, err = client.Do(r)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("ws: dialling: %w", WithoutQuery(err))
	}
	if reason := checkAnswer(resp, key, &o); reason != "" {
		err := &HandshakeError{Status: resp.StatusCode, Header: resp.Header, Reason: reason}
		keepRefusal(resp)
		return nil, nil, resp, err
	}
	early, err = takeOver(conn, resp.Body)
	if err != nil {
		resp.Body.Close()
		return nil, nil, nil, err
	}
	resp.Body = http.NoBody
	return conn, early, resp, nil
}

// WithoutQuery returns an error of an http.Client without the query of the URL that it
// names: the query has the session's id, whose holder is the client, and may have tokens,
// and errors get into logs.
func WithoutQuery(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		request.URL, _, _ = strings.Cut(request.URL, "?")
	}
	return err
}

// newHandshake returns a client's request (RFC 6455 §4.1) and the key in it.
func newHandshake(ctx context.Context, u string, o DialOptions) (r *http.Request, key string, err error) {
	target, err := url.Parse(u)
	if err != nil {
		return nil, "", fmt.Errorf("ws: dialling: %w", err)
	}
	switch target.Scheme {
	case "ws":
		target.Scheme = "http"
	case "wss":
		target.Scheme = "https"
	case "http", "https":
	default:
		return nil, "", fmt.Errorf("ws: dialling: %q is no scheme of a WebSocket URL", target.Scheme)
	}
	r, err = http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, "", fmt.Errorf("ws: dialling: %w", err)
	}
	var random [16]byte
	rand.Read(random[:])
	key = base64.StdEncoding.EncodeToString(random[:])
	if o.Header != nil {
		r.Header = o.Header.Clone()
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", key)
	r.Header.Del("Sec-WebSocket-Extensions")
	if o.Deflater != nil {
		r.Header.Set("Sec-WebSocket-Extensions", o.Deflater.Offer())
	}
	r.Header.Del("Sec-WebSocket-Protocol")
	if len(o.Subprotocols) > 0 {
		r.Header.Set("Sec-WebSocket-Protocol", strings.Join(o.Subprotocols, ", "))
	}
	return r, key, nil
}

// checkAnswer returns what is wrong with a server's answer (RFC 6455 §4.1), or
// nothing.
func checkAnswer(resp *http.Response, key string, o *DialOptions) string {
	chosen := resp.Header["Sec-Websocket-Protocol"]
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		return "the answer is not 101"
	case !hasToken(resp.Header["Upgrade"], "websocket"):
		return "no websocket in the Upgrade header"
	case !hasToken(resp.Header["Connection"], "upgrade"):
		return "no Upgrade in the Connection header"
	case resp.Header.Get("Sec-WebSocket-Accept") != acceptKey(key):
		return "wrong Sec-WebSocket-Accept header"
	case len(resp.Header["Sec-Websocket-Extensions"]) > 0 && o.Deflater == nil:
		return "an extension that was not offered"
	case len(chosen) > 1, len(chosen) == 1 && !slices.Contains(o.Subprotocols, chosen[0]):
		return "a subprotocol that was not offered"
	}
	if o.Deflater != nil {
		if _, ok := o.Deflater.Agreed(resp); !ok {
			return "extensions that were not offered so"
		}
	}
	return ""
}

// keepRefusal replaces resp's body with the beginning of it, in memory.
func keepRefusal(resp *http.Response) {
	var kept []byte
	if resp.StatusCode != http.StatusSwitchingProtocols {
		// What could be read before an error is better than nothing.
		kept, _ = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(kept))
}

// takeOver returns what net/http has read of conn behind the answer. Its reader
// gives out what it has buffered before it reads from the connection, but not how
// much that is, so the connection is kept from giving anything meanwhile: with its
// deadline in the past, the read that gets that far fails.
func takeOver(conn net.Conn, body io.Reader) (early []byte, err error) {
	if conn == nil {
		return nil, errors.New("ws: the client's Transport does not say which connection it uses")
	}
	if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, fmt.Errorf("ws: setting deadlines of a %T: %w", conn, err)
	}
	early, err = io.ReadAll(body)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("ws: taking over a %T: %w", conn, errors.Join(err, io.ErrUnexpectedEOF))
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("ws: clearing deadlines: %w", err)
	}
	return early, nil
}
