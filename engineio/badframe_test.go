package engineio

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"

	"socketio/internal/ws"
)

func TestBadWebSocketHandshakes(t *testing.T) {
	r := newRig(t, nil, nil)
	target := "/socket.io/?EIO=4&transport=websocket"
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"B49 no key", []string{"Sec-WebSocket-Key: "}, 400},
		{"B49 a short key", []string{"Sec-WebSocket-Key: c2hvcnQ="}, 400},
		{"B49 version 12", []string{"Sec-WebSocket-Version: 12"}, 426},
		{"B49 no version", []string{"Sec-WebSocket-Version: "}, 426},
		{"B49 upgrade to something else", []string{"Upgrade: foo"}, 400},
		{"B49 a bad subprotocol", []string{"Sec-WebSocket-Protocol: a,,b"}, 400},
		{"no Connection", []string{"Connection: close"}, 400},
		{"B51 a bad extension", []string{"Sec-WebSocket-Extensions: permessage-deflate; ="}, 101},
	}
	sid := r.poll()
	for _, test := range tests {
		for _, session := range []string{"", "&sid=" + sid} {
			c, a := r.handshake(target+session, test.headers...)
			if a.status != test.status {
				t.Errorf("%s%s: %d %s, want %d", test.name, session, a.status, a.body, test.status)
			}
			if a.status == 426 && a.header.Get("Sec-WebSocket-Version") != "13" {
				t.Errorf("%s: %v", test.name, a.header)
			}
			if a.header.Get("Sec-WebSocket-Extensions") != "" {
				t.Errorf("%s: an extension was accepted", test.name)
			}
			if c != nil {
				c.Conn.Close()
			}
		}
	}
	post := "POST " + target + " HTTP/1.1\r\n" + headerLines([]string{"Content-Length: 0"}) + "\r\n"
	if a := r.raw(post); a.status != 400 || a.body != badMethodBody {
		t.Errorf("B50: %d %s", a.status, a.body)
	}
	post = strings.Replace(post, target, target+"&sid="+sid, 1)
	if a := r.raw(post); a.status != 400 {
		t.Errorf("B50 with a session: %d %s", a.status, a.body)
	}
	r.want("the session is unharmed", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
}

// clientFrame is a frame of a client, with everything about it to be chosen.
func clientFrame(first byte, masked bool, payload string) []byte {
	b := []byte{first, byte(len(payload))}
	if masked {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0) // which masks nothing
	}
	return append(b, payload...)
}

func declared(length uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, length)
}

func TestBadFrames(t *testing.T) {
	fragment := func(n int, payload string) []byte {
		b := clientFrame(0x01, true, payload)
		return append(b, bytes.Repeat(clientFrame(0x00, true, payload), n)...)
	}
	tests := []struct {
		name   string
		sent   []byte
		code   int
		reason string
	}{
		{"B52 unmasked", clientFrame(0x81, false, "4x"), 1002, "transport error"},
		{"B52 RSV1", clientFrame(0xc1, true, "4x"), 1002, "transport error"},
		{"B52 RSV2", clientFrame(0xa1, true, "4x"), 1002, "transport error"},
		{"B52 opcode 3", clientFrame(0x83, true, "4x"), 1002, "transport error"},
		{"B52 a fragmented ping", clientFrame(0x09, true, ""), 1002, "transport error"},
		{"B52 a long ping", append([]byte{0x89, 0xfe, 0, 126}, make([]byte, 130)...), 1002, "transport error"},
		{"B52 a continuation of nothing", clientFrame(0x80, true, "x"), 1002, "transport error"},
		{"B52 close 1005", clientFrame(0x88, true, "\x03\xed"), 1002, "transport error"},
		{"B52 a close body of one byte", clientFrame(0x88, true, "\x03"), 1002, "transport error"},
		{"B53 over the limit", declared(1_000_001), 1009, "transport error"},
		{"B53 2^63-1", declared(1<<63 - 1), 1009, "transport error"},
		{"B53 2^63", declared(1 << 63), 1009, "transport error"},
		{"B54 what is not UTF-8", clientFrame(0x81, true, "4\xff"), 1007, "transport error"},
		{"B54 split over fragments", append(clientFrame(0x01, true, "4\xe2"), clientFrame(0x80, true, "x")...), 1007, "transport error"},
		{"B55 endless fragments", fragment(1024, "4"), 1008, "transport error"},
		{"B55 endless empty fragments", fragment(1024, ""), 1008, "transport error"},
		{"B57 a flood of pings", bytes.Repeat(clientFrame(0x89, true, ""), 101), 1008, "transport error"},
		{"B58 an empty text", clientFrame(0x81, true, ""), 1005, "parse error"},
		{"B62 Engine.IO's close", clientFrame(0x81, true, "1"), 1005, "transport close"},
		{"a close frame", clientFrame(0x88, true, "\x03\xe9bye"), 1001, "transport close"},
		{"Engine.IO's ping", clientFrame(0x81, true, "2"), 1005, "transport error"},
		{"Engine.IO's open", clientFrame(0x81, true, "0{}"), 1005, "parse error"},
		{"bad base64", clientFrame(0x81, true, "b!!!!"), 1005, "parse error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			healthy := r.dial("transport=websocket").open()
			c := r.dial("transport=websocket").open()
			if _, err := c.Write(test.sent); err != nil {
				t.Fatal(err)
			}
			m := c.message()
			for m.text == "" { // pongs
				m = c.message()
			}
			if m.text != "close" || m.code != test.code {
				t.Errorf("got %+v, want a close frame with %d", m, test.code)
			}
			c.Conn.Close()
			r.wantClosed(test.reason)
			healthy.send("4alive")
			healthy.expect("another connection is unharmed", "4alive")
		})
	}
}

