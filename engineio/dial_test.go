package engineio

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// ways are the transports that a client can use, and how it says so.
var ways = []struct {
	name    string
	options DialOptions
	carrier string // the transport in the end
}{
	{"polling", DialOptions{Transports: []string{Polling}}, Polling},
	{"websocket", DialOptions{Transports: []string{WebSocket}}, WebSocket},
	{"upgrade", DialOptions{}, WebSocket},
	{"base64", DialOptions{Transports: []string{WebSocket}, Base64: true}, WebSocket},
	{"upgrade with base64", DialOptions{Base64: true}, WebSocket},
}

// dialed opens a connection that is closed at the end of the test.
func (r *rig) dialed(o DialOptions) *Conn {
	r.Helper()
	if o.HTTPClient == nil {
		o.HTTPClient = r.http.Client()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	}
	c, err := Dial(r.Context(), r.http.URL, &o)
	if err != nil {
		r.Fatalf("Dial: %v", err)
	}
	r.Cleanup(func() { c.Close() })
	return c
}

// receive returns the next message of a client.
func (r *rig) receive(c *Conn) Message {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), r.wait)
	defer cancel()
	m, err := c.Receive(ctx)
	if err != nil {
		r.Fatalf("Receive: %v", err)
	}
	return m
}

// carriedBy waits until a connection is on a transport.
func (r *rig) carriedBy(c *Conn, transport string) {
	r.Helper()
	for end := time.Now().Add(r.wait); c.Transport() != transport; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("the transport is still %s, want %s", c.Transport(), transport)
		}
	}
}

func TestAClientExchangesMessagesByEachTransport(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			c := r.dialed(way.options)
			large := bytes.Repeat([]byte{'x'}, 700_000)
			for _, m := range []Message{
				{Data: []byte("hello")},
				{Data: []byte("a b\x1f\"\\\n€")},
				{Data: []byte{0, 1, 30, 255}, Binary: true},
				{Data: []byte{}, Binary: true},
				{Data: large},
				{Data: large, Binary: true},
			} {
				if way.carrier == Polling && len(m.Data) == len(large) && m.Binary {
					m.Data = m.Data[:500_000] // base64 is larger
				}
				if err := c.Send(m); err != nil {
					t.Fatal(err)
				}
				got := r.receive(c)
				if !bytes.Equal(got.Data, m.Data) || got.Binary != m.Binary {
					t.Fatalf("sent %d bytes, binary %v; received %.60q, %v", len(m.Data), m.Binary, got.Data, got.Binary)
				}
			}
			r.carriedBy(c, way.carrier)
			if got := c.Upgraded(); got != (len(way.options.Transports) == 0) {
				t.Errorf("Upgraded is %v", got)
			}
			c.Close()
			if why := r.closure(); why.Reason != reasonTransportClose {
				t.Errorf("the server saw %v", why)
			}
		})
	}
}

// closure returns why a connection of the server has ended.
func (r *rig) closure() *CloseError {
	r.Helper()
	select {
	case why := <-r.closed:
		return why
	case <-time.After(r.wait):
		r.Fatal("the server's connection has not ended")
		return nil
	}
}

func TestAClientAnswersPingsForHours(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			inTime(t, nil, nil, func(r *timeRig) {
				c := r.dialed(way.options)
				r.sleep(3 * time.Hour)
				if err := c.Send(Message{Data: []byte("still here")}); err != nil {
					r.Fatal(err)
				}
				if got := string(r.receive(c).Data); got != "still here" {
					r.Errorf("received %q", got)
				}
				c.Close()
			})
		})
	}
}

// A mute server opens sessions and then says nothing, not even pings.
func mute(interval, timeout time.Duration) http.Handler {
	open := eio4.AppendHandshake([]byte{byte(eio4.Open)}, eio4.Handshake{SID: "mute", PingInterval: interval, PingTimeout: timeout})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("transport") == WebSocket:
			nc, _, _ := ws.Accept(w, r, nil, ws.AppendFrame(nil, ws.OpText, open))
			defer nc.Close()
			io.Copy(io.Discard, nc)
		case r.FormValue("sid") == "":
			w.Write(open)
		default:
			io.Copy(io.Discard, r.Body) // or the server would not see that the client has gone
			<-r.Context().Done()
		}
	})
}

func TestAClientGivesUpASilentServerAfterIntervalAndTimeout(t *testing.T) {
	for _, way := range ways[:2] {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				web := httptest.NewTestServer(t, mute(25*time.Second, 20*time.Second))
				way.options.HTTPClient = web.Client()
				c, err := Dial(t.Context(), web.URL, &way.options)
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				_, err = c.Receive(t.Context())
				closed, ok := errors.AsType[*CloseError](err)
				if !ok || closed.Reason != reasonPingTimeout {
					t.Errorf("the connection ended with %v", err)
				}
				if took := time.Since(begun); took != 45*time.Second {
					t.Errorf("it took %v, want 45s", took)
				}
				if cause := context.Cause(c.Context()); !errors.Is(cause, err) {
					t.Errorf("the context's cause is %v", cause)
				}
				time.Sleep(lingers)
			})
		})
	}
}

