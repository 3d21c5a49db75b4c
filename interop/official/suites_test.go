package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// What the two suites check, in the order of what they need of a server: one row for each
// line of that list. Time is that of a bubble, so that "exactly 500 ms" can be asked.
var rows = []struct {
	name  string
	check func(c *client)
}{
	{"every message comes back as what it was", messagesComeBack},
	{"the open packet has exactly its keys, and is alone", openPacket},
	{"without a known EIO and transport there is no handshake", unknownHandshakes},
	{"a handshake by POST or PUT is refused", handshakesByOtherMethods},
	{"a ping is alone in its poll, and a pong is answered", pingAndPong},
	{"without a pong the session is over at 500 ms", noPong},
	{"a close packet while a poll waits", closePacketOverPolling},
	{"a close packet over a WebSocket", closePacketOverWebSocket},
	{"one poll answers everything that waits", payloads},
	{"an invalid packet ends the session", invalidPackets},
	{"a second poll ends the session", secondPoll},
	{"a poll given up ends the session", pollGivenUp},
	{"an upgrade, and what comes after it", upgrade},
	{"CONNECT is answered by an id and the auth payload", connect},
	{"CONNECT to an unknown namespace is refused", connectToNowhere},
	{"a connection that joins nothing is closed", neverConnected},
	{"DISCONNECT leaves one namespace", disconnect},
	{"events and acknowledgements, to the byte", events},
	{"an invalid event ends the connection", invalidEvents},
}

func TestWhatTheSuitesCheck(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { row.check(newClient(t)) })
		})
	}
}

func messagesComeBack(c *client) {
	ws := c.webSocket(enginePath)
	ws.send("4hello")
	ws.want("4hello")
	ws.sendBinary("\x01\x02\x03\x04")
	ws.want("binary 01020304")
}

func openPacket(c *client) {
	const form = `^0{"sid":"[\w-]{20}","upgrades":\[%s\],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}$`
	for _, path := range []string{enginePath, socketPath} {
		if got := c.do("GET", path, pollingQuery, ""); got.status != 200 || !matches(form, `"websocket"`, got.body) {
			c.Errorf("polling under %s: %v", path, got)
		}
		ws := c.dial(path, webSocketQuery)
		if got := ws.next(); !matches(form, "", got) {
			c.Errorf("WebSocket under %s: %s", path, got)
		}
	}
}

func matches(form, upgrades, text string) bool {
	return regexp.MustCompile(fmt.Sprintf(form, upgrades)).MatchString(text)
}

func unknownHandshakes(c *client) {
	for _, query := range []string{"", "EIO=4", "EIO=4&transport=abc", "transport=%s", "EIO=abc&transport=%s"} {
		for _, path := range []string{enginePath, socketPath} {
			polling := strings.Replace(query, "%s", "polling", 1)
			if got := c.do("GET", path, polling, ""); got.status != 400 {
				c.Errorf("GET %s?%s: %v", path, polling, got)
			}
			webSocket := strings.Replace(query, "%s", "websocket", 1)
			if _, status := c.tryDial(path, webSocket); status != 400 {
				c.Errorf("WebSocket to %s?%s: %d", path, webSocket, status)
			}
		}
	}
}

func handshakesByOtherMethods(c *client) {
	for _, method := range []string{"POST", "PUT"} {
		if got := c.do(method, enginePath, pollingQuery, ""); got.status != 400 {
			c.Errorf("%s: %v", method, got)
		}
	}
}

func pingAndPong(c *client) {
	s := c.polling()
	for range 3 {
		s.wantPoll(200, "2")
		s.wantPost("3", 200, "ok")
	}
	ws := c.webSocket(enginePath)
	for range 3 {
		ws.want("2")
		ws.send("3")
	}
}

func noPong(c *client) {
	s := c.polling()
	time.Sleep(500 * time.Millisecond)
	synctest.Wait() // for the server's timer, which has run out as well
	s.wantPoll(400, unknownSession)

	start := time.Now()
	ws := c.webSocket(enginePath)
	ws.want("2")
	ws.wantClosed()
	if lived := time.Since(start); lived != 500*time.Millisecond {
		c.Errorf("the WebSocket was open for %v", lived)
	}
}

func closePacketOverPolling(c *client) {
	s := c.polling()
	waiting := s.park()
	s.wantPost("1", 200, "ok")
	if got := <-waiting; got != (answer{200, "6"}) {
		c.Errorf("the poll that waited: %v", got)
	}
	s.wantPoll(400, unknownSession)
}

func closePacketOverWebSocket(c *client) {
	ws := c.webSocket(enginePath)
	ws.send("1")
	ws.wantClosed()
}

func payloads(c *client) {
	for _, payload := range []string{"4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA=="} {
		s := c.polling()
		s.wantPost(payload, 200, "ok")
		s.wantPoll(200, payload)
	}
}

