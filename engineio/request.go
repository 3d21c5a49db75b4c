package engineio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// A Request is what a connection's first HTTP request said.
type Request struct {
	Header      http.Header
	Host        string
	URL         *url.URL
	RemoteAddr  string // the client's host, without port, as Options.ClientIP gives it
	Secure      bool   // the request came over TLS, to this server or, as Options.TrustedProxies say, to a proxy
	CrossOrigin bool   // it carried an Origin header
	Time        time.Time
}

// A record keeps a Request for as long as the connection lives, in a fraction of the
// memory that the parsed form takes.
type record struct {
	text string // address, host, URI, "s" if secure, then names and values of the header, each ended by separator
	time int64  // in nanoseconds, as time.Time.UnixNano
}

// separator cannot be part of what an HTTP request says.
const separator = "\x00"

// newRecord keeps what is needed of r, and not r itself, which holds buffers.
func newRecord(r *http.Request, address string, secure bool) record {
	uri := r.RequestURI
	if uri == "" { // made by a test or by middleware
		uri = r.URL.RequestURI()
	}
	mark := ""
	if secure {
		mark = "s"
	}
	size := len(address) + len(r.Host) + len(uri) + len(mark) + 4
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + 2
		}
	}
	var text strings.Builder
	text.Grow(size)
	for _, part := range [...]string{address, r.Host, uri, mark} {
		text.WriteString(part)
		text.WriteString(separator)
	}
	for name, values := range r.Header {
		for _, value := range values {
			text.WriteString(name)
			text.WriteString(separator)
			text.WriteString(value)
			text.WriteString(separator)
		}
	}
	return record{text: text.String(), time: time.Now().UnixNano()}
}

// next cuts the first part off what is left of a record.
func next(text string) (part, rest string) {
	part, rest, _ = strings.Cut(text, separator)
	return part, rest
}

// address is the client's host.
func (r *record) address() string {
	part, _ := next(r.text)
	return part
}

// request gives back what was kept.
func (r *record) request() *Request {
	address, rest := next(r.text)
	host, rest := next(rest)
	uri, rest := next(rest)
	mark, rest := next(rest)
	header := http.Header{}
	for rest != "" {
		var name, value string
		name, rest = next(rest)
		value, rest = next(rest)
		header[name] = append(header[name], value)
	}
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		u = &url.URL{Opaque: uri} // net/http has parsed it before
	}
	return &Request{
		Header:      header,
		Host:        host,
		URL:         u,
		RemoteAddr:  address,
		Secure:      mark != "",
		CrossOrigin: header.Get("Origin") != "",
		Time:        time.Unix(0, r.time),
	}
}

// valuesOf returns a context with the values of r's, but not its end. It keeps
// nothing else alive: what net/http itself puts into a request's context, and nobody
// else added to, is two contexts and the values in them.
func valuesOf(r *http.Request) context.Context {
	ctx := r.Context()
	srv, ok := ctx.Value(http.ServerContextKey).(*http.Server)
	if ok && srv.BaseContext == nil && srv.ConnContext == nil && isPlain(ctx) {
		return srvContext{context.Background(), srv}
	}
	return context.WithoutCancel(ctx)
}

// isPlain says whether nobody has added values to a request's context: net/http puts two
// into it. What a context is made of, only reflection tells. Should the types ever look
// otherwise, no context is plain any more.
func isPlain(ctx context.Context) bool {
	for values := 0; ; {
		switch reflect.TypeOf(ctx) {
		case withValue:
			values++
		case withCancel, withTimeout:
		case background:
			return values == 2
		default:
			return false
		}
		parent := reflect.ValueOf(ctx).Elem()
		for parent.Kind() == reflect.Struct && parent.NumField() > 0 {
			parent = parent.Field(0) // embedded: the parent, or what has it
		}
		if parent.Kind() != reflect.Interface || !parent.CanInterface() {
			return false
		}
		if ctx, _ = reflect.TypeAssert[context.Context](parent); ctx == nil {
			return false
		}
	}
}

// The types of which package context makes a request's.
var (
	background              = reflect.TypeOf(context.Background())
	withValue               = reflect.TypeOf(context.WithValue(context.Background(), http.ServerContextKey, nil))
	withCancel, withTimeout = cancelTypes()
)

func cancelTypes() (withCancel, withTimeout reflect.Type) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	timed, stop := context.WithTimeout(context.Background(), time.Hour)
	stop()
	return reflect.TypeOf(cancelled), reflect.TypeOf(timed)
}

// A srvContext has the one value that everything from net/http has.
type srvContext struct {
	context.Context
	srv *http.Server
}

// Value returns the server for its key.
func (c srvContext) Value(key any) any {
	if key == http.ServerContextKey {
		return c.srv
	}
	return nil
}

// remoteHost is where a request came from as far as net/http knows.
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
	index                    string // of a JSONP callback
	jsonp                    bool   // there is an index
	base64                   bool   // binary messages are to be text
	repeated                 bool   // one of them came twice
}

// parseQuery reads the few keys that matter, without a map.
func parseQuery(raw string) query {
	var q query
	var seen [4]bool
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
		case "j":
			field, q.index, q.jsonp = 3, unescape(value), true
		case "b64":
			q.base64 = value != ""
			continue
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
