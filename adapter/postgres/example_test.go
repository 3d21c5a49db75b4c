package postgres_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/postgres"
)

// Not run, as there may be no PostgreSQL.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://user:password@127.0.0.1:5432/app")
	if err != nil {
		log.Fatal(err)
	}
	srv := socketio.NewServer(&socketio.Options{
		Bus: postgres.New(pool, nil),
	})
	log.Fatal(http.ListenAndServe(":3000", srv))
}

func ExampleNewLog() {
	var pool *pgxpool.Pool
	o := &socketio.Options{Bus: postgres.NewLog(pool, nil)}
	o.Recovery.Window = 2 * time.Minute
	srv := socketio.NewServer(o)
	_ = srv
}

// A program that is no server.
func ExampleNew_emitter() {
	var pool *pgxpool.Pool
	ctx := context.Background()
	emitter := adapter.NewEmitter(postgres.New(pool, nil))
	if err := emitter.Of("/shop").To("subscribers").EmitArgs(ctx, "news", "it compiles"); err != nil {
		log.Print(err)
	}
}
