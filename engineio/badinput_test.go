package engineio

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// The tests in the files badinput and badframe go through the catalogue of bad inputs; its
// numbers stand before the names. Each input meets a server that must have nothing left of it, and serve on.

const (
	transportUnknown = `{"code":0,"message":"Transport unknown"}`
	sessionUnknown   = `{"code":1,"message":"Session ID unknown"}`
	badMethodBody    = `{"code":2,"message":"Bad handshake method"}`
	badRequestBody   = `{"code":3,"message":"Bad request"}`
	badVersion       = `{"code":5,"message":"Unsupported protocol version"}`
)

func TestBadHandshakes(t *testing.T) {
	r := newRig(t, nil, nil)
	tests := []struct {
		name, method, query string
		status              int
		body                string
	}{
		{"B01 no transport", "GET", "EIO=4", 400, transportUnknown},
		{"B02 bogus", "GET", "EIO=4&transport=bogus", 400, transportUnknown},
		{"B02 empty", "GET", "EIO=4&transport=", 400, transportUnknown},
		{"B02 __proto__", "GET", "EIO=4&transport=__proto__", 400, transportUnknown},
		{"B02 constructor", "GET", "EIO=4&transport=constructor", 400, transportUnknown},
		{"B02 webtransport", "GET", "EIO=4&transport=webtransport", 400, transportUnknown},
		{"B02 in capitals", "GET", "EIO=4&transport=POLLING", 400, transportUnknown},
		{"B02 with a sid", "GET", "EIO=4&transport=bogus&sid=x", 400, transportUnknown},
		{"B03 EIO=3", "GET", "EIO=3&transport=polling", 400, badVersion},
		{"B03 no EIO", "GET", "transport=polling", 400, badVersion},
		{"B03 EIO=5", "GET", "EIO=5&transport=polling", 400, badVersion},
		{"B03 EIO=04", "GET", "EIO=04&transport=polling", 400, badVersion},
		{"B03 EIO twice", "GET", "EIO=4&EIO=3&transport=polling", 400, badRequestBody},
		{"B03 EIO twice, the same", "GET", "EIO=4&EIO=4&transport=polling", 400, badRequestBody},
		{"B03 transport twice", "GET", "EIO=4&transport=polling&transport=polling", 400, badRequestBody},
		{"B03 sid twice", "GET", "EIO=4&transport=polling&sid=&sid=", 400, badRequestBody},
		{"B04 POST", "POST", "EIO=4&transport=polling", 400, badMethodBody},
		{"B04 PUT", "PUT", "EIO=4&transport=polling", 400, badMethodBody},
		{"B04 DELETE", "DELETE", "EIO=4&transport=polling", 400, badMethodBody},
		{"B04 OPTIONS", "OPTIONS", "EIO=4&transport=polling", 400, badMethodBody},
		{"B04 HEAD", "HEAD", "EIO=4&transport=polling", 400, ""},
		{"B05 a WebSocket without Upgrade", "GET", "EIO=4&transport=websocket", 400, badRequestBody},
		{"B06 an unknown sid", "GET", "EIO=4&transport=polling&sid=unknown", 400, sessionUnknown},
		{"B06 __proto__", "GET", "EIO=4&transport=polling&sid=__proto__", 400, sessionUnknown},
		{"B06 a NUL", "GET", "EIO=4&transport=polling&sid=%00", 400, sessionUnknown},
		{"B06 what cannot be decoded", "GET", "EIO=4&transport=polling&sid=%zz", 400, sessionUnknown},
		{"B06 64 KB", "GET", "EIO=4&transport=polling&sid=" + strings.Repeat("x", 64<<10), 400, sessionUnknown},
		{"B06 POST", "POST", "EIO=4&transport=polling&sid=unknown", 400, sessionUnknown},
	}
	for _, test := range tests {
		a := r.ask(test.method, "/socket.io/?"+test.query, "")
		if a.status != test.status || a.body != test.body {
			t.Errorf("%s: %d %q, want %d %q", test.name, a.status, a.body, test.status, test.body)
		}
		if test.body != "" && a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", test.name, a.header)
		}
	}
	if n := r.server.Len(); n != 0 {
		t.Errorf("%d connections", n)
	}
	if a := r.ask("GET", "/socket.io/?EIO=4&transport=polling&sid=&t=abc&b64=1", ""); a.status != 200 {
		t.Errorf("B07 an empty sid: %d %s", a.status, a.body)
	}
	if strings.Contains(r.log.String(), strings.Repeat("x", 100)) {
		t.Error("a sid is in the log")
	}
}

