package engineio

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"socketio/internal/hint"
)

// An advice is what to do about refusals of a kind, where their cause is how the server, its
// clients or what is between them are set up. The zero value is none.
type advice struct {
	kind adviceKind
	text string
}

// An adviceKind is what is not said again for a while.
type adviceKind uint8

const (
	noAdvice adviceKind = iota
	onPath
	onOrigin
	onUpgrade
	onSession
	onRevision
	onTransport
	onPlainClient
	onJSONP
	onAddress
	onBody
	onWriter
	onTimeLimit
	adviceKinds
)

// adviceInterval is how long a kind of advice is not said again.
const adviceInterval = time.Minute

// advisories remembers from when on each kind may be said again, on the server's clock.
type advisories [adviceKinds]atomic.Int64

// due says whether a kind is to be said now, and takes it for said.
func (a *advisories) due(kind adviceKind, now time.Duration) bool {
	if kind == noAdvice {
		return false
	}
	next := a[kind].Load()
	return int64(now) >= next && a[kind].CompareAndSwap(next, int64(now+adviceInterval))
}

// advise says what to do about a request that is refused.
func (s *Server) advise(r *http.Request, err *HandshakeError) advice {
	q := parseQuery(r.URL.RawQuery)
	switch err.Code {
	case codeTransportUnknown:
		return s.adviseTransport(r, &q)
	case codeUnknownSession:
		return s.adviseSession(r, err)
	case codeBadRequest:
		return s.adviseBadRequest(r, &q)
	case codeForbidden:
		if err.Context == invalidOrigin {
			return s.adviseOrigin(r)
		}
	case codeUnsupportedProtocol:
		if q.revision == "3" {
			return advice{onRevision, "a client of Socket.IO 2 (Engine.IO 3): set Options.EIO3, or update the client to version 3 or 4"}
		}
	}
	return advice{}
}

// adviseTransport is about clients that want another transport, or speak WebSocket and
// nothing on top of it.
func (s *Server) adviseTransport(r *http.Request, q *query) advice {
	switch {
	case q.transport == "" && q.revision == "" && r.Header.Get("Upgrade") != "":
		return advice{onPlainClient, "a plain WebSocket, such as new WebSocket(url): Socket.IO is a protocol of its own on top, so use a Socket.IO client"}
	case q.transport == WebTransport:
		return advice{onTransport, "WebTransport comes over HTTP/3, by the module socketio/webtransport, and needs to be in Options.Transports"}
	case q.transport == Polling, q.transport == WebSocket:
		return advice{onTransport, fmt.Sprintf("Options.Transports has no %s: add it, or give the client the option transports: %q", q.transport, s.options.Transports)}
	}
	return advice{}
}

// adviseSession is about sessions that never were here. Where ids are made by the program
// they may say where a session is, and then balancers go by them.
func (s *Server) adviseSession(r *http.Request, err *HandshakeError) advice {
	if err.Context != "" || s.options.GenerateID != nil {
		return advice{}
	}
	return advice{onSession, "if there are several servers at this address, " + hint.Sticky(hint.Proxy(r.Header)) +
		"; or have the servers pass requests on, by Options.Advertise. If this server has just been restarted, nothing: clients come back by themselves"}
}

// adviseBadRequest is about WebSocket handshakes that a proxy has taken something from, and
// JSONP where it is switched off.
func (s *Server) adviseBadRequest(r *http.Request, q *query) advice {
	switch {
	case q.jsonp && q.transport == Polling && !s.options.JSONP:
		return advice{onJSONP, "a client that polls by script tags: set Options.JSONP, or the client's option forceJSONP to false"}
	case q.transport != WebSocket || r.Method != http.MethodGet:
		return advice{}
	case r.ProtoMajor != 1 || r.ProtoMinor != 1:
		return advice{onUpgrade, fmt.Sprintf("the request for a WebSocket came by HTTP/%d.%d: %s", r.ProtoMajor, r.ProtoMinor, hint.Upgrade(hint.Proxy(r.Header)))}
	case r.Header.Get("Upgrade") == "" || !strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade"):
		return advice{onUpgrade, "the request for a WebSocket has lost its header Upgrade or Connection: " + hint.Upgrade(hint.Proxy(r.Header))}
	}
	return advice{}
}

// adviseOrigin is about pages that are not let in.
func (s *Server) adviseOrigin(r *http.Request) advice {
	const most = 100 // of what a client has made up, perhaps
	origin := firstValue(r.Header["Origin"])
	text := fmt.Sprintf("if this page is yours, add %.*q to Options.CORS.Origins", most, origin)
	u, err := url.Parse(origin)
	switch {
	case origin == "null":
		text = `the page is a file, or in a sandboxed frame: serve it over HTTP, or add "null" to Options.CORS.Origins`
	case err != nil || s.origins.set:
	case r.TLS != nil && u.Scheme == "http" && sameHost(u.Host, r.Host):
		text = "the page came by http, and the server is at https: have http redirected to https"
	case slices.ContainsFunc(list(r.Header["X-Forwarded-Host"]), func(host string) bool { return sameHost(host, u.Host) }):
		text = "a proxy changes the header Host: have it passed on, as nginx does with: proxy_set_header Host $host; or " + text
	}
	return advice{onOrigin, text}
}

// sameHost says whether two hosts are one, whatever their ports.
func sameHost(a, b string) bool { return strings.EqualFold(withoutPort(a), withoutPort(b)) }

func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// advisePath is about clients that look for the server elsewhere. Requests that are no
// client's, such as a browser's for /favicon.ico, need no advice.
func (s *Server) advisePath(r *http.Request) advice {
	q := parseQuery(r.URL.RawQuery)
	if q.transport == "" && q.revision == "" {
		return advice{}
	}
	return advice{onPath, "the client's option path and Options.Path must be the same, or the router has to strip what is in front of it"}
}

// adviseNoRoom is about limits for each address, where all clients seem to have one.
func (s *Server) adviseNoRoom(r *http.Request, why error) advice {
	perIP := errors.Is(why, errTooManyPerIP) || errors.Is(why, errTooOften)
	if !perIP || !s.guessesIP || len(forwarded(r.Header)) == 0 {
		return advice{}
	}
	return advice{onAddress, "requests come through a proxy, whose address is taken for that of all clients: name it in Options.TrustedProxies"}
}

// adviseBody is about messages that are larger than the limit.
func (s *Server) adviseBody(err error) advice {
	if !errors.Is(err, errTooLarge) {
		return advice{}
	}
	return advice{onBody, fmt.Sprintf("a client sends more than Options.MaxPayload at once, which is %d bytes: raise it, and the limit of a proxy in front (in nginx client_max_body_size), or have the client send parts", s.options.MaxPayload)}
}
