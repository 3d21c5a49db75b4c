// Package forward brings the requests of a session to the server that has it, whichever
// server of a cluster they came to.
//
// A session's id names its node; see [NewID]. A [Forwarder] looks at each request before the
// node's own server does. One for a session of another node it passes on, by HTTP to that
// node's own handler, and its answer back. A WebSocket it relays for as long as that lives.
// What nodes pass on carries a proof that a node did it, and is never passed on again.
package forward

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Times that are no options.
const (
	dialTimeout   = 5 * time.Second
	settleTimeout = 10 * time.Second       // how long a request waits for the node to know the others
	bodyTimeout   = 30 * time.Second       // how long a POST's body may take to arrive
	leaveTimeout  = 5 * time.Second        // for telling another node that this one ends
	leaveAgain    = 100 * time.Millisecond // after the first time
	leaveRarely   = 2 * time.Second        // after several
	lingerTimeout = 5 * time.Second        // between the ends of a WebSocket's two directions
	idleTimeout   = 15 * time.Second       // of a connection to another node, less than theirs
)

// A Directory knows the other nodes.
type Directory interface {
	// Find returns the addresses of the nodes that have a tag.
	Find(tag uint32) []string

	// Doubt is told that nobody answers at an address.
	Doubt(address string)

	// Settled returns a channel that is closed when the others are known.
	Settled() <-chan struct{}
}

// Config says what a Forwarder needs to know. All fields but TLS must be set.
type Config struct {
	Tag       uint32 // of this node
	Directory Directory
	Secret    string // which all nodes share
	Path      string // of the handler, with its last slash

	MaxPayload   int           // of a POST, in bytes
	WriteTimeout time.Duration // how long a client may take nothing
	Patience     time.Duration // how long an owner may say nothing: longer than between two heartbeats
	Leave        func(id string)
	Logger       *slog.Logger

	// TLS is how the other nodes are reached; nil for plain HTTP.
	TLS *tls.Config
}

// A Forwarder is one node's. Its methods may be called concurrently.
type Forwarder struct {
	Config
	key       []byte
	dialer    net.Dialer
	transport *http.Transport
	count     counts
	stranger  sync.Once // to be told of
	distrust  sync.Map  // the addresses of nodes that TLS is not possible with, as has been told
	relays    sync.WaitGroup
	telling   chan struct{} // has an element for each owner that is being told of a leave

	mu       sync.Mutex // guards what follows
	passages map[*passage]struct{}
	closing  bool
}

type counts struct {
	forwarded, failed atomic.Uint64
	relayed           atomic.Int64
}

// Counts is what a Forwarder has counted so far.
type Counts struct {
	Forwarded uint64 // requests that were passed on and answered
	Failed    uint64 // tries in which the owner could not be reached, or did not answer
	Relayed   int    // WebSockets that are relayed at the moment
}

// New returns a Forwarder.
func New(c Config) *Forwarder {
	f := &Forwarder{
		Config: c, key: []byte(c.Secret),
		dialer:   net.Dialer{Timeout: dialTimeout},
		passages: map[*passage]struct{}{},
		telling:  make(chan struct{}, 32),
	}
	if c.TLS != nil {
		f.TLS = c.TLS.Clone()
		f.TLS.NextProtos = nil // a node speaks HTTP/1.1 to another, which WebSockets need
	}
	f.transport = &http.Transport{
		TLSClientConfig:       f.TLS,
		TLSHandshakeTimeout:   dialTimeout,
		DialContext:           f.dialer.DialContext,
		DisableCompression:    true, // what is encoded stays so, for the client to decode
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       idleTimeout,
		ExpectContinueTimeout: bodyTimeout,
		ReadBufferSize:        4 << 10,
		WriteBufferSize:       4 << 10,
	}
	return f
}

