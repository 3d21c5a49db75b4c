package engineio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// inTime runs a test with a server in a bubble, where time passes only while everybody
// waits, on a network in memory.
func inTime(t *testing.T, o *Options, hook func(c *Conn, m Message) bool, test func(r *timeRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &timeRig{rig: newServerRig(t, o, hook), start: time.Now()}
		r.serveInMemory(httptest.NewTestServer(t, r.server))
		test(r)
	})
}

// serveInMemory makes h, which is not on a real network, the rig's way to its server.
func (r *rig) serveInMemory(h *httptest.Server) {
	h.Client() // starts it
	r.wait, r.inMemory = 24*time.Hour, true
	r.serve(h)
}

// A timeRig is a rig that knows how much time has passed.
type timeRig struct {
	*rig
	start time.Time
}

// tick is how late the server may notice a deadline.
const tick = 50 * time.Millisecond

// at fails unless so much time has passed since the start, or a tick more.
func (r *timeRig) at(why string, want time.Duration) {
	r.Helper()
	if got := time.Since(r.start); got < want || got > want+tick {
		r.Fatalf("%s: after %v, want %v", why, got, want)
	}
}

// sleep waits until so much time has passed since the start.
func (r *timeRig) sleep(until time.Duration) {
	time.Sleep(until - time.Since(r.start))
	synctest.Wait()
}

func TestAWebSocketIsPingedEvery25Seconds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		due := 25 * time.Second
		for range 100 {
			c.expect("a ping", "2")
			r.at("the ping", due)
			time.Sleep(3 * time.Second)
			c.send("3")
			synctest.Wait()
			due = time.Since(r.start) + 25*time.Second
		}
	})
}

func TestAPollingSessionIsPingedEvery25Seconds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		query := "transport=polling&sid=" + r.poll()
		due := 25 * time.Second
		for range 100 {
			r.want("a ping", "GET", query, "", 200, "2")
			r.at("the ping", due)
			r.want("a pong", "POST", query, "3", 200, "ok")
			due = time.Since(r.start) + 25*time.Second
		}
	})
}

func TestWithoutAPongASessionIsOverAfter20Seconds(t *testing.T) {
	const end = 45 * time.Second
	t.Run("WebSocket", func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) {
			c := r.dial("transport=websocket").open()
			c.expect("a ping, then the end", "2", "close")
			r.at("the end", end)
			r.wantClosed("ping timeout")
		})
	})
	t.Run("a parked GET", func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) {
			query := "transport=polling&sid=" + r.poll()
			r.want("a ping", "GET", query, "", 200, "2")
			r.want("then the end", "GET", query, "", 200, "1")
			r.at("the end", end)
			r.wantClosed("ping timeout")
		})
	})
	t.Run("no GET", func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) {
			query := "transport=polling&sid=" + r.poll()
			r.want("nothing", "POST", query, "6", 200, "ok")
			r.wantClosed("ping timeout")
			r.at("the end", end)
		})
	})
	t.Run("nothing after the handshake", func(t *testing.T) {
		inTime(t, nil, nil, func(r *timeRig) {
			r.poll()
			r.wantClosed("ping timeout")
			r.at("the end", claimTimeout)
		})
	})
	for name, request := range map[string]struct{ method, body string }{"GET": {"GET", ""}, "pong": {"POST", "3"}} {
		t.Run(name+" at that very moment", func(t *testing.T) {
			inTime(t, nil, nil, func(r *timeRig) {
				query := "transport=polling&sid=" + r.poll()
				r.want("a ping", "GET", query, "", 200, "2")
				time.Sleep(end - time.Since(r.start)) // and no longer
				if status, body, _ := r.do(request.method, query, request.body); status != 400 {
					t.Errorf("%d %q, want 400", status, body)
				}
				r.wantClosed("ping timeout")
			})
		})
	}
}

func TestOtherPacketsKeepASessionAliveOnceOnly(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		c.expect("a ping", "2")
		for second := 26; second <= 60; second++ {
			r.sleep(time.Duration(second) * time.Second)
			if second > 45 {
				continue
			}
			c.send("4x")
			c.expect("echo", "4x")
		}
		r.wantClosed("ping timeout")
		if n := r.server.Len(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		c.expect("a ping", "2")
		r.sleep(44 * time.Second)
		c.send("4x")
		c.expect("echo; without a pong the end is", "4x", "close")
		r.at("put off once", 64*time.Second)
	})
}

