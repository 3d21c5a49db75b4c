package fiber_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/gorilla/websocket"

	"socketio"
)

func Example() {
	srv := socketio.NewServer(nil)
	defer srv.Close()

	app := fiber.New()
	app.Get("/hello", func(c fiber.Ctx) error { return c.SendString("hello from fiber") })

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", adaptor.FiberApp(app))

	visit(mux)
	// Output:
	// polling 200, WebSocket 101, /hello 200 "hello from fiber"
}

const query = "/socket.io/?EIO=4&transport="

// visit prints how handshakes and a page of the program's own are answered.
func visit(handler http.Handler) {
	web := httptest.NewServer(handler)
	defer web.Close()
	polling, _, err := get(web.URL + query + "polling")
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, webSocket, err := websocket.DefaultDialer.Dial(strings.Replace(web.URL, "http", "ws", 1)+query+"websocket", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn.Close()
	page, body, err := get(web.URL + "/hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("polling %d, WebSocket %d, /hello %d %q\n", polling, webSocket.StatusCode, page, body)
}

func get(url string) (status int, body string, err error) {
	response, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) }
