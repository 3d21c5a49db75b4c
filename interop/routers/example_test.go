package routers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"socketio"
)

func Example_serveMux() {
	srv := socketio.NewServer(nil)
	defer srv.Close()

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/socket.io", srv)

	visit(mux)
	// Output:
	// polling 200, WebSocket 101, client 200
}

func Example_chi() {
	srv := socketio.NewServer(nil)
	defer srv.Close()

	r := chi.NewRouter()
	r.Handle("/socket.io", srv)
	r.Handle("/socket.io/*", srv)

	visit(r)
	// Output:
	// polling 200, WebSocket 101, client 200
}

func Example_gin() {
	srv := socketio.NewServer(nil)
	defer srv.Close()

	r := gin.New()
	r.RedirectTrailingSlash = false
	r.Any("/socket.io", gin.WrapH(srv))
	r.Any("/socket.io/*rest", gin.WrapH(srv))

	visit(r)
	// Output:
	// polling 200, WebSocket 101, client 200
}

func Example_echo() {
	srv := socketio.NewServer(nil)
	defer srv.Close()

	e := echo.New()
	e.Any("/socket.io", echo.WrapHandler(srv))
	e.Any("/socket.io/*", echo.WrapHandler(srv))

	visit(e)
	// Output:
	// polling 200, WebSocket 101, client 200
}

// visit prints how handshakes are answered.
func visit(handler http.Handler) {
	web := httptest.NewServer(handler)
	defer web.Close()
	const query = "/socket.io/?EIO=4&transport="
	polling, err := http.Get(web.URL + query + "polling")
	if err != nil {
		fmt.Println(err)
		return
	}
	polling.Body.Close()
	conn, webSocket, err := websocket.DefaultDialer.Dial(strings.Replace(web.URL, "http", "ws", 1)+query+"websocket", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn.Close()
	client, err := http.Get(web.URL + "/socket.io/socket.io.esm.min.js")
	if err != nil {
		fmt.Println(err)
		return
	}
	client.Body.Close()
	fmt.Printf("polling %d, WebSocket %d, client %d\n", polling.StatusCode, webSocket.StatusCode, client.StatusCode)
}

func init() {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler))
}