func TestRequestsThatHTTPRefuses(t *testing.T) {
	r := newRig(t, nil, nil)
	const get = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n"
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"B10 absolute form":                 {"GET http://x/socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		"B12 two hosts":                     {get + "Host: y\r\n\r\n", 400},
		"B13 a header over the limit":       {get + "X: " + strings.Repeat("x", 1<<20+8<<10) + "\r\n\r\n", 431},
		"a transfer encoding that is none":  {"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n4x", 501},
		"B60 half a request line, then CR":  {"GET /socket.io/\r\n\r\n", 400},
		"a method that is none":             {"G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"a version that is none":            {"GET /socket.io/?EIO=4&transport=polling HTTP/7.1\r\nHost: x\r\n\r\n", 505},
		"an Expect that nobody understands": {get + "Expect: the-worst\r\n\r\n", 417},
	} {
		if a := r.raw(test.request); a.status != test.status {
			t.Errorf("%s: %d, want %d", name, a.status, test.status)
		}
	}
}

func TestALengthBesideChunksSaysNothing(t *testing.T) { // B15: net/http goes by the chunks
	r := newRig(t, nil, nil)
	sid := r.poll()
	a := r.raw("POST /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: x\r\n" +
		"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n4abcd\r\n0\r\n\r\n")
	if a.status != 200 || a.body != "ok" {
		t.Errorf("%d %q", a.status, a.body)
	}
	r.want("the whole of it", "GET", "transport=polling&sid="+sid, "", 200, "4abcd")
}

func TestBadPOSTs(t *testing.T) {
	tests := []struct {
		name    string
		body    string
		headers []string
		status  int
		reason  string
	}{
		{"B21 octets", "4x", []string{"Content-Type: application/octet-stream"}, 400, "transport error"},
		{"B22 nothing", "", nil, 400, "parse error"},
		{"B23 zzz", "zzz", nil, 400, "parse error"},
		{"B23 a type that is none", "7", nil, 400, "parse error"},
		{"B23 behind a message", "4x\x1ezzz", nil, 400, "parse error"},
		{"B24 a separator behind", "4x\x1e", nil, 400, "parse error"},
		{"B24 a separator before", "\x1e4x", nil, 400, "parse error"},
		{"B24 a separator alone", "\x1e", nil, 400, "parse error"},
		{"B25 open", "0{}", nil, 400, "parse error"},
		{"B26 ping", "2", nil, 400, "transport error"},
		{"B26 2probe", "2probe", nil, 400, "transport error"},
		{"B27 too many pongs", strings.Repeat("3\x1e", maxPongs) + "3", nil, 400, "transport error"},
		{"B28 upgrade", "5", nil, 400, "parse error"},
		{"B30 bad base64", "b!!!!", nil, 400, "parse error"},
		{"B30 base64 without its padding", "bAQI", nil, 400, "parse error"},
		{"B30 good base64", "bAQI=", nil, 200, ""},
		{"B30 base64 with bits too many", "bAR==", nil, 400, "parse error"},
		{"B31 what is not UTF-8", "4\xff", nil, 400, "transport error"},
		{"B32 over the limit", "4" + strings.Repeat("x", 1_000_000), nil, 413, "transport error"},
		{"B33 just at the limit", "4" + strings.Repeat("x", 999_999), nil, 200, ""},
		{"B36 compressed", "4x", []string{"Content-Encoding: gzip"}, 415, "transport error"},
		{"B36 identity", "4x", []string{"Content-Encoding: identity"}, 200, ""},
		{"B42 too many packets", strings.Repeat("6\x1e", 65_536) + "6", nil, 400, "parse error"},
		{"B42 as many as may be", strings.Repeat("6\x1e", 65_535) + "6", nil, 200, ""},
		{"B44 Expect: 100-continue", "4x", []string{"Expect: 100-continue"}, 200, ""},
		{"B27 some pongs", strings.Repeat("3\x1e", 999) + "3", nil, 200, ""},
		{"B28 noop", "6", nil, 200, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			sid := r.poll()
			target := "/socket.io/?EIO=4&transport=polling&sid=" + sid
			a := r.ask("POST", target, test.body, test.headers...)
			if a.status != test.status || (a.body != "ok" && a.body != "") || (a.body == "ok") != (a.status == 200) {
				t.Fatalf("%d %q, want %d", a.status, a.body, test.status)
			}
			if test.reason == "" {
				r.want("the session lives", "POST", "transport=polling&sid="+sid, "4y", 200, "ok")
				return
			}
			r.wantClosed(test.reason)
			r.want("the session is over", "POST", "transport=polling&sid="+sid, "4y", 400, sessionUnknown)
		})
	}
}

