package webtransport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	quicwt "github.com/quic-go/webtransport-go"

	"socketio"
	"socketio/engineio"
	"socketio/internal/ws"
)

// A rig is an echoing server on a UDP port, whose polls come over TCP.
type rig struct {
	*testing.T
	srv    *socketio.Server
	server *Server
	host   string
	web    *httptest.Server
	left   chan *socketio.DisconnectError
	ctx    context.Context
}

const wait = 20 * time.Second

func newRig(t *testing.T, change func(o *socketio.Options)) *rig {
	t.Helper()
	o := &socketio.Options{Options: engineio.Options{
		Transports: []string{engineio.Polling, engineio.WebSocket, engineio.WebTransport},
		Logger:     slog.New(slog.DiscardHandler),
	}}
	if change != nil {
		change(o)
	}
	r := &rig{T: t, srv: socketio.NewServer(o), left: make(chan *socketio.DisconnectError, 10)}
	r.srv.Handle("echo", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		var text string
		var data []byte
		if err := m.Decode(&text, &data); err != nil {
			return err
		}
		return s.EmitArgs("echo", text, data)
	})
	r.srv.On("leave", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		return s.Close()
	})
	r.srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
		why, _ := errors.AsType[*socketio.DisconnectError](context.Cause(s.Context()))
		r.left <- why
		return nil
	})
	r.serve()
	return r
}

// serve listens, and ends all of it after the test.
func (r *rig) serve() {
	certificate, _, err := DevelopmentCertificate("127.0.0.1", "localhost")
	if err != nil {
		r.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	r.host = conn.LocalAddr().String()
	r.server = &Server{
		Engine: r.srv.Engine(), TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
		Handler: r.srv, Logger: slog.New(slog.DiscardHandler),
	}
	ended := make(chan error, 1)
	go func() { ended <- r.server.Serve(conn) }()
	r.web = httptest.NewServer(r.srv)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	r.ctx = ctx
	r.Cleanup(func() {
		defer cancel()
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		if err := r.srv.Shutdown(ctx); err != nil {
			r.Errorf("Shutdown: %v", err)
		}
		if err := r.server.Close(); err != nil {
			r.Errorf("Close: %v", err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			r.Errorf("Serve returned %v", err)
		}
		conn.Close()
		r.web.Close()
	})
}

var (
	anyCertificate = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}
	quicConfig     = &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true}
)

const right = "/socket.io/?EIO=4&transport=webtransport"

// dial asks for a session.
func (r *rig) dial(target string, header http.Header) (*http.Response, *quicwt.Session, error) {
	transport := &quicwt.Transport{TLSClientConfig: anyCertificate, QUICConfig: quicConfig}
	r.Cleanup(func() { transport.Close() })
	response, session, err := transport.Dial(r.ctx, "https://"+r.host+target, header)
	if session != nil {
		r.Cleanup(func() { _ = session.CloseWithError(0, "") })
	}
	return response, session, err
}

// A client is the stream of a session, as its client sees it.
type client struct {
	*rig
	session *quicwt.Session
	stream  *quicwt.Stream
	parser  ws.Parser
	rest    []byte
}

// open begins a session and its stream, and sends text packets on it.
func (r *rig) open(target string, texts ...string) *client {
	r.Helper()
	_, session, err := r.dial(target, nil)
	if err != nil {
		r.Fatal(err)
	}
	stream, err := session.OpenStreamSync(r.ctx)
	if err != nil {
		r.Fatal(err)
	}
	stream.SetReadDeadline(time.Now().Add(wait))
	c := &client{rig: r, session: session, stream: stream, parser: ws.Parser{Bare: true}}
	c.say(texts...)
	return c
}

func (c *client) say(texts ...string) {
	c.Helper()
	var b []byte
	for _, text := range texts {
		b = ws.AppendBare(b, ws.OpText, []byte(text))
	}
	if _, err := c.stream.Write(b); err != nil {
		c.Fatal(err)
	}
}

// next returns the next packet, "end" when there are no more.
func (c *client) next() string {
	c.Helper()
	for {
		m, n, err := c.parser.Next(c.rest)
		c.rest = c.rest[n:]
		if err != nil {
			c.Fatal(err)
		}
		if m.Op != 0 {
			return string(m.Data)
		}
		b := make([]byte, 4096)
		n, err = c.stream.Read(b)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			c.Fatal("nothing came")
		}
		if err != nil && n == 0 {
			return "end"
		}
		c.rest = b[:n]
	}
}

func (c *client) expect(why string, texts ...string) {
	c.Helper()
	for _, want := range texts {
		if got := c.next(); got != want {
			c.Fatalf("%s: got %.200q, want %q", why, got, want)
		}
	}
}

// joined expects the open packet, and joins the main namespace.
func (c *client) joined() *client {
	c.Helper()
	if got := c.next(); !strings.HasPrefix(got, `0{"sid":"`) {
		c.Fatalf("got %q, want the open packet", got)
	}
	c.say("40")
	if got := c.next(); !strings.HasPrefix(got, `40{"sid":"`) {
		c.Fatalf("got %q, want the CONNECT reply", got)
	}
	return c
}

// echoes has text and binary data echoed.
func (c *client) echoes(data []byte) {
	c.Helper()
	c.say(`451-["echo","κόσμε",{"_placeholder":true,"num":0}]`)
	if _, err := c.stream.Write(ws.AppendBare(nil, ws.OpBinary, data)); err != nil {
		c.Fatal(err)
	}
	c.expect("the echo", `451-["echo","κόσμε",{"_placeholder":true,"num":0}]`, string(data))
}

