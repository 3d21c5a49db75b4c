package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/cmd/sio/demo"
)

func serveCommand() command {
	return command{
		name: "serve", brief: "start a server to try things with",
		about: `It passes every event on to all clients; with --echo it sends it back to where it came
from. Either way it answers what wants an acknowledgement with the arguments it came with.

Opened in a browser it is a chat, which shows the connection at work; the chat has a server
of its own, at the path /chat/socket.io/.

With --cluster several servers are one, and nothing else is needed for that: what is sent on
one of them reaches the clients of all, but for the chat. ADDRESSES is the same for all, a
host and a port for each, with commas between; a server takes the first that is its machine's
and free, and finds the others. Whoever reaches these addresses can be part of it, unless
--secret says otherwise.

  sio serve --addr :3000 --cluster 127.0.0.1:4000,127.0.0.1:4001
  sio serve --addr :3001 --cluster 127.0.0.1:4000,127.0.0.1:4001

With --via it joins the servers, for Node as well, that use the broker at URL: of Redis with
the adapter classic, sharded or streams, of NATS with core or jetstream, of PostgreSQL with
bus or log.

  sio serve --via redis://127.0.0.1:6379

SIGTERM and Ctrl-C end it in order: it takes no more clients and sends the others away over
the time of --drain. A second one ends it at once.`,
		bind: func(flags *flag.FlagSet) action {
			var s serving
			flags.StringVar(&s.address, "addr", "127.0.0.1:3000", "listen at `ADDRESS`")
			flags.BoolVar(&s.echo, "echo", false, "send events back and not to everybody")
			flags.Func("cluster", "be one server with those that are told the same `ADDRESSES`", func(list string) error {
				s.cluster = strings.Split(list, ",")
				return nil
			})
			flags.DurationVar(&s.drain, "drain", time.Second, "spread the clients' leaving over `TIME`")
			flags.Func("origin", "let pages of `ORIGIN` connect, * is any; may be repeated", func(o string) error {
				s.origins = append(s.origins, o)
				return nil
			})
			s.via.bind(flags, "be one server with those that use the broker at `URL`")
			flags.StringVar(&s.secret, "secret", "", "let nobody into the cluster who does not know `TEXT`; @FILE has it from a file")
			return s.run
		},
	}
}

// A serving is a server with what the flags say of it.
type serving struct {
	address string
	echo    bool
	drain   time.Duration
	origins []string
	cluster []string
	secret  string
	via     via
}

// run serves until it is interrupted or told to end.
func (s *serving) run(ctx context.Context, p *program, _ []string) error {
	ctx, forget := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer forget()
	// From the first signal on, the next one does what it does to any program.
	context.AfterFunc(ctx, forget)

	if err := s.via.check(); err != nil {
		return err
	}
	if s.via.url != "" && len(s.cluster) > 0 {
		return usage("--cluster makes a broker, and --via uses another: one of them")
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("%w; --addr takes another address, and 127.0.0.1:0 a free port", err)
	}
	cluster, err := s.join(ctx)
	if err != nil {
		listener.Close()
		return err
	}
	defer cluster.leave()
	srv, chat := s.server(cluster.bus), demo.NewServer()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", demo.Handler(chat))
	web := &http.Server{Handler: mux}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	fmt.Fprintf(p.stdout, "server is running at http://%s\n", strings.Replace(listener.Addr().String(), "[::]", "127.0.0.1", 1))
	go cluster.tell(ctx, p.stdout)
	select {
	case err := <-failed:
		return errors.Join(err, srv.Close(), chat.Close())
	case <-ctx.Done():
		return s.end(srv, chat, web)
	}
}

// end sends the clients away first, of whom the server for HTTP knows nothing.
func (s *serving) end(srv, chat *socketio.Server, web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.drain+5*time.Second)
	defer cancel()
	err := errors.Join(chat.Shutdown(ctx), srv.Drain(ctx, s.drain), srv.Shutdown(ctx), web.Shutdown(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("some clients did not take what was sent to them, and were cut")
	}
	return err
}

// server returns the Socket.IO server. What connects to any namespace is let in.
func (s *serving) server(bus adapter.Bus) *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{Bus: bus, CORS: socketio.CORS{Origins: s.origins}})
	for _, ns := range []*socketio.Namespace{srv.Namespace, srv.OfFunc(func(string) bool { return true })} {
		ns.OnAny(func(_ context.Context, from *socketio.Socket, m *socketio.Message) error {
			return s.passOn(from, m)
		})
	}
	return srv
}

// passOn answers an event, and sends it to whom it is for.
func (s *serving) passOn(from *socketio.Socket, m *socketio.Message) error {
	args, err := arguments(m)
	if err != nil {
		return err
	}
	if m.WantsAck() {
		return m.Ack(args...)
	}
	if s.echo {
		return from.EmitArgs(m.Event, args...)
	}
	return from.Namespace().EmitArgs(m.Event, args...)
}
