package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"socketio"
)

func ExampleSocket_Emit() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		return errors.Join(
			s.Emit("text", "hello"),
			s.Emit("data", []byte{1, 2, 3}), // binary
			s.Emit("nothing", socketio.None{}),
			s.EmitArgs("several", 1, "two", true),
		)
	})
}

func ExampleSocket_EmitAck() {
	srv := socketio.NewServer(nil)
	srv.On("ready", func(ctx context.Context, s *socketio.Socket, _ socketio.None) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		answer, err := s.EmitAck[string](ctx, "question", "soup or pie?")
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return s.Emit("order", "soup") // no answer in time
		case err != nil:
			return err // gone, or no text
		}
		return s.Emit("order", answer)
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`2["ready"]`)
	fmt.Println(ada.receive())
	ada.send(`30["pie"]`)
	fmt.Println(ada.receive())
	// Output:
	// 20["question","soup or pie?"]
	// 2["order","pie"]
}

func ExampleSocket_To() {
	srv := socketio.NewServer(nil)
	srv.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
		return errors.Join(
			s.To("lobby").Emit("said", text),   // everybody else in the room
			srv.To("lobby").Emit("said", text), // everybody in the room
			s.Broadcast().Emit("said", text),   // everybody else
		)
	})
}

func ExampleSocket_SetData() {
	type user struct{ Name string }
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		s.SetData(user{"ada"})
		return nil, nil
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		u, ok := s.Data[user]()
		return s.EmitArgs("you", u.Name, ok)
	})

	client := visit(srv)
	defer client.end()
	fmt.Println(client.receive())
	// Output:
	// 2["you","ada",true]
}

func ExampleSocket_Volatile() {
	srv := socketio.NewServer(nil)
	srv.On("watch", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		go func() {
			ticker := time.NewTicker(50 * time.Millisecond)
			defer ticker.Stop()
			for {
				select {
				case at := <-ticker.C:
					s.Volatile().Emit("position", at.UnixMilli()) // dropped for a slow client, who gets the next
				case <-s.Context().Done():
					return
				}
			}
		}()
		return nil
	})
}

func ExampleBroadcast_FetchSockets() {
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		s.SetData("ada")
		s.Join("lobby")
		return nil, nil
	})

	client := visit(srv)
	defer client.end()
	sockets, err := srv.To("lobby").FetchSockets(context.Background()) // of all servers
	for _, info := range sockets {
		name, err := info.Data[string]()
		fmt.Println(name, len(info.Rooms), err)
	}
	fmt.Println(err)
	// Output:
	// ada 2 <nil>
	// <nil>
}

func ExampleBroadcast_SocketsJoin() {
	srv := socketio.NewServer(nil)
	if err := srv.To("waiting").SocketsJoin("game-1"); err != nil { // on all servers
		log.Print(err)
	}
}

func ExampleMessage_Decode() {
	srv := socketio.NewServer(nil)
	srv.Handle("draw", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		var color string
		var x, y int
		if err := m.Decode(&color, &x, &y); err != nil {
			return err // a *DecodeError says which argument
		}
		return s.Emit("drawn", fmt.Sprint(color, " at ", x, " and ", y))
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["draw","red",3,4]`)
	fmt.Println(client.receive())
	// Output:
	// 2["drawn","red at 3 and 4"]
}

func ExampleArgs2() {
	srv := socketio.NewServer(nil)
	srv.On("cursor", func(_ context.Context, s *socketio.Socket, at socketio.Args2[int, int]) error {
		return s.Emit("sum", at.A+at.B) // of socket.emit("cursor", 3, 4)
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["cursor",3,4]`)
	fmt.Println(client.receive())
	// Output:
	// 2["sum",7]
}

func ExampleNewClient() {
	c := socketio.NewClient("https://chat.example", &socketio.ClientOptions{
		Auth: map[string]string{"token": "secret"},
	})
	defer c.Close()
	c.On("said", func(_ context.Context, _ *socketio.ClientSocket, text string) error {
		fmt.Println(text)
		return nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.Connect(ctx); err != nil { // and again by itself, whenever the connection is lost
		log.Fatal(err)
	}
	if err := c.Emit("say", "hello"); err != nil {
		log.Print(err)
	}
}
