package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"socketio"
	"socketio/auth"
)

// sessions is what a program knows of tokens; a library for JWT does as well.
var sessions = map[string]auth.Identity{
	"token-1": {User: "ada", Expires: time.Now().Add(time.Hour)},
	"token-2": {User: "ada", Expires: time.Now().Add(2 * time.Hour)},
}

func Example_guard() {
	srv := socketio.NewServer(nil)
	guard := &auth.Guard{
		Verify: func(_ context.Context, token string) (auth.Identity, error) {
			id, known := sessions[token]
			if !known {
				return id, &socketio.ConnectError{Message: "unauthorized"}
			}
			return id, nil
		},
		May: func(_ context.Context, id auth.Identity, m *socketio.Message) error {
			if m.Event == "shut down" && id.User != "root" {
				return errors.New("only root shuts down")
			}
			return nil
		},
	}
	guard.Protect(srv.Namespace)
	srv.OnConnect(func(ctx context.Context, s *socketio.Socket) error {
		id, _ := auth.Of(ctx)
		return s.Emit("hello", id.User)
	})

	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Close()
	c := socketio.NewClient(web.URL, &socketio.ClientOptions{Auth: map[string]string{"token": "token-1"}})
	defer c.Close()
	heard, gone := make(chan string, 1), make(chan struct{})
	c.On("hello", func(_ context.Context, _ *socketio.ClientSocket, user string) error {
		heard <- user
		return nil
	})
	c.OnDisconnect(func(context.Context, *socketio.ClientSocket, socketio.Reason) error {
		close(gone)
		return nil
	})
	ctx := context.Background()
	if err := c.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("hello,", <-heard)

	answer, err := c.EmitAck(ctx, auth.Refresh, "token-2")
	fmt.Println(time.UnixMilli(answer.Expires).After(time.Now().Add(90*time.Minute)), err)

	m, err := c.EmitArgsAck(ctx, "shut down")
	if err == nil {
		var answer map[string]string
		err = m.Decode(&answer)
		fmt.Println(answer["error"])
	}

	delete(sessions, "token-2")
	if err := errors.Join(err, auth.Revoke(srv.Namespace, "ada")); err != nil {
		fmt.Println(err)
	}
	<-gone
	fmt.Println("gone")
	// Output:
	// hello, ada
	// true <nil>
	// forbidden
	// gone
}
