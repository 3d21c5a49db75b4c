package engineio

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/eio4"
)

// waysV3 are the ways of revision 3.
func waysV3() map[string]DialOptions {
	all := map[string]DialOptions{}
	for _, way := range ways {
		o := way.options
		o.EIO3 = true
		all[way.name] = o
	}
	all["polling with base64"] = DialOptions{EIO3: true, Base64: true, Transports: []string{Polling}}
	return all
}

func TestAClientOfRevision3ExchangesMessagesByEachTransport(t *testing.T) {
	for name, o := range waysV3() {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, &Options{EIO3: true}, nil)
			c := r.dialed(o)
			if got := c.Protocol(); got != 3 {
				t.Errorf("protocol %d", got)
			}
			large := bytes.Repeat([]byte("\u20ac"), 100_000) // counted in other units than bytes
			for _, m := range []Message{
				{Data: []byte("hello")},
				{Data: []byte("\u03ba\u03cc\u03c3\u03bc\u03b5 \U0001f600")},
				{Data: []byte{0, 1, 30, 255}, Binary: true},
				{Data: []byte{}, Binary: true},
				{Data: large},
				{Data: large, Binary: true},
			} {
				if err := c.Send(m, Message{Data: []byte("beside it")}); err != nil {
					t.Fatal(err)
				}
				got, beside := r.receive(c), r.receive(c)
				if !bytes.Equal(got.Data, m.Data) || got.Binary != m.Binary || string(beside.Data) != "beside it" {
					t.Fatalf("sent %d bytes, binary %v; received %.60q, %v, and %.60q", len(m.Data), m.Binary, got.Data, got.Binary, beside.Data)
				}
			}
			if len(o.Transports) == 0 {
				r.carriedBy(c, WebSocket)
			}
			c.Close()
			if why := r.closure(); why.Reason != reasonTransportClose {
				t.Errorf("the server saw %v", why)
			}
		})
	}
}

func TestNothingIsLostOrOvertakenWhileAClientOfRevision3Upgrades(t *testing.T) {
	r := newRig(t, &Options{EIO3: true}, nil)
	c := r.dialed(DialOptions{EIO3: true})
	room := make(chan struct{}, 20)
	r.sendNumbered(c, room)
	r.wantNumbered(c, room)
}

func TestAClientOfRevision3PingsForHours(t *testing.T) {
	for name, o := range waysV3() {
		t.Run(name, func(t *testing.T) {
			inTime(t, &Options{EIO3: true}, nil, func(r *timeRig) {
				c := r.dialed(o)
				r.sleep(3 * time.Hour)
				if err := c.Send(Message{Data: []byte("still here")}); err != nil {
					r.Fatal(err)
				}
				if got := string(r.receive(c).Data); got != "still here" {
					r.Errorf("received %q", got)
				}
			})
		})
	}
}

// A server that is not of revision 3 says so, and the client what was said.
func TestServersThatDoNotSpeakRevision3AreToldFromThoseThatDo(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		for _, way := range ways[:2] {
			o := way.options
			o.EIO3, o.HTTPClient = true, r.http.Client()
			_, err := Dial(r.Context(), r.http.URL, &o)
			if err == nil || !strings.Contains(err.Error(), "Unsupported protocol version") {
				r.Errorf("%s: %v", way.name, err)
			}
		}
	})
}

// v3Server answers polls with these bodies, one after the other, and then not at all. It
// keeps what is posted.
type v3Server struct {
	mu     sync.Mutex
	bodies []string
	posted []string // content type and body
}

