package forward

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// header is what a node adds to a request that it passes on: what is asked for, whether the
// client used TLS, its address, and a proof that whoever says so has the secret.
const header = "Socketio-Forwarded"

// What one node asks another for.
const (
	serve = "serve" // to answer the request
	leave = "leave" // to have the session's client send its next request another way
)

// A hop is what the header says but for the proof.
type hop struct {
	kind   string
	proto  string // of the client: http or https
	remote string // its address as net/http gave it to the first node
}

func hopOf(r *http.Request, kind string) hop {
	h := hop{kind: kind, proto: "http", remote: url.QueryEscape(r.RemoteAddr)}
	if r.TLS != nil {
		h.proto = "https"
	}
	return h
}

// sign returns the header's value for a request with that method, URI and host.
func (h hop) sign(key []byte, method, uri, host string) string {
	return h.kind + " " + h.proto + " " + h.remote + " " + h.proof(key, method, uri, host)
}

func (h hop) proof(key []byte, method, uri, host string) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range [...]string{h.kind, h.proto, h.remote, method, uri, host} {
		mac.Write([]byte(part)) // never fails
		mac.Write([]byte{0})    // which is in none of them
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// check reads the header of a request. It is not ok if it was not a node with the secret
// that has set it, for this very request.
func check(key []byte, r *http.Request) (h hop, ok bool) {
	values := r.Header[header]
	if len(values) != 1 {
		return h, false
	}
	parts := strings.Split(values[0], " ")
	if len(parts) != 4 {
		return h, false
	}
	h = hop{kind: parts[0], proto: parts[1], remote: parts[2]}
	return h, hmac.Equal([]byte(h.proof(key, r.Method, uriOf(r), r.Host)), []byte(parts[3]))
}

// restore returns the request as the first node got it, as far as that matters.
func (h hop) restore(r *http.Request) *http.Request {
	whole := new(http.Request)
	*whole = *r
	whole.Header = r.Header.Clone()
	delete(whole.Header, header)
	whole.RemoteAddr, _ = url.QueryUnescape(h.remote) // as hopOf has escaped it
	whole.TLS = nil
	if h.proto == "https" {
		whole.TLS = new(tls.ConnectionState)
	}
	return whole
}

// uriOf returns what the client has asked for, whatever has been cut off its path since.
func uriOf(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI() // made by a test or by middleware
}