// lingers is how long a WebSocket waits for the answer to its close frame.
const lingers = 6 * time.Second

func TestAHandlerThatWaitsDoesNotKeepAClientFromReading(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			c := r.dialed(way.options)
			got := make(chan string, 2)
			released := make(chan struct{})
			c.Attach(receiverFunc(func(m Message) {
				text := string(m.Data)
				c.MayWait()
				if text == "first" {
					c.Send(Message{Data: []byte("second")})
					<-released
				} else {
					close(released)
				}
				got <- text
			}))
			c.Send(Message{Data: []byte("first")})
			for range 2 {
				select {
				case <-got:
				case <-time.After(r.wait):
					t.Fatal("a handler that waits keeps the client from reading")
				}
			}
		})
	}
}

// A receiverFunc is a Receiver that does not care about the end.
type receiverFunc func(m Message)

func (f receiverFunc) Receive(m Message)  { f(m) }
func (f receiverFunc) Closed(*CloseError) {}

func TestAClientSendsHeadersQueryAndCookiesWithEveryRequest(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			r := newServerRig(t, nil, nil)
			var mu sync.Mutex
			var wrong []string
			var seen int
			r.serve(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				mu.Lock()
				cookie, _ := req.Cookie("backend")
				if seen++; seen > 1 && (cookie == nil || cookie.Value != "7") {
					wrong = append(wrong, "no cookie in "+req.URL.String())
				}
				if req.Header.Get("X-Token") != "secret" || req.Host != "other.example" || req.FormValue("room") != "go" || req.FormValue("a") != "b" {
					wrong = append(wrong, fmt.Sprint(req.Host, req.URL, req.Header))
				}
				mu.Unlock()
				http.SetCookie(w, &http.Cookie{Name: "backend", Value: "7"})
				r.server.ServeHTTP(w, req)
			})))
			jar, _ := cookiejar.New(nil)
			o := way.options
			o.HTTPClient = &http.Client{Jar: jar, Transport: r.http.Client().Transport}
			o.Header = http.Header{"X-Token": {"secret"}, "Host": {"other.example"}}
			o.Query = url.Values{"room": {"go"}}
			o.Logger = slog.New(slog.DiscardHandler)
			c, err := Dial(t.Context(), r.http.URL+"?a=b", &o)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r.carriedBy(c, way.carrier)
			c.Send(Message{Data: []byte("x")})
			r.receive(c)
			if got := c.Request(); got.Header.Get("X-Token") != "secret" || got.URL.Query().Get("room") != "go" || c.RemoteAddr() != "127.0.0.1" {
				t.Errorf("Request is %+v, RemoteAddr %s", got, c.RemoteAddr())
			}
			mu.Lock()
			defer mu.Unlock()
			if len(wrong) > 0 || seen == 0 {
				t.Errorf("%d requests; wrong: %q", seen, wrong)
			}
		})
	}
}

func TestAClientGoesThroughTLSAndAProxy(t *testing.T) {
	for _, way := range ways[:3] {
		t.Run(way.name, func(t *testing.T) {
			r := newServerRig(t, nil, nil)
			r.serve(httptest.NewTLSServer(r.server))
			_, err := Dial(t.Context(), r.http.URL, &DialOptions{Transports: way.options.Transports})
			if err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("a certificate that nobody knows gives %v", err)
			}
			c := r.dialed(way.options)
			r.carriedBy(c, way.carrier)
			if !c.Request().Secure {
				t.Error("the connection does not say that it is secure")
			}
			c.Send(Message{Data: []byte("x")})
			r.receive(c)
		})
	}
	t.Run("proxy", func(t *testing.T) {
		r := newRig(t, nil, nil)
		target, _ := url.Parse(r.http.URL)
		var asked atomic.Int32
		forward := httputil.NewSingleHostReverseProxy(target)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			asked.Add(1)
			forward.ServeHTTP(w, req)
		}))
		defer proxy.Close()
		at, _ := url.Parse(proxy.URL)
		transport := &http.Transport{Proxy: http.ProxyURL(at)}
		defer transport.CloseIdleConnections()
		c, err := Dial(t.Context(), "http://nowhere.example", &DialOptions{HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		r.carriedBy(c, WebSocket)
		if asked.Load() < 3 {
			t.Errorf("%d requests came through the proxy", asked.Load())
		}
		c.Close()
		r.closure()
	})
}

func TestCVE_2016_10536_AServersCertificateMustHold(t *testing.T) {
	server := NewServer(func(c *Conn) { t.Errorf("a client has connected by %s", c.Transport()) }, &Options{Logger: slog.New(slog.DiscardHandler)})
	web := httptest.NewUnstartedServer(server)
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	defer web.Close()
	for transport := range opened {
		c, err := Dial(t.Context(), web.URL, &DialOptions{Transports: []string{transport}})
		if err == nil {
			c.Close()
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
			t.Errorf("%s: error %v", transport, err)
		}
	}
}
