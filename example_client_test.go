package socketio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"

	"socketio"
)

// quiet is the logger of examples about something else.
var quiet = slog.New(slog.DiscardHandler)

// A pageClient is the client of the examples of docs/: it long-polls, and shows packets as
// they are on the wire.
type pageClient struct {
	srv      *socketio.Server
	web      *httptest.Server
	url      string
	received []string
	id       string // of its last socket
}

// visit starts a server and connects a client to its main namespace.
func visit(srv *socketio.Server) *pageClient {
	c := connect(srv, httptest.NewServer(srv))
	c.join("")
	return c
}

// connect begins a session.
func connect(srv *socketio.Server, web *httptest.Server) *pageClient {
	c := &pageClient{srv: srv, web: web, url: web.URL + "/socket.io/?EIO=4&transport=polling"}
	var open struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal([]byte(c.exchange(http.MethodGet, "")[1:]), &open); err != nil {
		log.Fatal(err)
	}
	c.url += "&sid=" + open.SID
	return c
}

// another connects a second client to the same server.
func (c *pageClient) another() *pageClient {
	other := connect(c.srv, c.web)
	other.join("")
	return other
}

// join joins a namespace and returns the id of its socket.
func (c *pageClient) join(packet string) (id string) {
	c.send("0" + packet)
	_, id, _ = strings.Cut(c.receive(), `"sid":"`)
	c.id = strings.TrimSuffix(id, `"}`)
	return c.id
}

// send sends a packet.
func (c *pageClient) send(packet string) { c.exchange(http.MethodPost, "4"+packet) }

// receive returns the next packet that has arrived, waiting for it if need be.
func (c *pageClient) receive() string {
	if len(c.received) == 0 {
		c.received = strings.Split(c.exchange(http.MethodGet, ""), "\x1e")
	}
	packet := c.received[0]
	c.received = c.received[1:]
	return strings.TrimPrefix(packet, "4")
}

// leave closes the session, as a client does that goes away, and waits until the server
// has told its handlers.
func (c *pageClient) leave() {
	c.exchange(http.MethodPost, "1")
	c.exchange(http.MethodGet, "")
	for there := true; there; runtime.Gosched() {
		_, there = c.srv.Socket(c.id)
	}
}

// end ends the server, all clients, and what their handlers still do.
func (c *pageClient) end() {
	if err := c.srv.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	c.web.Close()
}

// exchange makes one request.
func (c *pageClient) exchange(method, body string) string {
	r, err := http.NewRequest(method, c.url, bytes.NewReader([]byte(body)))
	if err != nil {
		log.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	return string(answer)
}
