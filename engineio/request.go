package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Request is what a connection's first HTTP request said. It must not be
// modified.
type Request struct {
	Header      http.Header
	Host        string
	URL         *url.URL
	RemoteAddr  string // the client's host, without port, as Options.ClientIP gives it
	Secure      bool   // the request came over TLS
	CrossOrigin bool   // it carried an Origin header
	Time        time.Time
}

// newRequest keeps of r what is needed later, and not r itself, which holds buffers.
func newRequest(r *http.Request, clientIP string) *Request {
	return &Request{
		Header:      r.Header,
		Host:        r.Host,
		URL:         r.URL,
		RemoteAddr:  clientIP,
		Secure:      r.TLS != nil,
		CrossOrigin: r.Header.Get("Origin") != "",
		Time:        time.Now(),
	}
}

// remoteHost is the default of Options.ClientIP.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// A query is what the protocol puts into a request's query.
type query struct {
	revision, transport, sid string
	repeated                 bool // one of them came twice
}

// parseQuery reads the few keys that matter, without a map.
func parseQuery(raw string) query {
	var q query
	var seen [3]bool
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		key, value, _ := strings.Cut(pair, "=")
		var field int
		switch key {
		case "EIO":
			field, q.revision = 0, unescape(value)
		case "transport":
			field, q.transport = 1, unescape(value)
		case "sid":
			field, q.sid = 2, unescape(value)
		default:
			continue
		}
		q.repeated = q.repeated || seen[field]
		seen[field] = true
	}
	return q
}

func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	u, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return u
}

// maxID is how long a session id may be; a longer one is nobody's.
const maxID = 64

// newID returns an id of 20 characters that nobody can guess.
func newID() string {
	var b [15]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
