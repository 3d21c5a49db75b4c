package socketio_test

import (
	"context"
	"fmt"
	"slices"

	"socketio"
)

func Example_rooms() {
	srv := socketio.NewServer(nil)
	srv.On("join", func(_ context.Context, s *socketio.Socket, room string) error {
		s.Join(room)
		return s.To(room).Emit("joined", room) // the others in the room
	})
	srv.On("news", func(_ context.Context, _ *socketio.Socket, text string) error {
		return srv.To("go", "js").Except("quiet").Emit("news", text) // also the sender
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`2["join","go"]`)
	grace := ada.another()
	grace.send(`2["join","go"]`)
	fmt.Println("ada", ada.receive())
	grace.send(`2["news","it compiles"]`)
	fmt.Println("ada", ada.receive())
	fmt.Println("grace", grace.receive())
	// Output:
	// ada 2["joined","go"]
	// ada 2["news","it compiles"]
	// grace 2["news","it compiles"]
}

func Example_askingMany() {
	srv := socketio.NewServer(nil)
	srv.OnAck("poll", func(ctx context.Context, _ *socketio.Socket, question string) ([]string, error) {
		var answers []string
		for reply, err := range srv.All().EmitAcks[string](ctx, "question", question) {
			if err != nil {
				return answers, err // *PartialError: some are missing
			}
			answers = append(answers, reply.Value)
		}
		slices.Sort(answers)
		return answers, nil
	})

	ada := visit(srv)
	defer ada.end()
	grace := ada.another()
	grace.send(`29["poll","lunch?"]`)
	fmt.Println(ada.receive())
	ada.send(`30["soup"]`)
	fmt.Println(grace.receive())
	grace.send(`30["pie"]`)
	fmt.Println(grace.receive())
	// Output:
	// 20["question","lunch?"]
	// 20["question","lunch?"]
	// 39[["pie","soup"]]
}
