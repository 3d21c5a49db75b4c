package engineio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"socketio/internal/ws"
)

// everyTransport lets clients use WebTransport as well.
var everyTransport = []string{Polling, WebSocket, WebTransport}

// A streamClient is a client's end of a stream.
type streamClient struct {
	*wsClient
	served chan error // what ServeStream returned
}

// stream begins a stream, and has the client send this first, as it stands.
func (r *rig) stream(first string) *streamClient {
	r.Helper()
	return r.streamFor(r.Context(), nil, first)
}

func (r *rig) streamFor(ctx context.Context, request *http.Request, first string) *streamClient {
	r.Helper()
	ours, theirs := r.streamPair()
	r.Cleanup(func() { theirs.Close() })
	c := &streamClient{
		wsClient: &wsClient{rig: r, Conn: theirs, parser: ws.Parser{Bare: true}},
		served:   make(chan error, 1),
	}
	go func() { c.served <- r.server.ServeStream(ctx, Stream{Conn: ours, Request: request}) }()
	if _, err := io.WriteString(theirs, first); err != nil {
		r.Fatal(err)
	}
	return c
}

// streamPair returns two ends of what is as good as a stream of WebTransport.
func (r *rig) streamPair() (ours, theirs net.Conn) {
	r.Helper()
	if r.inMemory {
		return net.Pipe()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	defer l.Close()
	theirs, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		r.Fatal(err)
	}
	ours, err = l.Accept()
	if err != nil {
		r.Fatal(err)
	}
	theirs.SetDeadline(time.Now().Add(20 * time.Second))
	return ours, theirs
}

// bare returns text packets as a stream carries them.
func bare(texts ...string) string {
	var b []byte
	for _, text := range texts {
		b = ws.AppendBare(b, ws.OpText, []byte(text))
	}
	return string(b)
}

// say sends text packets in one write.
func (c *streamClient) say(texts ...string) {
	c.Helper()
	if _, err := io.WriteString(c.Conn, bare(texts...)); err != nil {
		c.Fatal(err)
	}
}

// upgrading returns the open packet of a client that takes a session over.
func upgrading(sid string) string { return bare(`0{"sid":"` + sid + `"}`) }

func TestAStreamCarriesAConnection(t *testing.T) {
	conns := make(chan *Conn, 1)
	r := newRig(t, &Options{Transports: everyTransport}, func(c *Conn, m Message) bool {
		if string(m.Data) == "who" {
			conns <- c
		}
		return false
	})
	c := r.stream(bare("0", "4early"))
	got := c.next()
	if rest := got[min(len(got), 29):]; !strings.HasPrefix(got, `0{"sid":"`) ||
		rest != `","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}` {
		t.Fatalf("the open packet is %q", got)
	}
	if err := <-c.served; err != nil {
		t.Fatal(err)
	}
	c.expect("the echo of what came with the open packet", "4early")
	long := "4" + strings.Repeat("x", 70_000)
	c.say("4\u20ac", long, "4who")
	c.expect("echoes", "4\u20ac", long, "4who")
	c.Write(ws.AppendBare(nil, ws.OpBinary, []byte{0, 0xff}))
	if m := c.message(); !m.binary || m.text != "\x00\xff" {
		t.Errorf("got %+v, want binary data", m)
	}
	conn := <-conns
	if conn.Transport() != WebTransport || conn.Upgraded() || conn.Protocol() != 4 {
		t.Errorf("transport %q, upgraded %v, protocol %d", conn.Transport(), conn.Upgraded(), conn.Protocol())
	}
	if q := conn.Request(); len(q.Header) != 0 || !q.Secure || q.RemoteAddr != "127.0.0.1" {
		t.Errorf("the request is %+v, want a secure one without header", q)
	}
	c.Close()
	r.wantClosed("transport close")
}

func TestAStreamTakesAPollingSessionOver(t *testing.T) {
	conns := make(chan *Conn, 1)
	r := newRig(t, &Options{Transports: everyTransport}, func(c *Conn, m Message) bool {
		conns <- c
		return false
	})
	sid := r.poll()
	conn := r.server.find(sid)
	conn.Send(Message{Data: []byte("waits")}, Message{Data: []byte{0xff}, Binary: true})
	c := r.stream(upgrading(sid))
	c.say("2probe")
	c.expect("the answer to the probe", "3probe")
	if conn.Transport() != Polling {
		t.Errorf("transport %q while it is probed", conn.Transport())
	}
	c.say("5", "4x")
	c.expect("what waited", "4waits", "\xff")
	c.expect("the echo", "4x")
	if conn := <-conns; conn.Transport() != WebTransport || !conn.Upgraded() {
		t.Errorf("transport %q, upgraded %v", conn.Transport(), conn.Upgraded())
	}
	r.want("polling is over", "GET", "transport=polling&sid="+sid, "", 400, `{"code":3,"message":"Bad request"}`)
	c.say("1")
	r.wantClosed("transport close")
	c.expect("the end of the stream", "end")
}

