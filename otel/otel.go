// Package otel makes OpenTelemetry's spans and metrics of what a Socket.IO server does.
//
//	srv := socketio.NewServer(nil)
//	tracer := otel.New(srv, nil)
//
// Each event that arrives is a span "receive {namespace}" around all of its handlers, whose
// context carries it on. What a program sends becomes a span by [Tracer.Send]. Names of rooms,
// ids of sockets and sessions, and payloads are in neither.
package otel

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"socketio"
)

// scope is the name of the instrumentation.
const scope = "socketio/otel"

// Options are the settings of a [Tracer]. The zero value is ready to use.
type Options struct {
	TracerProvider trace.TracerProvider // the global one by default
	MeterProvider  metric.MeterProvider // the global one by default

	// Ignore says which events get no span, such as those that come many times a second.
	// It may be called concurrently. Nil ignores none.
	Ignore func(namespace, event string) bool
}

// A Tracer makes the spans of a server. Its methods may be called concurrently.
type Tracer struct {
	tracer trace.Tracer
	ignore func(namespace, event string) bool
}

// New makes srv tell what it does; opts may be nil. It must be called once for a server,
// before it serves, and before [socketio.Namespace.Wrap] so that its spans are around what
// that adds. Instruments that cannot be made are told to OpenTelemetry's error handler.
func New(srv *socketio.Server, opts *Options) *Tracer {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.Ignore == nil {
		o.Ignore = func(string, string) bool { return false }
	}
	t := &Tracer{tracer: o.TracerProvider.Tracer(scope), ignore: o.Ignore}
	srv.OnNamespace(func(ns *socketio.Namespace) { ns.Wrap(t.receive(ns.Name())) })
	measure(srv, o.MeterProvider.Meter(scope))
	return t
}

// receive is what goes around the handlers of a namespace.
func (t *Tracer) receive(namespace string) func(socketio.Handler) socketio.Handler {
	name := "receive " + namespace
	always := []attribute.KeyValue{
		attribute.String("messaging.system", "socket.io"),
		attribute.String("messaging.operation.name", "receive"),
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", namespace),
	}
	return func(next socketio.Handler) socketio.Handler {
		return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			if t.ignore(namespace, m.Event) {
				return next(ctx, s, m)
			}
			opened := ctx
			ctx, span := t.tracer.Start(ctx, name, root...)
			defer span.End()
			if span.IsRecording() {
				if request := trace.SpanContextFromContext(opened); request.IsValid() {
					span.AddLink(trace.Link{SpanContext: request})
				}
				span.SetAttributes(always...)
				span.SetAttributes(attribute.String("messaging.socket.io.event_name", m.Event))
			}
			err := next(ctx, s, m)
			fail(span, err)
			return err
		}
	}
}

// root begins a trace of its own: the context is that of the request that opened the
// connection, perhaps days ago. One slice for all, so that no event makes it.
var root = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithNewRoot()}

// Send calls emit within a span "send {namespace}", which is a child of what ctx carries,
// and returns its error:
//
//	err := tracer.Send(ctx, s.Namespace(), "say", func() error { return s.Emit(Say, line) })
//
// A broadcast is one span, whatever the number of its receivers. Protocol and clients carry
// no context, so the span ends when everything is on its way.
func (t *Tracer) Send(ctx context.Context, ns *socketio.Namespace, event string, emit func() error) error {
	if t.ignore(ns.Name(), event) {
		return emit()
	}
	_, span := t.tracer.Start(ctx, "send "+ns.Name(), trace.WithSpanKind(trace.SpanKindProducer))
	defer span.End()
	if span.IsRecording() {
		span.SetAttributes(
			attribute.String("messaging.system", "socket.io"),
			attribute.String("messaging.operation.name", "send"),
			attribute.String("messaging.operation.type", "send"),
			attribute.String("messaging.destination.name", ns.Name()),
			attribute.String("messaging.socket.io.event_name", event),
		)
	}
	err := emit()
	fail(span, err)
	return err
}

func fail(span trace.Span, err error) {
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
}

// Filter says which HTTP requests are worth a span: all but those of sessions that there
// are, which polling repeats without end. It is for otelhttp:
//
//	http.Handle("/socket.io/", otelhttp.NewHandler(srv, "socket.io", otelhttp.WithFilter(otel.Filter)))
func Filter(r *http.Request) bool { return !r.URL.Query().Has("sid") }
