// Command observed is bench/server with what watches it in production, to measure what that
// costs:
//
//	PORT=3000 observed                 # nothing
//	PORT=3000 WATCH=metrics observed   # socketio/metrics, scraped each second
//	PORT=3000 WATCH=tracing observed   # socketio/otel, of one event in a hundred
//	PORT=3000 WATCH=sampler observed   # the same by a sampler of the SDK
//	PORT=3000 WATCH=admin observed     # socketio/admin, which nobody looks at
package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"socketio"
	"socketio/admin"
	"socketio/metrics"
	"socketio/otel"
)

func main() {
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	switch watch := os.Getenv("WATCH"); watch {
	case "":
	case "metrics":
		measure(srv)
	case "tracing":
		trace(srv, 0.01, sdktrace.AlwaysSample())
	case "sampler":
		trace(srv, 1, sdktrace.TraceIDRatioBased(0.01))
	case "admin":
		if _, err := admin.Install(srv, &admin.Options{NoAuth: true}); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatalf("WATCH=%s is not metrics, tracing, sampler or admin", watch)
	}
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, x any) (any, error) { return x, nil })
	http.Handle("/socket.io/", srv)
	log.Fatal(http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), nil))
}

func measure(srv *socketio.Server) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(srv, nil))
	scrape := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	go func() {
		for range time.Tick(time.Second) {
			scrape.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil))
		}
	}()
}

func trace(srv *socketio.Server, ratio float64, sampler sdktrace.Sampler) {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(io.Discard))
	if err != nil {
		log.Fatal(err)
	}
	otel.New(srv, &otel.Options{Ratio: ratio, TracerProvider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithSampler(sampler),
	)})
}
