package engineio

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestWhereARequestComesFrom(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	const (
		near = "10.0.0.1:1234"
		far  = "192.0.2.7:1234"
	)
	for _, tt := range []struct {
		name, remote, header string
		host                 string
		secure               bool
	}{
		{"nothing is said", near, "", "10.0.0.1", false},
		{"by one who is not trusted", far, "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https", "192.0.2.7", false},
		{"Forwarded by one who is not trusted", far, "Forwarded: for=1.2.3.4;proto=https", "192.0.2.7", false},
		{"one hop", near, "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https", "1.2.3.4", true},
		{"over plain HTTP", near, "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: http", "1.2.3.4", false},
		{"the protocol alone", near, "X-Forwarded-Proto: HTTPS", "10.0.0.1", true},
		{"a client that lies", near, "X-Forwarded-For: 8.8.8.8, 1.2.3.4", "1.2.3.4", false},
		{"a client that lies about both", near, "X-Forwarded-For: 8.8.8.8, 1.2.3.4|X-Forwarded-Proto: https, http", "1.2.3.4", false},
		{"a client that lies in a header of its own", near, "X-Forwarded-For: 8.8.8.8|X-Forwarded-For: 1.2.3.4", "1.2.3.4", false},
		{"a client that lies about the protocol only", near, "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https, http", "1.2.3.4", false},
		{"a chain of proxies", near, "X-Forwarded-For: 8.8.8.8, 1.2.3.4, 10.2.2.2,10.3.3.3", "1.2.3.4", false},
		{"a chain with protocols", near, "X-Forwarded-For: 1.2.3.4, 10.2.2.2|X-Forwarded-Proto: https, http", "1.2.3.4", true},
		{"proxies only", near, "X-Forwarded-For: 10.2.2.2, 10.3.3.3", "10.2.2.2", false},
		{"a hop without a name", near, "X-Forwarded-For: 1.2.3.4, unknown, 10.3.3.3", "10.3.3.3", false},
		{"an empty header", near, "X-Forwarded-For: ", "10.0.0.1", false},
		{"an address with a port", near, "X-Forwarded-For: 1.2.3.4:5678", "1.2.3.4", false},
		{"version 6", near, "X-Forwarded-For: 2001:db8::1", "2001:db8::1", false},
		{"version 6 in brackets", near, "X-Forwarded-For: [2001:db8::1]", "2001:db8::1", false},
		{"version 6 with a port", near, "X-Forwarded-For: [2001:db8::1]:80", "2001:db8::1", false},
		{"version 4 in version 6", "[::ffff:10.0.0.1]:80", "X-Forwarded-For: ::ffff:1.2.3.4", "1.2.3.4", false},
		{"a proxy with a zone", "[fd00::1%eth0]:80", "X-Forwarded-For: 1.2.3.4", "1.2.3.4", false},
		{"Forwarded", near, "Forwarded: for=1.2.3.4;proto=https;by=10.0.0.1", "1.2.3.4", true},
		{"Forwarded, quoted", near, `Forwarded: For="[2001:db8::1]:4711" ; Proto="https"`, "2001:db8::1", true},
		{"Forwarded with several hops", near, `Forwarded: for=8.8.8.8;proto=https, for=1.2.3.4;proto=http|Forwarded: for="10.9.9.9";proto=https`, "1.2.3.4", false},
		{"Forwarded with a separator in quotes", near, `Forwarded: for=8.8.8.8, for="x, for=9.9.9.9;\", y"`, "10.0.0.1", false},
		{"Forwarded for somebody hidden", near, "Forwarded: for=1.2.3.4, for=_hidden", "10.0.0.1", false},
		{"Forwarded by a client behind a proxy that says it otherwise", near, "X-Forwarded-For: 1.2.3.4|Forwarded: for=8.8.8.8;proto=https", "1.2.3.4", false},
		{"an address that is none", "@", "X-Forwarded-For: 1.2.3.4", "@", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.remote
			for line := range strings.SplitSeq(tt.header, "|") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					r.Header.Add(name, value)
				}
			}
			if host, secure := proxies(trusted).origin(r); host != tt.host || secure != tt.secure {
				t.Errorf("the request comes from %s, secure %v; want %s, %v", host, secure, tt.host, tt.secure)
			}
			direct, _, _ := strings.Cut(strings.TrimPrefix(tt.remote, "["), "]")
			direct = strings.TrimSuffix(direct, ":1234")
			if host, secure := proxies(nil).origin(r); host != direct || secure {
				t.Errorf("though nobody is trusted it comes from %s, secure %v", host, secure)
			}
		})
	}
}

func TestTLSIsSecureWhateverNobodySays(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = &tls.ConnectionState{}
	if _, secure := (proxies{netip.MustParsePrefix("192.0.2.0/24")}).origin(r); !secure {
		t.Error("a request over TLS is not secure")
	}
}

func TestTrustedProxiesTellWhoAClientIs(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct {
		name   string
		o      Options
		host   string
		secure bool
	}{
		{"trusted", Options{TrustedProxies: loopback}, "1.2.3.4", true},
		{"not trusted", Options{}, "127.0.0.1", false},
		{"ClientIP goes before", Options{TrustedProxies: loopback, ClientIP: func(*http.Request) string { return "me" }}, "me", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, &tt.o, nil)
			r.dial("transport=websocket", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https").open()
			if got := r.only().Request(); got.RemoteAddr != tt.host || got.Secure != tt.secure {
				t.Errorf("the client is %s, secure %v", got.RemoteAddr, got.Secure)
			}
		})
	}
}
