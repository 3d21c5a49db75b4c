package engineio

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketio/internal/ws"
)

// ServeHTTP answers every request of the protocol: handshakes, polls, messages
// and upgrades to WebSockets, which outlive it; and those for the client's files.
// Headers that middleware has set on w are kept, also for the WebSocket's handshake.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			s.failed(w, v)
		}
	}()
	if f := s.file(r.URL.Path); f != nil {
		s.serveFile(w, r, f)
		return
	}
	if !s.isWelcome(w, r) {
		return
	}
	if r.Method == http.MethodOptions && s.origins.set {
		s.origins.preflight(w, r)
		return
	}
	q := parseQuery(r.URL.RawQuery)
	if err := s.check(r, &q); err != nil {
		s.refuse(w, r, err)
		return
	}
	if q.sid == "" {
		s.open(w, r, &q)
		return
	}
	c, err := s.session(r, &q)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer s.release()
	switch {
	case q.transport == WebSocket:
		s.upgrade(w, r, c, &q)
	case r.Method == http.MethodGet:
		c.serveGet(w, r, &q)
	case r.Method == http.MethodPost:
		c.servePost(w, r, &q)
	default:
		w.Header().Set("Allow", "GET, POST")
		s.writeStatus(w, r, &refusal{status: http.StatusMethodNotAllowed, cause: "bad method"})
	}
}

// isWelcome says whether a request may have an answer other than a refusal: by its path,
// and by the page that makes it. If not, it is answered.
func (s *Server) isWelcome(w http.ResponseWriter, r *http.Request) bool {
	if !s.paths.serves(r.URL.Path) {
		boundBody(w, r)
		s.logRefused(r, &refusal{status: http.StatusNotFound, cause: "another path", advice: s.advisePath(r)},
			slog.String("got", r.URL.Path), slog.String("want", s.paths.path))
		http.NotFound(w, r)
		return false
	}
	origin := firstValue(r.Header["Origin"])
	if !s.origins.admits(r, origin) {
		w.Header().Add("Vary", "Origin")
		s.refuse(w, r, forbidden("Forbidden", invalidOrigin), slog.String("origin", origin), slog.String("host", r.Host))
		return false
	}
	s.origins.allow(w.Header(), origin)
	return true
}

// check judges what does not depend on a session (Engine.IO v4, "Error codes").
func (s *Server) check(r *http.Request, q *query) *HandshakeError {
	switch {
	case q.repeated:
		return badRequest("REPEATED_PARAMETER")
	case q.transport == WebTransport, !slices.Contains(s.options.Transports, q.transport):
		return unknownTransport()
	case q.jsonp && q.transport == Polling && !(s.options.JSONP && isIndex(q.index)):
		return badRequest("JSONP_INDEX")
	case q.sid != "":
		return nil
	case r.Method != http.MethodGet:
		return badMethod()
	case q.transport == WebSocket && r.Header.Get("Upgrade") == "":
		return badRequest("TRANSPORT_HANDSHAKE_ERROR")
	case s.options.revision(q) == 0:
		return unsupportedProtocol()
	}
	return nil
}

// session finds the session that a request is for, and holds it.
func (s *Server) session(r *http.Request, q *query) (*Conn, *HandshakeError) {
	if len(q.sid) > maxID {
		return nil, unknownSession("")
	}
	c := s.hold(q.sid)
	switch {
	case c == nil:
		return nil, s.noSession(q.sid)
	case s.options.revision(q) != c.Protocol():
		s.release()
		return nil, badRequest("PROTOCOL_MISMATCH")
	case q.transport == WebSocket && r.Header.Get("Upgrade") == "",
		q.transport == Polling && c.Transport() != Polling:
		s.release()
		return nil, transportMismatch()
	}
	return c, nil
}

