// Package fiber_test mounts the server beside a fiber app, and shows why it is beside and
// not within.
package fiber_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/gorilla/websocket"

	"socketio"
)

// The contexts of handlers have the values of a session's first request. Within an app
// these are in memory of fiber's, which the next request of the connection gets.
func TestWithinAnAppHandlersSeeTheValuesOfLaterRequests(t *testing.T) {
	srv := socketio.NewServer(nil)
	t.Cleanup(func() { srv.Close() })
	tenants := make(chan any, 1)
	srv.OnConnect(func(ctx context.Context, _ *socketio.Socket) error {
		tenants <- ctx.Value("tenant")
		return nil
	})
	web := listen(t, srv)

	status, opening := send(t, http.MethodGet, web+query+"polling", "", "the first")
	sid := regexp.MustCompile(`"sid":"([^"]*)"`).FindStringSubmatch(opening)
	if status != http.StatusOK || sid == nil {
		t.Fatalf("the handshake: %d %q", status, opening)
	}
	if status, answer := send(t, http.MethodPost, web+query+"polling&sid="+sid[1], "40", "another"); status != http.StatusOK {
		t.Fatalf("CONNECT: %d %q", status, answer)
	}
	if got := <-tenants; got != "another" {
		t.Errorf("the value is %q; docs/mounting.md warns of that of a later request, %q", got, "another")
	}
}

func TestWithinAnAppWebSocketsAreAnswered(t *testing.T) {
	srv := socketio.NewServer(nil)
	t.Cleanup(func() { srv.Close() })
	web := listen(t, srv)

	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(web, "http", "ws", 1)+query+"websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, opening, err := conn.ReadMessage(); err != nil || !strings.HasPrefix(string(opening), `0{"sid":`) {
		t.Errorf("the first message is %q (%v), want the handshake", opening, err)
	}
}

// listen serves an app that knows tenants, and has the handler mounted through fiber's
// adaptor.
func listen(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		// A copy: what Get returns is lent, too.
		c.RequestCtx().SetUserValue("tenant", strings.Clone(c.Get("X-Tenant")))
		return c.Next()
	})
	app.All("/socket.io/", adaptor.HTTPHandler(h))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// send makes a request of the tenant, over the connection of the one before.
func send(t *testing.T, method, url, body, tenant string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Tenant", tenant)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
