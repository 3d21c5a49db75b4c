package msgpack_test

import (
	"context"
	"fmt"
	"log"

	"socketio"
	"socketio/msgpack"
	"socketio/sio5"
)

// An upload is what clients send.
type upload struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// A server whose clients use socket.io-msgpack-parser. Its handlers are the same as they
// would be with JSON.
func Example_server() {
	srv := socketio.NewServer(&socketio.Options{Codec: msgpack.Codec{}})
	srv.OnAck("upload", func(_ context.Context, s *socketio.Socket, u upload) (int, error) {
		return len(u.Data), nil
	})
	fmt.Println(srv.Close())
	// Output: <nil>
}

// What a packet is on the wire.
func ExampleCodec_Append() {
	message, err := msgpack.Codec{}.Append(nil, sio5.Packet{Type: sio5.Event, Data: []byte(`["greet",{"n":1}]`)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", message)
	// Output: "\x83\xa4type\x02\xa4data\x92\xa5greet\x81\xa1n\x01\xa3nsp\xa1/"
}
