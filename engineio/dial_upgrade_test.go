package engineio

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// sendNumbered sends numbered messages on c, of which at most as many as room has space for have
// not been received, until c has been on a WebSocket for a while. The last one says "end".
// The goroutine ends before the test does.
func (r *rig) sendNumbered(c *Conn, room chan struct{}) {
	ended := make(chan struct{})
	r.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		for i, after := 0, 0; after <= 100; i++ {
			if c.Upgraded() {
				after++
			}
			text := fmt.Sprint(i)
			if after > 100 {
				text = "end"
			}
			select {
			case room <- struct{}{}:
			case <-r.Context().Done(): // the test has failed
				return
			}
			if err := c.Send(Message{Data: []byte(text)}); err != nil && r.Context().Err() == nil {
				r.Errorf("Send: %v", err)
				return
			}
		}
	}()
}

// wantNumbered receives what sendNumbered sends.
func (r *rig) wantNumbered(c *Conn, room chan struct{}) {
	r.Helper()
	for i := 0; ; i++ {
		got := string(r.receive(c).Data)
		<-room
		if got == "end" {
			return
		}
		if want := fmt.Sprint(i); got != want {
			r.Fatalf("message %s came in place of %s", got, want)
		}
	}
}

func TestNothingIsLostOrOvertakenWhileAClientUpgrades(t *testing.T) {
	r := newRig(t, nil, nil)
	c := r.dialed(DialOptions{})
	room := make(chan struct{}, 20)
	r.sendNumbered(c, room)
	r.wantNumbered(c, room)
}

func TestWhatASendingServerSendsDuringAnUpgradeArrivesInOrder(t *testing.T) {
	opened := make(chan *Conn, 1)
	r := &rig{T: t, closed: make(chan *CloseError, 1), wait: 10 * time.Second}
	r.server = NewServer(func(c *Conn) {
		c.Attach(&echo{c: c, rig: r})
		opened <- c
	}, r.quiet(nil))
	r.listen()
	c := r.dialed(DialOptions{})
	room := make(chan struct{}, 20)
	r.sendNumbered(<-opened, room)
	r.wantNumbered(c, room)
}

// The server may have read the upgrade packet, and answered it, before the client's
// goroutine that has written it goes on.
func TestWhatIsReadWhileAClientSwitchesOverIsDelivered(t *testing.T) {
	r := newRig(t, nil, nil)
	c := r.dialed(DialOptions{})
	var got []string
	c.Attach(receiverFunc(func(m Message) { got = append(got, string(m.Data)) }))
	r.carriedBy(c, WebSocket)
	reader := (*clientSocket)(c.socket.Load())
	reader.probed(eio4.Packet{Type: eio4.Message, Data: []byte("early")}, nil, false)
	if len(got) != 1 || got[0] != "early" {
		t.Errorf("received %q", got)
	}
}

func TestAServersReceiveBehindAnUpgradeLeavesOneReader(t *testing.T) {
	upgraded := make(chan struct{})
	got := make(chan string, 2)
	r := &rig{T: t, wait: 10 * time.Second}
	r.server = NewServer(func(c *Conn) {
		<-upgraded
		for range cap(got) {
			m, err := c.Receive(t.Context())
			if err != nil {
				t.Errorf("Receive: %v", err)
			}
			got <- string(m.Data)
		}
	}, r.quiet(&Options{GenerateID: func(*http.Request) (string, error) { return "known", nil }}))
	r.listen()
	handshake := make(chan string, 1)
	go func() { // it is answered when there is a receiver
		resp, err := r.http.Client().Get(r.http.URL + "/socket.io/?EIO=4&transport=polling")
		if err != nil {
			handshake <- err.Error()
			return
		}
		resp.Body.Close()
		handshake <- resp.Status
	}()
	r.until("the session is known", func() bool { return r.server.find("known") != nil })
	c := r.dial("transport=websocket&sid=known")
	c.send("2probe")
	c.expect("the probe's answer", "3probe")
	c.send("5")
	r.until("the WebSocket carries the session", r.server.find("known").Upgraded)
	close(upgraded)
	if status := <-handshake; status != "200 OK" {
		t.Errorf("the handshake's answer is %s", status)
	}
	c.send("4first")
	if text := <-got; text != "first" {
		t.Errorf("received %q", text)
	}
	// The reader rests after the first message; a second one would go on.
	r.until("nobody reads", func() bool {
		stacks := make([]byte, 1<<20)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*socket).serve(")
	})
	c.send("4second")
	if text := <-got; text != "second" {
		t.Errorf("received %q", text)
	}
}

