//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/redis"
)

// kinds are the adapters, by their names.
var kinds = []string{"classic", "sharded", "streams"}

func open(client rueidis.Client, kind string) adapter.Bus {
	switch kind {
	case "sharded":
		return redis.NewSharded(client, nil)
	case "streams":
		return redis.NewStreams(client, nil)
	}
	return redis.NewClassic(client, nil)
}

// serve is a server in Go: what server.mjs is for Node. It prints its port and ends with its
// input.
func serve(addr, kind string) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true})
	if err != nil {
		return err
	}
	o := &socketio.Options{Bus: open(client, kind), Logger: slog.New(slog.DiscardHandler)}
	if kind == "streams" {
		o.Recovery.Window = time.Minute
	}
	srv := socketio.NewServer(o)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		room := s.Handshake().URL.Query().Get("room")
		s.Join(room)
		s.On("say", func(_ context.Context, _ *socketio.Socket, text string) error {
			return srv.To(room).Emit("say", text)
		})
		return nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	fmt.Println(port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end as well
		os.Exit(0)
	}()
	return http.Serve(l, srv)
}