func TestAnUpgradeMayTake10Seconds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		sid := r.poll()
		first := r.dial("transport=websocket&sid=" + sid)
		first.send("2probe")
		first.expect("probe", "3probe")
		r.sleep(9900 * time.Millisecond)
		first.send("2probe") // gives no more time
		first.expect("probed again, then given up", "3probe", "close")
		r.at("given up", 10*time.Second)
		silent := r.dial("transport=websocket&sid=" + sid) // B66
		silent.expect("given up", "close")
		r.at("given up", 20*time.Second)
		silent.Conn.Close()
		query := "transport=polling&sid=" + sid
		r.want("polling goes on", "POST", query, "4x", 200, "ok")
		r.want("polling goes on", "GET", query, "", 200, "4x")
		late := r.dial("transport=websocket&sid=" + sid)
		late.send("5", "4y")
		late.expect("another attempt", "4y")
	})
}

func TestWhileAnUpgradeIsProbedAGETWaits100Milliseconds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		sid := r.poll()
		c := r.dial("transport=websocket&sid=" + sid)
		c.send("2probe")
		c.expect("probe", "3probe")
		start := time.Now()
		for range 50 {
			r.want("released", "GET", "transport=polling&sid="+sid, "", 200, "6")
		}
		// A server with default options looks at its timers every 50 ms.
		if took := time.Since(start); took < 49*100*time.Millisecond {
			t.Errorf("50 GETs were released within %v", took)
		}
	})
}

func TestAClosedPollingSessionIsFetchedWithin30SecondsOrGone(t *testing.T) {
	closing := func(c *Conn, m Message) bool {
		c.Send(Message{Data: []byte("last")})
		c.Close()
		return true
	}
	for _, test := range []struct {
		after  time.Duration
		status int
		answer string
	}{
		{29 * time.Second, 200, "4last"},
		{30*time.Second + tick, 400, `{"code":1,"message":"Session ID unknown"}`},
		{31 * time.Second, 400, `{"code":1,"message":"Session ID unknown"}`},
	} {
		inTime(t, nil, closing, func(r *timeRig) {
			query := "transport=polling&sid=" + r.poll()
			r.want("the message", "POST", query, "4bye", 200, "ok")
			time.Sleep(test.after - time.Since(r.start))
			r.want(fmt.Sprint("the GET after ", test.after), "GET", query, "", test.status, test.answer)
			if test.status == 200 {
				r.want("the close packet", "GET", query, "", 200, "1")
			}
			r.wantClosed("forced close")
			if n := r.server.Len(); n != 0 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestABodyMustArriveWithin30Seconds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) { // B34, B35
		sid := r.poll()
		query := "transport=polling&sid=" + sid
		nc := r.connect()
		io.WriteString(nc, "POST /socket.io/?EIO=4&"+query+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4")
		var dribble sync.WaitGroup
		dribble.Go(func() { // a byte per second, as long as somebody reads
			for {
				time.Sleep(time.Second)
				if _, err := nc.Write([]byte("x")); err != nil {
					return
				}
			}
		})
		answer := readAnswer(t, nc)
		r.at("the answer", 30*time.Second)
		if answer.status != 408 || answer.body != "" {
			t.Errorf("%d %q, want 408", answer.status, answer.body)
		}
		r.wantClosed("transport error")
		nc.Close()
		dribble.Wait()
	})
}

// A pipeListener is a network without any buffer: what one side writes the other has
// to be reading.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	l.conns <- server
	return client, nil
}

// inPipe is inTime on such a network.
func inPipe(t *testing.T, o *Options, hook func(c *Conn, m Message) bool, test func(r *timeRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &timeRig{rig: newServerRig(t, o, hook), start: time.Now()}
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		h := httptest.NewUnstartedServer(r.server)
		h.Listener.Close()
		h.Listener = l
		h.Start()
		h.Client().Transport.(*http.Transport).DialContext = l.dial
		r.serveInMemory(h)
		test(r)
	})
}

