package broker

import (
	"context"
	"crypto/tls"
	"net"
	"strings"

	"github.com/redis/rueidis"
)

// Dial returns a client for a Redis at a HOST:PORT, or at a Unix socket such as [Redis]
// returns.
func Dial(address string) (rueidis.Client, error) {
	o := rueidis.ClientOption{InitAddress: []string{address}, DisableCache: true}
	if strings.HasPrefix(address, "/") {
		o.DialCtxFn = func(ctx context.Context, path string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return d.DialContext(ctx, "unix", path)
		}
	}
	return rueidis.NewClient(o)
}
