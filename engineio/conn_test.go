package engineio

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSessionIDsAre20UnguessableCharacters(t *testing.T) {
	format := regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`)
	seen := map[string]bool{}
	heads := map[string]int{}
	for range 1_000_000 {
		id := newID()
		if !format.MatchString(id) || seen[id] {
			t.Fatalf("id %q, seen before: %v", id, seen[id])
		}
		seen[id] = true
		heads[id[:4]]++
	}
	for head, n := range heads {
		if n > 10 { // of 64^4
			t.Errorf("%d ids begin with %q", n, head)
		}
	}
}

func TestAConnectionKnowsItsFirstRequest(t *testing.T) {
	o := &Options{CORS: CORS{Off: true}, ClientIP: func(r *http.Request) string { return r.Header.Get("X-Real-IP") }}
	for transport := range opened {
		r := newRig(t, o, nil)
		before := time.Now()
		r.openEither(transport, "X-Custom: a b", "X-Custom: c", "X-Real-IP: 192.0.2.1", "Origin: http://other", "Host: h.example:81")
		conn := r.only()
		got := conn.Request()
		if h := got.Header["X-Custom"]; len(h) != 2 || h[0] != "a b" || h[1] != "c" {
			t.Errorf("%s: header %q", transport, h)
		}
		if got.Host != "h.example:81" || got.URL.Path != "/socket.io/" || got.URL.Query().Get("transport") != transport {
			t.Errorf("%s: host %q, URL %v", transport, got.Host, got.URL)
		}
		if got.RemoteAddr != "192.0.2.1" || conn.RemoteAddr() != "192.0.2.1" || got.Secure || !got.CrossOrigin {
			t.Errorf("%s: %+v", transport, got)
		}
		if got.Time.Before(before) || got.Time.After(time.Now()) {
			t.Errorf("%s: at %v", transport, got.Time)
		}
		if conn.Protocol() != 4 || conn.Transport() != transport || conn.Upgraded() {
			t.Errorf("%s: protocol %d, transport %s, upgraded %v", transport, conn.Protocol(), conn.Transport(), conn.Upgraded())
		}
	}
}

func TestTheClientsAddressIsWithoutPortByDefault(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:80": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "@": "@"} {
		if got := remoteHost(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}

func TestTheContextHasTheRequestsValuesWhateverMiddlewareDid(t *testing.T) {
	type key string
	withValue := func(r *http.Request) context.Context { return context.WithValue(r.Context(), key("user"), "alice") }
	for name, enrich := range map[string]func(r *http.Request) (context.Context, context.CancelFunc){
		"a value": func(r *http.Request) (context.Context, context.CancelFunc) { return withValue(r), func() {} },
		"a value and a cancel": func(r *http.Request) (context.Context, context.CancelFunc) {
			return context.WithCancel(withValue(r))
		},
		"a value and a timeout": func(r *http.Request) (context.Context, context.CancelFunc) {
			return context.WithTimeout(withValue(r), time.Minute)
		},
	} {
		for transport := range opened {
			r := newServerRig(t, nil, nil)
			r.serve(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				ctx, cancel := enrich(req)
				defer cancel()
				r.server.ServeHTTP(w, req.WithContext(ctx))
			})))
			r.openEither(transport)
			ctx := r.only().Context()
			if got := ctx.Value(key("user")); got != "alice" {
				t.Errorf("%s, %s: value %v", name, transport, got)
			}
			if _, ok := ctx.Value(http.ServerContextKey).(*http.Server); !ok {
				t.Errorf("%s, %s: the server is not in the context", name, transport)
			}
			if err := ctx.Err(); err != nil {
				t.Errorf("%s, %s: ended with the request: %v", name, transport, err)
			}
		}
	}
}

func TestAPlainRequestsContextIsNotKept(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := valuesOf(r).(srvContext); !ok {
			t.Errorf("%v is kept", r.Context())
		}
	}))
	defer h.Close()
	resp, err := h.Client().Get(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestTheContextEndsWithTheConnection(t *testing.T) {
	for _, early := range []bool{true, false} {
		r := newRig(t, nil, nil)
		c := r.dial("transport=websocket").open()
		conn := r.only()
		var ctx context.Context
		if early {
			ctx = conn.Context()
		}
		c.Conn.Close()
		r.wantClosed("transport close")
		if !early {
			ctx = conn.Context()
		}
		<-ctx.Done()
		var closed *CloseError
		if cause := context.Cause(ctx); !errors.As(cause, &closed) || closed.Reason != "transport close" {
			t.Errorf("cause %v", cause)
		}
		if ctx != conn.Context() {
			t.Error("another context each time")
		}
	}
}

func TestClosedIsCalledOnceForEveryEnd(t *testing.T) {
	ends := map[string]struct {
		reason string
		end    func(r *rig, c *wsClient, conn *Conn)
	}{
		"the peer leaves":        {"transport close", func(r *rig, c *wsClient, conn *Conn) { c.Conn.Close() }},
		"the peer closes":        {"transport close", func(r *rig, c *wsClient, conn *Conn) { c.send("1") }},
		"the peer errs":          {"parse error", func(r *rig, c *wsClient, conn *Conn) { c.send("x") }},
		"we close":               {"forced close", func(r *rig, c *wsClient, conn *Conn) { conn.Close() }},
		"we close, by and by":    {"forced close", func(r *rig, c *wsClient, conn *Conn) { conn.Close(); conn.Close() }},
		"the server is closed":   {"forced close", func(r *rig, c *wsClient, conn *Conn) { r.server.Close() }},
		"too much waits":         {"transport error", func(r *rig, c *wsClient, conn *Conn) { conn.step(event{input: inFull}) }},
		"all close at that time": {"forced close", closeByAll},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			c := r.dial("transport=websocket").open()
			conn := r.only()
			test.end(r, c, conn)
			r.wantClosed(test.reason)
			c.Conn.Close()
			if err := r.server.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(r.closed); n != 0 {
				t.Errorf("Closed was called %d times more", n)
			}
			if err := conn.Send(Message{}); err != ErrClosed {
				t.Errorf("Send afterwards: %v", err)
			}
			if conn.TrySend(Message{}) {
				t.Error("TrySend afterwards has sent")
			}
			if err := conn.Close(); err != nil {
				t.Errorf("Close afterwards: %v", err)
			}
		})
	}
}

func closeByAll(r *rig, c *wsClient, conn *Conn) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { conn.Close() })
	}
	wg.Go(func() { r.server.Close() })
	wg.Wait()
}

func TestClosedMayComeWhileAReceiveRuns(t *testing.T) {
	leave := make(chan struct{})
	for transport := range opened {
		r := newRig(t, nil, func(c *Conn, m Message) bool {
			c.Close() // does not wait for this very call
			<-leave
			return true
		})
		var client sync.WaitGroup
		if transport == WebSocket {
			c := r.dial("transport=websocket").open()
			c.send("4x")
			client.Go(func() { c.tryNext(); c.Conn.Close() })
		} else {
			sid := r.poll()
			client.Go(func() { fetch(r, "POST", r.http.URL+"/socket.io/?EIO=4&transport=polling&sid="+sid, "4x") })
		}
		r.wantClosed("forced close")
		leave <- struct{}{}
		client.Wait()
	}
}

func TestWhatIsSentWithinReceiveLeavesAtTheEndOfTheBatchOrByFlush(t *testing.T) {
	for _, flush := range []bool{false, true} {
		first, goOn := make(chan struct{}), make(chan struct{})
		r := newRig(t, nil, func(c *Conn, m Message) bool {
			if string(m.Data) != "first" {
				return false
			}
			c.Send(Message{Data: []byte("sent")})
			if flush {
				c.Flush()
			}
			close(first)
			<-goOn
			return true
		})
		c := r.dial("transport=websocket").open()
		c.send("4first", "4second")
		<-first
		if flush {
			c.expect("flushed", "4sent")
			close(goOn)
			c.expect("then the rest", "4second")
			continue
		}
		if frames, _ := r.only().Buffered(); frames != 1 {
			t.Errorf("%d messages wait, want the one that was sent", frames)
		}
		close(goOn)
		c.expect("all, at the end", "4sent", "4second")
	}
}

func TestWhatIsSentOverPollingWhileAPOSTIsHandledLeavesByFlushToo(t *testing.T) {
	goOn := make(chan struct{})
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		c.Send(Message{Data: []byte("sent")})
		c.Flush()
		<-goOn
		return true
	})
	sid := r.poll()
	parked := r.parked(sid)
	var posted sync.WaitGroup
	posted.Go(func() { fetch(r, "POST", r.http.URL+"/socket.io/?EIO=4&transport=polling&sid="+sid, "4x") })
	if got := <-parked; got != "4sent" {
		t.Errorf("got %q", got)
	}
	close(goOn)
	posted.Wait()
}

func TestBufferedCountsWhatWaits(t *testing.T) {
	r := newRig(t, nil, nil)
	sid := r.poll()
	conn := r.only()
	if packets, bytes := conn.Buffered(); packets != 0 || bytes != 0 {
		t.Errorf("%d packets, %d bytes at first", packets, bytes)
	}
	conn.Send(messages([]string{"one", "two", strings.Repeat("x", 1000)})...)
	if packets, bytes := conn.Buffered(); packets != 3 || bytes < 1006 || bytes > 1006+3*8 {
		t.Errorf("%d packets, %d bytes wait", packets, bytes)
	}
	r.do("GET", "transport=polling&sid="+sid, "")
	if packets, bytes := conn.Buffered(); packets != 0 || bytes != 0 {
		t.Errorf("%d packets, %d bytes after a poll", packets, bytes)
	}
}
