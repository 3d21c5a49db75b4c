package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"regexp"
	"time"

	"socketio"
)

func ExampleNewServer() {
	srv := socketio.NewServer(&socketio.Options{
		PingInterval: 10 * time.Second, // of Engine.IO's options, written as if they were its own
		AckTimeout:   5 * time.Second,
		CORS:         socketio.CORS{Origins: []string{"https://app.example"}},
	})
	http.Handle("/socket.io/", srv)
	log.Fatal(http.ListenAndServe(":3000", nil))
}

func ExampleEvent() {
	const Move socketio.Event[[2]int] = "move" // what it carries is part of its name

	srv := socketio.NewServer(nil)
	srv.On(Move, func(_ context.Context, s *socketio.Socket, at [2]int) error {
		return s.Broadcast().Emit(Move, at)
	})

	ada := visit(srv)
	defer ada.end()
	grace := ada.another()
	grace.send(`2["move",[3,4]]`)
	fmt.Println(ada.receive())
	// Output:
	// 2["move",[3,4]]
}

func ExampleCall() {
	const Add socketio.Call[[2]int, int] = "add" // what is asked, and what is answered

	srv := socketio.NewServer(nil)
	srv.OnAck(Add, func(_ context.Context, _ *socketio.Socket, n [2]int) (int, error) {
		return n[0] + n[1], nil
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`20["add",[3,4]]`)
	fmt.Println(ada.receive())
	// Output:
	// 30[7]
}

func ExampleNamespace_On() {
	srv := socketio.NewServer(nil)
	srv.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
		if text == "" {
			return errors.New("nothing to say") // goes to Options.OnError; the socket stays
		}
		return s.To("lobby").Emit("said", text)
	})
}

func ExampleNamespace_OnConnect() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("lobby")
		return s.Emit("welcome", s.ID())
	})
}

func ExampleNamespace_OnDisconnect() {
	srv := socketio.NewServer(nil)
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
		for room := range s.Rooms() { // they are still there
			if err := srv.To(room).Emit("left", s.ID()); err != nil {
				return err
			}
		}
		log.Println(s.ID(), why)
		return nil
	})
}

func ExampleNamespace_Wrap() {
	srv := socketio.NewServer(nil)
	srv.Wrap(func(next socketio.Handler) socketio.Handler {
		return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second) // for each event
			defer cancel()
			return next(ctx, s, m)
		}
	})
}

func ExampleServer_Of() {
	srv := socketio.NewServer(nil)
	chat, admin := srv.Of("/chat"), srv.Of("/admin") // each with sockets, rooms and handlers of its own
	admin.On("announce", func(_ context.Context, _ *socketio.Socket, text string) error {
		return chat.Emit("announced", text)
	})
}

func ExampleServer_OfFunc() {
	srv := socketio.NewServer(nil)
	tenants := srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
	tenants.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		return s.Emit("welcome", s.Namespace().Name())
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`0/tenant-42,`)
	ada.receive() // that it is let in
	fmt.Println(ada.receive())
	// Output:
	// 2/tenant-42,["welcome","/tenant-42"]
}

func ExampleServer_Drain() {
	srv := socketio.NewServer(nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// First newcomers are refused and clients sent away one after the other, then the rest ends.
	if err := errors.Join(srv.Drain(ctx, 30*time.Second), srv.Shutdown(ctx)); err != nil {
		log.Print(err)
	}
}

func ExampleServer_Trace() {
	srv := socketio.NewServer(nil)
	srv.Trace(&socketio.Trace{
		Handled: func(_ *socketio.Socket, event string, _ time.Duration, err error) {
			fmt.Println(event, err)
		},
	})
	srv.On("known", func(context.Context, *socketio.Socket, socketio.None) error { return nil })

	ada := visit(srv)
	defer ada.end()
	ada.send(`2["unknown"]`)
	ada.send(`20["known"]`)
	fmt.Println(ada.receive())
	// Unordered output:
	// unknown socketio: no handler for the event
	// known <nil>
	// 30[]
}

func ExampleConnectError() {
	srv := socketio.NewServer(nil)
	srv.Use(func(context.Context, *socketio.Socket) (context.Context, error) {
		return nil, &socketio.ConnectError{Message: "not today", Data: map[string]string{"try": "tomorrow"}}
	})

	ada := visit(srv) // whose CONNECT is refused
	defer ada.end()
	ada.send("0")
	fmt.Println(ada.receive())
	// Output:
	// 4{"message":"not today","data":{"try":"tomorrow"}}
}

func ExampleHandshake_DecodeAuth() {
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct { // what the client gave as its auth option
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		if auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "who are you?"}
		}
		return nil, nil
	})
}
