package engineio

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORS says which pages of other origins may connect, on every transport: the
// browser's own rules do not cover WebSockets. The zero value lets in pages of the
// server's own origin, and programs, which send no origin.
type CORS struct {
	// Origins are the origins let in, such as "http://127.0.0.1:5500": scheme,
	// host and port. "*" is any, and cannot be combined with Credentials. The
	// server's own origin is let in only if it is among them.
	Origins []string

	// OriginFunc lets in origins besides those.
	OriginFunc func(origin string) bool

	// AllowedHeaders are the request headers that a page may set; by default
	// those that it asks for.
	AllowedHeaders []string

	// ExposedHeaders are the response headers that a page may read.
	ExposedHeaders []string

	// Methods is what a preflight is told: GET, HEAD, PUT, PATCH, POST and
	// DELETE by default.
	Methods []string

	// Credentials lets pages send cookies and the like.
	Credentials bool

	// MaxAge is how long a browser may remember a preflight; not said by
	// default.
	MaxAge time.Duration

	// Off lets any origin in and sends no header, for servers behind something
	// that does all this.
	Off bool
}

// origins is a CORS setting, made ready.
type origins struct {
	CORS
	set  bool // more than the own origin is let in
	any  bool
	list []string // normalised
}

func newOrigins(c CORS) origins {
	o := origins{CORS: c, set: len(c.Origins) > 0 || c.OriginFunc != nil}
	o.any = slices.Contains(c.Origins, "*")
	if o.any && c.Credentials {
		panic(`engineio: CORS.Origins "*" with Credentials would let any page act for its visitor`)
	}
	if c.Off && o.set {
		panic("engineio: CORS.Off with Origins: the origins would not be looked at")
	}
	for _, origin := range c.Origins {
		if origin == "*" {
			continue
		}
		normal, ok := normalOrigin(origin)
		if !ok {
			panic("engineio: CORS.Origins has " + strconv.Quote(origin) + `, which is no origin such as "https://example.com"`)
		}
		o.list = append(o.list, normal)
	}
	if o.Methods == nil {
		o.Methods = []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"}
	}
	return o
}

// normalOrigin returns an origin in lower case and without its scheme's own port.
// "null" stays what it is.
func normalOrigin(origin string) (string, bool) {
	if origin == "null" {
		return origin, true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || strings.Contains(u.Host, "*") {
		return "", false
	}
	if u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(origin, "#") {
		return "", false // more than an origin
	}
	return u.Scheme + "://" + hostPort(u.Scheme, u.Host), true
}

// hostPort is host in lower case, without the port that goes with the scheme.
func hostPort(scheme, host string) string {
	host = strings.ToLower(host)
	switch strings.ToLower(scheme) {
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// admits says whether a request with this Origin header may have an answer.
func (o *origins) admits(r *http.Request, origin string) bool {
	if origin == "" || o.Off || o.any {
		return true
	}
	normal, ok := normalOrigin(origin)
	if !ok {
		return false
	}
	if o.set {
		return slices.Contains(o.list, normal) || o.OriginFunc != nil && o.OriginFunc(origin)
	}
	scheme, host, ok := strings.Cut(normal, "://")
	if !ok || r.TLS != nil && scheme != "https" {
		return false // a page that somebody on the way may have written
	}
	return host == hostPort(scheme, r.Host)
}

// allow adds the headers that let a page read the response.
func (o *origins) allow(h http.Header, origin string) {
	if !o.set {
		return
	}
	if o.any {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Add("Vary", "Origin")
		if origin == "" {
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if o.Credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if len(o.ExposedHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(o.ExposedHeaders, ","))
	}
}

// preflight answers an OPTIONS request of an origin that is let in.
func (o *origins) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", strings.Join(o.Methods, ","))
	switch asked := r.Header.Get("Access-Control-Request-Headers"); {
	case o.AllowedHeaders != nil:
		h.Set("Access-Control-Allow-Headers", strings.Join(o.AllowedHeaders, ","))
	case asked != "":
		h.Add("Vary", "Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if o.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(o.MaxAge/time.Second)))
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusNoContent)
}
