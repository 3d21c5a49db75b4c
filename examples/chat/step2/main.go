// Command step2 serves the page of the chat, which does nothing yet:
//
//	go run ./examples/chat/step2
package main

import (
	"embed"

	"socketio/examples/internal/serve"
)

//go:embed index.html
var page embed.FS

func main() {
	serve.Run(serve.Page(page))
}