func TestABodyOverTheLimitEndsTheSessionHoweverItIsSent(t *testing.T) {
	const limit = 100
	for _, length := range []bool{true, false} { // B32, B33
		for size, want := range map[int]int{limit: 200, limit + 1: 413, 50 * limit: 413} {
			r := newRig(t, &Options{MaxPayload: limit}, nil)
			var body io.Reader = strings.NewReader("4" + strings.Repeat("x", size-1))
			if !length {
				body = io.MultiReader(body) // sent in chunks
			}
			resp, err := r.http.Client().Post(r.http.URL+"/socket.io/?EIO=4&transport=polling&sid="+r.poll(), "text/plain", body)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != want || want == 413 && len(b) > 0 {
				t.Errorf("%d bytes, length said %v: %d %q %v, want %d", size, length, resp.StatusCode, b, err, want)
			}
			if want == 413 {
				r.wantClosed("transport error")
			}
		}
	}
}

func TestRequestsThatASessionSurvives(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	target := "/socket.io/?transport=polling&sid=" + sid
	for _, method := range []string{"PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} { // B40
		if a := r.ask(method, target+"&EIO=4", ""); a.status != 405 || a.header.Get("Allow") != "GET, POST" || a.body != "" {
			t.Errorf("B40 %s: %d %v", method, a.status, a.header)
		}
	}
	for _, version := range []string{"", "&EIO=3", "&EIO=5"} { // a heartbeat of another protocol
		for _, method := range []string{"GET", "POST"} {
			if a := r.ask(method, target+version, "4x"); a.status != 400 || a.body != badRequestBody {
				t.Errorf("%s%s: %d %s", method, version, a.status, a.body)
			}
		}
		upgrade := strings.Replace(target, "=polling", "=websocket", 1) + version
		if c, a := r.handshake(upgrade); c != nil || a.body != badRequestBody {
			t.Errorf("upgrade%s: %d %s", version, a.status, a.body)
		}
	}
	if a := r.ask("GET", strings.Replace(target, "=polling", "=websocket", 1)+"&EIO=4", ""); a.body != badRequestBody {
		t.Errorf("a WebSocket's request without Upgrade: %d %s", a.status, a.body)
	}
	r.want("unharmed", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
	r.want("unharmed", "GET", "transport=polling&sid="+sid, "", 200, "4x")

	r.dial("transport=websocket").open()
	direct := ""
	r.server.mu.Lock()
	for id := range r.server.conns {
		if id != sid {
			direct = id
		}
	}
	r.server.mu.Unlock()
	for _, method := range []string{"GET", "POST"} { // B41
		r.want("B41 a WebSocket's session over polling", method, "transport=polling&sid="+direct, "4x", 400, badRequestBody)
	}
	if n := r.server.Len(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestPOSTsOfASessionWaitForEachOther(t *testing.T) { // B38
	entered, leave := make(chan string, 10), make(chan struct{})
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		entered <- string(m.Data)
		<-leave
		return true
	})
	sid := r.poll()
	url := r.http.URL + "/socket.io/?EIO=4&transport=polling&sid=" + sid
	answers := make(chan string, 10)
	post := func(i int) {
		status, body := fetch(r, "POST", url, fmt.Sprint("4", i))
		answers <- fmt.Sprint(status, " ", body)
	}
	conn := r.only()
	for i := range maxPosts {
		go post(i)
		r.until("it is under way", func() bool {
			conn.mu.Lock()
			defer conn.mu.Unlock()
			return int(conn.session.posts) == i+1
		})
	}
	for range maxPosts {
		<-entered
		if n := len(entered); n != 0 {
			t.Fatalf("%d POSTs are handled at once", n+1)
		}
		leave <- struct{}{}
		if got := <-answers; got != "200 ok" {
			t.Fatalf("got %s", got)
		}
	}

	for i := range maxPosts {
		go post(i)
	}
	r.until("five are under way", func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.session.posts == maxPosts
	})
	r.want("one more", "POST", "transport=polling&sid="+sid, "4x", 400, "")
	r.wantClosed("transport error")
	close(leave)
	for range maxPosts {
		<-answers
	}
}