func (r *rig) wantLeft(want socketio.Reason) {
	r.Helper()
	select {
	case got := <-r.left:
		if got.Reason != want {
			r.Errorf("left because of %v, want %q", got, want)
		}
	case <-r.ctx.Done():
		r.Errorf("nobody left, want %q", want)
	}
}

func TestASessionCarriesAConnection(t *testing.T) {
	r := newRig(t, nil)
	c := r.open(right, "0").joined()
	c.echoes([]byte{0, 0xff})
	c.echoes(bytes.Repeat([]byte("large "), 100_000))
	if err := c.session.CloseWithError(7, "enough"); err != nil {
		t.Fatal(err)
	}
	r.wantLeft(socketio.ReasonTransportClose)
}

func TestASocketKnowsItsTransportAndTheRequest(t *testing.T) {
	r := newRig(t, nil)
	told := make(chan *socketio.Socket, 1)
	r.srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { told <- s; return nil })
	r.open(right+"&room=7", "0").joined()
	s := <-told
	h := s.Handshake()
	if s.Conn().Transport() != engineio.WebTransport || !h.Secure || h.RemoteAddr != "127.0.0.1" || h.URL.Query().Get("room") != "7" {
		t.Errorf("transport %q, handshake %+v", s.Conn().Transport(), h)
	}
}

func TestASessionTakesAPollingConnectionOver(t *testing.T) {
	r := newRig(t, nil)
	response, err := r.web.Client().Get(r.web.URL + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	_, rest, ok := strings.Cut(string(body), `0{"sid":"`)
	if err != nil || !ok || !strings.Contains(rest, `"upgrades":["websocket","webtransport"]`) {
		t.Fatalf("handshake %q, error %v", body, err)
	}
	sid := rest[:20]
	c := r.open(right+"&sid="+sid, `0{"sid":"`+sid+`"}`, "2probe")
	c.expect("the answer to the probe", "3probe")
	c.say("5", "40")
	if got := c.next(); !strings.HasPrefix(got, `40{"sid":"`) {
		t.Fatalf("got %q, want the CONNECT reply", got)
	}
	c.echoes([]byte("after the upgrade"))
	c.say("41", "1")
	r.wantLeft(socketio.ReasonClientDisconnect)
	c.expect("the end", "end")
}

func TestAClientThatTheServerDisconnectsGetsWhatWaits(t *testing.T) {
	r := newRig(t, nil)
	c := r.open(right, "0").joined()
	c.say(`42["leave"]`)
	c.expect("the DISCONNECT packet, then the end", "41", "end")
	r.wantLeft(socketio.ReasonServerDisconnect)
	select {
	case <-c.session.Context().Done():
	case <-r.ctx.Done():
		t.Error("the session goes on")
	}
}

func TestHostileClientsAreClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		send []byte
	}{
		{"a message in place of the open packet", []byte("\x024x")},
		{"a session that there is none of", []byte("\x1a" + `0{"sid":"__proto__abcdefg"}`[:26])},
		{"a frame without payload", []byte("\x010\x00")},
		{"a length without end", []byte("\x010\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		{"text that is no UTF-8", []byte("\x010\x02\x34\xff")},
		{"a ping", []byte("\x010\x012")},
		{"noise", bytes.Repeat([]byte{0x93}, 5000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			client := r.open(right)
			if _, err := client.stream.Write(c.send); err != nil {
				t.Fatal(err)
			}
			if got := client.next(); strings.HasPrefix(got, "0{") {
				client.expect("the end, behind the open packet", "end")
			} else if got != "end" {
				t.Errorf("got %q", got)
			}
			r.open(right, "0").joined().echoes([]byte("others are served"))
		})
	}
}

func TestSessionsAreRefusedByTheRulesOfTheOtherTransports(t *testing.T) {
	page := func(origin string) http.Header { return http.Header{"Origin": {origin}} }
	for _, c := range []struct {
		name, target string
		header       http.Header
		change       func(o *socketio.Options)
		want         int
	}{
		{"a page of another origin", right, page("https://keep.out"), nil, 403},
		{"a page that is let in", right, page("https://let.in"), func(o *socketio.Options) { o.CORS.Origins = []string{"https://let.in"} }, 200},
		{"another path", "/other/?EIO=4&transport=webtransport", nil, nil, 404},
		{"another revision", "/socket.io/?EIO=3&transport=webtransport", nil, nil, 400},
		{"where it is off", right, nil, func(o *socketio.Options) { o.Transports = nil }, 400},
		{"no query, as browsers send it", "/socket.io/", nil, nil, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.change)
			response, _, err := r.dial(c.target, c.header)
			if response == nil || response.StatusCode != c.want || (err == nil) != (c.want == 200) {
				t.Errorf("response %+v, error %v, want status %d", response, err, c.want)
			}
		})
	}
}

func TestOtherRequestsGoToTheHandler(t *testing.T) {
	r := newRig(t, nil)
	overUDP := &http3.Transport{TLSClientConfig: anyCertificate}
	defer overUDP.Close()
	for target, want := range map[string]int{
		"/socket.io/?EIO=4&transport=polling":      200,
		"/socket.io/?EIO=4&transport=webtransport": 400,
	} {
		req, err := http.NewRequestWithContext(r.ctx, "GET", "https://"+r.host+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := overUDP.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status %d, want %d", target, response.StatusCode, want)
		}
	}
}
