package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"socketio"
)

// other stands for the names that get no series of their own.
const other = "other"

// events counts what Trace tells. Names come from clients too, and each pair of namespace
// and event is a series that Prometheus keeps for weeks, so only so many names of either kind
// get one: those that came first, and of received events only those that have a handler.
type events struct {
	received, sent, failed *prometheus.CounterVec
	took                   *prometheus.HistogramVec

	maxEvents, maxNamespaces int

	known atomic.Pointer[map[label]*series] // replaced, never changed

	mu                sync.Mutex // guards what follows, and the replacement of known
	names, namespaces map[string]struct{}
}

// A label is the names of a namespace and of an event.
type label struct{ namespace, event string }

// A series is what there is for a label. It is made at once, so that a rate begins at 0.
type series struct {
	received, sent prometheus.Counter
	took           prometheus.Observer
}

func newEvents(o *Options) *events {
	labels := []string{"namespace", "event"}
	e := &events{
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "socket_io_events_received_total", Help: "Events from clients, counted when their handlers have returned.",
		}, labels),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "socket_io_events_sent_total", Help: "Events to clients; a broadcast is one for each receiver.",
		}, labels),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "socket_io_errors_total", Help: "Events whose handler returned an error or panicked.",
		}, labels),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "socket_io_handler_duration_seconds", Help: "How long the handlers of an event took.", Buckets: o.Buckets,
		}, labels),
		maxEvents: o.MaxEvents, maxNamespaces: o.MaxNamespaces,
		names: map[string]struct{}{}, namespaces: map[string]struct{}{},
	}
	e.known.Store(&map[label]*series{})
	return e
}

// vectors are what the registry collects of events.
func (e *events) vectors() []prometheus.Collector {
	return []prometheus.Collector{e.received, e.sent, e.failed, e.took}
}

// onSent is a hook of [socketio.Trace].
func (e *events) onSent(s *socketio.Socket, event string, _ int) {
	e.of(label{s.Namespace().Name(), event}).sent.Inc()
}

// onHandled is a hook of [socketio.Trace].
func (e *events) onHandled(s *socketio.Socket, event string, took time.Duration, err error) {
	l := label{s.Namespace().Name(), event}
	if err == socketio.ErrNoHandler { //nolint:errorlint // an error that wraps it is a handler's
		l.event = other
	}
	series := e.of(l)
	series.received.Inc()
	series.took.Observe(took.Seconds())
	if err != nil && l.event == event {
		l = e.shown(l)
		e.failed.WithLabelValues(l.namespace, l.event).Inc()
	}
}

// of returns the series for a label, which may be one that others share.
func (e *events) of(l label) *series {
	if s, ok := (*e.known.Load())[l]; ok {
		return s
	}
	return e.learn(l)
}

// learn makes room for a label among those that are known, unless there are too many. What
// is not known is looked up each time, under the lock.
func (e *events) learn(l label) *series {
	shown := e.shown(l)
	e.mu.Lock()
	defer e.mu.Unlock()
	known := *e.known.Load()
	if s, ok := known[shown]; ok {
		return s
	}
	s := &series{
		received: e.received.WithLabelValues(shown.namespace, shown.event),
		sent:     e.sent.WithLabelValues(shown.namespace, shown.event),
		took:     e.took.WithLabelValues(shown.namespace, shown.event),
	}
	more := maps.Clone(known)
	more[shown] = s
	e.known.Store(&more)
	return s
}

// shown returns the label that stands for l: its names as far as they are known or can
// still be learnt.
func (e *events) shown(l label) label {
	e.mu.Lock()
	defer e.mu.Unlock()
	return label{admit(e.namespaces, l.namespace, e.maxNamespaces), admit(e.names, l.event, e.maxEvents)}
}

// admit returns name, which it adds to names unless they are enough.
func admit(names map[string]struct{}, name string, enough int) string {
	if _, ok := names[name]; ok || name == other {
		return name
	}
	if len(names) >= enough {
		return other
	}
	names[name] = struct{}{}
	return name
}
