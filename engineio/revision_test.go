package engineio

import (
	"fmt"
	"strings"
	"testing"
)

// A v3 is a polling client of revision 3 at a rig.
type v3 struct {
	*rig
	sid string
}

// openV3 begins a polling session of revision 3, with more parameters in its query.
func (r *rig) openV3(more string) *v3 {
	r.Helper()
	c := &v3{rig: r}
	a := c.get(more)
	length, packet, _ := strings.Cut(a.body, ":")
	rest, opened := strings.CutPrefix(packet, `0{"sid":"`)
	if a.status != 200 || length != fmt.Sprint(len(packet)) || !opened {
		r.Fatalf("handshake: %d %q", a.status, a.body)
	}
	c.sid, _, _ = strings.Cut(rest, `"`)
	return c
}

func (c *v3) url(more string) string {
	u := "/socket.io/?EIO=3&transport=polling" + more
	if c.sid != "" {
		u += "&sid=" + c.sid
	}
	return u
}

func (c *v3) get(more string) answer {
	c.Helper()
	return c.ask("GET", c.url(more), "")
}

// says fails the test unless a poll gives body.
func (c *v3) says(body string) {
	c.Helper()
	if a := c.get(""); a.status != 200 || a.body != body {
		c.Fatalf("GET: %d %q, want %q", a.status, a.body, body)
	}
}

func (c *v3) post(body string, headers ...string) answer {
	c.Helper()
	return c.ask("POST", c.url(""), body, headers...)
}

// takes fails the test unless a POST is accepted.
func (c *v3) takes(body string, headers ...string) {
	c.Helper()
	if a := c.post(body, headers...); a.status != 200 || a.body != "ok" {
		c.Fatalf("POST %q: %d %q", body, a.status, a.body)
	}
}

// parked makes a GET that waits, and returns where its answer will be.
func (c *v3) parked() <-chan string {
	c.Helper()
	body := make(chan string, 1)
	go func() {
		resp, err := c.http.Client().Get(c.http.URL + c.url(""))
		if err != nil {
			body <- err.Error()
			return
		}
		defer resp.Body.Close()
		b := make([]byte, 100)
		n, _ := resp.Body.Read(b)
		body <- string(b[:n])
	}()
	c.until("the GET is parked", func() bool {
		conn := c.server.find(c.sid)
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.poll.Load().get != nil
	})
	return body
}

// isOver fails the test unless the session has ended for a reason.
func (c *v3) isOver(reason string) {
	c.Helper()
	c.wantClosed(reason)
	if a := c.get(""); a.status != 400 || a.body != `{"code":1,"message":"Session ID unknown"}` {
		c.Fatalf("GET after the end: %d %q", a.status, a.body)
	}
}

const octets = "Content-Type: application/octet-stream"

func TestTextOfRevision3IsCountedInUTF16(t *testing.T) { // B48
	c := newRig(t, &Options{EIO3: true}, nil).openV3("")
	c.takes("6:4hello3:4é€3:4😀")
	c.says("6:4hello3:4é€3:4😀")
	c.takes("1:2")
	c.says("1:3")
}

func TestCVE_2020_36048_BodiesOfRevision3HaveTheSameLimit(t *testing.T) {
	r := newRig(t, &Options{EIO3: true, MaxPayload: 100}, nil)
	c := r.openV3("")
	c.takes("97:4" + strings.Repeat("x", 96)) // 100 bytes
	c.says("97:4" + strings.Repeat("x", 96))
	for _, headers := range [][]string{nil, {octets}} {
		c = r.openV3("")
		if a := c.post("98:4"+strings.Repeat("x", 97), headers...); a.status != 413 || a.body != "" {
			t.Errorf("101 bytes: %d %q, want 413", a.status, a.body)
		}
		c.isOver("transport error")
	}
}

func TestBinaryMessagesOfRevision3TravelAsBytesOrBase64(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	const asText, asBytes = "6:4hello10:b4AQIDBA==", "\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04"
	const text, bytes = "text/plain; charset=UTF-8", "application/octet-stream"
	for _, test := range []struct {
		name, query string
		body, want  string
		headers     []string
		content     string
	}{
		{"text in, bytes out", "", asText, asBytes, nil, bytes},
		{"bytes in and out", "", asBytes, asBytes, []string{octets}, bytes},
		{"bytes in, base64 out", "&b64=1", asBytes, asText, []string{octets}, text},
		{"base64 in and out", "&b64=1", asText, asText, nil, text},
	} {
		c := r.openV3(test.query)
		c.takes(test.body, test.headers...)
		a := c.get("") // what was said in the handshake counts
		if got := a.header.Get("Content-Type"); a.body != test.want || got != test.content {
			t.Errorf("%s: %q, %q; want %q, %q", test.name, got, a.body, test.content, test.want)
		}
	}
}

