package metrics_test

import (
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"socketio"
	"socketio/metrics"
)

// What docs/metrics.md shows.
func Example() {
	srv := socketio.NewServer(nil)
	prometheus.MustRegister(metrics.New(srv, nil))

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)

	// Of an address that only Prometheus reaches.
	go func() { log.Print(http.ListenAndServe("127.0.0.1:9090", promhttp.Handler())) }()
	log.Print(http.ListenAndServe(":3000", mux))
}
