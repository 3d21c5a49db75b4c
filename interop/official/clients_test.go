package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"
)

// What the clients' suites check of their servers is checked by them. Here is what a suite
// would not name when it fails: what its server has to be like.

func TestTheSuiteOfEngineIOClientFindsWhatItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		suite := newEngineClient()
		c := newClientOf(t, suite, suite.server)
		const open = `","upgrades":["websocket"],"pingInterval":500,"pingTimeout":20000,"maxPayload":100}`
		response := c.get(enginePath + "?" + pollingQuery)
		if cookies := response.Header["Set-Cookie"]; len(cookies) != 4 {
			c.Errorf("the handshake sets %q, want four cookies", cookies)
		}
		s := c.polling()
		s.wantPoll(200, "4hi")
		for _, asked := range []struct{ message, answer string }{
			{"4give binary", "bAAECAwQ="},
			{"4give utf8", "4пойду спать всем спокойной ночи"},
			{"4else", "4else"},
		} {
			s.wantPost(asked.message, 200, "ok")
			s.wantPoll(200, asked.answer)
		}
		s.wantPost("4sendHeaders", 200, "ok")
		if got := s.do("GET", enginePath, s.query, ""); !strings.Contains(got.body, `"user-agent":"Go-http-client/1.1"`) {
			c.Errorf("sendHeaders: %v", got)
		}
		s.wantPost(strings.Repeat("4", 101), 413, "")
		if got := c.do("GET", enginePath, pollingQuery, ""); !strings.HasSuffix(got.body, open) {
			c.Errorf("handshake: %v", got)
		}
		if got := c.do("GET", enginePath, pollingQuery+"&deny=1", ""); got != (answer{403, `{"code":4,"message":"Forbidden"}`}) {
			c.Errorf("deny: %v", got)
		}
		ws := c.webSocket(enginePath)
		ws.want("4hi")
		ws.send(strings.Repeat("4", 101))
		if _, _, err := ws.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) || err.Error() != "websocket: close 1009 (message too big)" {
			c.Errorf("a message too large: %v, want code 1009 and no reason", err)
		}
	})
}

func TestTheSuiteOfSocketIOClientFindsWhatItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newSocketClient()
		c := newClientOf(t, srv, srv)
		for _, namespace := range []string{"/foo", "/timeout_socket", "/valid", "/asd"} {
			ws := c.webSocket(socketPath)
			ws.send("40" + namespace + ",")
			ws.wantMatch(`40` + namespace + `,{"sid":"[\w-]{20}","pid":"[\w-]+"}`)
		}
		ws := c.webSocket(socketPath)
		ws.send("40/no,", "40/bar,", `40/abc,{"token":"abcd"}`)
		ws.want(`44/no,{"message":"Auth failed (custom namespace)"}`, `44/bar,{"message":"Invalid namespace"}`)
		ws.wantMatch(`40/abc,{.*}`)
		ws.wantMatch(`42/abc,\["handshake",{"query":{.*"transport":"websocket".*},"auth":{"token":"abcd"},.*`)

		ws.send("40")
		ws.wantMatch(`40{.*}`)
		for _, asked := range []struct{ event, answer string }{
			{`["hi"]`, `42\["hi","[\w-]+"\]`},
			{`7["echo",null]`, `437\[null\]`},
			{`8["getAckDate",{}]`, `438\["2.*Z"\]`},
			{`["getDateObj"]`, `42\["takeDateObj",{"date":"2.*Z"},"[\w-]+"\]`},
			{`["false"]`, `42\["false",false,"[\w-]+"\]`},
			{`["ack"]`, `420\["ack"\]`},
			{`["ack"]`, `421\["ack"\]`}, // though the first is not answered
		} {
			ws.send("42" + asked.event)
			ws.wantMatch(asked.answer)
		}
		ws.send(`431[5,{"test":true}]`)
		ws.wantMatch(`42\["got it","[\w-]+"\]`)
		ws.send(`451-["jsonbuff",{"hello":"lol","message":{"_placeholder":true,"num":0},"goodbye":"gotcha"}]`)
		ws.sendBinary("asdfasdf")
		ws.wantMatch(`42\["jsonbuff-ack","[\w-]+"\]`)

		ws = c.dial(socketPath, webSocketQuery+"&fail=true")
		ws.wantMatch(`0{.*}`)
		ws.send("40")
		ws.want(`44{"message":"Auth failed (main namespace)"}`)
	})
}

// get makes a request and returns the head of its response.
func (c *client) get(target string) *http.Response {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), "GET", "http://official"+target, nil)
	if err != nil {
		c.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	response.Body.Close()
	return response
}
