// Command go-client is a server that answers questions, and a client in Go that knows the
// answers:
//
//	go run ./examples/go-client
//
// With -server URL it is the client alone, of a server that runs elsewhere.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	// Ask goes from people to the server, which passes it on to the bot.
	Ask socketio.Call[string, string] = "ask"

	// Here tells people how many bots there are.
	Here socketio.Event[int] = "bots"

	// Cut has the bots lose their connections.
	Cut socketio.Event[socketio.None] = "cut"
)

// Who is what clients say of themselves when they connect. Bots of a server that is not an
// example have a token to show.
type Who struct {
	Bot bool `json:"bot"`
}

func main() {
	server := flag.String("server", "", "`URL` of a server, for the bot alone")
	flag.Parse()
	if *server != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if err := runBot(ctx, *server); err != nil {
			log.Fatal(err)
		}
		return
	}
	srv := newServer()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Beside(runBot)
	serve.Run(mux, srv)
}

func newServer() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		var who Who
		if err := s.Handshake().DecodeAuth(&who); err != nil {
			return err
		}
		s.SetData(who)
		if who.Bot {
			s.Join("bots")
			return srv.Emit(Here, bots(srv))
		}
		return s.Emit(Here, bots(srv))
	})
	srv.OnDisconnect(func(context.Context, *socketio.Socket, socketio.Reason) error {
		return srv.Emit(Here, bots(srv))
	})
	srv.On(Cut, func(context.Context, *socketio.Socket, socketio.None) error {
		for s := range srv.Sockets() {
			if who, _ := s.Data[Who](); who.Bot {
				s.Conn().Close()
			}
		}
		return nil
	})
	srv.OnAck(Ask, func(ctx context.Context, _ *socketio.Socket, question string) (string, error) {
		for answer, err := range srv.To("bots").EmitAcks(ctx, Ask, question) {
			return answer.Value, err // the first is enough
		}
		return "nobody is here who knows", nil
	})
	return srv
}

// bots counts the bots.
func bots(srv *socketio.Server) int {
	for room, members := range srv.Rooms() {
		if room == "bots" {
			return members
		}
	}
	return 0
}