// Counts returns what has been counted so far.
func (f *Forwarder) Counts() Counts {
	return Counts{
		Forwarded: f.count.forwarded.Load(), Failed: f.count.failed.Load(), Relayed: int(f.count.relayed.Load()),
	}
}

// Serve answers a request if it has to be passed on, and then returns nil. Otherwise it
// returns the request for the node's own server to answer: as the client has sent it, also
// if another node has passed it on. It blocks as long as the answer takes.
func (f *Forwarder) Serve(w http.ResponseWriter, r *http.Request) *http.Request {
	if len(r.Header[header]) > 0 {
		return f.receive(w, r)
	}
	if !f.serves(r) {
		return r
	}
	id := sessionOf(r)
	if id == "" {
		// Its next request may come to a node that has to know of this one by then. A
		// WebSocket has no next request.
		if r.Header.Get("Upgrade") == "" {
			f.settle(r.Context())
		}
		return r
	}
	tag, ok := tagOf(id)
	if !ok {
		return r
	}
	owners := f.Directory.Find(tag)
	if len(owners) == 0 && tag != f.Tag {
		f.settle(r.Context())
		owners = f.Directory.Find(tag)
	}
	// Usually one, which has the session or nobody has. If several nodes have the same tag,
	// or another one has this node's, they are asked one after the other.
	for _, owner := range owners {
		if f.pass(w, r, owner) {
			return nil
		}
	}
	return r
}

// serves says whether a request can be one for a session.
func (f *Forwarder) serves(r *http.Request) bool {
	path := r.URL.Path
	return (r.Method == http.MethodGet || r.Method == http.MethodPost) &&
		(path == f.Path || path == strings.TrimSuffix(f.Path, "/") || path == "/" || path == "")
}

// sessionOf returns the session id of a request, "" if it has none.
func sessionOf(r *http.Request) string {
	for raw := r.URL.RawQuery; raw != ""; {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if key, value, _ := strings.Cut(pair, "="); key == "sid" {
			return value // escaped, perhaps, but no id of ours needs to be
		}
	}
	return ""
}

// settle waits until the node knows the others, but not for ever.
func (f *Forwarder) settle(ctx context.Context) {
	select {
	case <-f.Directory.Settled():
		return
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	select {
	case <-f.Directory.Settled():
	case <-ctx.Done():
	}
}

// receive takes a request that has been passed on, if by a node.
func (f *Forwarder) receive(w http.ResponseWriter, r *http.Request) *http.Request {
	h, ok := check(f.key, r)
	if !ok {
		f.refuse(w, r)
		return nil
	}
	if h.kind == leave {
		f.Leave(sessionOf(r))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return h.restore(r)
}

// refuse answers who says to be a node and is not one of ours.
func (f *Forwarder) refuse(w http.ResponseWriter, r *http.Request) {
	f.stranger.Do(func() {
		f.Logger.Warn("socketio: a request says that it was forwarded, and not by a server with the same Options.ClusterSecret; this is not said again",
			"remote", r.RemoteAddr)
	})
	if r.ContentLength != 0 {
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	}
	h := w.Header()
	h.Set("Connection", "close")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusForbidden)
}

// A passage is a request that is being passed on, or the WebSocket that came of it.
type passage struct {
	owner  string
	r      *http.Request // without its body
	relay  bool
	cut    context.CancelFunc // ends it at once
	ended  chan struct{}
	parked bool // it may wait for long, for news
}

// enter registers a passage, unless it is a WebSocket and the node ends.
func (f *Forwarder) enter(p *passage) bool {
	p.ended = make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing && p.relay {
		return false
	}
	f.passages[p] = struct{}{}
	if f.closing && p.parked {
		time.AfterFunc(leaveAgain, func() { f.persuade(p.r.Context(), p) })
	}
	return true
}

func (f *Forwarder) exit(p *passage) {
	f.mu.Lock()
	delete(f.passages, p)
	f.mu.Unlock()
	close(p.ended)
}
