package forward

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"socketio/internal/ws"
)

// pass passes a request on and answers it, unless the other node cannot be reached or does
// not know the session. It blocks as long as that takes.
func (f *Forwarder) pass(w http.ResponseWriter, r *http.Request, owner string) (answered bool) {
	if r.Header.Get("Upgrade") != "" && ws.Check(r) == nil {
		answered = f.upgrade(w, r, owner)
	} else {
		answered = f.request(w, r, owner)
	}
	if answered {
		f.count.forwarded.Add(1)
	}
	return answered
}

// request is pass for what has one answer.
func (f *Forwarder) request(w http.ResponseWriter, r *http.Request, owner string) (answered bool) {
	ctx, cancel := context.WithTimeout(r.Context(), f.Patience)
	defer cancel()
	p := &passage{owner: owner, r: r, cut: cancel, parked: r.Method == http.MethodGet}
	f.enter(p) // it refuses WebSockets only
	defer f.exit(p)
	control := http.NewResponseController(w)
	control.SetWriteDeadline(time.Time{}) // where it cannot, the server's own holds
	body := f.bodyOf(r)
	if body != nil {
		control.SetReadDeadline(time.Now().Add(bodyTimeout))
		defer body.end(control)
	}
	res, err := f.send(ctx, r, owner, body)
	if err != nil {
		return f.fail(r.Context(), owner, err)
	}
	defer res.Body.Close()
	return f.answer(w, res)
}

// send sends a request. If the connection was one that the owner has just closed, it tries
// another one, provided that none of the body has been used.
func (f *Forwarder) send(ctx context.Context, r *http.Request, owner string, body *requestBody) (*http.Response, error) {
	for again := true; ; again = false {
		out := f.outgoing(ctx, r, owner, serve)
		removeHopHeaders(out.Header)
		if body != nil {
			out.Body = body
			out.ContentLength = r.ContentLength
			// The owner decides before it reads: of what it refuses, the body stays.
			out.Header["Expect"] = []string{"100-continue"}
		}
		res, err := f.transport.RoundTrip(out)
		var dialing *net.OpError
		switch {
		case err == nil, !again, ctx.Err() != nil, body.touched():
			return res, err
		case errors.As(err, &dialing) && dialing.Op == "dial":
			return nil, err
		}
	}
}

// fail counts and tells that an owner has not answered, unless the client has gone, whose
// context is ctx. Then nobody has to be answered any more.
func (f *Forwarder) fail(ctx context.Context, owner string, err error) (gone bool) {
	if ctx.Err() != nil {
		return true
	}
	f.count.failed.Add(1)
	f.Directory.Doubt(owner)
	if isDistrust(err) {
		if _, told := f.distrust.LoadOrStore(owner, true); !told {
			f.Logger.Error("socketio: another server of the cluster is not trusted, or does not trust this one, so requests of its sessions cannot be forwarded; this is not said again",
				"to", owner, "error", err)
		}
		return false
	}
	f.Logger.Info("socketio: a request could not be forwarded", "to", owner, "error", err)
	return false
}

// isDistrust says whether an error is that there is no TLS between two nodes, and not only
// that there is no connection.
func isDistrust(err error) bool {
	var unverified *tls.CertificateVerificationError
	var alert tls.AlertError
	var plain tls.RecordHeaderError
	return errors.As(err, &unverified) || errors.As(err, &alert) || errors.As(err, &plain) ||
		strings.Contains(err.Error(), "tls: ") // net/http and crypto/tls have more, without types
}

// outgoing returns a request to another node that says what r says.
func (f *Forwarder) outgoing(ctx context.Context, r *http.Request, owner, kind string) *http.Request {
	uri := uriOf(r)
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		u = &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery} // net/http has parsed it before
	}
	u.Scheme, u.Host, u.User = "http", owner, nil // whatever the client has written there
	if f.TLS != nil {
		u.Scheme = "https"
	}
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h[header] = []string{hopOf(r, kind).sign(f.key, r.Method, u.RequestURI(), r.Host)}
	if _, said := h["User-Agent"]; !said {
		h["User-Agent"] = nil // or net/http says its own
	}
	out := &http.Request{Method: r.Method, URL: u, Host: r.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	return out.WithContext(ctx)
}

