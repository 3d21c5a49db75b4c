package ws

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// echoHandler accepts, sends a frame at once, and then sends back what it reads.
func echoHandler(t *testing.T, greeting []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Check(r); err != nil {
			t.Error(err)
			http.Error(w, err.Reason, err.Status)
			return
		}
		conn, early, err := Accept(w, r, http.Header{"Set-Cookie": {"seen=yes"}}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer conn.Close()
			conn.Write(greeting)
			io.Copy(conn, io.MultiReader(bytes.NewReader(early), conn))
		}()
	})
}

// checkEcho says hello and wants to read the greeting and its hello.
func checkEcho(t *testing.T, conn net.Conn, early, greeting []byte) {
	t.Helper()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	want := string(greeting) + "hello"
	rest := make([]byte, len(want)-len(early))
	if _, err := io.ReadFull(conn, rest); err != nil || string(early)+string(rest) != want {
		t.Errorf("early %.40q (%d bytes), then %.40q, error %v", early, len(early), rest, err)
	}
}

func TestDialGivesTheBareConnection(t *testing.T) {
	greetings := map[string][]byte{
		"no greeting": nil, "greeting": []byte("welcome"), "long greeting": bytes.Repeat([]byte("welcome"), 10_000),
	}
	for name, greeting := range greetings {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", name, secure), func(t *testing.T) {
				s := httptest.NewUnstartedServer(echoHandler(t, greeting))
				s.EnableHTTP2 = true
				want := "*net.TCPConn"
				if secure {
					s.StartTLS()
					want = "*tls.Conn"
				} else {
					s.Start()
				}
				defer s.Close()
				ctx, cancel := context.WithCancel(t.Context())
				u := "ws" + strings.TrimPrefix(s.URL, "http")
				conn, early, resp, err := Dial(ctx, u, DialOptions{Client: s.Client()})
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				cancel() // has no bearing on the connection any more
				if got := fmt.Sprintf("%T", conn); got != want {
					t.Errorf("the connection is a %s, want %s", got, want)
				}
				if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Set-Cookie") != "seen=yes" {
					t.Errorf("answer %d with %q", resp.StatusCode, resp.Header)
				}
				if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("the answer's body gives %d bytes, error %v", n, err)
				}
				checkEcho(t, conn, early, greeting)
			})
		}
	}
}

func TestDialSendsWhatItIsTold(t *testing.T) {
	requests := make(chan *http.Request, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		echoHandler(t, nil).ServeHTTP(w, r)
	}))
	defer s.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	options := DialOptions{
		Header: http.Header{
			"Host": {"elsewhere.example"}, "X-Extra": {"1"}, "Connection": {"close"},
			"Sec-Websocket-Extensions": {"permessage-deflate"}, "Sec-Websocket-Key": {"mine"},
		},
		Client:       &http.Client{Jar: jar, Timeout: time.Minute},
		Subprotocols: []string{"one", "two"},
	}
	u := "ws://user:secret@" + s.Listener.Addr().String() + "/path?query=1#fragment"
	for range 2 {
		conn, _, resp, err := Dial(t.Context(), u, options)
		if err != nil {
			t.Fatal(err)
		}
		checkEcho(t, conn, nil, nil)
		conn.Close()
		if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != "one" {
			t.Errorf("subprotocol %q", got)
		}
	}
	first, second := <-requests, <-requests
	for _, c := range []struct{ what, got, want string }{
		{"target", first.RequestURI, "/path?query=1"},
		{"host", first.Host, "elsewhere.example"},
		{"extra header", first.Header.Get("X-Extra"), "1"},
		{"extensions", first.Header.Get("Sec-WebSocket-Extensions"), ""},
		{"subprotocols", first.Header.Get("Sec-WebSocket-Protocol"), "one, two"},
		{"credentials", first.Header.Get("Authorization"), "Basic dXNlcjpzZWNyZXQ="},
		{"first cookies", first.Header.Get("Cookie"), ""},
		{"second cookies", second.Header.Get("Cookie"), "seen=yes"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	if first.Header.Get("Sec-WebSocket-Key") == second.Header.Get("Sec-WebSocket-Key") {
		t.Error("both handshakes have the same key")
	}
	if options.Header.Get("Connection") != "close" {
		t.Error("the options' header was changed")
	}
}

func TestDialReportsRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		status int
		body   string
	}{
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			io.WriteString(w, `{"code":4}`)
		}, 403, `{"code":4}`},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(302)
		}, 302, ""},
		{"ordinary answer", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") }, 200, "hi"},
		{"endless body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			for r.Context().Err() == nil {
				io.WriteString(w, strings.Repeat("x", 1000))
			}
		}, 500, strings.Repeat("x", maxRefusal)},
		{"wrong accept", rawAnswer(http.Header{"Sec-Websocket-Accept": {rfcAccept}}), 101, ""},
		{"no Upgrade", rawAnswer(http.Header{"Upgrade": {"h2c"}}), 101, ""},
		{"no Connection", rawAnswer(http.Header{"Connection": {"close"}}), 101, ""},
		{"extension", rawAnswer(http.Header{"Sec-Websocket-Extensions": {"permessage-deflate"}}), 101, ""},
		{"subprotocol", rawAnswer(http.Header{"Sec-Websocket-Protocol": {"other"}}), 101, ""},
		{"two subprotocols", rawAnswer(http.Header{"Sec-Websocket-Protocol": {"one", "one"}}), 101, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(c.answer))
			defer s.Close()
			conn, _, resp, err := Dial(t.Context(), s.URL, DialOptions{Subprotocols: []string{"one"}})
			failed, ok := errors.AsType[*HandshakeError](err)
			if !ok || failed.Status != c.status || failed.Reason == "" || conn != nil {
				t.Fatalf("connection %v, error %v, want a HandshakeError of status %d", conn, err, c.status)
			}
			if resp == nil || resp.StatusCode != c.status {
				t.Fatalf("answer %v", resp)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != c.body || err != nil {
				t.Errorf("%d bytes of body %.40q, error %v; want %d bytes", len(body), body, err, len(c.body))
			}
		})
	}
}

