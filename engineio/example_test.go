package engineio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"socketio/engineio"
)

// A server that returns what it gets, and a client. Messages are text or binary; events,
// rooms and acknowledgements are a matter of package socketio.
func Example() {
	srv := engineio.NewServer(func(c *engineio.Conn) {
		for {
			m, err := c.Receive(c.Context())
			if err != nil {
				return
			}
			if err := c.Send(m); err != nil {
				return
			}
		}
	}, &engineio.Options{Path: "/engine.io/"})
	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Close()

	ctx := context.Background()
	c, err := engineio.Dial(ctx, web.URL+"/engine.io/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.Send(engineio.Message{Data: []byte("hello")}); err != nil {
		fmt.Println(err)
	}
	m, err := c.Receive(ctx)
	fmt.Println(string(m.Data), err)
	// Output:
	// hello <nil>
}

func ExampleServer_Trace() {
	srv := engineio.NewServer(func(*engineio.Conn) {}, nil)
	srv.Trace(&engineio.Trace{
		Refused: func(_ *http.Request, err *engineio.HandshakeError) { fmt.Println(err.Code, err) },
	})
	srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/engine.io/?EIO=4&transport=pigeon", nil))
}
