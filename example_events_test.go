package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socketio"
)

type Cursor struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// Validate refuses what the type alone does not.
func (c Cursor) Validate() error {
	if c.X < 0 || c.Y < 0 {
		return errors.New("outside the page")
	}
	return nil
}

const (
	Move  socketio.Event[Cursor]               = "move"
	Where socketio.Call[socketio.None, Cursor] = "where"
	Next  socketio.Call[int, int]              = "next"
)

func Example_typedEvents() {
	srv := socketio.NewServer(nil)
	srv.On(Move, func(_ context.Context, s *socketio.Socket, c Cursor) error {
		s.SetData(c)
		return s.Emit("moved", c)
	})
	srv.OnAck(Where, func(_ context.Context, s *socketio.Socket, _ socketio.None) (Cursor, error) {
		c, _ := s.Data[Cursor]()
		return c, nil
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["move",{"x":3,"y":4}]`)
	fmt.Println(client.receive())
	client.send(`27["where"]`)
	fmt.Println(client.receive())
	// Output:
	// 2["moved",{"x":3,"y":4}]
	// 37[{"x":3,"y":4}]
}

func Example_positionalArguments() {
	srv := socketio.NewServer(nil)
	srv.On("cursor", func(_ context.Context, s *socketio.Socket, at socketio.Args2[int, int]) error {
		return s.Emit("cursor", socketio.Args2[string, int]{A: "sum", B: at.A + at.B})
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["cursor",3,4]`)
	fmt.Println(client.receive())
	// Output:
	// 2["cursor","sum",7]
}

func Example_rawEvents() {
	srv := socketio.NewServer(nil)
	srv.Handle("sum", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		total := 0.0
		numbers := make([]float64, m.Len())
		into := make([]any, m.Len())
		for i := range into {
			into[i] = &numbers[i]
		}
		if err := m.Decode(into...); err != nil {
			return err
		}
		for _, n := range numbers {
			total += n
		}
		if m.WantsAck() {
			return m.Ack(total, "from", len(numbers))
		}
		return s.EmitArgs("total", total, "from", len(numbers))
	})

	client := visit(srv)
	defer client.end()
	client.send(`21["sum",1,2,3.5]`)
	fmt.Println(client.receive())
	client.send(`2["sum",1]`)
	fmt.Println(client.receive())
	// Output:
	// 31[6.5,"from",3]
	// 2["total",1,"from",1]
}

func Example_asking() {
	srv := socketio.NewServer(nil)
	srv.On("count", func(ctx context.Context, s *socketio.Socket, from int) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		n, err := s.EmitAck(ctx, Next, from)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return s.Emit("counted", "you were too slow")
		case err != nil:
			return err
		}
		return s.Emit("counted", fmt.Sprint(from, " is followed by ", n))
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["count",41]`)
	fmt.Println(client.receive())
	client.send(`30[42]`)
	fmt.Println(client.receive())
	// Output:
	// 20["next",41]
	// 2["counted","41 is followed by 42"]
}

// A taken error tells the client what is the matter.
type taken string

func (t taken) Error() string { return string(t) + " is taken" }

// AckArgs is what the client gets as the acknowledgement.
func (t taken) AckArgs() []any { return []any{map[string]string{"error": t.Error()}} }

func Example_errorsAsAcknowledgements() {
	srv := socketio.NewServer(&socketio.Options{
		OnError: func(_ context.Context, _ *socketio.Socket, err error) { fmt.Println("OnError:", err) },
	})
	srv.OnAck("register", func(_ context.Context, _ *socketio.Socket, name string) (string, error) {
		if name == "ada" {
			return "", taken(name)
		}
		return "welcome, " + name, nil
	})
	srv.On(Move, func(context.Context, *socketio.Socket, Cursor) error { return nil })

	client := visit(srv)
	defer client.end()
	for _, packet := range []string{`20["register","grace"]`, `21["register","ada"]`, `22["move",{"x":-1}]`} {
		client.send(packet)
		fmt.Println(client.receive())
	}
	// Output:
	// 30["welcome, grace"]
	// OnError: ada is taken
	// 31[{"error":"ada is taken"}]
	// OnError: socketio: event "move", argument 0: outside the page
	// 32[{"error":"outside the page"}]
}

func Example_binary() {
	srv := socketio.NewServer(nil)
	type picture struct {
		Name  string `json:"name"`
		Bytes []byte `json:"bytes"`
	}
	srv.On("upload", func(_ context.Context, s *socketio.Socket, p picture) error {
		p.Bytes = append(p.Bytes, 0)
		return s.Emit("stored", p)
	})

	client := visit(srv)
	defer client.end()
	client.exchange("POST", `451-["upload",{"name":"a","bytes":{"_placeholder":true,"num":0}}]`+"\x1e"+`bAQI=`)
	fmt.Println(client.receive())
	fmt.Println(client.receive())
	// Output:
	// 51-["stored",{"name":"a","bytes":{"_placeholder":true,"num":0}}]
	// bAQIA
}