func TestAPollOfRevision3IsBytesOnlyIfItHoldsSome(t *testing.T) {
	c := newRig(t, &Options{EIO3: true}, nil).openV3("")
	c.takes("6:b4AQID")
	c.says("\x01\x04\xff\x04\x01\x02\x03")
	c.takes("2:4x")
	c.says("2:4x")
	c.takes(strings.Repeat("2:4x", pollPackets) + "6:b4AQID")
	c.says(strings.Repeat("2:4x", pollPackets))
	c.says("\x01\x04\xff\x04\x01\x02\x03")
}

func TestB45B46B47LengthsThatAreNoneEndTheSession(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	for _, test := range []struct {
		body    string
		headers []string
	}{
		{"99999999:4", nil}, {"-5:4hell", nil}, {"abc:4", nil}, {"4hello", nil}, {"", nil}, // B45
		{`1:42["x"]`, nil}, {"0:", nil}, {"0x1:4", nil}, {"9:4", nil}, {"2:4😀", nil}, // B46
		{"\x00" + strings.Repeat("\x01", 400) + "\xff4", []string{octets}}, // B47
		{"\x00\x02\xff4", []string{octets}},
		{"\x00\x02\xff4\xff", []string{octets}}, // text that is not UTF-8
		{"2:47", []string{octets}},
		{"2:b2", nil}, {"6:b4!!!!", nil}, {"1:7", nil},
	} {
		c := r.openV3("")
		if a := c.post(test.body, test.headers...); a.status != 400 || a.body != "" {
			t.Errorf("%q: %d %q, want 400", test.body, a.status, a.body)
		}
		c.isOver("parse error")
	}
}

func TestTextOfRevision3MustBeUTF8(t *testing.T) {
	c := newRig(t, &Options{EIO3: true}, nil).openV3("")
	if a := c.post("2:4\xff"); a.status != 400 {
		t.Errorf("%d, want 400", a.status)
	}
	c.isOver("transport error")
}

func TestTooManyPacketsOfRevision3EndTheSession(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	for body, headers := range map[string][]string{
		strings.Repeat("1:6", 65_537):           nil,
		strings.Repeat("\x00\x01\xff6", 65_537): {octets},
	} {
		c := r.openV3("")
		if a := c.post(body, headers...); a.status != 400 {
			t.Errorf("%d bytes: %d, want 400", len(body), a.status)
		}
		c.isOver("parse error")
	}
}

func TestOnlyTheRevisionsThatAreSwitchedOnAreServed(t *testing.T) {
	const unsupported = `{"code":5,"message":"Unsupported protocol version"}`
	for _, test := range []struct {
		eio3   bool
		query  string
		status int
		begin  string
	}{
		{false, "EIO=3&transport=polling", 400, unsupported},
		{false, "transport=polling", 400, unsupported},
		{true, "EIO=3&transport=polling", 200, `118:0{"sid":`},
		{true, "transport=polling", 200, `118:0{"sid":`},
		{true, "EIO=4&transport=polling", 200, `0{"sid":`},
		{true, "EIO=2&transport=polling", 400, unsupported},
		{true, "EIO=abc&transport=polling", 400, unsupported},
		{true, "EIO=3", 400, `{"code":0,"message":"Transport unknown"}`},
	} {
		r := newRig(t, &Options{EIO3: test.eio3}, nil)
		a := r.ask("GET", "/socket.io/?"+test.query, "")
		if a.status != test.status || !strings.HasPrefix(a.body, test.begin) {
			t.Errorf("EIO3 %t, %s: %d %q, want %d %q", test.eio3, test.query, a.status, a.body, test.status, test.begin)
		}
	}
}

func TestARequestSpeaksTheRevisionOfItsSession(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	old, current := r.openV3(""), r.poll()
	for _, query := range []string{"EIO=4&sid=" + old.sid, "EIO=3&sid=" + current, "sid=" + current} {
		a := r.ask("GET", "/socket.io/?transport=polling&"+query, "")
		if a.status != 400 || a.body != `{"code":3,"message":"Bad request"}` {
			t.Errorf("%s: %d %q", query, a.status, a.body)
		}
	}
	r.want("the session goes on", "POST", "transport=polling&sid="+current, "4x", 200, "ok")
	old.takes("2:4x")
}

