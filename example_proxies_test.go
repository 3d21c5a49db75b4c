package socketio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"socketio"
)

func Example_trustedProxies() {
	srv := socketio.NewServer(&socketio.Options{
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.0/8"),
			netip.MustParsePrefix("10.0.0.0/8"),
		},
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		h := s.Handshake()
		return s.Emit("you", fmt.Sprint(h.RemoteAddr, " ", h.Secure))
	})

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.7") // the first is what the client says
		r.Header.Set("X-Forwarded-Proto", "https")
		srv.ServeHTTP(w, r)
	}))
	client := connect(srv, web)
	defer client.end()
	client.join("")
	fmt.Println(client.receive())
	// Output:
	// 2["you","203.0.113.9 true"]
}

func Example_cloudflare() {
	srv := socketio.NewServer(&socketio.Options{
		ClientIP: func(r *http.Request) string { return r.Header.Get("CF-Connecting-IP") },
	})
	defer srv.Close()
}
