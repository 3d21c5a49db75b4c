package socketio_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"socketio"
)

// A contract that a server shares with Go clients.
const (
	Say  socketio.Event[Line]        = "say"
	Vote socketio.Call[string, bool] = "vote"
)

type Line struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

func Example() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("lobby")
		return s.Emit("welcome", s.ID())
	})
	srv.On(Say, func(_ context.Context, s *socketio.Socket, l Line) error {
		return s.To(l.Room).Emit(Say, l)
	})
	http.Handle("/socket.io/", srv)
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", nil))
}

func ExampleNamespace_Use() {
	type userKey struct{}
	admin := socketio.NewServer(nil).Of("/admin")
	admin.Use(func(ctx context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Name string `json:"name"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err // the client learns no more than that it was refused
		}
		if auth.Name == "" {
			return nil, &socketio.ConnectError{Message: "who are you?", Data: map[string]int{"code": 401}}
		}
		s.Join("user:" + auth.Name)
		return context.WithValue(ctx, userKey{}, auth.Name), nil
	})
}

func ExampleNamespace_Handle() {
	srv := socketio.NewServer(nil)
	srv.Handle("sum", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		var a, b float64
		if err := m.Decode(&a, &b); err != nil {
			return err
		}
		return m.Ack(a+b, "two results", []byte{1})
	})
}

func ExampleBroadcast_EmitAcks() {
	srv := socketio.NewServer(nil)
	ctx := context.Background()
	for reply, err := range srv.To("voters").Except("banned").EmitAcks(ctx, Vote, "lunch?") {
		if err != nil {
			fmt.Println(err) // a reply that is no bool, or at last that some are missing
			continue
		}
		fmt.Println(reply.ID, reply.Value)
	}
	// Output:
}
