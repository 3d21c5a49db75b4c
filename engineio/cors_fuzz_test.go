package engineio

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
)

// FuzzOrigins asks whether a page of an origin may connect to a host: by itself only if it
// is the host's own, over TLS only if it came so too, and else if it is one that is listed.
func FuzzOrigins(f *testing.F) {
	f.Add("http://example.com", "example.com", false)
	f.Add("https://EXAMPLE.com:443", "example.com", true)
	f.Add("null", "null", false)
	own, listed := newOrigins(CORS{}), newOrigins(CORS{Origins: []string{"https://example.com", "http://127.0.0.1:5500"}})
	f.Fuzz(func(t *testing.T, origin, host string, secure bool) {
		if origin == "" {
			return // no page
		}
		r := &http.Request{Host: host}
		if secure {
			r.TLS = new(tls.ConnectionState)
		}
		scheme, authority, _ := strings.Cut(strings.ToLower(origin), "://")
		if own.admits(r, origin) && (!sameAuthority(scheme, authority, strings.ToLower(host)) || secure && scheme != "https") {
			t.Errorf("%q is let in at %q, secure %v", origin, host, secure)
		}
		if listed.admits(r, origin) && !(scheme == "https" && sameAuthority(scheme, authority, "example.com")) &&
			!(scheme == "http" && authority == "127.0.0.1:5500") {
			t.Errorf("%q is let in, and not listed", origin)
		}
		normal, ok := normalOrigin(origin)
		if again, too := normalOrigin(normal); ok && (!too || again != normal) {
			t.Errorf("%q is %q, and that is %q, %v", origin, normal, again, too)
		}
	})
}

// sameAuthority compares host and port, of which the scheme's own need not be there.
func sameAuthority(scheme, a, b string) bool {
	port := map[string]string{"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}[scheme]
	return strings.TrimSuffix(a, port) == strings.TrimSuffix(b, port)
}
