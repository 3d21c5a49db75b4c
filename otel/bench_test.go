package otel_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"

	"socketio"
	"socketio/otel"
)

// BenchmarkEcho is what an event with an acknowledgement costs client and server together,
// alone and with one span in a hundred kept.
func BenchmarkEcho(b *testing.B) {
	for name, watch := range map[string]func(*socketio.Server){
		"alone": func(*socketio.Server) {},
		"in part": func(srv *socketio.Server) {
			otel.New(srv, &otel.Options{Ratio: .01, TracerProvider: trace.NewTracerProvider()})
		},
		"traced": func(srv *socketio.Server) {
			otel.New(srv, &otel.Options{TracerProvider: trace.NewTracerProvider(trace.WithSampler(trace.TraceIDRatioBased(.01)))})
		},
	} {
		b.Run(name, func(b *testing.B) {
			srv := socketio.NewServer(nil)
			watch(srv)
			srv.OnAck(ask, func(_ context.Context, _ *socketio.Socket, question string) (string, error) { return question, nil })
			web := httptest.NewServer(srv)
			defer web.Close()
			defer srv.Close()
			c := socketio.NewClient(web.URL, &socketio.ClientOptions{Transports: []string{"websocket"}})
			defer c.Close()
			if err := c.Connect(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.EmitAck(b.Context(), ask, "what"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
