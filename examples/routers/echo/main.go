// Command echo is the chat in a router of Echo:
//
//	go run ./examples/routers/echo
package main

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"socketio/examples/internal/serve"
	"socketio/examples/routers/chat"
)

func main() {
	srv := chat.NewServer()

	e := echo.New()
	e.Use(middleware.Recover())
	e.Any("/socket.io", echo.WrapHandler(srv))   // some clients leave the last slash out
	e.Any("/socket.io/*", echo.WrapHandler(srv)) // every method, and the client's files
	e.GET("/hello/:name", func(c echo.Context) error {
		return c.String(http.StatusOK, "hello "+c.Param("name"))
	})
	e.GET("/*", echo.WrapHandler(chat.Page()))

	serve.Run(e, srv)
}
