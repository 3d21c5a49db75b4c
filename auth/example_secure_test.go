package auth_test

import (
	"context"
	"errors"
	"log"
	"net/netip"
	"time"

	"socketio"
	"socketio/auth"
)

func Example_secure() {
	verify := func(_ context.Context, token string) (auth.Identity, error) {
		if token != "token-1" {
			return auth.Identity{}, &socketio.ConnectError{Message: "unauthorized"}
		}
		return auth.Identity{User: "ada", Expires: time.Now().Add(time.Hour)}, nil
	}
	srv := socketio.NewServer(&socketio.Options{
		CORS:                socketio.CORS{Origins: []string{"https://app.example"}},
		TrustedProxies:      []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		MaxConnectionsPerIP: 200,
		HandshakesPerIP:     20,
		EventsPerSecond:     50,
		BytesPerSecond:      1 << 20,
		MemoryBudget:        512 << 20,
	})
	guard := &auth.Guard{Verify: verify} // who is it, and until when?
	guard.Protect(srv.Namespace)

	defer srv.Close()
}

func ExampleRevoke() {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	// First Verify refuses the user's tokens, then:
	if err := auth.Revoke(srv.Namespace, "ada"); err != nil { // on all servers
		log.Print(err)
	}
}

func ExampleOf() {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	srv.On("whoami", func(ctx context.Context, s *socketio.Socket, _ socketio.None) error {
		id, ok := auth.Of(ctx)
		if !ok {
			return errors.New("nobody protects this namespace")
		}
		return s.Emit("you", id.User)
	})
}
