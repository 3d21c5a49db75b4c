package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"socketio"
)

// Options are the settings of a [Collector]. The zero value is ready to use.
type Options struct {
	// MaxEvents is how many event names get series of their own: the first that are sent,
	// or received and handled. The others are counted as "other", and so are events
	// without a handler, since clients make up their names. 100 by default.
	MaxEvents int

	// MaxNamespaces is how many namespaces get series of their own; the others are
	// counted as "other". 20 by default.
	MaxNamespaces int

	// Buckets are the upper bounds of socket_io_handler_duration_seconds, in seconds.
	// By default from 0.0001 to 10.
	Buckets []float64
}

// A Collector is what a registry of Prometheus takes; see [New].
type Collector struct {
	srv     *socketio.Server
	vectors []prometheus.Collector
}

// New returns a collector of what srv counts. It must be called before srv serves, and once
// for each server; opts may be nil. To tell several servers of a process apart, register each
// with labels of its own, see [prometheus.WrapRegistererWith].
//
// The counts of events are kept while they happen. All other figures are read from
// [socketio.Server.Stats] when Prometheus asks, so they are right at that moment and cost
// nothing in between; a scrape visits every connection.
func New(srv *socketio.Server, opts *Options) *Collector {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.MaxEvents == 0 {
		o.MaxEvents = 100
	}
	if o.MaxNamespaces == 0 {
		o.MaxNamespaces = 20
	}
	if o.Buckets == nil {
		o.Buckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	}
	o.Buckets = slices.Clone(o.Buckets)
	e := newEvents(&o)
	srv.Trace(&socketio.Trace{Sent: e.onSent, Handled: e.onHandled})
	return &Collector{srv: srv, vectors: e.vectors()}
}

// Describe is for the registry.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, v := range c.vectors {
		v.Describe(to)
	}
	for i := range figures {
		to <- figures[i].desc
	}
}

// Collect is for the registry, which calls it when it is scraped. It may be called
// concurrently.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	for _, v := range c.vectors {
		v.Collect(to)
	}
	stats := c.srv.Stats()
	for i := range figures {
		f := &figures[i]
		f.read(&stats, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
		})
	}
}