func invalidPackets(c *client) {
	s := c.polling()
	s.wantPost("abc", 400, "")
	s.wantPoll(400, unknownSession)

	ws := c.webSocket(enginePath)
	ws.send("abc")
	ws.wantClosed()
}

func secondPoll(c *client) {
	s := c.polling()
	waiting := s.park()
	s.wantPoll(400, "")
	if got := <-waiting; got != (answer{200, "1"}) {
		c.Errorf("the first: %v", got)
	}
	s.wantPoll(400, unknownSession)
}

func pollGivenUp(c *client) {
	s := c.polling()
	ctx, giveUp := context.WithCancel(c.Context())
	request, err := http.NewRequestWithContext(ctx, "GET", "http://official"+enginePath+"?"+s.query, nil)
	if err != nil {
		c.Fatal(err)
	}
	given := make(chan struct{})
	go func() {
		defer close(given)
		if _, err := c.http.Do(request); err == nil {
			c.Error("the poll was answered")
		}
	}()
	synctest.Wait()
	giveUp()
	<-given
	synctest.Wait()
	s.wantPoll(400, unknownSession)
}

func upgrade(c *client) {
	s := c.polling()
	ws := c.dial(enginePath, s.upgradeQuery)
	ws.send("2probe")
	ws.want("3probe")
	s.wantPoll(200, "6")
	ws.send("5")
	synctest.Wait()
	s.wantPoll(400, `{"code":3,"message":"Bad request"}`)
	c.dial(enginePath, s.upgradeQuery).wantClosed()
	ws.send("4hello")
	ws.want("4hello")
}

func connect(c *client) {
	for _, test := range []struct{ connect, namespace, auth string }{
		{"40", "", "{}"},
		{`40{"token":"123"}`, "", `{"token":"123"}`},
		{"40/custom,", "/custom,", "{}"},
		{`40/custom,{"token":"abc"}`, "/custom,", `{"token":"abc"}`},
	} {
		ws := c.webSocket(socketPath)
		ws.send(test.connect)
		ws.wantMatch(`40` + test.namespace + `{"sid":"[\w-]{20}"}`)
		ws.want(`42` + test.namespace + `["auth",` + test.auth + `]`)
	}
}

func connectToNowhere(c *client) {
	ws := c.webSocket(socketPath)
	ws.send("40/random")
	ws.want(`44/random,{"message":"Invalid namespace"}`)
}

func neverConnected(c *client) {
	ws := c.webSocket(socketPath)
	ws.send("4abc")
	ws.wantClosed()

	start := time.Now()
	silent := c.webSocket(socketPath)
	for packet := silent.next(); packet != closed; packet = silent.next() {
		if packet != "2" {
			c.Fatalf("%s came", packet)
		}
		silent.send("3")
	}
	if lived := time.Since(start); lived != time.Second {
		c.Errorf("a connection that joined nothing was open for %v", lived)
	}
}

func disconnect(c *client) {
	alone := c.joined()
	alone.send("41")
	alone.want("2")

	both := c.joined()
	both.send("40/custom")
	both.wantMatch(`40/custom,{"sid":"[\w-]{20}"}`)
	both.want(`42/custom,["auth",{}]`)
	both.send("41/custom", `42["message","message to main namespace"]`)
	both.want(`42["message-back","message to main namespace"]`)
}

func events(c *client) {
	ws := c.joined()
	ws.send(`42["message",1,"2",{"3":[true]}]`)
	ws.want(`42["message-back",1,"2",{"3":[true]}]`)
	ws.send(`42456["message-with-ack",1,"2",{"3":[false]}]`)
	ws.want(`43456[1,"2",{"3":[false]}]`)

	ws.send(`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	ws.sendBinary("\x01\x02\x03")
	ws.sendBinary("\x04\x05\x06")
	ws.want(`452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"binary 010203", "binary 040506")
	ws.send(`452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	ws.sendBinary("\x01\x02\x03")
	ws.sendBinary("\x04\x05\x06")
	ws.want(`462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"binary 010203", "binary 040506")
}

func invalidEvents(c *client) {
	for _, packet := range []string{"4abc", "42{}", `42abc["message-with-ack",1,"2",{"3":[false]}]`} {
		ws := c.joined()
		ws.send(packet)
		ws.wantClosed()
	}
}

func TestTheSuitesServerHasNothingElseToSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		ws := c.webSocket(socketPath)
		ws.send("40/custom")
		ws.wantMatch(`40/custom,{"sid":"[\w-]{20}"}`)
		ws.want(`42/custom,["auth",{}]`)
		ws.send(`42/custom,["message","nobody listens"]`, `42/custom,1["message-with-ack"]`)
		ws.want("2")
		if err := ws.conn.WriteMessage(websocket.CloseMessage, nil); err != nil {
			t.Error(err)
		}
	})
}
