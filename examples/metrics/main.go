// Command metrics is a server whose figures Prometheus reads:
//
//	go run ./examples/metrics
//
// README.md has a Prometheus and a Grafana to look at them.
package main

import (
	"context"
	"embed"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"socketio"
	"socketio/examples/internal/serve"
	"socketio/metrics"
)

//go:embed index.html page.js
var page embed.FS

// Work asks for something that takes a while, and fails at times.
const Work socketio.Call[string, string] = "work"

func main() {
	srv := socketio.NewServer(nil)
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(srv, nil)) // before the server serves

	srv.OnAck(Work, func(ctx context.Context, _ *socketio.Socket, what string) (string, error) {
		if what == "" {
			return "", errors.New("there is nothing to do")
		}
		select {
		case <-time.After(rand.N(200 * time.Millisecond)):
		case <-ctx.Done():
		}
		return what + " is done", nil
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{})) // keep it from strangers
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
