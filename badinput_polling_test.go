package socketio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

func TestBadPolling(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B21 binary body, CVE-2026-59725", nil, func(v *victim) {
			for range 100 {
				sid := v.session()
				v.want("a POST", v.do("POST", polling(sid), "4x", "Content-Type: application/octet-stream"), 400, "")
				v.wantGone(sid)
			}
		}},
		{"B22 empty body", nil, endedByPOST("")},
		{"B23 no packet", nil, endedByPOST("zzz", "7", "8x", "9", "\x00", "{}")},
		{"B24 separator with nothing behind it", nil, endedByPOST("40\x1e", "\x1e", "\x1e40", "40\x1e\x1e6")},
		{"B25 open packet", nil, endedByPOST("0", "0{}", "6\x1e0{}")},
		{"B26 ping", nil, endedByPOST("2", "2probe")},
		{"B27 pongs that nobody asked for, CVE-2026-48802", nil, attackPongs},
		{"B28 noop", nil, func(v *victim) {
			sid := v.session()
			v.want("a POST", v.post(sid, "6"), 200, "ok")
			v.wantKept(sid)
		}},
		{"B28 upgrade packet", nil, endedByPOST("5")},
		{"B29 close packet", nil, func(v *victim) {
			sid := v.session()
			parked := v.park(sid)
			v.want("a POST", v.post(sid, "1"), 200, "ok")
			v.want("the GET that waited", parked.answer("GET"), 200, "6")
			v.wantGone(sid)
		}},
		{"B30 bad base64", nil, endedByPOST("b!!!!", "bAQI", "bAQID=", "bAR==", "bAQ \n==", "bAQ\n=")},
		{"B30 binary data that is not due", nil, func(v *victim) {
			sid := v.joined()
			v.want("a POST", v.post(sid, "bAQID"), 200, "ok") // well-formed; the layer above closes
			v.want("the next poll", v.get(sid), 200, "1")
			v.wantGone(sid)
		}},
		{"B31 invalid UTF-8", nil, endedByPOST("42[\"relay\",\"\xff\"]", "4\xc3", "4\xed\xa0\x80", "4\xf8\x88\x80\x80\x80")},
		{"B32 large body, CVE-2020-36048", nil, attackLargeBody},
		{"B32 large body in chunks, CVE-2020-36048", small(), attackLargeChunks},
		{"B32 large body in chunks that never end", small(), attackEndlessChunks},
		{"B33 body of just the limit", nil, func(v *victim) {
			sid := v.joined()
			echo := `421["echo","` + strings.Repeat("x", 1_000_000-len(`421["echo",""]`)) + `"]`
			v.want("a POST", v.post(sid, echo), 200, "ok")
			if got := v.get(sid); got.status != 200 || len(got.body) != len(echo)-len(`"echo",`) {
				v.Errorf("answered %v, %d bytes", got, len(got.body))
			}
			v.wantKept(sid)
		}},
		{"B34 client leaves within a body", nil, func(v *victim) {
			sid := v.session()
			parked := v.park(sid)
			v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", "Content-Length: 100") + "4half").Close()
			v.want("the GET that waited", parked.answer("GET"), 200, "1")
			v.wantGone(sid)
		}},
		{"B36 compressed body", nil, func(v *victim) {
			for _, encoding := range []string{"gzip", "deflate", "br", "x"} {
				sid := v.session()
				v.want(encoding, v.do("POST", polling(sid), "4x", "Content-Encoding: "+encoding), 415, "")
				v.wantGone(sid)
			}
		}},
		{"B37 second GET", nil, func(v *victim) {
			sid := v.session()
			parked := v.park(sid)
			v.want("the second", v.get(sid), 400, "")
			v.want("the first", parked.answer("GET"), 200, "1")
			v.wantGone(sid)
		}},
		{"B38 POSTs at once", nil, attackOverlappingPOSTs},
		{"B38 too many POSTs at once", nil, attackManyPOSTs},
		{"B39 client leaves a waiting GET", nil, func(v *victim) {
			sid := v.session()
			v.park(sid).Close()
			v.until("the session ends", func() bool { return v.srv.Engine().Len() == 1 })
			v.wantGone(sid)
		}},
		{"B40 other methods", nil, func(v *victim) {
			sid := v.session()
			for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"} {
				got := v.do(method, polling(sid), "")
				if v.want(method, got, 405, ""); got.header.Get("Allow") != "GET, POST" {
					v.Errorf("%s: Allow is %q", method, got.header.Get("Allow"))
				}
			}
			v.wantKept(sid)
		}},
		{"B41 poll of a WebSocket's session", nil, func(v *victim) {
			l := v.upgrade("EIO=4&transport=websocket")
			sid := l.wantPrefix(`0{"sid":"`)[len(`0{"sid":"`):][:20]
			l.text("40").wantConnected("")
			v.wantError("a GET", v.get(sid), badRequest)
			v.wantError("a POST", v.post(sid, "4x"), badRequest)
			l.text(`421["echo"]`).want("431[]")
		}},
		{"B42 many packets", nil, func(v *victim) {
			sid := v.session()
			v.want("65,536 in a POST", v.post(sid, strings.Repeat("6\x1e", 65_535)+"6"), 200, "ok")
			v.want("one more", v.post(sid, strings.Repeat("6\x1e", 65_536)+"6"), 400, "")
			v.wantGone(sid)
			sid = v.session()
			v.want("as many as a megabyte holds", v.post(sid, strings.Repeat("4x\x1e", 333_000)+"4x"), 400, "")
			v.wantGone(sid)
		}},
		{"B43 session id used from elsewhere", nil, func(v *victim) {
			sid := v.session()
			v.want("CONNECT", v.post(sid, "40"), 200, "ok")
			got := v.do("GET", polling(sid), "", "Cookie: session=other", "User-Agent: other", "X-Forwarded-For: 192.0.2.1")
			if got.status != 200 || !strings.HasPrefix(got.body, `40{"sid":"`) {
				v.Errorf("answered %v", got)
			}
			if strings.Contains(got.body, sid) {
				v.Error("the socket's id, which others may know, is the session's")
			}
			v.wantKept(sid)
		}},
		{"B44 Expect: 100-continue", nil, func(v *victim) {
			sid := v.session()
			l := v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", "Content-Length: 1", "Expect: 100-continue"))
			v.want("before the body", l.answer("POST"), 100, "")
			v.want("after the body", l.write("6").answer("POST"), 200, "ok")
			v.wantKept(sid)
		}},
	})
}

