package socketio_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

func TestBadFrames(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B49 header missing, CVE-2024-37890", nil, func(v *victim) {
			for i, missing := range webSocketHeaders {
				headers := slices.Delete(slices.Clone(webSocketHeaders), i, i+1)
				got := v.do("GET", "EIO=4&transport=websocket", "", headers...)
				if strings.HasPrefix(missing, "Sec-WebSocket-Version") {
					wantUpgradeRequired(v, got)
				} else {
					v.wantError("without "+missing, got, badRequest)
				}
			}
		}},
		{"B49 bad header", nil, func(v *victim) {
			for _, bad := range []string{
				"Upgrade: foo", "Connection: keep-alive", "Sec-WebSocket-Key: short", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA",
				"Sec-WebSocket-Key: ====================AA==", "Sec-WebSocket-Protocol: a,,b", "Sec-WebSocket-Protocol: a b",
			} {
				v.wantError(bad, v.do("GET", "EIO=4&transport=websocket", "", replaced(bad)...), badRequest)
			}
			v.wantError("two keys", v.do("GET", "EIO=4&transport=websocket", "", append(slices.Clone(webSocketHeaders), webSocketHeaders[3])...), badRequest)
			for _, version := range []string{"12", "14", "", "013", "13, 8"} {
				wantUpgradeRequired(v, v.do("GET", "EIO=4&transport=websocket", "", replaced("Sec-WebSocket-Version: "+version)...))
			}
		}},
		{"B49 endless list of subprotocols, CVE-2021-32640", nil, func(v *victim) {
			for _, list := range []string{strings.Repeat(" ", 64<<10) + "x y", strings.Repeat(",", 64<<10), strings.Repeat("a, ", 20<<10)} {
				_, got := v.tryUpgrade("EIO=4&transport=websocket", "Sec-WebSocket-Protocol: "+list)
				v.wantError("an upgrade", got, badRequest)
			}
		}},
		{"B50 POST that upgrades", nil, func(v *victim) {
			v.wantError("without a session", v.do("POST", "EIO=4&transport=websocket", "", webSocketHeaders...), badMethod)
			sid := v.session()
			v.wantError("with one", v.do("POST", "EIO=4&transport=websocket&sid="+sid, "", webSocketHeaders...), badRequest)
			v.wantKept(sid)
		}},
		{"B51 bad offer of an extension, GHSA-5v72-xg48-5rpm", nil, func(v *victim) {
			for _, offer := range []string{"constructor", "permessage-deflate; server_max_window_bits=99", ",,;;==", "__proto__; x=\"", strings.Repeat("permessage-deflate,", 2000)} {
				l, got := v.tryUpgrade("EIO=4&transport=websocket", "Sec-WebSocket-Extensions: "+offer)
				if got.status != http.StatusSwitchingProtocols || got.header["Sec-Websocket-Extensions"] != nil {
					v.Errorf("%.60s: answered %v %v", offer, got, got.header)
				}
				l.wantPrefix(`0{"sid":"`)
			}
		}},
		{"B52 unmasked frame", nil, closedWith(1002, "\x81\x0240")},
		{"B52 reserved bits", nil, closedWith(1002, frame(0xC1, "40"), frame(0xA1, "40"), frame(0x91, "40"), frame(0xF1, "40"), frame(0xC9, ""))},
		{"B52 reserved opcodes", nil, closedWith(1002, frame(0x83, "40"), frame(0x87, "40"), frame(0x8B, ""), frame(0x8F, ""))},
		{"B52 fragmented control frame", nil, closedWith(1002, frame(0x09, ""), frame(0x0A, ""), frame(0x08, ""))},
		{"B52 long control frame", nil, closedWith(1002, frame(0x89, strings.Repeat("x", 126)), frame(0x88, strings.Repeat("x", 1000)))},
		{"B52 continuation of nothing", nil, closedWith(1002, frame(0x80, "40"), frame(0x00, "40"))},
		{"B52 message within a message", nil, closedWith(1002, frame(0x01, "4")+frame(0x81, "40"), frame(0x01, "4")+frame(0x02, "x"))},
		{"B52 bad close frame", nil, closedWith(1002,
			frame(0x88, "\x03"), frame(0x88, "\x03\xed"), frame(0x88, "\x03\xee"), frame(0x88, "\x03\xec"), frame(0x88, "\x03\xf7"),
			frame(0x88, "\x00\x00"), frame(0x88, "\x03\xe7"), frame(0x88, "\x13\x88"), frame(0x88, "\xff\xff"))},
		{"B52 length not in its shortest form", nil, closedWith(1002,
			"\x81\xfe\x00\x02\x00\x00\x00\x0040", "\x81\xff\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x0040")},
		{"B53 length over the limit, CVE-2020-27813, GO-2026-6559", nil, closedWith(1009,
			"\x81\xff\x00\x00\x00\x00\x00\x0f\x42\x41", "\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00",
			"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		{"B53 fragments over the limit, CVE-2026-42786, CVE-2026-44545, CVE-2026-47073", small(), closedWith(1009,
			frame(0x01, strings.Repeat("4", 1000))+frame(0x80, "4"), frame(0x01, strings.Repeat("4", 600))+frame(0x00, strings.Repeat("4", 600)))},
		{"B53 message of just the limit", small(), func(v *victim) {
			echo := `421["echo","` + strings.Repeat("x", 1000-len(`421["echo",""]`)) + `"]`
			l := v.joinedWebSocket()
			l.text(echo).wantPrefix(`431["x`)
			l.write(frame(0x01, echo[:500]) + frame(0x80, echo[500:])).wantPrefix(`431["x`)
		}},
		{"B54 invalid UTF-8", nil, closedWith(1007,
			frame(0x81, "4\xff"), frame(0x81, "4\xc3"), frame(0x81, "4\xed\xa0\x80"), frame(0x81, "4\xc0\x80"), frame(0x88, "\x03\xe8\xff"))},
		{"B54 invalid UTF-8 in fragments", nil, closedWith(1007,
			frame(0x01, "4\xff"), frame(0x01, "4\xe2\x82")+frame(0x80, "\xff"), frame(0x01, "4\xe2")+frame(0x00, "")+frame(0x80, "x"))},
		{"B55 endless empty fragments, CVE-2026-48779", nil, closedWith(1008, frame(0x01, "4")+strings.Repeat(frame(0x00, ""), 1024))},
		{"B55 endless 1-byte fragments, CVE-2026-48779", nil, closedWith(1008, frame(0x02, "x")+strings.Repeat(frame(0x00, "x"), 1024))},
		{"B55 just as many fragments as are let in", nil, func(v *victim) {
			l := v.webSocket().write(frame(0x01, "4") + strings.Repeat(frame(0x00, ""), 1022) + frame(0x80, "0"))
			l.wantPrefix(`40{"sid":"`)
		}},
		{"B57 flood of pings", nil, attackPings},
		{"B58 empty text frame", nil, closedWith(1005, frame(0x81, ""), frame(0x01, "")+frame(0x80, ""))},
		{"B58 empty binary frame", nil, closedWith(1005, frame(0x82, ""))},
		{"B59 garbage after a close frame", nil, func(v *victim) {
			l := v.joinedWebSocket()
			l.write(frame(0x88, "\x03\xe8") + "\xff\xff\xff\xff garbage").want("close 1000").wantEnd()
		}},
		{"B59 data after the server's close frame", nil, func(v *victim) {
			l := v.joinedWebSocket().text("1").want("close 1005")
			l.text(`42["relay",1]`, "40", "zzz").write("garbage").wantEnd()
			v.wantNothingDelivered()
		}},
		{"B59 leaving half way, and then altogether, CVE-2026-42577", nil, func(v *victim) {
			for range 20 {
				l := v.joinedWebSocket()
				l.Conn.(*net.TCPConn).CloseWrite()
				l.Conn.(*net.TCPConn).SetLinger(0)
				l.Close()
			}
		}},
		{"B61 frame that never comes whole", brisk(), func(v *victim) {
			for _, part := range []string{"\x81", "\x81\xfe", "\x81\x85\x00\x00\x00\x00" + "42"} {
				v.joinedWebSocket().write(part).want("2", "close 1005")
			}
		}},
		{"B62 close packet", nil, func(v *victim) {
			v.joinedWebSocket().text("1").wantClosed(1005)
		}},
		{"B63 base64 that is not due", nil, closedWith(1005, frame(0x81, "bAQID"), frame(0x81, "b!!!!"), frame(0x81, "b"))},
		{"B63 base64 that is due", nil, func(v *victim) {
			l := v.joinedWebSocket().text(`451-1["echo",{"_placeholder":true,"num":0}]`, "bAQID")
			l.want(`461-1[{"_placeholder":true,"num":0}]`, "binary \x01\x02\x03")
		}},
	})
}

