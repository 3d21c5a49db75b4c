package socketio

import (
	"net/http"
	"net/url"
	"time"
)

// A Handshake is what a client said when it connected: with the first HTTP request,
// which all its namespaces share, and with the CONNECT to this one.
type Handshake struct {
	Header      http.Header // of the request, with Host
	URL         *url.URL    // of the request
	RemoteAddr  string      // the client's address without port, as Options.ClientIP gives it
	Secure      bool        // whether it came over TLS, to this server or, as Options.TrustedProxies say, to a proxy
	CrossOrigin bool        // whether it had an Origin header
	Time        time.Time   // of the request

	auth []byte
}

// Handshake returns what the client said when it connected. It builds the answer
// at each call.
func (s *Socket) Handshake() *Handshake {
	r := s.peer.conn.Request()
	r.Header.Set("Host", r.Host)
	return &Handshake{
		Header: r.Header, URL: r.URL, RemoteAddr: r.RemoteAddr,
		Secure: r.Secure, CrossOrigin: r.CrossOrigin, Time: r.Time,
		auth: s.auth,
	}
}

// DecodeAuth decodes the object that the client gave as its auth option into what into
// points to. Without one it decodes an empty object. The error is a [*DecodeError].
func (h *Handshake) DecodeAuth(into any) error {
	auth := h.auth
	if auth == nil {
		auth = emptyObject
	}
	if err := decodeValue(auth, nil, into); err != nil {
		return &DecodeError{Event: "connect", Err: err}
	}
	return nil
}

var emptyObject = []byte("{}")
