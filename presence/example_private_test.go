package presence_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"socketio"
	"socketio/presence"
)

// A Private is a message from one user to another.
type Private struct {
	From string `json:"from"`
	To   string `json:"to"`
	Text string `json:"text"`
}

func Example_privateMessages() {
	srv := socketio.NewServer(nil)
	user := func(s *socketio.Socket) string { return s.Handshake().URL.Query().Get("user") } // as authenticated
	people := presence.New(srv.Namespace, presence.Options{
		Key:  user,
		Room: func(name string) bool { return !strings.HasPrefix(name, "user:") },
	})
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		if user(s) == "" {
			return nil, &socketio.ConnectError{Message: "who are you?"}
		}
		s.Join("user:" + user(s)) // all of his sockets, on all servers
		return nil, nil
	})
	srv.OnAck("private", func(_ context.Context, s *socketio.Socket, m Private) (bool, error) {
		m.From = user(s) // whatever the client says
		// Here it is written into the database, from which who is offline reads it later.
		if err := s.To("user:"+m.To, "user:"+m.From).Emit("private", m); err != nil {
			return false, err
		}
		return people.Online(m.To), nil
	})

	web := httptest.NewServer(srv)
	defer web.Close()
	ctx := context.Background()
	heard := make(chan string, 4)
	visit := func(name, user string) *socketio.Client {
		c := socketio.NewClient(web.URL+"/?user="+user, nil)
		c.On("private", func(_ context.Context, _ *socketio.ClientSocket, m Private) error {
			heard <- fmt.Sprint(name, " hears from ", m.From, ": ", m.Text)
			return nil
		})
		if err := c.Connect(ctx); err != nil {
			log.Fatal(err)
		}
		return c
	}
	ada, tab, bob := visit("ada", "ada"), visit("ada's other tab", "ada"), visit("bob", "bob")
	defer ada.Close()
	defer tab.Close()
	defer bob.Close()
	for _, to := range []string{"bob", "eve"} {
		online, err := ada.EmitAck[bool](ctx, "private", Private{To: to, Text: "hello " + to})
		fmt.Println(to, "is online:", online, err)
	}
	for range 3 {
		fmt.Println(<-heard)
	}
	// Unordered output:
	// bob is online: true <nil>
	// eve is online: false <nil>
	// bob hears from ada: hello bob
	// ada's other tab hears from ada: hello bob
	// ada's other tab hears from ada: hello eve
}