func TestAPollingHandshakeOffersWebTransportWhereItIsOn(t *testing.T) {
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{}, `["websocket"]`},
		{Options{Transports: everyTransport}, `["websocket","webtransport"]`},
		{Options{Transports: []string{WebTransport, Polling}}, `["webtransport"]`},
		{Options{Transports: everyTransport, NoUpgrade: true}, `[]`},
	} {
		r := newRig(t, &c.options, nil)
		if _, body, _ := r.do("GET", "transport=polling", ""); !strings.Contains(body, `"upgrades":`+c.want+`,`) {
			t.Errorf("%v: got %s, want upgrades %s", c.options.Transports, body, c.want)
		}
	}
}

func TestAStreamIsRefusedForItsFirstPacket(t *testing.T) {
	for _, c := range []struct {
		name, first string
		code        int
	}{
		{"a message", bare("4x"), codeBadRequest},
		{"a probe", bare("2probe"), codeBadRequest},
		{"binary data", "\x81\x30", codeBadRequest},
		{"no packet", bare("9"), codeBadRequest},
		{"no payload", "\x00", codeBadRequest},
		{"more than there is to say", bare(upgrading(strings.Repeat("x", maxOpening))), codeBadRequest},
		{"text that is no UTF-8", "\x02\x30\xff", codeBadRequest},
		{"an unknown id", upgrading("aaaaaaaaaaaaaaaaaaaa"), codeUnknownSession},
		{"CVE-2026-59724", upgrading("__proto__"), codeUnknownSession},
		{"an empty id", upgrading(""), codeUnknownSession},
		{"a long id", upgrading(strings.Repeat("x", maxID+1)), codeUnknownSession},
		{"no id", bare(`0{}`), codeUnknownSession},
		{"an id that is no string", bare(`0{"sid":["x"]}`), codeUnknownSession},
		{"no JSON", bare(`0{"sid"`), codeUnknownSession},
		{"two ids", bare(`0{"sid":"a","sid":"b"}`), codeUnknownSession},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, &Options{Transports: everyTransport}, nil)
			r.poll()
			client := r.stream(c.first)
			var refused *HandshakeError
			if err := <-client.served; !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("error %v, want code %d", err, c.code)
			}
			client.expect("the end", "end")
			if n := r.server.Len(); n != 1 {
				t.Errorf("%d connections, want the one that polls", n)
			}
		})
	}
}

func TestASessionThatCannotBeUpgradedStaysWhereItIs(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		before  func(r *rig) (sid string)
	}{
		{"while another stream is probed", Options{}, func(r *rig) string {
			sid := r.poll()
			r.stream(upgrading(sid)).say("2probe")
			return sid
		}},
		{"on a WebSocket", Options{}, func(r *rig) string {
			return r.dial("transport=websocket").next()[len(`0{"sid":"`):][:20]
		}},
		{"without upgrades", Options{NoUpgrade: true}, (*rig).poll},
		{"of the other revision", Options{EIO3: true}, func(r *rig) string {
			_, rest, _ := strings.Cut(r.ask("GET", "/socket.io/?EIO=3&transport=polling", "").body, `"sid":"`)
			return rest[:20]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.options.Transports = everyTransport
			r := newRig(t, &c.options, nil)
			sid := c.before(r)
			if c.name == "while another stream is probed" {
				r.until("the stream is probed", func() bool {
					conn := r.server.find(sid)
					conn.mu.Lock()
					defer conn.mu.Unlock()
					return conn.session.probed
				})
			}
			var refused *HandshakeError
			if err := <-r.stream(upgrading(sid)).served; !errors.As(err, &refused) || refused.Code != codeBadRequest {
				t.Errorf("error %v, want code %d", err, codeBadRequest)
			}
			if r.server.find(sid) == nil {
				t.Error("the session is gone")
			}
		})
	}
}

func TestAStreamIsNotServedWhereThereIsNoWebTransport(t *testing.T) {
	r := newRig(t, nil, nil)
	var refused *HandshakeError
	ours, theirs := net.Pipe()
	if err := r.server.ServeStream(t.Context(), Stream{Conn: ours}); !errors.As(err, &refused) || refused.Code != codeTransportUnknown {
		t.Errorf("error %v, want code %d", err, codeTransportUnknown)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("reading gives %v, want EOF", err)
	}
}

