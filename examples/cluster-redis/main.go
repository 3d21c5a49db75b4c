// Command cluster-redis is a chat on three servers that are one over Redis:
//
//	go run ./examples/cluster-redis
//
// In front of them is a load balancer that sends each request to the next server. It starts
// a redis-server as well, unless -redis says where one is. README.md has load balancers for
// production, sticky and not; -sticky is for the former.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"strings"

	"socketio"
	"socketio/examples/internal/broker"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// Say goes from a client to the server that it is connected to, and from there to all
// clients of all servers.
const Say socketio.Event[string] = "say"

func main() {
	listen := flag.String("servers", "127.0.0.1:0,127.0.0.1:0,127.0.0.1:0", "where the servers listen, as `HOST:PORT`s")
	where := flag.String("redis", "", "where Redis is, as `HOST:PORT`")
	sticky := flag.Bool("sticky", false, "whether the load balancer sends a client to one server only")
	flag.Parse()
	if *where == "" {
		own, stop, err := broker.Redis()
		if err != nil {
			log.Fatal(err)
		}
		defer stop()
		*where = own
	}

	var all fleet
	for address := range strings.SplitSeq(*listen, ",") {
		if err := all.add(address, *where, *sticky); err != nil {
			log.Fatal(err)
		}
	}
	serve.Run(all.balancer(), all)
}

// chat has a server take part in the chat.
func chat(srv *socketio.Server, name string) {
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		return s.EmitArgs("server", name)
	})
	srv.On(Say, func(_ context.Context, _ *socketio.Socket, line string) error {
		return srv.Emit(Say, line)
	})
}

// newMux is what each server serves.
func newMux(srv *socketio.Server) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	return mux
}
