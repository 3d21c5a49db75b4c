package socketio_test

import (
	"context"
	"fmt"
	"regexp"

	"socketio"
)

type userKey struct{}

func Example_namespaces() {
	srv := socketio.NewServer(nil)
	admin := srv.Of("/admin")
	admin.Use(func(ctx context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		if auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "who are you?", Data: map[string]int{"code": 401}}
		}
		return context.WithValue(ctx, userKey{}, "ada"), nil
	})
	admin.OnConnect(func(ctx context.Context, s *socketio.Socket) error {
		return s.Emit("hello", ctx.Value(userKey{}).(string))
	})
	admin.OnDisconnect(func(ctx context.Context, _ *socketio.Socket, why socketio.Reason) error {
		fmt.Println(ctx.Value(userKey{}), "left:", why)
		return nil
	})

	client := visit(srv)
	defer client.end()
	client.send(`0/admin,{"token":"wrong"}`)
	fmt.Println(client.receive())
	client.send(`0/nobody,`)
	fmt.Println(client.receive())
	client.join(`/admin,{"token":"secret"}`)
	fmt.Println(client.receive())
	client.send(`1/admin,`)
	// Output:
	// 4/admin,{"message":"who are you?","data":{"code":401}}
	// 4/nobody,{"message":"Invalid namespace"}
	// 2/admin,["hello","ada"]
	// ada left: client namespace disconnect
}

func Example_namespacesOnDemand() {
	srv := socketio.NewServer(nil)
	tenants := srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
	tenants.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		return s.Emit("welcome", s.Namespace().Name())
	})
	tenants.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
		return s.Namespace().Emit("said", text) // to this tenant's clients
	})

	client := visit(srv)
	defer client.end()
	client.send(`0/tenant-x,`)
	fmt.Println(client.receive())
	client.join(`/tenant-42,`)
	fmt.Println(client.receive())
	client.send(`2/tenant-42,["say","hello"]`)
	fmt.Println(client.receive())
	// Output:
	// 4/tenant-x,{"message":"Invalid namespace"}
	// 2/tenant-42,["welcome","/tenant-42"]
	// 2/tenant-42,["said","hello"]
}

func Example_middlewareOfEvents() {
	srv := socketio.NewServer(nil)
	srv.Wrap(func(next socketio.Handler) socketio.Handler {
		return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			if m.Event == "shout" && m.Len() == 0 {
				return m.Ack("say something")
			}
			return next(ctx, s, m)
		}
	})
	srv.OnAck("shout", func(_ context.Context, _ *socketio.Socket, text string) (string, error) {
		return text + "!", nil
	})

	client := visit(srv)
	defer client.end()
	client.send(`20["shout"]`)
	fmt.Println(client.receive())
	client.send(`21["shout","hey"]`)
	fmt.Println(client.receive())
	// Output:
	// 30["say something"]
	// 31["hey!"]
}