func TestAStreamIsRefusedByAServerThatShutsDown(t *testing.T) {
	r := newRig(t, &Options{Transports: everyTransport}, nil)
	r.server.Close()
	if err := <-r.stream(bare("0")).served; !errors.Is(err, ErrServerClosed) {
		t.Errorf("error %v, want ErrServerClosed", err)
	}
}

func TestASilentStreamIsClosed(t *testing.T) {
	inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
		if err := <-r.stream("").served; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want the deadline's", err)
		}
		r.at("the end", 10*time.Second)
	})
}

func TestAStreamIsClosedWhoseContextEndsFirst(t *testing.T) {
	r := newRig(t, &Options{Transports: everyTransport}, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if err := <-r.streamFor(ctx, nil, "").served; !errors.Is(err, gone) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestWhatAStreamMustNotCarryEndsItsConnection(t *testing.T) {
	for _, c := range []struct{ name, input, reason string }{
		{"a frame without payload", "\x00", "parse error"},
		{"binary data of no bytes", "\x80", "parse error"},
		{"a length of 16 bits that is 0", "\x7e\x00\x00", "parse error"},
		{"more than the server takes", "\x7e\x03\xe9", "parse error"},
		{"a length of 64 bits", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "parse error"},
		{"text that is no UTF-8", "\x02\x34\xff", "parse error"},
		{"no packet", bare("9"), "parse error"},
		{"another open packet", bare("0"), "parse error"},
		{"a ping", bare("2"), "transport error"},
		{"a close packet", bare("1"), "transport close"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, &Options{Transports: everyTransport, MaxPayload: 1000}, nil)
			client := r.stream(bare("0"))
			client.open()
			io.WriteString(client.Conn, bare("4x")+c.input)
			client.expect("what came before, then the end", "4x", "end")
			r.wantClosed(c.reason)
		})
	}
}

func TestAStreamIsPingedAndHasToAnswer(t *testing.T) {
	inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
		c := r.stream(bare("0"))
		c.open()
		for i := range 3 {
			c.expect("a ping", "2")
			r.at("the ping", time.Duration(i+1)*25*time.Second)
			c.say("3")
		}
		c.expect("the last ping", "2")
		r.wantClosed("ping timeout")
		r.at("the end", 4*25*time.Second+20*time.Second)
	})
}

func TestAStreamThatIsProbedHasItsTime(t *testing.T) {
	inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
		sid := r.poll()
		c := r.stream(upgrading(sid))
		c.say("2probe")
		c.expect("the answer, and no more", "3probe", "end")
		r.at("the end", 11*time.Second) // it may linger for one
		r.want("polling goes on", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
	})
}

func TestAStreamThatTakesNothingIsCutOff(t *testing.T) {
	t.Run("when its queue is full", func(t *testing.T) {
		inTime(t, &Options{Transports: everyTransport, QueueBytes: 10_000}, func(c *Conn, m Message) bool {
			for range 3 {
				c.Send(Message{Data: make([]byte, 9_000), Binary: true})
			}
			return true
		}, func(r *timeRig) {
			c := r.stream(bare("0"))
			c.open()
			c.say("4x")
			if err := r.wantClosed("transport error"); !errors.Is(err, ErrQueueFull) {
				t.Errorf("the cause is %v, want ErrQueueFull", err)
			}
		})
	})
	t.Run("after WriteTimeout", func(t *testing.T) {
		inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
			c := r.stream(bare("0"))
			c.open()
			c.say("4x")
			if err := r.wantClosed("transport error"); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the cause is %v, want the deadline's", err)
			}
			r.at("the end", 10*time.Second)
		})
	})
}

func TestClosingAStreamSendsWhatWaits(t *testing.T) {
	r := newRig(t, &Options{Transports: everyTransport}, func(c *Conn, m Message) bool {
		p := Prepare(Message{Data: []byte("prepared")}, Message{Data: []byte{0xff}, Binary: true})
		if err := c.SendPrepared(p); err != nil {
			t.Error(err)
		}
		c.Close()
		return true
	})
	c := r.stream(bare("0"))
	c.open()
	c.say("4x")
	c.expect("what was sent, then the end", "4prepared", "\xff", "end")
	r.wantClosed("forced close")
}