// endedByPOST is an attack with bodies, each of which gets 400 and ends its session.
func endedByPOST(bodies ...string) func(v *victim) {
	return func(v *victim) {
		for _, body := range bodies {
			sid := v.joined()
			v.want(fmt.Sprintf("%.60q", body), v.post(sid, body), 400, "")
			v.wantGone(sid)
		}
		v.wantNothingDelivered()
	}
}

// small are options with a limit of 1,000 bytes for what is received.
func small() *socketio.Options {
	return &socketio.Options{Options: engineio.Options{MaxPayload: 1000}}
}

// attackPongs finds that pongs cost nothing, and are not taken without end.
func attackPongs(v *victim) {
	sid := v.session()
	v.want("1,000 pongs", v.post(sid, strings.Repeat("3\x1e", 999)+"3"), 200, "ok")
	if n := len(goroutines()); n > v.goroutines+3 {
		v.Errorf("%d goroutines, %d before", n, v.goroutines)
	}
	v.wantKept(sid)
	sid = v.session()
	v.want("5,000 pongs", v.post(sid, strings.Repeat("3\x1e", 4999)+"3"), 400, "")
	v.wantGone(sid)
}

// attackLargeBody announces more than is let in, and finds that the answer does not
// wait for it.
func attackLargeBody(v *victim) {
	for _, size := range []int{1_000_001, 1 << 40} {
		sid := v.session()
		l := v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", fmt.Sprint("Content-Length: ", size)))
		v.want(fmt.Sprint(size, " bytes"), l.answer("POST"), 413, "")
		l.wantEnd()
		v.wantGone(sid)
	}
}

func attackLargeChunks(v *victim) {
	sid := v.session()
	l := v.dial().write("POST /socket.io/?" + polling(sid) + " HTTP/1.1\r\nHost: victim.test\r\nTransfer-Encoding: chunked\r\n\r\n")
	l.write("3e8\r\n" + strings.Repeat("4", 1000) + "\r\n").write("1\r\n4\r\n0\r\n\r\n")
	v.want("1,001 bytes", l.answer("POST"), 413, "")
	l.wantEnd()
	v.wantGone(sid)
}

// attackEndlessChunks goes beyond the limit and then neither ends the body nor
// sends more of it.
func attackEndlessChunks(v *victim) {
	sid := v.session()
	l := v.dial().write("POST /socket.io/?" + polling(sid) + " HTTP/1.1\r\nHost: victim.test\r\nTransfer-Encoding: chunked\r\n\r\n")
	l.write("3e9\r\n" + strings.Repeat("4", 1001) + "\r\n")
	v.want("1,001 bytes", l.answer("POST"), 413, "")
	l.wantEnd()
	v.wantGone(sid)
}

// attackOverlappingPOSTs has five POSTs of one session under way, which are served in
// order.
func attackOverlappingPOSTs(v *victim) {
	sid := v.joined()
	var posts []*line
	for i := range 5 {
		body := fmt.Sprintf(`42%d["echo"]`, i)
		l := v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", fmt.Sprint("Content-Length: ", len(body))))
		posts = append(posts, l)
		v.until("the POST is under way", func() bool { return posting() == i+1 })
	}
	for i := range posts {
		// Sent in the order of the headers, or those behind would wait.
		posts[i].write(fmt.Sprintf(`42%d["echo"]`, i))
		v.want("a POST", posts[i].answer("POST"), 200, "ok")
	}
	v.want("the answers", v.get(sid), 200, "430[]\x1e431[]\x1e432[]\x1e433[]\x1e434[]")
	v.wantKept(sid)
}

// attackManyPOSTs has a sixth under way, beside the one that is served and the four
// that wait.
func attackManyPOSTs(v *victim) {
	sid := v.session()
	start := time.Now()
	for i := range 5 {
		v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", "Content-Length: 1"))
		v.until("the POST is under way", func() bool { return posting() == i+1 })
	}
	v.want("the sixth", v.post(sid, "6"), 400, "")
	v.wantGone(sid)
	if d := time.Since(start); d > patience/2 {
		v.Errorf("took %v", d)
	}
}

// posting returns how many goroutines are within servePost.
func posting() int {
	n := 0
	for _, stack := range goroutines() {
		if strings.Contains(stack, "engineio.(*Conn).servePost(") {
			n++
		}
	}
	return n
}
