package engineio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAPollOutlivesTheServersTimeouts(t *testing.T) {
	const short = 50 * time.Millisecond
	for name, configure := range map[string]func(*http.Server){
		"WriteTimeout": func(s *http.Server) { s.WriteTimeout = short },
		"ReadTimeout":  func(s *http.Server) { s.ReadTimeout = short },
		"both":         func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = short, short },
		"IdleTimeout":  func(s *http.Server) { s.IdleTimeout = short },
	} {
		t.Run(name, func(t *testing.T) {
			r := newServerRig(t, nil, nil)
			h := httptest.NewUnstartedServer(r.server)
			configure(h.Config)
			h.Start()
			r.serve(h)
			sid := r.poll()
			answer := r.parked(sid)
			time.Sleep(4 * short)
			r.server.find(sid).Send(Message{Data: []byte("late")})
			if got := <-answer; got != "4late" {
				t.Errorf("got %q", got)
			}
			c := r.dial("transport=websocket&sid=" + sid)
			c.send("2probe")
			c.expect("probe", "3probe")
			time.Sleep(4 * short)
			c.send("5", "4x")
			c.expect("a WebSocket outlives them too", "4x")
		})
	}
}

func TestAPollingClientThatDoesNotReadHoldsNothing(t *testing.T) {
	r := newRig(t, &Options{WriteTimeout: 100 * time.Millisecond}, nil)
	sid := r.poll()
	conn := r.server.find(sid)
	if err := conn.Send(Message{Data: []byte(strings.Repeat("x", 32<<20))}); err != nil {
		t.Fatal(err)
	}
	nc := r.connect()
	nc.Write([]byte("GET /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: x\r\n\r\n"))
	r.until("the queue is being written", func() bool { n, _ := conn.Buffered(); return n == 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		t.Errorf("the request is still being answered: %v", err)
	}
}