func TestARequestForAStreamIsAdmittedByTheRulesOfTheOtherTransports(t *testing.T) {
	options := Options{Transports: everyTransport, EIO3: true, CORS: CORS{Origins: []string{"https://let.in"}}}
	const right = "/socket.io/?EIO=4&transport=webtransport"
	for _, c := range []struct {
		name, target, origin string
		options              func(o *Options)
		want                 int
		body                 string
	}{
		{name: "a program", target: right, want: 200},
		{name: "a page that is let in", target: right, origin: "https://let.in", want: 200},
		{name: "one without a query, as browsers send it", target: "/socket.io/", want: 200},
		{name: "a page that is not", target: right, origin: "https://keep.out", want: 403, body: `{"code":4,"message":"Forbidden"}`},
		{name: "another path", target: "/other/?EIO=4&transport=webtransport", want: 404, body: "404 page not found\n"},
		{name: "another transport", target: "/socket.io/?EIO=4&transport=polling", want: 400, body: `{"code":0,"message":"Transport unknown"}`},
		{name: "the other revision", target: "/socket.io/?EIO=3&transport=webtransport", want: 400, body: `{"code":5,"message":"Unsupported protocol version"}`},
		{name: "two ids", target: right + "&sid=x&sid=y", want: 400, body: `{"code":3,"message":"Bad request"}`},
		{name: "where it is off", target: right, options: func(o *Options) { o.Transports = nil }, want: 400, body: `{"code":0,"message":"Transport unknown"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options
			if c.options != nil {
				c.options(&o)
			}
			r := newRig(t, &o, nil)
			w := httptest.NewRecorder()
			req := httptest.NewRequest("CONNECT", "https://example.com"+c.target, nil)
			req.URL.Path, req.URL.RawQuery, _ = strings.Cut(c.target, "?")
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
			}
			admitted := r.server.AdmitStream(w, req)
			if admitted != (c.want == 200) || w.Code != c.want || w.Body.String() != c.body {
				t.Errorf("admitted %v with %d %q, want %d %q", admitted, w.Code, w.Body, c.want, c.body)
			}
		})
	}
}

func TestAllowDecidesOnNewConnectionsOverStreams(t *testing.T) {
	var asked int
	r := newRig(t, &Options{Transports: everyTransport, Allow: func(r *http.Request) error {
		if asked++; r.Header.Get("Authorization") == "" && r.Header.Get("User-Agent") == "" {
			return errors.New("who are you?")
		}
		return nil
	}}, nil)
	for _, why := range []string{"who are you?", ""} {
		req := httptest.NewRequest("CONNECT", "/", nil)
		req.URL.Path = "/socket.io/"
		if why == "" {
			req.Header.Set("Authorization", "x")
		}
		err := <-r.streamFor(t.Context(), req, bare("0")).served
		refused, ok := errors.AsType[*HandshakeError](err)
		if ok != (why != "") || ok && (refused.Code != codeForbidden || refused.Message != why) {
			t.Errorf("error %v, want %q", err, why)
		}
	}
	sid := r.poll()
	r.stream(upgrading(sid)).say("2probe")
	if asked != 3 {
		t.Errorf("asked %d times, want 3: an upgrade is no new connection", asked)
	}
}

func TestAStreamIsNotServedWhereThereIsNoRoom(t *testing.T) {
	r := newRig(t, &Options{Transports: everyTransport, MaxConnections: 1, InitialMessage: []byte("first")}, nil)
	c := r.stream(bare("0"))
	c.open()
	c.expect("the first message", "4first")
	if err := <-r.stream(bare("0")).served; !errors.Is(err, errTooMany) {
		t.Errorf("error %v, want %v", err, errTooMany)
	}
	if s := r.server.Stats(); s.HitMaxConnections != 1 || s.WebTransports != 1 || s.Polling != 0 {
		t.Errorf("statistics are %+v", s)
	}
}

func TestAConnectionKnowsTheRequestOfItsStream(t *testing.T) {
	type key struct{}
	conns := make(chan *Conn, 1)
	r := newRig(t, &Options{
		Transports: everyTransport,
		GenerateID: func(r *http.Request) (string, error) { return "id-" + r.Header.Get("X-Name"), nil },
	}, func(c *Conn, m Message) bool { conns <- c; return false })
	req := httptest.NewRequest("CONNECT", "/socket.io/", nil)
	req.URL.RawQuery = "EIO=4&transport=webtransport&room=7"
	req.RequestURI = req.URL.RequestURI()
	req.Header.Set("X-Name", "ann")
	c := r.streamFor(context.WithValue(t.Context(), key{}, "value"), req, bare("0", "4x"))
	c.open()
	conn := <-conns
	got := conn.Request()
	if conn.ID() != "id-ann" || got.Header.Get("X-Name") != "ann" || got.URL.Query().Get("room") != "7" {
		t.Errorf("id %q, request %+v", conn.ID(), got)
	}
	if got := conn.Context().Value(key{}); got != "value" {
		t.Errorf("the context has %v", got)
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
		c := r.stream(bare("0"))
		c.open()
		if err := r.server.Shutdown(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.wantClosed("forced close")
		c.expect("the end", "end")
		r.at("all of it", time.Second) // for which a stream may linger
	})
}
