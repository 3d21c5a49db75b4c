// Command fiber is the chat beside an app of Fiber:
//
//	go run ./examples/routers/fiber
//
// Fiber is not built on net/http, and lends a request only until it is answered. So
// net/http listens, and hands what is not Socket.IO's to the app.
package main

import (
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"socketio/examples/internal/serve"
	"socketio/examples/routers/chat"
)

func main() {
	srv := chat.NewServer()

	app := fiber.New()
	app.Get("/hello/:name", func(c fiber.Ctx) error {
		return c.SendString("hello " + c.Params("name"))
	})
	app.Use(adaptor.HTTPHandler(chat.Page()))

	mux := http.NewServeMux()
	mux.Handle("/socket.io", srv)
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", adaptor.FiberApp(app))

	serve.Run(mux, srv)
}
