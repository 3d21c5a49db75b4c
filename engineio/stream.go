package engineio

import (
	"context"
	"crypto/tls"
	"encoding/json/v2"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A Stream is the one bidirectional stream of a WebTransport session that carries a
// connection.
type Stream struct {
	// Conn reads and writes. Its Close ends the session. If it has a method CloseWrite
	// that ends the sending half, as *net.TCPConn has, what was written before comes
	// through.
	net.Conn

	// Request opened the session. Without it the connection's Request has no header.
	Request *http.Request
}

// AdmitStream says whether a request for a WebTransport session may have one, by the
// rules of every other transport: Options.Path, CORS and Transports. If not, it has
// answered the request. If so, the caller accepts the session and gives its first stream
// to [Server.ServeStream]. There is no need of a query, for browsers send none.
func (s *Server) AdmitStream(w http.ResponseWriter, r *http.Request) bool {
	if !s.isWelcome(w, r) {
		return false
	}
	q := parseQuery(r.URL.RawQuery)
	if err := s.checkStream(&q); err != nil {
		s.refuse(w, r, err)
		return false
	}
	return true
}

// checkStream judges the query of a request for a WebTransport session.
func (s *Server) checkStream(q *query) *HandshakeError {
	switch {
	case q.repeated:
		return badRequest("REPEATED_PARAMETER")
	case q.transport != "" && q.transport != WebTransport, !slices.Contains(s.options.Transports, WebTransport):
		return unknownTransport()
	case q.revision != "" && s.options.revision(q) != eio4.Revision:
		return unsupportedProtocol()
	}
	return nil
}

// ServeStream begins a connection on a stream, or lets the stream take over one that
// is polling, as the stream's first packet says. It waits for that packet, until ctx ends
// or Options.UpgradeTimeout is over, and returns when the connection has begun, which then
// lives as long as the stream. Options.Allow and the limits decide on new connections.
// Handlers see the values of ctx.
//
// On an error the stream is closed: a *HandshakeError, ErrServerClosed, what ctx
// says, an error of the stream, or that there is no room for another connection. WebTransport has to be among Options.Transports.
// ServeStream lets in whoever has a stream, so [Server.AdmitStream] comes first. The
// module socketio/webtransport does both.
func (s *Server) ServeStream(ctx context.Context, st Stream) error {
	r := st.Request
	if r == nil {
		// As the reference has it: no header, and secure, as WebTransport always is.
		r = &http.Request{URL: new(url.URL), RemoteAddr: st.RemoteAddr().String(), TLS: new(tls.ConnectionState)}
	}
	r = r.WithContext(ctx)
	err := s.serveStream(r, st)
	if err == nil {
		return nil
	}
	attrs := []slog.Attr{slog.Any("error", err), slog.String("remote", r.RemoteAddr)}
	level := slog.LevelInfo
	if refused, ok := errors.AsType[*HandshakeError](err); ok {
		refused.advice = s.advise(r, refused)
		if s.advisories.due(refused.advice.kind, s.now()) {
			level, attrs = slog.LevelWarn, append(attrs, slog.String("hint", refused.Hint()))
		}
		s.refused(r, refused)
	}
	s.log.LogAttrs(ctx, level, "engineio: stream refused", attrs...)
	st.Close()
	return err
}

func (s *Server) serveStream(r *http.Request, st Stream) error {
	if !slices.Contains(s.options.Transports, WebTransport) {
		return unknownTransport()
	}
	opening, early, err := s.readOpening(r.Context(), st)
	if err != nil {
		return err
	}
	if len(opening) > 0 {
		return s.upgradeStream(st, opening, early)
	}
	return s.openStream(r, st, early)
}

// maxOpening is how long a client's open packet may be.
const maxOpening = 1 << 10

// readOpening reads the client's open packet, and returns its data and what has come behind
// it.
func (s *Server) readOpening(ctx context.Context, st Stream) (data, early []byte, err error) {
	st.SetReadDeadline(time.Now().Add(s.options.UpgradeTimeout))
	stop := context.AfterFunc(ctx, func() { st.SetReadDeadline(time.Unix(1, 0)) })
	p, early, err := readPacket(st)
	switch {
	case !stop():
		return nil, nil, context.Cause(ctx)
	case err != nil:
		return nil, nil, err
	case p.Type != eio4.Open || p.Binary:
		return nil, nil, badRequest("TRANSPORT_HANDSHAKE_ERROR: the first packet opens nothing")
	}
	st.SetReadDeadline(time.Time{})
	return p.Data, early, nil
}

// readPacket reads one small packet, and returns what was read behind it as well.
func readPacket(st Stream) (eio4.Packet, []byte, error) {
	frames := ws.Parser{Bare: true, Limit: maxOpening}
	buf := make([]byte, maxOpening)
	for {
		n, err := st.Read(buf)
		m, used, wrong := frames.Next(buf[:n])
		switch {
		case wrong != nil:
			return eio4.Packet{}, nil, badRequest("TRANSPORT_HANDSHAKE_ERROR: " + wrong.Error())
		case m.Op != 0:
			p, wrong := eio4.Decode(m.Data, m.Op == ws.OpBinary)
			if wrong != nil {
				return eio4.Packet{}, nil, badRequest("TRANSPORT_HANDSHAKE_ERROR: " + wrong.Error())
			}
			return p, buf[used:n], nil
		case err != nil:
			return eio4.Packet{}, nil, err
		}
	}
}

// newStream makes a stream a socket of a connection.
func (s *Server) newStream(c *Conn, st Stream, early []byte) *socket {
	sock := &socket{conn: c, early: early, form: onStream}
	sock.Init(st.Conn, &s.streams, sock)
	return sock
}

// openStream begins a connection on a stream (Engine.IO v4, "Handshake").
func (s *Server) openStream(r *http.Request, st Stream, early []byte) error {
	if err := s.admit(s.newcomer(r)); err != nil {
		s.count.turnedAway(err)
		return err
	}
	defer s.release()
	if refused, _ := s.askAllow(r); refused != nil {
		return refused
	}
	c, err := s.newConn(r, &query{revision: "4", transport: WebTransport}, viaWebSocket)
	if err != nil {
		return badRequest("ID_GENERATION_ERROR: " + err.Error())
	}
	switch err := s.add(c); {
	case errors.Is(err, errTaken):
		return badRequest("ID_GENERATION_ERROR: " + err.Error())
	case err != nil:
		s.count.turnedAway(err)
		return err
	}
	sock := s.newStream(c, st, early)
	open := []ws.Frame{{Op: ws.OpText, Data: s.handshake(c, WebTransport)}}
	if first := s.options.InitialMessage; first != nil {
		open = append(open, ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Message), Data: first})
	}
	s.countOpened()
	_ = sock.Write(open...) // an empty queue takes anything
	s.beginOn(c, sock)
	return nil
}

// upgradeStream lets a stream take a polling session over, whose id the client's open
// packet gives (Engine.IO v4, "Upgrade").
func (s *Server) upgradeStream(st Stream, opening, early []byte) error {
	var of struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal(opening, &of); err != nil || of.SID == "" || len(of.SID) > maxID {
		return unknownSession("")
	}
	c := s.hold(of.SID)
	if c == nil {
		return s.noSession(of.SID)
	}
	defer s.release()
	if s.options.NoUpgrade || c.Protocol() != eio4.Revision || c.step(event{input: inProbe})&doRefuse != 0 {
		return transportMismatch()
	}
	s.probe(c, s.newStream(c, st, early))
	return nil
}
