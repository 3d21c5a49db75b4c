// Package metrics shows a Socket.IO server to Prometheus.
//
//	srv := socketio.NewServer(nil)
//	prometheus.MustRegister(metrics.New(srv, nil))
//	http.Handle("/metrics", promhttp.Handler())
//
// Names that dashboards of the ecosystem know are kept: socket_io_connected,
// socket_io_connect_total, socket_io_disconnect_total, socket_io_events_received_total,
// socket_io_events_sent_total, socket_io_receive_bytes, socket_io_transmit_bytes and
// socket_io_errors_total. docs/metrics.md lists all of them. A dashboard for Grafana and
// alert rules are in deploy/.
package metrics