// brisk are options with a heartbeat that is soon missed.
func brisk() *socketio.Options {
	return &socketio.Options{Options: engineio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: 100 * time.Millisecond}}
}

// closedWith is an attack with bytes, each of which get a WebSocket closed with a
// code and end its session.
func closedWith(code int, inputs ...string) func(v *victim) {
	return func(v *victim) {
		for _, input := range inputs {
			l := v.joinedWebSocket().write(input)
			if got, want := l.next(), fmt.Sprint("close ", code); got != want {
				v.Errorf("%.60q: received %q, want %q", input, got, want)
			}
			l.write(frame(0x88, "")).wantEnd()
		}
		v.until("the sessions end", func() bool { return v.srv.Engine().Len() == 1 })
		v.wantNothingDelivered()
	}
}

// replaced are the headers of a WebSocket handshake with one in place of its like.
func replaced(header string) []string {
	headers := slices.Clone(webSocketHeaders)
	name, _, _ := strings.Cut(header, ":")
	i := slices.IndexFunc(headers, func(h string) bool { return strings.HasPrefix(h, name+":") })
	if i < 0 {
		return append(headers, header)
	}
	headers[i] = header
	return headers
}

func wantUpgradeRequired(v *victim, got answer) {
	v.Helper()
	v.want("another version", got, http.StatusUpgradeRequired, "")
	if version := got.header.Get("Sec-WebSocket-Version"); version != "13" {
		v.Errorf("Sec-WebSocket-Version is %q", version)
	}
}

// attackPings sends so many pings that the server is in its rights to go.
func attackPings(v *victim) {
	l := v.joinedWebSocket().write(strings.Repeat(frame(0x89, "x"), 50))
	for range 50 {
		l.want("pong")
	}
	l.write(strings.Repeat(frame(0x89, ""), 10_000))
	got, pongs := l.next(), 0
	for ; got == "pong"; got = l.next() {
		pongs++
	}
	if got != "close 1008" || pongs > 1000 {
		v.Errorf("%q after %d pongs", got, pongs)
	}
}

// Whoever opens a line and does not say what he wants is up to the http.Server that the
// server is mounted in; this is what the examples set, but for the time.
func TestSilentConnections(t *testing.T) {
	for name, text := range map[string]string{
		"B60 no byte":           "",
		"B60 half request line": "GET /socket.io/?EI",
		"B60 half header":       "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: vic",
	} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, nil, func(web *http.Server) { web.ReadHeaderTimeout = 100 * time.Millisecond })
			v.dial().write(text).wantHangUp()
			v.settle()
		})
	}
}