// rawAnswer answers 101 as is right but for the headers given. The connection
// must then be closed by the client.
func rawAnswer(wrong http.Header) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		h := http.Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
			"Sec-Websocket-Accept": {acceptKey(r.Header.Get("Sec-WebSocket-Key"))},
		}
		maps.Copy(h, wrong)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n")
		h.Write(conn)
		io.WriteString(conn, "\r\n")
		io.Copy(io.Discard, conn) // returns when the client closes
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	conn, _, resp, err := Dial(ctx, s.URL, DialOptions{})
	if conn != nil || resp != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("connection %v, answer %v, error %v", conn, resp, err)
	}
}

func TestDialKeepsToTheTimeoutOfItsClient(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer s.Close()
	_, _, _, err := Dial(t.Context(), s.URL, DialOptions{Client: &http.Client{Timeout: time.Millisecond}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestDialGoesThroughAProxy(t *testing.T) {
	target := httptest.NewTLSServer(echoHandler(t, []byte("welcome")))
	defer target.Close()
	connects := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connects <- r.Method + " " + r.Host
		up, err := net.Dial("tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		down, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(up, down); up.Close() }()
		go func() { io.Copy(down, up); down.Close() }()
	}))
	defer proxy.Close()
	via, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := target.Client()
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(via)
	conn, early, _, err := Dial(t.Context(), target.URL, DialOptions{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, want := <-connects, "CONNECT "+target.Listener.Addr().String(); got != want {
		t.Errorf("the proxy was asked %q, want %q", got, want)
	}
	checkEcho(t, conn, early, []byte("welcome"))
}

func TestDialWantsACertificateThatHolds(t *testing.T) {
	s := httptest.NewUnstartedServer(echoHandler(t, nil))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	if _, _, _, err := Dial(t.Context(), s.URL, DialOptions{}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v", err)
	}
}

func TestDialRefusesWhatIsNoWebSocketURL(t *testing.T) {
	for _, u := range []string{"", "localhost:80", "ftp://localhost/", "/path", "ws://[::1", "ws://\x7F/"} {
		if conn, _, _, err := Dial(t.Context(), u, DialOptions{}); err == nil {
			conn.Close()
			t.Errorf("%q was dialled", u)
		}
	}
}

func TestDialSaysSoWhenTheTransportHidesItsConnection(t *testing.T) {
	answer := roundTripper(func(r *http.Request) (*http.Response, error) {
		text := appendAnswer(nil, r, nil)
		return http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), r)
	})
	conn, _, _, err := Dial(t.Context(), "ws://x/", DialOptions{Client: &http.Client{Transport: answer}})
	if conn != nil || err == nil || !strings.Contains(err.Error(), "Transport") {
		t.Errorf("connection %v, error %v", conn, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