func TestAPeerMustTakeSomethingWithin10Seconds(t *testing.T) {
	large := Message{Data: []byte(strings.Repeat("x", 1<<20))}
	sending := func(c *Conn, m Message) bool {
		c.Send(large)
		return true
	}
	t.Run("nothing", func(t *testing.T) {
		inPipe(t, nil, sending, func(r *timeRig) {
			c := r.dial("transport=websocket").open()
			c.send("4")
			if err := r.wantClosed("transport error"); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("cause %v, want a timeout", err)
			}
			r.at("the end", 10*time.Second)
		})
	})
	t.Run("a little every 9 seconds", func(t *testing.T) {
		inPipe(t, &Options{PingInterval: time.Hour}, sending, func(r *timeRig) {
			c := r.dial("transport=websocket").open()
			c.send("4")
			some := make([]byte, 100_000)
			for range 10 {
				time.Sleep(9 * time.Second)
				if _, err := io.ReadFull(c, some); err != nil {
					t.Fatal(err)
				}
			}
			if n := r.server.Len(); n != 1 {
				t.Errorf("%d connections", n)
			}
			c.Conn.Close()
			<-r.closed
		})
	})
	t.Run("a poll's answer", func(t *testing.T) {
		inPipe(t, nil, nil, func(r *timeRig) {
			sid := r.poll()
			r.server.find(sid).Send(large)
			nc := r.connect()
			io.WriteString(nc, "GET /socket.io/?EIO=4&transport=polling&sid="+sid+" HTTP/1.1\r\nHost: x\r\n\r\n")
			some := make([]byte, 100_000)
			for range 3 {
				time.Sleep(9 * time.Second)
				if _, err := io.ReadFull(nc, some); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(11 * time.Second)
			if _, err := io.ReadFull(nc, make([]byte, 1<<20)); err == nil {
				t.Error("nothing was taken for 11 s, and the answer went on")
			}
		})
	})
}

func TestAPeerThatDoesNotAnswerTheCloseFrameIsCutAfter5Seconds(t *testing.T) {
	inTime(t, nil, func(c *Conn, m Message) bool { c.Close(); return true }, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		c.send("4bye")
		c.expect("close frame, then the end", "close", "end") // B59
		r.at("the end", lingering)
	})
}

func TestAReceiverMayHoldThePeerBackForAnyTime(t *testing.T) {
	const hold = 3 * time.Minute
	held := func(c *Conn, m Message) bool {
		time.Sleep(hold)
		return false
	}
	t.Run("WebSocket", func(t *testing.T) {
		inTime(t, nil, held, func(r *timeRig) {
			c := r.dial("transport=websocket").open()
			c.send("4held", "3") // the pong waits behind the message
			c.expect("a ping", "2")
			r.at("the ping", 25*time.Second)
			c.expect("the session lives", "4held")
			r.at("the echo", hold)
		})
	})
	t.Run("polling", func(t *testing.T) {
		inTime(t, nil, held, func(r *timeRig) {
			query := "transport=polling&sid=" + r.poll()
			parked := r.parked(strings.TrimPrefix(query, "transport=polling&sid="))
			r.want("the POST is answered when it is handled", "POST", query, "4held", 200, "ok")
			r.at("the answer", hold)
			if got := <-parked; got != "2" {
				t.Errorf("the GET got %q, want a ping", got)
			}
			r.want("the session lives", "GET", query, "", 200, "4held")
		})
	})
}

func TestAPollOutlivesTheServersTimeouts(t *testing.T) {
	const short = 5 * time.Second
	for name, configure := range map[string]func(*http.Server){
		"WriteTimeout": func(s *http.Server) { s.WriteTimeout = short },
		"ReadTimeout":  func(s *http.Server) { s.ReadTimeout = short },
		"both":         func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = short, short },
		"IdleTimeout":  func(s *http.Server) { s.IdleTimeout = short },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newServerRig(t, nil, nil)
				h := httptest.NewTestServer(t, r.server)
				configure(h.Config)
				r.serveInMemory(h)
				sid := r.poll()
				query := "transport=polling&sid=" + sid
				for range 3 {
					r.want("a ping, after 25 s", "GET", query, "", 200, "2")
					r.want("a pong", "POST", query, "3", 200, "ok")
				}
				c := r.dial("transport=websocket&sid=" + sid)
				c.send("2probe", "5")
				c.expect("a WebSocket outlives them too", "3probe", "2")
			})
		})
	}
}