// firstValue is http.Header.Get for a name that needs no work to be found.
func firstValue(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

var (
	contentJSON = []string{"application/json"}
	contentHTML = []string{"text/html"}
	contentText = []string{"text/plain; charset=UTF-8"}
	contentJS   = []string{"text/javascript; charset=UTF-8"}
	contentBin  = []string{"application/octet-stream"}
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
	okBody      = []byte("ok")
	okLength    = []string{"2"}
)

// A payload is the body of an answer to a poll, or to a polling handshake.
type payload struct {
	body  []byte
	first bool // the session's first
	plain bool // not to be compressed
	form  payloadForm
}

// writePayload answers a poll, or a polling handshake, whose query was q. What is encoded
// is no news to a cache, which must not store it anyway, so there is no Vary.
func (s *Server) writePayload(w http.ResponseWriter, r *http.Request, q *query, p payload) {
	h, body := w.Header(), p.body
	switch {
	case q.jsonp:
		body = script(q.index, body)
		h["Content-Type"], h["X-Content-Type-Options"] = contentJS, noSniff
	case p.form == bytewise:
		h["Content-Type"] = contentBin
	default:
		h["Content-Type"] = contentText
	}
	h["Cache-Control"] = noStore
	coding := s.coding(r, len(body))
	if coding != nil && !p.plain && !encodedOutside(h) {
		encoded := coding.encode(body)
		defer encoded.giveBack()
		body = encoded.body.Bytes()
		h["Content-Encoding"] = coding.value
	}
	if len(body) > autoLength {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	s.addHeaders(h, r, p.first)
	if len(body) > autoLength {
		s.writeLarge(w, body)
	} else {
		w.Write(body)
	}
}

// writeLarge writes to a client that may be slow, but takes something within every
// WriteTimeout.
func (s *Server) writeLarge(w http.ResponseWriter, body []byte) {
	control := http.NewResponseController(w)
	for len(body) > 0 {
		control.SetWriteDeadline(time.Now().Add(s.options.WriteTimeout)) // where it cannot, the server's own holds
		n, err := w.Write(body[:min(len(body), writeStep)])
		if err != nil {
			return
		}
		body = body[n:]
	}
	if control.Flush() == nil {
		control.SetWriteDeadline(time.Time{}) // the connection may have other uses
	}
}

// writeStep is how much a slow client must take within WriteTimeout.
const writeStep = 64 << 10

// autoLength is up to which size net/http knows a response's length by itself.
const autoLength = 2048

// writeOK answers a POST. Only a response that is flushed before its handler returns
// has to be told its length.
func (s *Server) writeOK(w http.ResponseWriter, r *http.Request, flushed bool) {
	h := w.Header()
	h["Content-Type"] = contentHTML
	h["Cache-Control"] = noStore
	if flushed {
		h["Content-Length"] = okLength
	}
	s.addHeaders(h, r, false)
	w.Write(okBody)
}

// hasWriteTimeout says whether the server that a request came to bounds the time of its
// response.
func hasWriteTimeout(r *http.Request) bool {
	srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	return ok && srv.WriteTimeout > 0
}

// writeUntil puts another end in the place of a server's WriteTimeout: none while a
// response waits for news.
func writeUntil(w http.ResponseWriter, end time.Time) {
	http.NewResponseController(w).SetWriteDeadline(end) // where it cannot, the client polls again
}

// upgrade lets a WebSocket take a polling session over (Engine.IO v4, "Upgrade").
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, c *Conn, q *query) {
	if err := ws.Check(r); err != nil {
		s.refuseSocket(w, r, err)
		return
	}
	if s.options.NoUpgrade {
		s.refuse(w, r, transportMismatch())
		return
	}
	if c.step(event{input: inProbe})&doRefuse != 0 {
		s.closeSocket(w, r)
		return
	}
	sock := s.accept(w, r, c, q, nil)
	if sock == nil {
		s.count.notUpgraded.Add(1)
		c.step(event{input: inProbeGone})
		return
	}
	s.probe(c, sock)
}

// probe reads a socket that is to take a polling session over, which expects it.
func (s *Server) probe(c *Conn, sock *socket) {
	c.mu.Lock()
	p := c.poll.Load()
	probing := c.session.state == stateOpen && c.session.via == viaProbe && p != nil && p.probing == nil
	if probing {
		p.probing = sock
	}
	c.mu.Unlock()
	if !probing { // the session has ended meanwhile, or its wait for this WebSocket
		sock.Close(ws.StatusNoStatus, "")
		s.leave(sock)
	}
	s.goroutines.Go(sock.serve)
}

// closeSocket makes a WebSocket and closes it, which is what the reference server does
// about a session's second one, and what its protocol suite asks for.
func (s *Server) closeSocket(w http.ResponseWriter, r *http.Request) {
	nc, _, err := ws.Accept(w, r, w.Header(), ws.AppendClose(nil, ws.StatusNoStatus, "", false))
	switch {
	case err == nil:
		nc.Close()
	case !errors.Is(err, ws.ErrLost):
		s.refuse(w, r, transportMismatch())
	}
}

// refuseSocket answers a request that is no WebSocket handshake.
func (s *Server) refuseSocket(w http.ResponseWriter, r *http.Request, err *ws.HandshakeError) {
	refused := badRequest("TRANSPORT_HANDSHAKE_ERROR: " + err.Reason)
	if err.Status == http.StatusBadRequest {
		s.refuse(w, r, refused)
		return
	}
	s.refused(r, refused)
	maps.Copy(w.Header(), err.Header)
	s.writeStatus(w, r, &refusal{status: err.Status, cause: refused.cause()})
}

// paths knows where the server is mounted.
type paths struct {
	path string // with its last slash
}

func newPaths(path string) paths {
	return paths{path: strings.TrimSuffix(path, "/") + "/"}
}

// serves says whether a request's path is the server's: with or without the last
// slash, or what http.StripPrefix leaves.
func (p *paths) serves(path string) bool {
	return path == p.path || path == p.path[:len(p.path)-1] || path == "/" || path == ""
}
