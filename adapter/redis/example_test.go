package redis_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/redis"
)

// Not run, as there may be no Redis.
func Example() {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:  []string{"127.0.0.1:6379"},
		DisableCache: true, // nothing is read that could be cached
	})
	if err != nil {
		log.Fatal(err)
	}
	srv := socketio.NewServer(&socketio.Options{
		Bus: redis.NewClassic(client, nil),
	})
	log.Fatal(http.ListenAndServe(":3000", srv))
}

func ExampleNewSharded() {
	var client rueidis.Client
	srv := socketio.NewServer(&socketio.Options{
		Bus: redis.NewSharded(client, &redis.ShardedOptions{Mode: redis.Dynamic}),
	})
	_ = srv
}

func ExampleNewStreams() {
	var client rueidis.Client
	o := &socketio.Options{Bus: redis.NewStreams(client, nil)}
	o.Recovery.Window = 2 * time.Minute
	srv := socketio.NewServer(o)
	_ = srv
}

// A program that is no server.
func ExampleNewClassic_emitter() {
	var client rueidis.Client
	ctx := context.Background()
	emitter := adapter.NewEmitter(redis.NewClassic(client, nil))
	if err := emitter.To("subscribers").EmitArgs(ctx, "news", "it compiles"); err != nil {
		log.Print(err)
	}
}
