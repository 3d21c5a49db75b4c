// Command connect is the chat on one mux with services of Connect, which gRPC clients and
// browsers call:
//
//	go run ./examples/routers/connect
//	curl -H 'Content-Type: application/json' -d '{}' http://localhost:3000/grpc.health.v1.Health/Check
package main

import (
	"net/http"

	"connectrpc.com/grpchealth"

	"socketio/examples/internal/serve"
	"socketio/examples/routers/chat"
)

func main() {
	srv := chat.NewServer()

	mux := http.NewServeMux()
	mux.Handle("/socket.io", srv)
	mux.Handle("/socket.io/", srv)
	mux.Handle(grpchealth.NewHandler(grpchealth.NewStaticChecker())) // or your own service's handler
	mux.Handle("/", chat.Page())

	serve.Run(mux, srv)
}
