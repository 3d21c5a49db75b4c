package socketio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"socketio"
	"socketio/engineio"
)

func Example_compression() {
	srv := socketio.NewServer(&socketio.Options{
		Deflate:         engineio.Deflate{Enable: true, Threshold: 2048}, // over WebSockets
		HTTPCompression: 2048,                                            // of answers to polls
		Logger:          quiet,
	})
	srv.On("report", func(_ context.Context, s *socketio.Socket, picture []byte) error {
		return s.Compress(false).Emit("picture", picture) // a JPEG gets no smaller
	})
	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Shutdown(context.Background())

	request, _ := http.NewRequest(http.MethodGet, web.URL+"/socket.io/?EIO=4&transport=websocket", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key":        "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", // as browsers have it
	} {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	response.Body.Close()
	fmt.Println(response.Header.Get("Sec-WebSocket-Extensions"))
	// Output: permessage-deflate; server_no_context_takeover; client_no_context_takeover
}
