package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"socketio"
)

// What a server and its clients in Go agree on.
const (
	Said   socketio.Event[Remark]         = "said"
	Lookup socketio.Call[string, Entry]   = "lookup"
	Upload socketio.Call[Chunk, Received] = "upload"
)

type (
	Remark struct{ Text string }
	Entry  struct{ Title string }
	Chunk  struct {
		Offset int    `json:"offset"`
		Data   []byte `json:"data"`
	}
	Received struct{ Total int }
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

func Example_goClientToken() {
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct{ Token string }
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		if auth.Token != "token 2" {
			return nil, &socketio.ConnectError{Message: "token expired", Data: map[string]int{"code": 401}}
		}
		return nil, nil
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	var tokens atomic.Int32
	c := socketio.NewClient(web.URL, &socketio.ClientOptions{
		// At each attempt, so that a token is never older than its connection.
		AuthFunc: func(context.Context) (any, error) {
			return map[string]string{"token": fmt.Sprint("token ", tokens.Add(1))}, nil
		},
		OnRetry: quietly,
	})
	defer c.Close()
	err := c.Connect(context.Background())
	if refused, ok := errors.AsType[*socketio.ConnectError](err); ok {
		fmt.Println(refused.Message, refused.Data) // a refusal is not tried again by itself
		err = c.Connect(context.Background())
	}
	fmt.Println(c.Connected(), err)
	// Output:
	// token expired map[code:401]
	// true <nil>
}

func Example_goClientUpload() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		total := 0 // of this connection
		s.OnAck(Upload, func(_ context.Context, _ *socketio.Socket, c Chunk) (Received, error) {
			total = max(total, c.Offset+len(c.Data)) // one that comes twice counts once
			return Received{total}, nil
		})
		return nil
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	c := socketio.NewClient(web.URL, &socketio.ClientOptions{OnRetry: quietly})
	defer c.Close()
	if err := c.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	file := make([]byte, 250_000)
	for offset := 0; offset < len(file); offset += 100_000 {
		chunk := Chunk{offset, file[offset:min(offset+100_000, len(file))]}
		r, err := c.EmitAck(context.Background(), Upload, chunk)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d of %d\n", r.Total, len(file))
	}
	// Output:
	// 100000 of 250000
	// 200000 of 250000
	// 250000 of 250000
}

func Example_goClientBot() {
	srv := library()
	web := httptest.NewServer(srv)
	defer web.Close()

	bot := socketio.NewClient(web.URL, nil)
	bot.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		return s.Emit(Said, Remark{"bye"}) // at each connection
	})
	bot.On(Said, func(_ context.Context, s *socketio.ClientSocket, l Remark) error {
		if l.Text == "bye" {
			s.Disconnect()
		}
		return nil
	})
	if err := bot.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bot.Wait(context.Background())) // until it has left, or is not let back
	// Output:
	// socketio: disconnected: io client disconnect
}

// quietly is told of each failure to connect.
func quietly(int, time.Duration, error) {}
