package socketio_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"time"

	"socketio"
	"socketio/engineio"
)

func Example_typing() {
	srv := socketio.NewServer(nil)
	srv.On("join", func(_ context.Context, s *socketio.Socket, who socketio.Args2[string, string]) error {
		s.Join(who.A)
		s.SetData(who.B) // the name, in a program that believes it
		return nil
	})
	srv.On("typing", func(_ context.Context, s *socketio.Socket, room string) error {
		name, named := s.Data[string]()
		if !named || !slices.Contains(slices.Collect(s.Rooms()), room) {
			return nil // who is not in the room does not type there
		}
		return s.To(room).Volatile().Emit("typing", name)
	})

	web := httptest.NewServer(srv)
	defer web.Close()
	ctx := context.Background()
	ada, grace := socketio.NewClient(web.URL, byWebSocket), socketio.NewClient(web.URL, byWebSocket)
	defer ada.Close()
	defer grace.Close()
	heard := make(chan string, 100)
	ada.On("typing", func(_ context.Context, _ *socketio.ClientSocket, name string) error {
		heard <- name
		return nil
	})
	for name, c := range map[string]*socketio.Client{"ada": ada, "grace": grace} {
		if err := c.Connect(ctx); err != nil {
			fmt.Println(err)
		}
		if _, err := c.EmitArgsAck(ctx, "join", "go", name); err != nil {
			fmt.Println(err)
		}
	}
	for waiting := true; waiting; { // a volatile event may be dropped, and who types types on
		for _, room := range []string{"js", "go"} {
			if err := grace.Emit("typing", room); err != nil {
				fmt.Println(err)
			}
		}
		select {
		case name := <-heard:
			fmt.Println(name, "is typing")
			waiting = false
		case <-time.After(100 * time.Millisecond):
		}
	}
	// Output:
	// grace is typing
}

// byWebSocket is for examples with volatile events, which are dropped between two polls.
var byWebSocket = &socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}}
