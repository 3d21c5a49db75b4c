package engineio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/internal/ws"
)

func TestTryAllTransportsGoesOnWithTheNext(t *testing.T) {
	inTime(t, &Options{Transports: []string{Polling}}, nil, func(r *timeRig) {
		o := DialOptions{Transports: []string{WebSocket, Polling}, HTTPClient: r.http.Client()}
		_, err := Dial(r.Context(), r.http.URL, &o)
		refused, ok := errors.AsType[*HandshakeError](err)
		if !ok || refused.Code != codeTransportUnknown {
			r.Errorf("without TryAllTransports: %v", err)
		}
		o.TryAllTransports = true
		c, err := Dial(r.Context(), r.http.URL, &o)
		if err != nil || c.Transport() != Polling {
			r.Fatalf("with TryAllTransports: %v", err)
		}
		c.Close()
		o.HTTPClient = &http.Client{Transport: failing{}}
		_, err = Dial(r.Context(), r.http.URL, &o)
		for _, part := range []string{"by websocket", "by polling", "no network"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				r.Errorf("the error of all transports is %v", err)
			}
		}
	})
}

// failing is a network that does not work.
type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }

func TestDialEndsWithItsContextOrTime(t *testing.T) {
	silent := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("transport") == WebSocket {
			nc, _, _ := ws.Accept(w, r, nil, nil)
			defer nc.Close()
			io.Copy(io.Discard, nc)
			return
		}
		<-r.Context().Done()
	})
	for _, way := range ways[:2] {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				web := httptest.NewTestServer(t, silent)
				o := way.options
				o.HTTPClient = web.Client()
				begun := time.Now()
				if _, err := Dial(t.Context(), web.URL, &o); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Dial: %v", err)
				}
				if took := time.Since(begun); took != 20*time.Second {
					t.Errorf("the default is %v", took)
				}
				o.DialTimeout = -1
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				begun = time.Now()
				if _, err := Dial(ctx, web.URL, &o); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Dial: %v", err)
				}
				if took := time.Since(begun); took != time.Hour {
					t.Errorf("without a limit it took %v", took)
				}
				time.Sleep(lingers)
			})
		})
	}
}

func TestPostsStayUnderTheServersMaxPayload(t *testing.T) {
	inTime(t, &Options{MaxPayload: 1000}, nil, func(r *timeRig) {
		c := r.dialed(DialOptions{Transports: []string{Polling}})
		var want []string
		for i := range 40 {
			m := strings.Repeat(string(rune('a'+i%26)), 50*(i%8))
			want = append(want, m)
			if err := c.Send(Message{Data: []byte(m), Binary: i%3 == 0}); err != nil {
				r.Fatal(err)
			}
		}
		for i, w := range want {
			if got := string(r.receive(c).Data); got != w {
				r.Fatalf("message %d has %d bytes, want %d", i, len(got), len(w))
			}
		}
		// One that is larger is sent all the same, and the server ends the session. The
		// client hears of it by the answer to this POST, by the poll beside it, or by the
		// refusal of the next one.
		c.Send(Message{Data: make([]byte, 2000), Binary: true})
		if why := r.closure(); why.Reason != reasonTransportError {
			r.Errorf("over the limit the server saw %v", why)
		}
		_, err := c.Receive(r.Context())
		refused, answered := errors.AsType[*ResponseError](err)
		closed, ended := errors.AsType[*CloseError](err)
		if !ended || answered != (closed.Reason == reasonTransportError) || answered && refused.Status < 400 {
			r.Errorf("a message over the limit gives %v", err)
		}
	})
}

func TestAFullQueueEndsAClientsConnection(t *testing.T) {
	for _, way := range ways[:2] {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				web := httptest.NewTestServer(t, mute(time.Hour, time.Hour))
				o := way.options
				o.HTTPClient, o.QueueBytes, o.WriteTimeout = web.Client(), 10_000, time.Hour
				c, err := Dial(t.Context(), web.URL, &o)
				if err != nil {
					t.Fatal(err)
				}
				for err == nil {
					err = c.Send(Message{Data: make([]byte, 1000)})
				}
				if !errors.Is(err, ErrQueueFull) {
					t.Fatalf("Send: %v", err)
				}
				if _, err = c.Receive(t.Context()); !errors.Is(err, ErrQueueFull) {
					t.Errorf("the connection ended with %v", err)
				}
				if err := c.Send(Message{}); !errors.Is(err, ErrClosed) {
					t.Errorf("Send after the end: %v", err)
				}
				time.Sleep(lingers)
			})
		})
	}
}

