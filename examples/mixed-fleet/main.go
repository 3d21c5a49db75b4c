// Command mixed-fleet is a chat on a server in Go and one for Node, which are one over
// Redis:
//
//	make setup # once: installs Redis, and what the server for Node needs
//	go run ./examples/mixed-fleet
//
// So a fleet moves from one to the other server by server. Both are at one address, the
// server for Node below /node/; it starts that one, and a redis-server unless -redis says
// where one is.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"net/http/httputil"

	"socketio"
	"socketio/adapter/redis"
	"socketio/examples/internal/broker"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// A Line is what somebody says in a room.
type Line struct {
	Room    string `json:"room"`
	Text    string `json:"text"`
	Picture []byte `json:"picture,omitempty"`
}

const (
	// Enter has a client enter a room. The answer is how many servers there are.
	Enter socketio.Call[string, int] = "enter"

	// Say goes from a client to all in the room, whichever servers they are on.
	Say socketio.Event[Line] = "say"
)

func main() {
	where := flag.String("redis", "", "where Redis is, as `HOST:PORT`")
	flag.Parse()
	if *where == "" {
		own, stop, err := broker.Redis()
		if err != nil {
			log.Fatal(err)
		}
		defer stop()
		*where = own
	}
	client, err := broker.Dial(*where)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	node, err := startNode(*where)
	if err != nil {
		log.Fatal(err)
	}
	defer node.stop()

	// What the server for Node has as createAdapter of @socket.io/redis-adapter.
	srv := newServer(&socketio.Options{Bus: redis.NewClassic(client, nil)})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/node/", httputil.NewSingleHostReverseProxy(node.url))
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}

// newServer does what server.mjs does.
func newServer(o *socketio.Options) *socketio.Server {
	srv := socketio.NewServer(o)
	srv.OnAck(Enter, func(ctx context.Context, s *socketio.Socket, room string) (int, error) {
		s.Join(room)
		return srv.ServerCount(ctx)
	})
	srv.On(Say, func(_ context.Context, _ *socketio.Socket, line Line) error {
		return srv.To(line.Room).Emit(Say, line)
	})
	return srv
}
