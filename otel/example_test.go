package otel_test

import (
	"context"
	"log"
	"net/http"

	"socketio"
	"socketio/otel"
)

// What docs/tracing.md shows.
func Example() {
	const say socketio.Event[string] = "say"

	srv := socketio.NewServer(nil)
	tracer := otel.New(srv, &otel.Options{
		Ignore: func(_, event string) bool { return event == "mouse" },
	})

	srv.On(say, func(ctx context.Context, s *socketio.Socket, line string) error {
		// ctx carries the span: what is called with it has spans below.
		return tracer.Send(ctx, s.Namespace(), "said", func() error {
			return srv.To("lobby").EmitArgs("said", line)
		})
	})

	http.Handle("/socket.io/", srv)
	log.Print(http.ListenAndServe(":3000", nil))
}
