package socketiotest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/socketiotest"
)

func ExampleNewServer() {
	var t *testing.T // the test's

	srv := socketio.NewServer(nil)
	srv.On("ping", func(_ context.Context, s *socketio.Socket, n int) error { return s.Emit("pong", n) })

	synctest.Test(t, func(t *testing.T) {
		c := socketiotest.NewServer(t, srv).Client(t, nil)
		if err := c.Emit("ping", 1); err != nil {
			t.Fatal(err)
		}
		if n := c.Expect(t, socketio.Event[int]("pong")); n != 1 {
			t.Errorf("pong with %d, want 1", n)
		}
	})
}

func ExampleServer_Client() {
	var t *testing.T // the test's

	srv := socketiotest.NewServer(t, socketio.NewServer(nil))
	srv.Client(t, &socketio.ClientOptions{
		Auth:        map[string]string{"token": "secret"},
		DialOptions: engineio.DialOptions{Transports: []string{engineio.Polling}},
	})
}

func ExampleClient_Cut() {
	var t *testing.T // the test's

	c := socketiotest.NewServer(t, socketio.NewServer(nil)).Client(t, nil)
	c.Cut() // nothing gets through any more
	c.ExpectNone(t, socketio.Event[string]("news"), time.Minute)
	c.Resume() // and the client connects again
}