// hijackedGone is a response whose connection is gone once it is taken over.
type hijackedGone struct{ http.ResponseWriter }

func (w hijackedGone) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		nc.Close()
	}
	return nc, rw, err
}

func TestAClientThatIsGoneWhenItsWebSocketOpensIsNotAnswered(t *testing.T) {
	var complaints safeBuffer
	r := newServerRig(t, nil, nil)
	served := make(chan struct{})
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Gone") == "" {
			r.server.ServeHTTP(w, req)
			return
		}
		r.server.ServeHTTP(hijackedGone{w}, req)
		served <- struct{}{}
	}))
	h.Config.ErrorLog = log.New(&complaints, "", 0)
	h.Start()
	r.serve(h)
	leave := func(query string) {
		nc := r.connect()
		io.WriteString(nc, "GET /socket.io/?EIO=4&transport=websocket"+query+" HTTP/1.1\r\n"+headerLines([]string{"Gone: 1"})+"\r\n")
		if n, err := io.Copy(io.Discard, nc); n != 0 {
			t.Errorf("%d bytes came, error %v", n, err)
		}
		<-served
	}
	leave("")
	sid := r.poll()
	leave("&sid=" + sid)
	probing := r.dial("transport=websocket&sid=" + sid)
	leave("&sid=" + sid)
	probing.send("2probe")
	probing.expect("the answer to the probe that is left", "3probe")
	if text := complaints.String(); text != "" {
		t.Errorf("net/http complains: %s", text)
	}
}

func TestAClientThatMayNotUpgradeGoesOnPolling(t *testing.T) {
	for name, o := range map[string]struct {
		server Options
		client DialOptions
	}{
		"the server does not offer it": {Options{NoUpgrade: true}, DialOptions{}},
		"the client does not want it":  {Options{}, DialOptions{NoUpgrade: true}},
		"the client has no WebSocket":  {Options{}, DialOptions{Transports: []string{Polling}}},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, &o.server, nil, func(r *timeRig) {
				c := r.dialed(o.client)
				r.sleep(5 * time.Second)
				c.Send(Message{Data: []byte("still here")})
				if got := string(r.receive(c).Data); got != "still here" || c.Transport() != Polling {
					r.Errorf("received %q by %s", got, c.Transport())
				}
				c.Close()
			})
		})
	}
}

func TestAnUpgradeThatFailsLeavesTheClientPolling(t *testing.T) {
	for name, spoil := range map[string]http.HandlerFunc{
		"refused":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"unplugged": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"silent": func(w http.ResponseWriter, r *http.Request) {
			nc, _, _ := ws.Accept(w, r, nil, nil)
			defer nc.Close()
			io.Copy(io.Discard, nc)
		},
		"garbage": func(w http.ResponseWriter, r *http.Request) {
			nc, _, _ := ws.Accept(w, r, nil, ws.AppendFrame(nil, ws.OpText, []byte("4surprise")))
			defer nc.Close()
			io.Copy(io.Discard, nc)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &timeRig{rig: newServerRig(t, nil, nil), start: time.Now()}
				r.serveInMemory(httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if req.FormValue("transport") == WebSocket {
						spoil(w, req)
						return
					}
					r.server.ServeHTTP(w, req)
				})))
				c := r.dialed(DialOptions{})
				for range 3 {
					r.sleep(time.Since(r.start) + 15*time.Second)
					c.Send(Message{Data: []byte("still here")})
					if got := string(r.receive(c).Data); got != "still here" || c.Transport() != Polling {
						t.Errorf("received %q by %s", got, c.Transport())
					}
				}
				c.Close()
			})
		})
	}
}
