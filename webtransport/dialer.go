package webtransport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"

	"github.com/quic-go/quic-go"
	quicwt "github.com/quic-go/webtransport-go"

	"socketio/engineio"
)

// A Dialer opens sessions for clients in Go, which have WebTransport in their Transports:
//
//	dialer := &webtransport.Dialer{}
//	c := socketio.NewClient("https://example.com", &socketio.ClientOptions{DialOptions: engineio.DialOptions{
//		Transports: []string{engineio.Polling, engineio.WebSocket, engineio.WebTransport},
//		DialStream: dialer.DialStream,
//	}})
//
// The zero value is ready for use. Its fields must not change once it dials; DialStream may
// be called concurrently.
type Dialer struct {
	// TLS is what the server's certificate is judged by; nil for the system's roots. It is
	// not changed.
	TLS *tls.Config

	// Address is where the server listens, host and UDP port, where these are not those of
	// the client's URL.
	Address string
}

// DialStream opens a session, on a QUIC connection of its own, and the stream that carries
// the connection. It blocks until that is done or ctx ends, which has no bearing on the
// stream afterwards. The stream's Close ends all of it.
//
// The error is a [*engineio.ResponseError] if the server has refused the session, else that
// of QUIC, or ctx's.
func (d *Dialer) DialStream(ctx context.Context, rawURL string, header http.Header) (net.Conn, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	if d.Address != "" {
		target.Host = d.Address
	}
	if target.Port() == "" {
		target.Host = net.JoinHostPort(target.Hostname(), "443")
	}
	dialed := func() bool { return true }
	transport := &quicwt.Transport{TLSClientConfig: d.TLS}
	transport.DialAddr = func(ctx context.Context, address string, t *tls.Config, q *quic.Config) (*quic.Conn, error) {
		conn, err := quic.DialAddrEarly(ctx, address, t, q)
		if err == nil {
			// The answer is waited for without a look at ctx.
			dialed = context.AfterFunc(ctx, func() { _ = conn.CloseWithError(0, "") })
		}
		return conn, err
	}
	response, session, err := transport.Dial(ctx, target.String(), header)
	if err != nil {
		dialed()
		return nil, refusal(ctx, response, err)
	}
	first, err := session.OpenStreamSync(ctx)
	if !dialed() || err != nil {
		_ = session.CloseWithError(0, "")
		return nil, refusal(ctx, nil, err)
	}
	return stream{first, session}, nil
}

// refusal says why there is no session.
func refusal(ctx context.Context, response *http.Response, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case response != nil:
		return &engineio.ResponseError{Status: response.StatusCode, Err: err}
	default:
		return err
	}
}
