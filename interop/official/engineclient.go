package main

import (
	"encoding/json/v2"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"socketio/engineio"
)

// engineClient is what the suite of engine.io-client talks to.
type engineClient struct {
	server *engineio.Server
	posts  sync.Map // the header of each session's last POST, by the session's id
}

func newEngineClient() *engineClient {
	e := &engineClient{}
	e.server = engineio.NewServer(e.open, &engineio.Options{
		Path:         enginePath,
		PingInterval: 500 * time.Millisecond,
		MaxPayload:   100,
		Allow:        notDenied,
		Header:       addCookies,
		Logger:       slog.New(slog.DiscardHandler),
	})
	return e
}

// ServeHTTP remembers the headers of POSTs, which clients ask for.
func (e *engineClient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		e.posts.Store(r.URL.Query().Get("sid"), r.Header)
	}
	e.server.ServeHTTP(w, r)
}

func notDenied(r *http.Request) error {
	if r.URL.Query().Has("deny") {
		return errors.New("Forbidden")
	}
	return nil
}

// addCookies sets four cookies, of which a client keeps two: one may be sent only over TLS,
// which the suite's client does not mind, and two have ended.
func addCookies(h http.Header, _ *http.Request, first bool) {
	if !first {
		return
	}
	h["Set-Cookie"] = []string{
		"1=1; Max-Age=86400",
		"2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
		"3=3; Max-Age=0",
		"4=4; Expires=" + time.Now().UTC().Format(http.TimeFormat),
	}
}

func (e *engineClient) open(c *engineio.Conn) {
	c.Attach(engineSession{e, c})
	_ = c.Send(text("hi")) // fails only if the connection has ended
}

// An engineSession answers the messages of one connection.
type engineSession struct {
	suite *engineClient
	conn  *engineio.Conn
}

// Receive sends the message back, or what it asks for.
func (s engineSession) Receive(m engineio.Message) {
	answer := m
	if !m.Binary {
		switch string(m.Data) {
		case "give binary":
			answer = engineio.Message{Data: []byte{0, 1, 2, 3, 4}, Binary: true}
		case "give utf8":
			answer = text("пойду спать всем спокойной ночи")
		case "sendHeaders":
			answer = text(s.lastPost())
		}
	}
	_ = s.conn.Send(answer) // fails only if the connection has ended
}

// lastPost is a JSON object of the headers of the last POST, by names in lower case.
func (s engineSession) lastPost() string {
	shown := map[string]string{}
	if header, ok := s.suite.posts.Load(s.conn.ID()); ok {
		for name, values := range header.(http.Header) {
			shown[strings.ToLower(name)] = strings.Join(values, "; ")
		}
	}
	encoded, _ := json.Marshal(shown) // strings are always encoded
	return string(encoded)
}

// Closed forgets the session.
func (s engineSession) Closed(*engineio.CloseError) { s.suite.posts.Delete(s.conn.ID()) }

func text(s string) engineio.Message { return engineio.Message{Data: []byte(s)} }
