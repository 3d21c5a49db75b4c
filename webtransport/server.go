package webtransport

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go/http3"
	quicwt "github.com/quic-go/webtransport-go"

	"socketio/engineio"
)

// A Server serves HTTP/3. Its fields must not change once it serves; all its methods may
// be called concurrently.
type Server struct {
	// Engine gets the connections: what Engine of a socketio.Server returns. Its
	// Options.Transports must have [engineio.WebTransport] in it. Path, CORS, Allow and
	// the limits are those of the other transports.
	Engine *engineio.Server

	// TLS has the certificate. It is not changed.
	TLS *tls.Config

	// Handler answers requests over HTTP/3 that are not for WebTransport, such as polls;
	// by default with 404.
	Handler http.Handler

	// Logger gets a line for each session that fails; slog.Default by default. What QUIC
	// itself has to say goes to package log.
	Logger *slog.Logger

	prepare sync.Once
	quic    quicwt.Server
	closed  atomic.Bool
}

// openTimeout is how long a client may take to open the one stream of its session.
const openTimeout = 10 * time.Second

// init makes the server of HTTP/3, once.
func (s *Server) init() *quicwt.Server {
	s.prepare.Do(func() {
		s.quic.H3 = &http3.Server{TLSConfig: http3.ConfigureTLSConfig(s.TLS), Handler: s}
		s.quic.CheckOrigin = func(*http.Request) bool { return true } // AdmitStream has looked at it
	})
	return &s.quic
}

// ListenAndServe listens on a UDP address, such as ":443", and serves until Close. It
// always returns an error: http.ErrServerClosed after Close.
func (s *Server) ListenAndServe(address string) error {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	return s.Serve(conn)
}

// Serve is ListenAndServe for a UDP socket that there is, which it does not close.
func (s *Server) Serve(conn net.PacketConn) error {
	err := s.init().Serve(conn)
	if s.closed.Load() {
		return http.ErrServerClosed
	}
	return err
}

// Close ends all that goes over HTTP/3 at once, and waits until it has ended. Before it,
// Shutdown of the engine, or of the socketio.Server, lets connections end in order.
func (s *Server) Close() error {
	s.closed.Store(true)
	return s.init().Close()
}

// ServeHTTP answers requests that came over HTTP/3. It is there for the HTTP/3 server of
// this package, within which alone it can begin sessions.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect && strings.HasPrefix(r.Proto, "webtransport"):
		s.serveSession(w, r)
	case s.Handler != nil:
		s.Handler.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveSession begins a session, and lets the engine have the first stream that the client
// opens in it. Others are not read.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request) {
	if !s.Engine.AdmitStream(w, r) {
		return
	}
	session, err := s.init().Upgrade(w, r)
	if err != nil {
		s.log().Info("webtransport: no session", "error", err, "remote", r.RemoteAddr)
		w.WriteHeader(http.StatusBadRequest) // or the stream of the request is reset already
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), openTimeout)
	first, err := session.AcceptStream(ctx)
	cancel()
	if err != nil {
		s.log().Info("webtransport: a session without a stream", "error", err, "remote", r.RemoteAddr)
		_ = session.CloseWithError(0, "")
		return
	}
	// What it refuses it has logged, and closed.
	_ = s.Engine.ServeStream(r.Context(), engineio.Stream{Conn: stream{first, session}, Request: r})
}

func (s *Server) log() *slog.Logger {
	return cmp.Or(s.Logger, slog.Default()).With("component", "webtransport")
}
