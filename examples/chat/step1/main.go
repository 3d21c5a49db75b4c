// Command step1 is a web server that answers, and not a chat yet:
//
//	go run ./examples/chat/step1
package main

import (
	"fmt"
	"net/http"

	"socketio/examples/internal/serve"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<h1>Hello, world</h1>")
	})
	serve.Run(mux)
}