func TestFramesThatAreRight(t *testing.T) {
	r := newRig(t, nil, nil)
	c := r.dial("transport=websocket").open()
	c.Write(clientFrame(0x82, true, "")) // B58: an empty binary message is one
	if m := c.message(); !m.binary || m.text != "" {
		t.Errorf("got %+v", m)
	}
	c.send("bAQID") // B63
	if m := c.message(); !m.binary || m.text != "\x01\x02\x03" {
		t.Errorf("got %+v", m)
	}
	for _, b := range [][]byte{clientFrame(0x01, true, "4a"), clientFrame(0x00, true, "b"), clientFrame(0x89, true, "ping"), clientFrame(0x80, true, "c")} {
		c.Write(b)
	}
	c.expect("a pong between the fragments, then their message", "ping", "4abc")
	largest := "4" + strings.Repeat("x", 999_999)
	c.send(largest)
	c.expect("just at the limit", largest)
	c.Write(append(ws.AppendMasked(nil, ws.OpClose, nil), "garbage"...)) // B59
	c.expect("the end", "close")
}

func TestBadFramesTogetherWithTheUpgradeRequest(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	for _, query := range []string{"transport=websocket", "transport=websocket&sid=" + sid, "transport=websocket&sid=bad", "transport=bogus"} {
		for _, first := range []byte{0xa1, 0xb1, 0x83} {
			nc := r.connect()
			request := "GET /socket.io/?EIO=4&" + query + " HTTP/1.1\r\n" + headerLines(nil) + "\r\n"
			nc.Write(append([]byte(request), clientFrame(first, true, "x")...))
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			resp.Body.Close()
			nc.Close()
		}
	}
	r.until("nothing of them is left", func() bool { return r.server.Len() == 1 })
	r.want("the session is unharmed", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
}

func TestBadUpgrades(t *testing.T) {
	tests := []struct {
		name  string
		first func(c *wsClient)
	}{
		{"B65 ping", func(c *wsClient) { c.send("2") }},
		{"B65 another probe", func(c *wsClient) { c.send("2prob") }},
		{"B65 message", func(c *wsClient) { c.send("40") }},
		{"B65 binary", func(c *wsClient) { c.sendBinary([]byte("2probe")) }},
		{"B65 empty", func(c *wsClient) { c.send("") }},
		{"B65 what is no packet", func(c *wsClient) { c.send("x") }},
		{"pong", func(c *wsClient) { c.send("3probe") }},
		{"a bad frame", func(c *wsClient) { c.Write(clientFrame(0x83, true, "x")) }},
		{"a close frame", func(c *wsClient) { c.Write(clientFrame(0x88, true, "")) }},
		{"a message behind the probe", func(c *wsClient) { c.send("2probe", "4x"); c.expect("probe", "3probe") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			sid := r.poll()
			c := r.dial("transport=websocket&sid=" + sid)
			test.first(c)
			c.expect("the WebSocket is closed", "close")
			c.Conn.Close()
			query := "transport=polling&sid=" + sid
			r.want("polling goes on", "POST", query, "4x", 200, "ok")
			r.want("polling goes on", "GET", query, "", 200, "4x")
			r.until("another may try", func() bool {
				conn := r.server.find(sid)
				conn.mu.Lock()
				defer conn.mu.Unlock()
				return conn.session.via == viaPolling
			})
			second := r.dial("transport=websocket&sid=" + sid)
			second.send("5", "4y") // B64: without a probe
			second.expect("upgraded", "4y")
			second.send("5", "4z") // B68
			second.expect("a second 5 changes nothing", "4z")
		})
	}
}

func TestTwoUpgradesAtOnce(t *testing.T) { // B67
	r := newRig(t, nil, nil)
	sid := r.poll()
	first := r.dial("transport=websocket&sid=" + sid)
	if second, _ := r.handshake("/socket.io/?EIO=4&transport=websocket&sid=" + sid); second != nil {
		second.expect("the second is closed", "close")
	}
	first.send("2probe")
	first.expect("the first is unharmed", "3probe")
	query := "transport=polling&sid=" + sid
	parked := r.parked(sid) // B69
	r.want("B69 a POST while probed", "POST", query, "4x", 200, "ok")
	if got := <-parked; got != "4x" && got != "6" {
		t.Errorf("the GET got %q", got)
	}
	first.send("5", "4y")
	for text := first.next(); text != "4y"; text = first.next() {
		if text != "4x" {
			t.Fatalf("got %q", text)
		}
	}
	for _, method := range []string{"GET", "POST"} {
		r.want("B69 afterwards", method, query, "4x", 400, badRequestBody)
	}
}
