package presence_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"socketio"
	"socketio/presence"
)

func Example_presence() {
	srv := socketio.NewServer(nil)
	people := presence.New(srv.Namespace, presence.Options{
		Key: func(s *socketio.Socket) string { return s.Handshake().URL.Query().Get("user") },
		OnJoin: func(room, user string) {
			if room == "" {
				return // online, whichever rooms that brings
			}
			if err := srv.To(room).Local().Emit("here", user); err != nil {
				log.Print(err)
			}
		},
		OnLeave: func(room, user string) {
			if err := srv.To(room).Local().Emit("gone", user); err != nil {
				log.Print(err)
			}
		},
	})
	srv.OnAck("join", func(_ context.Context, s *socketio.Socket, room string) ([]string, error) {
		s.Join(room)
		var names []string
		for _, m := range people.In(room) {
			names = append(names, m.User)
		}
		return names, nil
	})

	web := httptest.NewServer(srv)
	defer web.Close()
	ctx := context.Background()
	ada := socketio.NewClient(web.URL+"/?user=ada", nil)
	defer ada.Close()
	here := make(chan string, 2)
	ada.On("here", func(_ context.Context, _ *socketio.ClientSocket, user string) error {
		here <- user
		return nil
	})
	if err := ada.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := ada.EmitAck[[]string](ctx, "join", "go"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-here)
	bob := socketio.NewClient(web.URL+"/?user=bob", nil)
	defer bob.Close()
	if err := bob.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	names, err := bob.EmitAck[[]string](ctx, "join", "go")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-here, names, people.Online("eve"))
	// Output:
	// ada
	// bob [ada bob] false
}