func (s *v3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	if r.Method == http.MethodPost {
		s.posted = append(s.posted, r.Header.Get("Content-Type")+" "+string(body))
		s.mu.Unlock()
		io.WriteString(w, "ok")
		return
	}
	if len(s.bodies) == 0 {
		s.mu.Unlock()
		<-r.Context().Done()
		return
	}
	next := s.bodies[0]
	s.bodies = s.bodies[1:]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	if next[0] < 2 {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	io.WriteString(w, next)
}

func (s *v3Server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.posted
	s.posted = nil
	return all
}

// openV3 is the open packet as socket.io 2.5.0 sends it.
const openV3 = `79:0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":5000}`

func TestPollsOfRevision3AreInBothForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &v3Server{bodies: []string{
			openV3 + "2:40",
			"5:4\u20ac\U0001f600x" + "10:b4AAEe/w==",
			"\x00\x04\xff4\u20ac" + "\x01\x03\xff\x04\x01\x02",
		}}
		web := httptest.NewTestServer(t, server)
		c, err := Dial(t.Context(), web.URL, &DialOptions{EIO3: true, Transports: []string{Polling}, HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []Message{
			{Data: []byte("0")},
			{Data: []byte("\u20ac\U0001f600x")},
			{Data: []byte{0, 1, 30, 255}, Binary: true},
			{Data: []byte("\u20ac")},
			{Data: []byte{1, 2}, Binary: true},
		} {
			if got, err := c.Receive(t.Context()); err != nil || !bytes.Equal(got.Data, want.Data) || got.Binary != want.Binary {
				t.Fatalf("received %q, %v, %v; want %q", got.Data, got.Binary, err, want.Data)
			}
		}
		c.Send(Message{Data: []byte("\u20ac")}, Message{Data: []byte("b")})
		synctest.Wait()
		c.Send(Message{Data: []byte("\u20ac")}, Message{Data: []byte{1, 2}, Binary: true})
		time.Sleep(30 * time.Second) // it pings, and nobody answers
		synctest.Wait()
		c.Close()
		posts := server.take()
		for i, want := range []string{
			"text/plain;charset=UTF-8 2:4\u20ac2:4b",
			"application/octet-stream \x00\x04\xff4\u20ac\x01\x03\xff\x04\x01\x02",
			"text/plain;charset=UTF-8 1:2",
		} {
			if len(posts) != 3 || posts[i] != want {
				t.Fatalf("POST %d of %q, want %q", i, posts, want)
			}
		}
		if _, err := c.Receive(t.Context()); err == nil || !strings.Contains(err.Error(), reasonPingTimeout) {
			t.Errorf("without a pong: %v", err)
		}
	})
}

func TestClientSessionOfRevision3(t *testing.T) {
	packet := func(p eio4.Type) clientEvent { return clientEvent{input: clPacket, packet: p} }
	in := func(i clientInput) clientEvent { return clientEvent{input: i} }
	for _, tt := range []struct {
		name   string
		steps  []clientStep
		reason string // empty: not over
	}{
		{"it pings after each interval", []clientStep{
			{24, in(clTick), 0}, {25, in(clTick), clPing}, {26, packet(eio4.Pong), 0}, {50, in(clTick), 0}, {51, in(clTick), clPing},
		}, ""},
		{"no pong", []clientStep{{25, in(clTick), clPing}, {44, packet(eio4.Message), clDeliver}, {45, in(clTick), clEnd}}, reasonPingTimeout},
		{"a pong that nobody asked for", []clientStep{{24, packet(eio4.Pong), 0}, {25, in(clTick), clPing}}, ""},
		{"our own receiver holds the pong up", []clientStep{
			{25, in(clTick), clPing}, {40, in(clHeld), 0}, {59, in(clTick), 0}, {60, in(clTick), clEnd},
		}, reasonPingTimeout},
		{"our own receiver does not hold the ping up", []clientStep{{25, in(clHeld), clPing}}, ""},
		{"a ping of the server's", []clientStep{{1, packet(eio4.Ping), clEnd}}, reasonParseError},
		{"a pong behind our closing", []clientStep{
			{25, in(clTick), clPing}, {26, in(clClose), clOurs}, {27, packet(eio4.Pong), 0}, {36, in(clTick), clEnd},
		}, reasonForcedClose},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := clientSession{v3: true, pings: 25 * time.Second, patience: 45 * time.Second}
			s.start(0, onPolling)
			for i, step := range tt.steps {
				now := time.Duration(step.at * float64(time.Second))
				if got := s.step(now, step.e); got != step.want {
					t.Fatalf("step %d: effects %b, want %b", i, got, step.want)
				}
			}
			if s.ended != tt.reason {
				t.Errorf("ended for %q, want %q", s.ended, tt.reason)
			}
		})
	}
}
