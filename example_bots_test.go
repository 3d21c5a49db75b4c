package socketio_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"
	"time"

	"socketio"
)

// A RoomLine is what somebody says in a room.
type RoomLine struct {
	Room string `json:"room"`
	From string `json:"from"`
	Text string `json:"text"`
}

const (
	EnterRoom socketio.Event[string]   = "enter"
	SayLine   socketio.Event[RoomLine] = "line"
)

// chat is a server with rooms.
func chat() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.On(EnterRoom, func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join(room)
		return s.Emit("entered", room)
	})
	srv.On(SayLine, func(_ context.Context, s *socketio.Socket, l RoomLine) error {
		return s.To(l.Room).Emit(SayLine, l) // to everybody else
	})
	return srv
}

// newBot returns a bot that answers in a room, and comes back into it.
func newBot(url string) *socketio.Client {
	bot := socketio.NewClient(url, &socketio.ClientOptions{
		Backoff: socketio.Backoff{Max: time.Minute},
		OnRetry: func(attempt int, wait time.Duration, cause error) {
			log.Printf("attempt %d in %v: %v", attempt, wait, cause)
		},
	})
	bot.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		return s.Emit(EnterRoom, "gophers") // rooms end with the connection
	})
	bot.On(SayLine, func(_ context.Context, s *socketio.ClientSocket, l RoomLine) error {
		question, asked := strings.CutPrefix(l.Text, "bot: ")
		if !asked {
			return nil
		}
		return s.Emit(SayLine, RoomLine{l.Room, "bot", "I do not know " + question})
	})
	return bot
}

// runBot has a bot answer until ctx ends or the server does not want it any more.
func runBot(ctx context.Context, bot *socketio.Client) error {
	defer bot.Close()
	if err := bot.Connect(ctx); err != nil {
		return err
	}
	return bot.Wait(ctx)
}

func Example_bot() {
	srv := chat()
	web := httptest.NewServer(srv)
	defer web.Close()

	ctx, stop := context.WithCancel(context.Background()) // or signal.NotifyContext
	bot, ended := newBot(web.URL), make(chan error)
	entered := make(chan string)
	bot.On("entered", func(_ context.Context, _ *socketio.ClientSocket, room string) error {
		entered <- room
		return nil
	})
	go func() { ended <- runBot(ctx, bot) }()
	<-entered

	user := socketio.NewClient(web.URL, nil)
	defer user.Close()
	heard := make(chan string)
	user.On(SayLine, func(_ context.Context, _ *socketio.ClientSocket, l RoomLine) error {
		heard <- l.From + ": " + l.Text
		return nil
	})
	if err := user.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	ask := func(what string) {
		if err := user.Emit(EnterRoom, "gophers"); err != nil {
			log.Fatal(err)
		}
		if err := user.Emit(SayLine, RoomLine{"gophers", "ada", "bot: " + what}); err != nil {
			log.Fatal(err)
		}
		fmt.Println(<-heard)
	}
	ask("why")
	bot.Conn().Close() // the connection is lost
	<-entered
	ask("how")
	stop()
	fmt.Println(<-ended)
	// Output:
	// bot: I do not know why
	// bot: I do not know how
	// socketio: not connected: context canceled
}
