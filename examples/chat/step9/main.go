// Command step9 has two servers that are one chat:
//
//	go run ./examples/chat/step9
//
// They are in one process, so that one command starts them. On two machines they differ in
// nothing but the bus, which is then one over Redis, NATS or PostgreSQL, and in a database
// that both reach.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"

	"socketio"
	"socketio/adapter"
	"socketio/engineio"
	"socketio/examples/chat/messages"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// Say comes from clients, with what the client calls the message. Said goes to them, with
// the number of the message, which is how far a client has come.
const (
	Say  socketio.Event[socketio.Args2[string, string]] = "chat message"
	Said socketio.Event[socketio.Args2[string, int64]]  = "chat message"
)

type chat struct {
	srv   *socketio.Server
	store *messages.Store
}

// say sends a message to the clients of both servers.
func (c *chat) say(ctx context.Context, _ *socketio.Socket, m socketio.Args2[string, string]) error {
	id, added, err := c.store.Add(ctx, m.A, m.B)
	if err != nil || !added {
		return err
	}
	return c.srv.Emit(Said, socketio.Args2[string, int64]{A: m.A, B: id})
}

// connect sends what a client has not seen. No lock holds for two servers, so what somebody
// says meanwhile may come in between, and twice: the page goes by the numbers.
func (c *chat) connect(ctx context.Context, s *socketio.Socket) error {
	var auth struct {
		ServerOffset int64 `json:"serverOffset"`
	}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	for m, err := range c.store.After(ctx, auth.ServerOffset) {
		if err != nil {
			return err
		}
		if err := s.Emit(Said, socketio.Args2[string, int64]{A: m.Text, B: m.ID}); err != nil {
			return err
		}
	}
	return nil
}

// newServer returns one server of those that the bus makes one, at a path of its own.
func newServer(path string, bus adapter.Bus, store *messages.Store) *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{
		Options: engineio.Options{Path: path},
		Bus:     bus,
	})
	c := &chat{srv: srv, store: store}
	srv.On(Say, c.say)
	srv.OnConnect(c.connect)
	return srv
}

func main() {
	file := flag.String("db", "chat.db", "the file where messages are kept")
	flag.Parse()
	store, err := messages.Open(*file)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	bus := adapter.NewMemory()
	one := newServer("/one/socket.io/", bus, store)
	two := newServer("/two/socket.io/", bus, store)

	mux := http.NewServeMux()
	mux.Handle("/one/socket.io/", one)
	mux.Handle("/two/socket.io/", two)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, one, two)
}
