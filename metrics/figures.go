package metrics

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"socketio"
)

// A figure is a metric that is read from Stats.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(stats *socketio.Stats, emit emit)
}

// emit tells a value, with those of the labels.
type emit func(value float64, labels ...string)

// figures are all that are read from Stats.
var figures = []figure{
	gauge("connected", "Sockets that are connected, one for each namespace of a client.",
		func(s *socketio.Stats) int { return s.Sockets }),
	counter("connect_total", "Sockets that have connected.",
		func(s *socketio.Stats) uint64 { return s.Connected }),
	counter("disconnect_total", "Sockets that have ended.",
		func(s *socketio.Stats) uint64 { return s.Connected - uint64(s.Sockets) }),
	counters("disconnects_by_reason_total", "Sockets that have ended, by why.", "reason",
		func(s *socketio.Stats, emit emit) {
			for reason, n := range s.Disconnected {
				emit(float64(n), string(reason))
			}
		}),
	counter("rejected_total", "Clients that were not let into a namespace.",
		func(s *socketio.Stats) uint64 { return s.Rejected }),

	gauges("transport_connections", "Connections, by transport.", "transport",
		func(s *socketio.Stats, emit emit) {
			emit(float64(s.Polling), "polling")
			emit(float64(s.WebSockets), "websocket")
			emit(float64(s.WebTransports), "webtransport")
		}),
	counter("connections_opened_total", "Connections that have been opened.",
		func(s *socketio.Stats) uint64 { return s.Opened }),
	counters("connections_closed_total", "Connections that have ended, by why.", "reason",
		func(s *socketio.Stats, emit emit) {
			for reason, n := range s.Closed {
				emit(float64(n), reason)
			}
		}),
	counters("upgrades_total", "Upgrades from polling to another transport.", "result",
		func(s *socketio.Stats, emit emit) {
			emit(float64(s.Upgraded), "done")
			emit(float64(s.UpgradesFailed), "failed")
		}),
	counters("handshake_errors_total", "Requests that were refused, by the code of the protocol, or \"unavailable\" while the server drains.", "code",
		func(s *socketio.Stats, emit emit) {
			for code, n := range s.Refused {
				emit(float64(n), strconv.Itoa(code))
			}
			emit(float64(s.Unavailable), "unavailable")
		}),

	counter("receive_bytes", "Bytes of messages from clients.",
		func(s *socketio.Stats) uint64 { return s.BytesIn }),
	counter("transmit_bytes", "Bytes of messages to clients.",
		func(s *socketio.Stats) uint64 { return s.BytesOut }),
	gauge("buffered_packets", "Messages that wait to be sent.",
		func(s *socketio.Stats) int { return s.QueuedMessages }),
	gauge("buffered_bytes", "Bytes that wait to be sent.",
		func(s *socketio.Stats) int { return s.QueuedBytes }),
	counter("slow_disconnects_total", "Connections closed because their client took too little of what was sent.",
		func(s *socketio.Stats) uint64 { return s.HitQueueBytes }),
	counter("volatile_dropped_total", "Volatile messages that were dropped because their client was busy.",
		func(s *socketio.Stats) uint64 { return s.VolatileDropped }),
	counters("limit_hits_total", "How often a limit was reached, by the name of its option.", "limit", limits),
	counter("violations_total", "Connections closed because their client broke the protocol.",
		func(s *socketio.Stats) uint64 { return s.Violations }),
	counter("panics_total", "Panics of handlers, hooks and other code of the program.",
		func(s *socketio.Stats) uint64 { return s.Panics }),
	counter("ack_timeouts_total", "Acknowledgements that did not come in time.",
		func(s *socketio.Stats) uint64 { return s.AckTimeouts }),
	gauge("draining", "1 while newcomers are refused because the server drains.",
		func(s *socketio.Stats) int {
			if s.Draining {
				return 1
			}
			return 0
		}),

	gauge("sessions_parked", "Sessions that wait for their client to come back.",
		func(s *socketio.Stats) int { return s.Parked }),
	counters("recoveries_total", "Clients that came back for their session, by what became of it.", "result",
		func(s *socketio.Stats, emit emit) {
			emit(float64(s.Recovered), "recovered")
			emit(float64(s.NotRecovered), "unknown")
			emit(float64(s.Incomplete), "incomplete")
		}),

	counter("adapter_published_total", "Messages that the bus has taken.",
		func(s *socketio.Stats) uint64 { return s.BusPublished }),
	counter("adapter_failed_total", "Messages that the bus has not taken.",
		func(s *socketio.Stats) uint64 { return s.BusFailed }),
	counter("adapter_dropped_total", "Messages that did not reach the bus because too much waited.",
		func(s *socketio.Stats) uint64 { return s.BusDropped }),
	counter("adapter_received_total", "Messages from other servers.",
		func(s *socketio.Stats) uint64 { return s.BusReceived }),
	counters("forwarded_requests_total", "Requests that belong to sessions of other servers, by whether these have answered.", "result",
		func(s *socketio.Stats, emit emit) {
			emit(float64(s.Forwarded), "done")
			emit(float64(s.ForwardsFailed), "failed")
		}),
	gauge("relayed_websockets", "WebSockets that are passed on to other servers.",
		func(s *socketio.Stats) int { return s.Relayed }),
	counter("adapter_malformed_total", "What came over the bus and was no message.",
		func(s *socketio.Stats) uint64 { return s.BusMalformed }),
}

// limits tells the fields of Stats whose name is Hit and that of an option.
func limits(s *socketio.Stats, emit emit) {
	for _, all := range []reflect.Value{reflect.ValueOf(s.Stats), reflect.ValueOf(*s)} {
		for field, value := range all.Fields() {
			if limit, ok := strings.CutPrefix(field.Name, "Hit"); ok {
				emit(float64(value.Uint()), limit)
			}
		}
	}
}

func gauge(name, help string, read func(*socketio.Stats) int) figure {
	return figure{describe(name, help), prometheus.GaugeValue, func(s *socketio.Stats, emit emit) { emit(float64(read(s))) }}
}

func counter(name, help string, read func(*socketio.Stats) uint64) figure {
	return figure{describe(name, help), prometheus.CounterValue, func(s *socketio.Stats, emit emit) { emit(float64(read(s))) }}
}

func gauges(name, help, label string, read func(*socketio.Stats, emit)) figure {
	return figure{describe(name, help, label), prometheus.GaugeValue, read}
}

func counters(name, help, label string, read func(*socketio.Stats, emit)) figure {
	return figure{describe(name, help, label), prometheus.CounterValue, read}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("socket_io_"+name, help, labels, nil)
}
