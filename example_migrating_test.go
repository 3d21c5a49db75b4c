package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"time"

	"socketio"
)

// A chat as the guides from other servers have it: names, a room, an answer, a farewell.
func Example_migrating() {
	type spoken struct {
		From string `json:"from"`
		Text string `json:"text"`
	}
	srv := socketio.NewServer(&socketio.Options{
		CORS: socketio.CORS{Origins: []string{"https://app.example"}},
	})
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Name string `json:"name"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		if auth.Name == "" {
			return nil, &socketio.ConnectError{Message: "who are you?"}
		}
		s.SetData(auth.Name)
		return nil, nil
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("lobby")
		return nil
	})
	srv.OnAck("say", func(_ context.Context, s *socketio.Socket, text string) (string, error) {
		name, _ := s.Data[string]()
		err := s.To("lobby").Emit("said", spoken{From: name, Text: text})
		return "said", err // the acknowledgement
	})
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
		name, _ := s.Data[string]()
		return srv.To("lobby").Emit("left", name)
	})

	web := httptest.NewServer(srv)
	ada := connect(srv, web)
	defer ada.end()
	ada.join(`{"name":"ada"}`)
	ada.send(`20["say","anybody?"]`)
	fmt.Println("ada", ada.receive())
	grace := connect(srv, web)
	grace.join(`{"name":"grace"}`)
	grace.send(`21["say","hello"]`)
	fmt.Println("ada", ada.receive())
	fmt.Println("grace", grace.receive())
	grace.leave()
	fmt.Println("ada", ada.receive())
	// Output:
	// ada 30["said"]
	// ada 2["said",{"from":"grace","text":"hello"}]
	// grace 31["said"]
	// ada 2["left","grace"]
}

// Each line of the tables in the guides, as it is written there.
func Example_migratingEmits() {
	type T struct {
		Text string `json:"text"`
	}
	srv := socketio.NewServer(nil)
	chat := srv.Of("/chat")
	v, a, b, id := T{"text"}, 1, "two", "id"

	srv.OnConnect(func(ctx context.Context, s *socketio.Socket) error {
		return errors.Join(
			s.Emit("x", v),
			s.Emit("x", socketio.None{}),
			s.EmitArgs("x", a, b),
			s.Broadcast().Emit("x", v),
			s.To("r").Emit("x", v),
			s.To("r", "q").Emit("x", v),
			s.To("r").Except("q").Emit("x", v),
			s.Except("q").Emit("x", v),
			s.Volatile().Emit("x", v),
			s.Compress(false).Emit("x", v),

			srv.Emit("x", v),
			srv.EmitArgs("x", a, b),
			srv.To("r").Emit("x", v),
			srv.Except("q").Emit("x", v),
			srv.To(id).Emit("x", v),
			srv.All().Volatile().Emit("x", v),
			srv.All().Local().Emit("x", v),
			chat.Emit("x", v),
			chat.To("r").Emit("x", v),
			srv.ServerSideEmit("x", v),

			srv.To("r").SocketsJoin("q"),
			srv.To("r").SocketsLeave("q"),
			srv.To("r").DisconnectSockets(true),
			srv.To(id).DisconnectSockets(true),
			srv.All().DisconnectSockets(false),
		)
	})
	srv.On("ask", func(ctx context.Context, s *socketio.Socket, _ socketio.None) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		reply, err := s.EmitAck[string](ctx, "x", v)
		if err != nil {
			return err
		}
		fmt.Println(reply)
		for reply, err := range srv.To("r").EmitAcks[string](ctx, "x", v) {
			if err != nil {
				return err
			}
			fmt.Println(reply.ID, reply.Value)
		}
		for answer, err := range srv.ServerSideEmitAcks[string](ctx, "x", v) {
			if err != nil {
				return err
			}
			fmt.Println(answer)
		}
		sockets, err := srv.To("r").FetchSockets(ctx)
		fmt.Println(len(sockets), err)
		return nil
	})

	var mu sync.Mutex
	members := map[string]int{}
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.On("x", func(ctx context.Context, s *socketio.Socket, v T) error { s.Off("x"); return nil })
		s.Join("r", "q")
		s.Leave("q")
		mu.Lock()
		defer mu.Unlock()
		members[s.ID()]++
		return nil
	})
	srv.On("x", func(ctx context.Context, s *socketio.Socket, v T) error { return nil })
	srv.OnAck("y", func(ctx context.Context, s *socketio.Socket, v T) (string, error) { return v.Text, nil })
	srv.Handle("z", func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
		var a int
		var b string
		return errors.Join(m.Decode(&a, &b), m.Ack(a, b))
	})
	for s := range srv.Sockets() {
		s.Disconnect()
	}
	if s, ok := srv.Socket(id); ok {
		s.Close()
	}
	for room, members := range srv.Rooms() {
		fmt.Println(room, members)
	}
}
