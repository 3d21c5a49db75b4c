// Command k8s is a chat as it runs in Kubernetes: it is ready, it drains when it is told to
// end, and any pod takes any request. Here it runs alone:
//
//	go run ./examples/k8s
//
// and there by chat.yaml, which says in comments what each setting is for.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter/redis"
)

var (
	listen    = flag.String("listen", "localhost:3000", "where to listen, as `HOST:PORT`")
	drain     = flag.Duration("drain", 30*time.Second, "over which time the clients are sent to other pods")
	broker    = flag.String("redis", "", "where the pods meet, as `HOST:PORT`; none where there is only one")
	advertise = flag.String("advertise", "", "where the other pods reach this one, as `HOST:PORT`")
)

// patience is what what is under way may take when all clients have been sent away.
const patience = 10 * time.Second

const Say socketio.Event[string] = "say"

func main() {
	flag.Parse()
	srv, err := newServer()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + listener.Addr().String())

	web := &http.Server{Handler: newMux(srv), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- endWhenTold(srv, web) }()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// newServer returns the chat, which is one with those of the other pods.
func newServer() (*socketio.Server, error) {
	o := &socketio.Options{}
	if *broker != "" {
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{*broker}, DisableCache: true})
		if err != nil {
			return nil, err
		}
		o.Bus = redis.NewStreams(client, nil)
		o.Recovery.Window = 2 * time.Minute // who comes to another pod gets what was missed
		o.Advertise, o.ClusterSecret = *advertise, os.Getenv("CLUSTER_SECRET")
	}
	pod := cmp.Or(os.Getenv("POD_NAME"), "the only one")
	srv := socketio.NewServer(o)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		return s.EmitArgs("pod", pod)
	})
	srv.On(Say, func(_ context.Context, _ *socketio.Socket, line string) error {
		return srv.Emit(Say, line)
	})
	return srv, nil
}

func newMux(srv *socketio.Server) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("GET /live", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if srv.Stats().Draining {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}

// endWhenTold waits for the kubelet's SIGTERM. Then the clients are sent to other pods, not
// all at once, and the rest ends: the sockets first, which HTTP's server knows nothing of.
func endWhenTold(srv *socketio.Server, web *http.Server) error {
	told, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	<-told.Done()
	forget()
	ctx, cancel := context.WithTimeout(context.Background(), *drain+patience)
	defer cancel()
	return errors.Join(srv.Drain(ctx, *drain), srv.Shutdown(ctx), web.Shutdown(ctx))
}
