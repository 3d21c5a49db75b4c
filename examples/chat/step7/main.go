// Command step7 keeps all that is said, and sends each client what it has not seen yet,
// however long it was away:
//
//	go run ./examples/chat/step7
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"sync"

	"socketio"
	"socketio/examples/chat/messages"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// Say comes from clients. Said goes to them, with the number of the message, which is how
// far a client has come.
const (
	Say  socketio.Event[string]                        = "chat message"
	Said socketio.Event[socketio.Args2[string, int64]] = "chat message"
)

// room has the clients that have got everything so far.
const room = "up to date"

type chat struct {
	srv   *socketio.Server
	store *messages.Store
	mu    sync.Mutex // held while a message is kept and sent, so that all get all in one order
}

func (c *chat) say(ctx context.Context, _ *socketio.Socket, text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _, err := c.store.Add(ctx, text, "")
	if err != nil {
		return err
	}
	return c.srv.To(room).Emit(Said, socketio.Args2[string, int64]{A: text, B: id})
}

func (c *chat) connect(ctx context.Context, s *socketio.Socket) error {
	var auth struct {
		ServerOffset int64 `json:"serverOffset"`
	}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for m, err := range c.store.After(ctx, auth.ServerOffset) {
		if err != nil {
			return err
		}
		if err := s.Emit(Said, socketio.Args2[string, int64]{A: m.Text, B: m.ID}); err != nil {
			return err
		}
	}
	s.Join(room)
	return nil
}

func main() {
	file := flag.String("db", "chat.db", "the file where messages are kept")
	flag.Parse()
	store, err := messages.Open(*file)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	srv := socketio.NewServer(nil)
	c := &chat{srv: srv, store: store}
	srv.On(Say, c.say)
	srv.OnConnect(c.connect)

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
