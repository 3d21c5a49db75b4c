package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"socketio"
	"socketio/metrics"
	"socketio/socketiotest"
)

const (
	ask    socketio.Call[string, string] = "ask"
	notice socketio.Event[string]        = "notice"
)

// served is a server that answers "ask", and its registry.
func served(t *testing.T, o *metrics.Options) (*socketio.Server, *prometheus.Registry) {
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.New(srv, o))
	srv.OnAck(ask, func(_ context.Context, s *socketio.Socket, question string) (string, error) {
		if question == "" {
			return "", errors.New("nothing asked")
		}
		return question, s.Emit(notice, "somebody asked")
	})
	return srv, registry
}

func TestWhatHappensIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, registry := served(t, nil)
		c := socketiotest.NewServer(t, srv).Client(t, &socketio.ClientOptions{Transports: []string{"websocket"}})
		for _, question := range []string{"one", "two", ""} {
			_, err := c.EmitAck(t.Context(), ask, question)
			if (err == nil) != (question != "") {
				t.Errorf("ask(%q): %v", question, err)
			}
		}
		if err := c.EmitArgs("nobody listens"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := `
# HELP socket_io_connected Sockets that are connected, one for each namespace of a client.
# TYPE socket_io_connected gauge
socket_io_connected 1
# HELP socket_io_errors_total Events whose handler returned an error or panicked.
# TYPE socket_io_errors_total counter
socket_io_errors_total{event="ask",namespace="/"} 1
# HELP socket_io_events_received_total Events from clients, counted when their handlers have returned.
# TYPE socket_io_events_received_total counter
socket_io_events_received_total{event="ask",namespace="/"} 3
socket_io_events_received_total{event="notice",namespace="/"} 0
socket_io_events_received_total{event="other",namespace="/"} 1
# HELP socket_io_events_sent_total Events to clients; a broadcast is one for each receiver.
# TYPE socket_io_events_sent_total counter
socket_io_events_sent_total{event="ask",namespace="/"} 0
socket_io_events_sent_total{event="notice",namespace="/"} 2
socket_io_events_sent_total{event="other",namespace="/"} 0
# HELP socket_io_transport_connections Connections, by transport.
# TYPE socket_io_transport_connections gauge
socket_io_transport_connections{transport="polling"} 0
socket_io_transport_connections{transport="websocket"} 1
socket_io_transport_connections{transport="webtransport"} 0
`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
			"socket_io_connected", "socket_io_errors_total", "socket_io_events_received_total",
			"socket_io_events_sent_total", "socket_io_transport_connections"); err != nil {
			t.Error(err)
		}
		if got := family(t, registry, "socket_io_handler_duration_seconds").Metric[0].Histogram.GetSampleCount(); got != 3 {
			t.Errorf("%d durations of ask, want 3", got)
		}
	})
}

func family(t *testing.T, registry *prometheus.Registry, name string) *dto.MetricFamily {
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return families[i]
}

// Names come from clients, and a series for each would fill the memory of Prometheus.
func TestNamesThatClientsMakeUpShareASeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, registry := served(t, &metrics.Options{MaxEvents: 3, MaxNamespaces: 2})
		rooms := srv.OfFunc(func(name string) bool { return strings.HasPrefix(name, "/room-") })
		rooms.Handle("enter", func(context.Context, *socketio.Socket, *socketio.Message) error { return nil })
		for i := range 5 {
			srv.Handle(fmt.Sprint("event", i), func(context.Context, *socketio.Socket, *socketio.Message) error { return nil })
		}
		c := socketiotest.NewServer(t, srv).Client(t, nil)
		for i := range 10 {
			_ = c.EmitArgs(fmt.Sprint("made up ", i))
			_ = c.EmitArgs(fmt.Sprint("event", i))
			synctest.Wait()
		}
		for i := range 5 {
			room := c.Client.Of(fmt.Sprint("/room-", i))
			if err := room.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			_ = room.EmitArgs("enter")
			synctest.Wait()
		}
		got := map[string]float64{}
		for _, m := range family(t, registry, "socket_io_events_received_total").Metric {
			labels := map[string]string{}
			for _, l := range m.Label {
				labels[l.GetName()] = l.GetValue()
			}
			got[labels["namespace"]+" "+labels["event"]] = m.Counter.GetValue()
		}
		want := map[string]float64{
			"/ event0": 1, "/ event1": 1, "/ event2": 1, "/ other": 10 + 5 + 2,
			"/room-0 other": 1, "other other": 4,
		}
		if !maps.Equal(got, want) {
			t.Errorf("received %v,\nwant %v", got, want)
		}
	})
}
