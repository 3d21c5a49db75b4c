package engineio

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A key is of no value that net/http sets.
type key struct{}

func TestAContextIsPlainUntilSomebodyAddsAValue(t *testing.T) {
	contexts := make(chan context.Context, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { contexts <- r.Context() }))
	defer srv.Close()
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	ctx := <-contexts
	timed, stop := context.WithTimeout(ctx, time.Hour)
	defer stop()
	cancelled, cancel := context.WithCancel(timed)
	defer cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		want bool
	}{
		{"net/http's", ctx, true},
		{"with an end of its own", cancelled, true},
		{"with a value", context.WithValue(ctx, key{}, 1), false},
		{"with a value and an end", context.WithValue(cancelled, key{}, 1), false},
		{"without its end", context.WithoutCancel(ctx), false},
		{"of somebody's type", struct{ context.Context }{ctx}, false},
		{"with one value", context.WithValue(context.Background(), http.ServerContextKey, &http.Server{}), false},
		{"of another root", context.WithValue(context.WithValue(context.TODO(), http.ServerContextKey, &http.Server{}), http.LocalAddrContextKey, net.Addr(nil)), false},
		{"without any", context.Background(), false},
	} {
		if got := isPlain(test.ctx); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { isPlain(ctx) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