func TestTheProtocolOfAConnIsItsClients(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, func(c *Conn, _ Message) bool {
		c.Send(Message{Data: fmt.Append(nil, c.Protocol())})
		return true
	})
	c := r.openV3("")
	c.takes("2:4x")
	c.says("2:43")
	sid := r.poll()
	r.want("POST", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
	r.want("GET", "GET", "transport=polling&sid="+sid, "", 200, "44")
}

// dialAny makes a WebSocket with any query.
func (r *rig) dialAny(query string) *wsClient {
	r.Helper()
	c, a := r.handshake("/socket.io/?" + query)
	if c == nil {
		r.Fatalf("no WebSocket: %d %s", a.status, a.body)
	}
	return c
}

func TestAWebSocketCarriesBinaryMessagesAsItsClientWants(t *testing.T) {
	data := Message{Data: []byte{1, 2, 3}, Binary: true}
	prepared := Prepare(Message{Data: []byte("x")}, data)
	r := newRig(t, &Options{EIO3: true}, func(c *Conn, m Message) bool {
		if m.Binary {
			return false // echo
		}
		c.SendPrepared(prepared)
		c.Send(Message{Data: []byte("y")}, data)
		return true
	})
	for _, test := range []struct {
		query  string
		binary bool
		form   string
	}{
		{"EIO=4", true, "\x01\x02\x03"},
		{"EIO=4&b64=1", false, "bAQID"}, // B63
		{"EIO=3", true, "\x04\x01\x02\x03"},
		{"EIO=3&b64=1", false, "b4AQID"},
	} {
		c := r.dialAny(test.query + "&transport=websocket").open()
		want := received{text: test.form, binary: test.binary}
		if test.binary {
			c.sendBinary([]byte(test.form))
		} else {
			c.send(test.form)
		}
		if got := c.message(); got != want {
			t.Errorf("%s: %v came back, want %v", test.query, got, want)
		}
		c.send("4go")
		for _, text := range []string{"4x", "4y"} {
			c.expect(test.query, text)
			if got := c.message(); got != want {
				t.Errorf("%s: %v behind %q, want %v", test.query, got, text, want)
			}
		}
	}
}

func TestAClientOfRevision3PingsOverItsWebSocket(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	c := r.dialAny("EIO=3&transport=websocket").open()
	for range 3 {
		c.send("2")
		c.expect("ping", "3")
	}
	c.send("4é€😀")
	c.expect("echo", "4é€😀")
	c.send("3")
	r.wantClosed("transport error")
}

func TestAnUpgradeOfRevision3TakesAlongWhatWaits(t *testing.T) {
	c := newRig(t, &Options{EIO3: true}, nil).openV3("")
	c.takes("6:b4AQID2:4x")
	w := c.dialAny("EIO=3&transport=websocket&sid=" + c.sid)
	w.send("2probe")
	w.expect("probe", "3probe")
	w.send("5")
	if got, want := w.message(), (received{text: "\x04\x01\x02\x03", binary: true}); got != want {
		t.Errorf("first %v, want %v", got, want)
	}
	w.expect("what waited", "4x")
	w.send("2", "4hello")
	w.expect("afterwards", "3", "4hello")
	if a := c.get(""); a.status != 400 || a.body != `{"code":3,"message":"Bad request"}` {
		t.Errorf("polling after the upgrade: %d %q", a.status, a.body)
	}
}

func TestAProbeReleasesTheGetOfRevision3(t *testing.T) {
	c := newRig(t, &Options{EIO3: true}, nil).openV3("")
	body := c.parked()
	w := c.dialAny("EIO=3&transport=websocket&sid=" + c.sid)
	w.send("2probe")
	w.expect("probe", "3probe")
	if got := <-body; got != "1:6" {
		t.Errorf("the GET got %q", got)
	}
}

func TestTheEndOfASessionOfRevision3(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, func(c *Conn, _ Message) bool { c.Close(); return true })
	c := r.openV3("")
	c.takes("2:4x") // closes
	c.says("1:1")
	c.isOver("forced close")

	c = r.openV3("")
	body := c.parked()
	c.takes("1:1")
	if got := <-body; got != "1:6" {
		t.Errorf("the GET got %q", got)
	}
	c.isOver("transport close")
}

func TestPingsWhoseAnswersNobodyFetchesEndTheSession(t *testing.T) {
	r := newRig(t, &Options{EIO3: true, QueueBytes: 1000}, nil)
	r.openV3("").post(strings.Repeat("1:2", 100))
	if err := r.wantClosed("transport error"); err != ErrQueueFull {
		t.Errorf("closed for %v", err)
	}
}
