package otel_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"socketio"
	"socketio/otel"
	"socketio/socketiotest"
)

const (
	ask  socketio.Call[string, string] = "ask"
	work socketio.Event[int]           = "work"
)

// observed is a server with its spans and metrics.
type observed struct {
	srv    *socketio.Server
	tracer *otel.Tracer
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
}

func observe(o otel.Options) *observed {
	r := &observed{
		srv:    socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)}),
		spans:  tracetest.NewInMemoryExporter(),
		reader: sdkmetric.NewManualReader(),
	}
	o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	o.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	r.tracer = otel.New(r.srv, &o)
	r.srv.OnAck(ask, func(ctx context.Context, s *socketio.Socket, question string) (string, error) {
		if question == "" {
			return "", errors.New("nothing asked")
		}
		return question, r.tracer.Send(ctx, s.Namespace(), "asked", func() error { return s.Emit("asked", question) })
	})
	return r
}

// names returns the spans that have ended, in order.
func (r *observed) names() (names []string) {
	for _, span := range r.spans.GetSpans() {
		names = append(names, span.Name)
	}
	return names
}

func TestAnEventIsASpanThatItsHandlersCarryOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{})
		c := socketiotest.NewServer(t, r.srv).Client(t, nil)
		if _, err := c.EmitAck(t.Context(), ask, "what"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		spans := r.spans.GetSpans()
		if want := []string{"send /", "receive /"}; !slices.Equal(r.names(), want) {
			t.Fatalf("spans %q, want %q", r.names(), want)
		}
		send, receive := spans[0], spans[1]
		if send.Parent.SpanID() != receive.SpanContext.SpanID() || receive.Parent.IsValid() {
			t.Errorf("send's parent is %v, receive's %v", send.Parent, receive.Parent)
		}
		if send.SpanKind != trace.SpanKindProducer || receive.SpanKind != trace.SpanKindConsumer {
			t.Errorf("kinds %v and %v", send.SpanKind, receive.SpanKind)
		}
		if name := attribute.String("messaging.socket.io.event_name", "ask"); !slices.Contains(receive.Attributes, name) {
			t.Errorf("attributes %v", receive.Attributes)
		}
	})
}

func TestAnErrorOfAHandlerIsTheSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{})
		c := socketiotest.NewServer(t, r.srv).Client(t, nil)
		_, _ = c.EmitAck(t.Context(), ask, "")
		synctest.Wait()
		span := r.spans.GetSpans()[0]
		if span.Status.Code != codes.Error || span.Status.Description != "nothing asked" || len(span.Events) != 1 {
			t.Errorf("status %v, events %v", span.Status, span.Events)
		}
	})
}

func TestIgnoredEventsHaveNoSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{Ignore: func(namespace, event string) bool { return namespace == "/" && event != "kept" }})
		c := socketiotest.NewServer(t, r.srv).Client(t, nil)
		_ = c.EmitArgs("kept")
		_, _ = c.EmitAck(t.Context(), ask, "what")
		synctest.Wait()
		if want := []string{"receive /"}; !slices.Equal(r.names(), want) {
			t.Errorf("spans %q, want %q", r.names(), want)
		}
	})
}

// What is not kept is told to whatever handlers call, lest they begin traces of their own.
func TestOfTheRestNothingIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{Ratio: math.SmallestNonzeroFloat64})
		provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
		ids := map[trace.TraceID]bool{}
		r.srv.On(work, func(ctx context.Context, s *socketio.Socket, _ int) error {
			of := trace.SpanContextFromContext(ctx)
			ids[of.TraceID()] = of.IsValid() && !of.IsSampled()
			_, span := provider.Tracer("database").Start(ctx, "query")
			span.End()
			return r.tracer.Send(ctx, s.Namespace(), "asked", func() error { return s.EmitArgs("asked") })
		})
		c := socketiotest.NewServer(t, r.srv).Client(t, nil)
		for i := range 3 {
			_ = c.Emit(work, i)
		}
		_, _ = c.EmitAck(t.Context(), ask, "") // behind them
		synctest.Wait()
		if got := r.names(); len(got) > 0 {
			t.Errorf("spans %q, want none", got)
		}
		for id, dropped := range ids {
			if !dropped || len(ids) != 3 {
				t.Errorf("trace %v: dropped is %v, of %d", id, dropped, len(ids))
			}
		}
	})
}

func TestARatioIsAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const events = 2000
		r := observe(otel.Options{Ratio: 0.5})
		var handled int
		r.srv.On(work, func(context.Context, *socketio.Socket, int) error { handled++; return nil })
		c := socketiotest.NewServer(t, r.srv).Client(t, nil)
		for i := range events {
			_ = c.Emit(work, i)
		}
		_, _ = c.EmitAck(t.Context(), ask, "") // behind them
		synctest.Wait()
		// A coin that is thrown so often is off by a fifth less than once in 10^18 times.
		if n := len(r.names()); handled != events || n < events*2/5 || n > events*3/5 {
			t.Errorf("%d of %d have a span", n, handled)
		}
	})
}

func TestARatioThatIsNoneIsRefused(t *testing.T) {
	for _, ratio := range []float64{-0.1, 1.1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is taken", ratio)
				}
			}()
			observe(otel.Options{Ratio: ratio})
		}()
	}
}

func TestNamespacesThatClientsAskForAreTracedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{})
		r.srv.OfFunc(func(name string) bool { return name == "/tenant" }).OnAck(ask,
			func(_ context.Context, _ *socketio.Socket, question string) (string, error) { return question, nil })
		tenant := socketiotest.NewServer(t, r.srv).Client(t, nil).Of("/tenant")
		if err := tenant.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := tenant.EmitAck(t.Context(), ask, "what"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if want := []string{"receive /tenant"}; !slices.Equal(r.names(), want) {
			t.Errorf("spans %q, want %q", r.names(), want)
		}
	})
}

// A connection lasts for days, and its request's span is over at once.
func TestAnEventIsNoPartOfTheTraceThatOpenedItsConnection(t *testing.T) {
	r := observe(otel.Options{})
	opened := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.srv.ServeHTTP(w, req.WithContext(trace.ContextWithSpanContext(req.Context(), opened)))
	}))
	defer web.Close()
	defer r.srv.Close()
	c := socketio.NewClient(web.URL, nil)
	defer c.Close()
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.EmitAck(t.Context(), ask, "what"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	r.srv.Close()                 // which waits for handlers
	span := r.spans.GetSpans()[1] // the first is what the handler sends
	if span.SpanContext.TraceID() == opened.TraceID() || len(span.Links) != 1 || span.Links[0].SpanContext.SpanID() != opened.SpanID() {
		t.Errorf("trace %v with links %v", span.SpanContext.TraceID(), span.Links)
	}
}

func TestMetricsAreThoseOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := observe(otel.Options{})
		c := socketiotest.NewServer(t, r.srv).Client(t, &socketio.ClientOptions{Transports: []string{"websocket"}})
		_, _ = c.EmitAck(t.Context(), ask, "what")
		_ = c.EmitArgs("made up")
		synctest.Wait()
		var got metricdata.ResourceMetrics
		if err := r.reader.Collect(t.Context(), &got); err != nil {
			t.Fatal(err)
		}
		sums, counts := map[string]int64{}, map[string]uint64{}
		for _, m := range got.ScopeMetrics[0].Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					sums[m.Name] += point.Value
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					event, _ := point.Attributes.Value("messaging.socket.io.event_name")
					counts[event.AsString()] += point.Count
				}
			}
		}
		stats := r.srv.Stats()
		for name, want := range map[string]int64{
			"socketio.sockets": 1, "socketio.connections": 1, "socketio.connects": 1, "socketio.disconnects": 0,
			"socketio.queue.size": 0, "socketio.refused": 0, "socketio.upgrades": 0,
			"socketio.received": int64(stats.BytesIn), "socketio.sent": int64(stats.BytesOut),
		} {
			if value, ok := sums[name]; !ok || value != want {
				t.Errorf("%s is %d (there: %v), want %d", name, value, ok, want)
			}
		}
		if counts["ask"] != 1 || counts["_OTHER"] != 1 || len(counts) != 2 {
			t.Errorf("durations %v", counts)
		}
	})
}

func TestFilterDropsThePollsOfSessions(t *testing.T) {
	for target, want := range map[string]bool{
		"/socket.io/?EIO=4&transport=polling":               true,
		"/socket.io/?EIO=4&transport=polling&sid=abc":       false,
		"/socket.io/?EIO=4&transport=websocket&sid=abc&t=x": false,
		"/other": true,
	} {
		if got := otel.Filter(httptest.NewRequest("GET", target, nil)); got != want {
			t.Errorf("%s: %v, want %v", target, got, want)
		}
	}
}
