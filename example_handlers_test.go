package socketio_test

import (
	"context"
	"errors"
	"fmt"

	"socketio"
)

func Example_handlers() {
	srv := socketio.NewServer(nil)
	ticks := make(chan int)
	srv.On("watch", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		go func() {
			ctx := s.Context() // ends when the client goes
			for {
				select {
				case n := <-ticks:
					if err := s.Emit("tick", n); err != nil {
						return
					}
				case <-ctx.Done():
					fmt.Println(context.Cause(ctx))
					close(ticks)
					return
				}
			}
		}()
		return nil // the next event of this client is handled now
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["watch"]`)
	ticks <- 1
	fmt.Println(client.receive())
	client.leave()
	<-ticks
	// Output:
	// 2["tick",1]
	// socketio: disconnected: transport close
}

func Example_onError() {
	srv := socketio.NewServer(&socketio.Options{
		OnError: func(_ context.Context, _ *socketio.Socket, err error) {
			if p, ok := errors.AsType[*socketio.PanicError](err); ok {
				fmt.Println("a bug:", p.Value) // p.Stack says where
				return
			}
			if d, ok := errors.AsType[*socketio.DecodeError](err); ok {
				fmt.Println("a client sent", d.Event, "with a wrong argument", d.Arg)
				return
			}
			fmt.Println("failed:", err)
		},
	})
	srv.On("divide", func(_ context.Context, s *socketio.Socket, by int) error {
		if by == 1 {
			return errors.New("not worth it")
		}
		return s.Emit("result", 100/by)
	})

	client := visit(srv)
	defer client.end()
	for _, by := range []string{`1`, `"x"`, `0`, `5`} {
		client.send(`2["divide",` + by + `]`)
	}
	fmt.Println(client.receive()) // still connected
	// Output:
	// failed: not worth it
	// a client sent divide with a wrong argument 0
	// a bug: runtime error: integer divide by zero
	// 2["result",20]
}
