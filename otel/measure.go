package otel

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"socketio"
)

// instruments are what the meter has. All but took are read from Stats when it asks.
type instruments struct {
	took  metric.Float64Histogram
	names labels

	sockets, connections, queued            metric.Int64ObservableUpDownCounter
	connects, disconnects, refused, upgrade metric.Int64ObservableCounter
	received, sent                          metric.Int64ObservableCounter
}

// measure makes the metrics of srv.
func measure(srv *socketio.Server, meter metric.Meter) *instruments {
	var failed []error
	gauge := func(name, unit, what string) metric.Int64ObservableUpDownCounter {
		g, err := meter.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
		failed = append(failed, err)
		return g
	}
	counter := func(name, unit, what string) metric.Int64ObservableCounter {
		c, err := meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
		failed = append(failed, err)
		return c
	}
	in := &instruments{
		sockets:     gauge("socketio.sockets", "{socket}", "Sockets that are connected, one for each namespace of a client."),
		connections: gauge("socketio.connections", "{connection}", "Connections, by transport."),
		queued:      gauge("socketio.queue.size", "By", "Bytes that wait to be sent."),
		connects:    counter("socketio.connects", "{socket}", "Sockets that have connected."),
		disconnects: counter("socketio.disconnects", "{socket}", "Sockets that have ended, by why."),
		refused:     counter("socketio.refused", "{request}", "Requests that were refused, by the code of the protocol."),
		upgrade:     counter("socketio.upgrades", "{upgrade}", "Upgrades from polling, by their result."),
		received:    counter("socketio.received", "By", "Bytes of messages from clients."),
		sent:        counter("socketio.sent", "By", "Bytes of messages to clients."),
	}
	took, err := meter.Float64Histogram("messaging.process.duration", metric.WithUnit("s"),
		metric.WithDescription("How long the handlers of an event took."))
	in.took = took
	_, unregistered := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		in.observe(o, srv.Stats())
		return nil
	}, in.sockets, in.connections, in.queued, in.connects, in.disconnects, in.refused, in.upgrade, in.received, in.sent)
	if err := errors.Join(append(failed, err, unregistered)...); err != nil {
		otel.Handle(err)
	}
	return in
}

// observe tells what Stats has.
func (in *instruments) observe(o metric.Observer, stats socketio.Stats) {
	by := func(key, value string) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
	}
	o.ObserveInt64(in.sockets, int64(stats.Sockets))
	o.ObserveInt64(in.connections, int64(stats.Polling), by("network.protocol.name", "polling"))
	o.ObserveInt64(in.connections, int64(stats.WebSockets), by("network.protocol.name", "websocket"))
	o.ObserveInt64(in.connections, int64(stats.WebTransports), by("network.protocol.name", "webtransport"))
	o.ObserveInt64(in.queued, int64(stats.QueuedBytes))
	o.ObserveInt64(in.connects, int64(stats.Connected))
	for reason, n := range stats.Disconnected {
		o.ObserveInt64(in.disconnects, int64(n), by("socketio.reason", string(reason)))
	}
	for code, n := range stats.Refused {
		o.ObserveInt64(in.refused, int64(n), metric.WithAttributeSet(attribute.NewSet(attribute.Int("socketio.code", code))))
	}
	o.ObserveInt64(in.upgrade, int64(stats.Upgraded), by("socketio.result", "done"))
	o.ObserveInt64(in.upgrade, int64(stats.UpgradesFailed), by("socketio.result", "failed"))
	o.ObserveInt64(in.received, int64(stats.BytesIn))
	o.ObserveInt64(in.sent, int64(stats.BytesOut))
}

// onHandled records how long the handlers of an event took. Names of events that nobody
// handles are made up by clients, and would be a time series each.
func (in *instruments) onHandled(s *socketio.Socket, event string, took time.Duration, err error) {
	if err == socketio.ErrNoHandler { //nolint:errorlint // an error that wraps it is a handler's
		event, err = "_OTHER", nil
	}
	in.took.Record(s.Context(), took.Seconds(), in.names.of(label{s.Namespace().Name(), event, err != nil})...)
}

// labels are the attributes of what has been handled, as making a set costs more than
// recording with it. The zero value is ready to use.
type labels struct {
	known atomic.Pointer[map[label][]metric.RecordOption] // replaced, never changed
	mu    sync.Mutex                                      // guards the replacement
}

// maxLabels bounds what is kept, since namespaces may be as many as clients ask for.
const maxLabels = 2000

type label struct {
	namespace, event string
	failed           bool
}

func (ls *labels) of(l label) []metric.RecordOption {
	if known := ls.known.Load(); known != nil {
		if options, ok := (*known)[l]; ok {
			return options
		}
	}
	options := l.options()
	ls.learn(l, options)
	return options
}

func (ls *labels) learn(l label, options []metric.RecordOption) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	more := map[label][]metric.RecordOption{}
	if known := ls.known.Load(); known != nil {
		if len(*known) >= maxLabels {
			return
		}
		maps.Copy(more, *known)
	}
	more[l] = options
	ls.known.Store(&more)
}

func (l label) options() []metric.RecordOption {
	attributes := []attribute.KeyValue{
		attribute.String("messaging.system", "socket.io"),
		attribute.String("messaging.operation.name", "receive"),
		attribute.String("messaging.destination.name", l.namespace),
		attribute.String("messaging.socket.io.event_name", l.event),
	}
	if l.failed {
		attributes = append(attributes, attribute.String("error.type", "_OTHER"))
	}
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attributes...))}
}