// hopHeaders are about one connection, not about a request or an answer (RFC 9110 §7.6.1).
var hopHeaders = [...]string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
}

func removeHopHeaders(h http.Header) {
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopHeaders {
		delete(h, name)
	}
}

// A requestBody is the body of a request to another node. It ends behind one byte more than
// the limit, which is enough for that node to refuse it.
type requestBody struct {
	body io.ReadCloser
	left atomic.Int64
	used atomic.Bool
}

// bodyOf returns the body of a POST, nil if there is none.
func (f *Forwarder) bodyOf(r *http.Request) *requestBody {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &requestBody{body: r.Body}
	b.left.Store(int64(f.MaxPayload) + 1)
	if r.ContentLength > 0 {
		b.left.Store(r.ContentLength) // which says by itself if it is too much
	}
	return b
}

func (b *requestBody) touched() bool { return b != nil && b.used.Load() }

// Read is called by the transport.
func (b *requestBody) Read(p []byte) (int, error) {
	b.used.Store(true)
	left := b.left.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := b.body.Read(p[:min(int64(len(p)), left)])
	b.left.Add(-int64(n))
	if err == io.EOF {
		b.left.Store(0)
	}
	return n, err
}

// Close leaves the body open as long as it can still be sent another time; net/http closes
// it in the end.
func (b *requestBody) Close() error {
	if !b.touched() {
		return nil
	}
	return b.body.Close()
}

// end ends the time that the body may take, and at once what of it nobody wants any more.
// The transport, which may still be reading then, has stopped when end returns.
func (b *requestBody) end(control *http.ResponseController) {
	if b.touched() && b.left.Load() > 0 {
		control.SetReadDeadline(time.Now())
		b.Close()
		return
	}
	control.SetReadDeadline(time.Time{})
}

// answer gives another node's answer to the client, unless that is that it does not know the
// session. The answer's body stays the caller's to close. If that breaks off, so does what
// the client gets: answer panics with http.ErrAbortHandler.
func (f *Forwarder) answer(w http.ResponseWriter, res *http.Response) (answered bool) {
	var refusal []byte
	if res.StatusCode == http.StatusBadRequest {
		if refusal, _ = io.ReadAll(io.LimitReader(res.Body, refusalSize)); bytes.HasPrefix(refusal, unknownSession) {
			return false
		}
	}
	removeHopHeaders(res.Header)
	h := w.Header()
	maps.Copy(h, res.Header)
	if res.Close {
		h["Connection"] = []string{"close"}
	}
	w.WriteHeader(res.StatusCode)
	w.Write(refusal)
	if 0 <= res.ContentLength && res.ContentLength <= smallBody {
		copied, err := io.Copy(w, res.Body)
		if err != nil || copied+int64(len(refusal)) < res.ContentLength {
			panic(http.ErrAbortHandler)
		}
		return true
	}
	f.stream(w, res.Body)
	return true
}

const (
	smallBody   = 2 << 10 // bytes that need no deadline, as net/http buffers them
	refusalSize = 512
	bufferSize  = 32 << 10
)

// unknownSession is how an answer begins that says so (Engine.IO v4, "Error codes").
var unknownSession = []byte(`{"code":1,`)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// stream writes to a client that may be slow, but has to take something within every
// WriteTimeout. What it does not take is not read either.
func (f *Forwarder) stream(w http.ResponseWriter, from io.Reader) {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	control := http.NewResponseController(w)
	for {
		n, err := from.Read(buf[:])
		if n > 0 {
			control.SetWriteDeadline(time.Now().Add(f.WriteTimeout))
			if _, err := w.Write(buf[:n]); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if control.Flush() == nil {
		control.SetWriteDeadline(time.Time{}) // the connection may have other uses
	}
}