func TestCloseDeliversWhatWasSent(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			got := make(chan string, 200)
			r := newRig(t, nil, func(_ *Conn, m Message) bool { got <- string(m.Data); return true })
			c := r.dialed(way.options)
			for i := range 100 {
				c.Send(Message{Data: fmt.Appendf(nil, "%d", i)})
			}
			c.Close()
			c.Close()
			for i := range 100 {
				select {
				case m := <-got:
					if m != fmt.Sprint(i) {
						t.Fatalf("message %s came in place of %d", m, i)
					}
				case <-time.After(r.wait):
					t.Fatalf("message %d did not arrive", i)
				}
			}
			_, err := c.Receive(t.Context())
			if closed, ok := errors.AsType[*CloseError](err); !ok || closed.Reason != reasonForcedClose {
				t.Errorf("our own Close is told as %v", err)
			}
		})
	}
}

func TestAServersCloseReachesTheClient(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			r := newRig(t, nil, func(c *Conn, m Message) bool {
				c.Send(Message{Data: []byte("goodbye")})
				c.Close()
				return true
			})
			c := r.dialed(way.options)
			r.carriedBy(c, way.carrier)
			c.Send(Message{Data: []byte("leave me")})
			if got := string(r.receive(c).Data); got != "goodbye" {
				t.Errorf("received %q", got)
			}
			_, err := c.Receive(t.Context())
			if closed, ok := errors.AsType[*CloseError](err); !ok || closed.Reason != reasonTransportClose {
				t.Errorf("the client ended with %v", err)
			}
		})
	}
}

func TestURLsThatCannotBe(t *testing.T) {
	for _, u := range []string{"ftp://example.com", "http://", "://", "localhost:3000", "/path"} {
		if c, err := Dial(t.Context(), u, nil); err == nil {
			t.Errorf("%q gave %v", u, c)
		}
	}
	if _, err := Dial(t.Context(), "http://localhost", &DialOptions{Transports: []string{"pigeon"}}); err == nil {
		t.Error("an unknown transport is no error")
	}
	if _, err := Dial(t.Context(), "http://localhost", &DialOptions{MaxPayload: -1}); err == nil {
		t.Error("a negative limit is no error")
	}
}

func TestWhereAServerIsMounted(t *testing.T) {
	for _, tt := range []struct{ url, path, want string }{
		{"http://x", "", "/socket.io/"},
		{"ws://x/", "", "/socket.io/"},
		{"wss://x/engine/", "", "/engine/"},
		{"http://x/room", "/engine", "/engine"},
	} {
		target, err := dialTarget(tt.url, &DialOptions{Path: tt.path})
		if err != nil || target.Path != tt.want || !strings.HasPrefix(target.Scheme, "http") {
			t.Errorf("%s with path %q: %v, %v", tt.url, tt.path, target, err)
		}
	}
}

func TestAHandlerThatWaitsHidesNoSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := mute(25*time.Second, 20*time.Second)
		polls := 0
		web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("sid") != "" {
				if polls++; polls == 1 {
					io.WriteString(w, "4wait")
					return
				}
			}
			silent.ServeHTTP(w, r)
		}))
		c, err := Dial(t.Context(), web.URL, &DialOptions{Transports: []string{Polling}, HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		waits := c.Context()
		c.Attach(receiverFunc(func(Message) {
			c.MayWait()
			<-waits.Done()
		}))
		select {
		case <-waits.Done():
		case <-time.After(time.Minute):
			c.Close()
		}
		if closed, ok := errors.AsType[*CloseError](context.Cause(waits)); !ok || closed.Reason != reasonPingTimeout {
			t.Errorf("the connection ended with %v", context.Cause(waits))
		}
		if took := time.Since(begun); took != 45*time.Second {
			t.Errorf("it took %v, want 45s", took)
		}
		time.Sleep(lingers)
	})
}
