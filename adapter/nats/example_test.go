package nats_test

import (
	"context"
	"log"
	"net/http"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/nats"
)

// Not run, as there may be no broker.
func Example() {
	conn, err := nats.Dial("nats://127.0.0.1:4222")
	if err != nil {
		log.Fatal(err)
	}
	bus := nats.NewCore(conn, nil)
	srv := socketio.NewServer(&socketio.Options{Bus: bus})
	srv.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
		return s.Broadcast().Emit("said", text) // to everybody else, on every server
	})
	http.Handle("/socket.io/", srv)
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if err := bus.Health(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	log.Fatal(http.ListenAndServe(":3000", nil))
}

func ExampleNewJetStream() {
	var conn *natsgo.Conn
	o := &socketio.Options{Bus: nats.NewJetStream(conn, &nats.JetStreamOptions{MaxAge: 10 * time.Minute})}
	o.Recovery.Window = 2 * time.Minute
	srv := socketio.NewServer(o)
	_ = srv
}

// A program that is no server.
func ExampleNewCore_emitter() {
	ctx := context.Background()
	conn, err := nats.Dial("nats://127.0.0.1:4222")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close() // sends what waits
	emitter := adapter.NewEmitter(nats.NewCore(conn, nil))
	if err := emitter.To("subscribers").EmitArgs(ctx, "news", "it compiles"); err != nil {
		log.Print(err)
	}
}
