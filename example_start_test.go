package socketio_test

import (
	"context"
	"fmt"
	"log"

	"socketio"
)

type Greeting struct {
	Message string `json:"message"`
}

func Example_gettingStarted() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		log.Println("connected:", s.ID())
		return nil
	})
	srv.On("sendToServer", func(_ context.Context, s *socketio.Socket, g Greeting) error {
		return s.Emit("sendToClient", Greeting{"Hello, " + g.Message})
	})
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
		log.Println("disconnected:", s.ID(), why)
		return nil
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["sendToServer",{"message":"Ada"}]`)
	fmt.Println(client.receive())
	// Output:
	// 2["sendToClient",{"message":"Hello, Ada"}]
}
