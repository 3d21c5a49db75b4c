// Command gin is the chat in a router of gin:
//
//	go run ./examples/routers/gin
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"socketio/examples/internal/serve"
	"socketio/examples/routers/chat"
)

func main() {
	srv := chat.NewServer()

	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.RedirectTrailingSlash = false // a POST does not survive that, and a WebSocket takes none
	r.Any("/socket.io", gin.WrapH(srv))
	r.Any("/socket.io/*rest", gin.WrapH(srv)) // every method, and the client's files
	r.GET("/hello/:name", func(c *gin.Context) {
		c.String(http.StatusOK, "hello "+c.Param("name"))
	})
	r.NoRoute(func(c *gin.Context) {
		c.Status(http.StatusOK) // it would be 404 unless the page says otherwise
		chat.Page().ServeHTTP(c.Writer, c.Request)
	})

	serve.Run(r, srv)
}
