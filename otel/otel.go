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
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"time"

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

	// Ratio is the part of events that get a span, such as 0.01; all by default. It is
	// asked before anything is made, so that it costs less than a sampler of the provider,
	// which decides on the rest. What handlers do for the others is in no trace either, if
	// the provider's sampler goes by the parent, as the default one does.
	Ratio float64

	// Ignore says which events get no span, such as those that come many times a second.
	// It may be called concurrently. Nil ignores none.
	Ignore func(namespace, event string) bool
}

// A Tracer makes the spans of a server. Its methods may be called concurrently.
type Tracer struct {
	tracer trace.Tracer
	in     *instruments
	ratio  float64
	ignore func(namespace, event string) bool
}

// New makes srv tell what it does; opts may be nil. It must be called once for a server,
// before it serves. Instruments that cannot be made are told to OpenTelemetry's error handler.
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
	if o.Ratio == 0 {
		o.Ratio = 1
	}
	if !(o.Ratio > 0 && o.Ratio <= 1) {
		panic("otel: Options.Ratio is not above 0 and at most 1")
	}
	t := &Tracer{tracer: o.TracerProvider.Tracer(scope), ratio: o.Ratio, ignore: o.Ignore}
	t.in = measure(srv, o.MeterProvider.Meter(scope))
	srv.Trace(&socketio.Trace{Handling: t.handling})
	return t
}

// handling is a hook of [socketio.Trace]. Where nothing is kept of an event, nothing is done
// when it is over.
func (t *Tracer) handling(ctx context.Context, s *socketio.Socket, event string) (context.Context, func(error)) {
	inner, span := t.receive(ctx, s, event)
	if timed := t.in.took.Enabled(ctx); !timed && span == nil {
		return inner, nil
	}
	began := time.Now()
	return inner, func(err error) {
		t.in.onHandled(s, event, time.Since(began), err)
		if span != nil {
			if err != socketio.ErrNoHandler { //nolint:errorlint // an error that wraps it is a handler's
				fail(span, err)
			}
			span.End()
		}
	}
}

// receive begins the span of an event, which is nil if it is not kept.
func (t *Tracer) receive(ctx context.Context, s *socketio.Socket, event string) (context.Context, trace.Span) {
	namespace := s.Namespace().Name()
	if t.ignore(namespace, event) {
		return ctx, nil
	}
	if t.ratio < 1 && rand.Float64() >= t.ratio {
		return trace.ContextWithSpanContext(ctx, dropped()), nil
	}
	inner, span := t.tracer.Start(ctx, "receive "+namespace, root...)
	if !span.IsRecording() {
		return inner, nil
	}
	if request := trace.SpanContextFromContext(ctx); request.IsValid() {
		span.AddLink(trace.Link{SpanContext: request})
	}
	span.SetAttributes(
		attribute.String("messaging.system", "socket.io"),
		attribute.String("messaging.operation.name", "receive"),
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", namespace),
		attribute.String("messaging.socket.io.event_name", event),
	)
	return inner, span
}

// dropped is a span that nobody keeps, and what is called with it has none either.
func dropped() trace.SpanContext {
	var c trace.SpanContextConfig
	for !c.TraceID.IsValid() || !c.SpanID.IsValid() {
		binary.NativeEndian.PutUint64(c.TraceID[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(c.TraceID[8:], rand.Uint64())
		binary.NativeEndian.PutUint64(c.SpanID[:], rand.Uint64())
	}
	return trace.NewSpanContext(c)
}

// root begins a trace of its own: the context is that of the request that opened the
// connection, perhaps days ago. One slice for all, so that no event makes it.
var root = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithNewRoot()}

// Send calls emit within a span "send {namespace}", which is a child of what ctx carries,
// and returns its error:
//
//	err := tracer.Send(ctx, s.Namespace(), "say", func() error { return s.Emit(Say, line) })
//
// If ctx carries a span that is not kept, neither is this one. A broadcast is one span, whatever the number of its receivers. Protocol and clients carry
// no context, so the span ends when everything is on its way.
func (t *Tracer) Send(ctx context.Context, ns *socketio.Namespace, event string, emit func() error) error {
	if t.ignore(ns.Name(), event) {
		return emit()
	}
	if parent := trace.SpanFromContext(ctx); parent.SpanContext().IsValid() && !parent.SpanContext().IsSampled() && !parent.IsRecording() {
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
