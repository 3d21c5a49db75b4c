package forward

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/http"
	"time"

	"socketio/internal/ws"
)

// upgrade is pass for a WebSocket, which it relays on goroutines of their own once it is
// there.
func (f *Forwarder) upgrade(w http.ResponseWriter, r *http.Request, owner string) (answered bool) {
	ctx, cancel := context.WithTimeout(r.Context(), f.Patience)
	defer cancel()
	p := &passage{owner: owner, r: withoutBody(r), relay: true, cut: cancel}
	if !f.enter(p) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusServiceUnavailable) // its client goes on polling
		return true
	}
	relayed := false
	defer func() {
		if !relayed {
			f.exit(p)
		}
	}()
	far, from, res, err := f.dial(ctx, r, owner)
	if err != nil {
		return f.fail(r.Context(), owner, err)
	}
	defer func() {
		if !relayed {
			far.Close()
		}
	}()
	if res.StatusCode != http.StatusSwitchingProtocols {
		far.SetDeadline(time.Now().Add(dialTimeout))
		return f.answer(w, res)
	}
	near, early, err := ws.TakeOver(w)
	if err != nil {
		f.Logger.Error("socketio: no WebSocket can be made of this request", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return true
	}
	begun, _ := from.Peek(from.Buffered())
	h := w.Header()
	maps.Copy(h, res.Header)
	if err := ws.Answer(near, r, h, begun); err != nil {
		return true // the client has gone
	}
	far.SetDeadline(time.Time{})
	relayed = true
	f.relay(p, near, far, early)
	return true
}

// withoutBody returns what is needed of a request for as long as a WebSocket lives.
func withoutBody(r *http.Request) *http.Request {
	return &http.Request{Method: r.Method, RequestURI: uriOf(r), URL: r.URL, Host: r.Host}
}

// dial sends the handshake of a WebSocket to another node and returns the connection, what
// is read from it, and the answer.
func (f *Forwarder) dial(ctx context.Context, r *http.Request, owner string) (net.Conn, *bufio.Reader, *http.Response, error) {
	conn, err := f.connect(ctx, owner)
	if err != nil {
		return nil, nil, nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })()
	out := f.outgoing(ctx, r, owner, serve)
	err = out.Write(conn)
	if err == nil {
		from := bufio.NewReaderSize(conn, headSize)
		var res *http.Response
		if res, err = http.ReadResponse(from, out); err == nil {
			return conn, from, res, nil
		}
	}
	conn.Close()
	return nil, nil, nil, fmt.Errorf("no answer: %w", err)
}

// connect opens a connection to another node.
func (f *Forwarder) connect(ctx context.Context, owner string) (net.Conn, error) {
	if f.TLS == nil {
		return f.dialer.DialContext(ctx, "tcp", owner)
	}
	d := tls.Dialer{NetDialer: &f.dialer, Config: f.TLS}
	return d.DialContext(ctx, "tcp", owner)
}

// headSize is the buffer for the answer to a handshake, and for what comes with it.
const headSize = 4 << 10
