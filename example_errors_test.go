package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"socketio"
	"socketio/engineio"
)

func Example_errors() {
	srv := socketio.NewServer(&socketio.Options{
		Logger: quiet,
		Allow: func(r *http.Request) error {
			if r.URL.Query().Get("as") == "nobody" {
				return errors.New("not you") // the client is told so: code 4
			}
			return nil
		},
	})
	srv.Engine().Trace(&engineio.Trace{
		Refused: func(_ *http.Request, err *engineio.HandshakeError) {
			fmt.Println(err.Code, err)
		},
	})
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
		fmt.Println(why)
		fmt.Println(context.Cause(s.Context())) // says more, where more is known
		return nil
	})

	web := httptest.NewServer(srv)
	client := &pageClient{srv: srv, web: web}
	defer client.end()
	for _, query := range []string{"?EIO=4&transport=polling&as=nobody", "?EIO=3&transport=polling", "?EIO=4"} {
		client.url = web.URL + "/socket.io/" + query
		client.exchange(http.MethodGet, "")
	}
	leaving := client.another()
	leaving.leave()
	// Output:
	// 4 engineio: not you
	// 5 engineio: Unsupported protocol version
	// 0 engineio: Transport unknown
	// transport close
	// socketio: disconnected: transport close
}
