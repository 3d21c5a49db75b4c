package main

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter/redis"
)

// What a server process is told by its environment.
const (
	serverEnv = "ROUNDROBIN_SERVER" // the address to listen on; it makes the process a server
	redisEnv  = "ROUNDROBIN_REDIS"
)

// received is the set in Redis of all messages that were acknowledged.
const received = "received"

// A report is what a server says of itself, as a line of JSON.
type report struct {
	Unknown   uint64 // requests for sessions that there were not
	Forwarded uint64
	Failed    uint64 // to be forwarded
	Relayed   int
}

// serve is a server that does what it is told on standard input: "report" has it report,
// "drain" has it drain, shut down and end. It says so when it listens.
func serve() {
	address := os.Getenv(serverEnv)
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{os.Getenv(redisEnv)}, DisableCache: true})
	if err != nil {
		log.Fatal(err)
	}
	o := &socketio.Options{Bus: redis.NewStreams(client, nil), Advertise: address, ClusterSecret: "only for these tests"}
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	o.Recovery.Window = time.Minute
	o.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	srv := socketio.NewServer(o)
	srv.OnAck("message", func(ctx context.Context, _ *socketio.Socket, id string) (string, error) {
		err := client.Do(ctx, client.B().Sadd().Key(received).Member(id).Build()).Error()
		return id, err
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	web := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := web.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	fmt.Println("started")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "report":
			tell(srv)
		case "drain":
			end(srv, web)
			tell(srv)
			return
		}
	}
}

func tell(srv *socketio.Server) {
	s := srv.Stats()
	line, err := json.Marshal(report{Unknown: s.Refused[1], Forwarded: s.Forwarded, Failed: s.ForwardsFailed, Relayed: s.Relayed})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", line)
}

// end ends a server as docs/shutting-down.md says.
func end(srv *socketio.Server, web *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"Drain", func() error { return srv.Drain(ctx, 2*time.Second) }},
		{"Shutdown", func() error { return srv.Shutdown(ctx) }},
		{"Shutdown of the web server", func() error { return web.Shutdown(ctx) }},
	} {
		began := time.Now()
		err := step.do()
		log.Print(step.name, " took ", time.Since(began).Round(time.Millisecond), ", error: ", err)
	}
}
