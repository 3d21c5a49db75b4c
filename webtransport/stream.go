package webtransport

import (
	"errors"
	"io"
	"net"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	quicwt "github.com/quic-go/webtransport-go"
)

// A stream is the stream of a session that carries its connection, as a net.Conn whose end
// is the session's.
type stream struct {
	*quicwt.Stream
	session *quicwt.Session
}

func (s stream) LocalAddr() net.Addr  { return s.session.LocalAddr() }
func (s stream) RemoteAddr() net.Addr { return s.session.RemoteAddr() }

// Read tells a peer that has left in order from one that was lost.
func (s stream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	return n, asEOF(err)
}

// asEOF makes EOF of the peer's closing its session or its QUIC connection.
func asEOF(err error) error {
	if e, ok := errors.AsType[*quicwt.SessionError](err); ok && e.Remote {
		return io.EOF
	}
	if e, ok := errors.AsType[*quic.ApplicationError](err); ok && e.Remote {
		return io.EOF
	}
	// When the peer's session and connection end at once, the reader of the session's
	// capsules may see the connection's end first: it makes an error of its own of it.
	if e, ok := errors.AsType[*http3.Error](err); ok && e.ErrorMessage == http3.ErrCodeNoError.String() {
		return io.EOF
	}
	return err
}

// CloseWrite says that nothing more is written.
func (s stream) CloseWrite() error { return s.Stream.Close() }

// Close ends the session, and with it the stream.
func (s stream) Close() error { return s.session.CloseWithError(0, "") }
