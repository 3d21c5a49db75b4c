package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"socketio"
)

// What a server and its clients in Go agree on.
const (
	Said   socketio.Event[Remark]       = "said"
	Lookup socketio.Call[string, Entry] = "lookup"
)

type (
	Remark struct{ Text string }
	Entry  struct{ Title string }
)

// library is a server that answers.
func library() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnAck(Lookup, func(_ context.Context, _ *socketio.Socket, key string) (Entry, error) {
		return Entry{"About " + key}, nil
	})
	srv.On(Said, func(_ context.Context, s *socketio.Socket, l Remark) error { return s.Emit(Said, l) })
	return srv
}

func Example_goClient() {
	web := httptest.NewServer(library())
	defer web.Close()

	c := socketio.NewClient(web.URL, &socketio.ClientOptions{OnRetry: quietly})
	defer c.Close()
	heard := make(chan string, 1)
	c.On(Said, func(_ context.Context, _ *socketio.ClientSocket, l Remark) error {
		heard <- l.Text
		return nil
	})
	// Not connected yet: it waits, and goes out first.
	if err := c.Emit(Said, Remark{"hello"}); err != nil {
		log.Fatal(err)
	}
	if err := c.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-heard)

	entry, err := c.EmitAck(context.Background(), Lookup, "gophers")
	fmt.Println(entry.Title, err)
	// Output:
	// hello
	// About gophers <nil>
}

func Example_requests() {
	srv := library()
	srv.OnAck("borrow", func(_ context.Context, s *socketio.Socket, title string) (string, error) {
		// The server asks back before it answers.
		name, err := s.EmitAck[string](s.Context(), "who are you?", socketio.None{})
		return title + " is lent to " + name, err
	})
	srv.OnAck("shred", func(ctx context.Context, _ *socketio.Socket, _ string) (string, error) {
		<-ctx.Done() // it never answers
		return "", ctx.Err()
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	c := socketio.NewClient(web.URL, &socketio.ClientOptions{OnRetry: quietly})
	defer c.Close()
	c.OnAck("who are you?", func(context.Context, *socketio.ClientSocket, socketio.None) (string, error) {
		return "ada", nil
	})
	if err := c.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	answer, err := c.EmitAck[string](context.Background(), "borrow", "Faust")
	fmt.Println(answer, err)

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = c.EmitAck[string](ctx, "shred", "Faust")
	fmt.Println(errors.Is(err, context.DeadlineExceeded))

	time.AfterFunc(100*time.Millisecond, func() { c.Conn().Close() }) // the connection is lost
	_, err = c.EmitAck[string](context.Background(), "shred", "Faust")
	fmt.Println(errors.Is(err, socketio.ErrDisconnected))
	// Output:
	// Faust is lent to ada <nil>
	// true
	// true
}

// quietly is told of each failure to connect.
func quietly(int, time.Duration, error) {}
