package engineio

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"socketio/internal/ws"
)

// TestShutdownAtAnyMoment shuts down in the middle of everything that clients do. When
// Shutdown has returned, every connection has ended and its receiver knows.
func TestShutdownAtAnyMoment(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			r := newRig(t, nil, nil)
			r.closed = make(chan *CloseError, 100_000)
			var opened, closed atomic.Int64
			r.server.Trace(&Trace{
				Opened: func(*Conn) { opened.Add(1) },
				Closed: func(*Conn, *CloseError) { closed.Add(1) },
			})
			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() { visit(r, i) })
			}
			r.until("some connections are open", func() bool { return opened.Load() > int64(random.IntN(60)) })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := r.server.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			told := len(r.closed)
			if opened.Load() != closed.Load() || int64(told) != opened.Load() || r.server.Len() != 0 {
				t.Errorf("%d opened, %d closed, %d receivers told, %d left", opened.Load(), closed.Load(), told, r.server.Len())
			}
			clients.Wait()
		})
	}
}

// visit opens connections of one kind and uses them until the server closes. What goes
// wrong meanwhile is of that.
func visit(r *rig, kind int) {
	url := r.http.URL + "/socket.io/?EIO=4&transport=polling"
	for r.server.admit("") == nil {
		r.server.release()
		status, body := fetch(r, "GET", url, "")
		_, rest, ok := strings.Cut(body, `{"sid":"`)
		if status != 200 || !ok {
			continue
		}
		session := url + "&sid=" + rest[:20]
		switch kind % 4 {
		case 0:
			fetch(r, "POST", session, "4x\x1e4y")
			fetch(r, "GET", session, "")
			fetch(r, "POST", session, "1")
		case 1:
			fetch(r, "POST", session, "4x\x1e1")
		case 2:
			fetch(r, "POST", session, "4x")
			upgradeAndLeave(r, session)
		case 3: // left to the ping's timeout
		}
	}
}

func fetch(r *rig, method, url, body string) (status int, answer string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	resp, err := r.http.Client().Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body) // what came before an error is of no use either
	return resp.StatusCode, string(b)
}

func upgradeAndLeave(r *rig, url string) {
	nc, _, _, err := ws.Dial(context.Background(), strings.Replace(url, "=polling", "=websocket", 1),
		ws.DialOptions{Client: r.http.Client()})
	if err != nil {
		return
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	for _, text := range []string{"2probe", "5", "4x"} {
		if _, err := nc.Write(ws.AppendMasked(nil, ws.OpText, []byte(text))); err != nil {
			return
		}
	}
}

func TestShutdownSendsWhatIsQueued(t *testing.T) {
	inPipe(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		synctest.Wait()
		conn := r.only()
		texts := numbered("s", 100)
		if err := conn.Send(messages(texts)...); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- r.server.Shutdown(context.Background()) }()
		synctest.Wait()
		for _, text := range texts {
			c.expect("what was queued", "4"+text)
		}
		c.expect("then the end", "close")
		if len(done) > 0 {
			t.Error("Shutdown did not wait for the peer's answer")
		}
		c.Write(ws.AppendMasked(nil, ws.OpClose, nil))
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.at("at once", 0)
	})
}

func TestShutdownAnswersTheGETThatWaits(t *testing.T) {
	r := newRig(t, nil, nil)
	parked := r.parked(r.poll())
	if err := r.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := <-parked; got != "1" {
		t.Errorf("got %q, want a close packet", got)
	}
	r.wantClosed("forced close")
}

func TestShutdownWaitsForAReceiver(t *testing.T) {
	var entered, leave chan struct{} // made in the bubble
	inTime(t, nil, func(*Conn, Message) bool {
		close(entered)
		<-leave
		return true
	}, func(r *timeRig) {
		entered, leave = make(chan struct{}), make(chan struct{})
		c := r.dial("transport=websocket").open()
		c.send("4x")
		<-entered
		done := make(chan error, 1)
		go func() { done <- r.server.Shutdown(context.Background()) }()
		r.sleep(time.Minute)
		if len(done) > 0 {
			t.Error("it did not")
		}
		close(leave)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownGivesUpWhenItsContextEnds(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		sid := r.poll()
		probing := r.dial("transport=websocket&sid=" + sid)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v", err) // nobody answers the close frames
		}
		c.expect("said goodbye, then cut", "close", "end")
		probing.expect("said goodbye, then cut", "close", "end")
		r.at("when its context ended", time.Second)
		for range 2 {
			if err := r.server.Shutdown(context.Background()); err != nil {
				t.Errorf("once more: %v", err)
			}
		}
		r.at("nothing was left", time.Second)
	})
}

func TestShutdownWithAContextThatHasEnded(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.server.Shutdown(ctx); err != context.Canceled {
			t.Errorf("got %v", err)
		}
		for text := ""; text != "end"; text = c.next() {
			r.at("cut at once", 0)
		}
		if n := r.server.Len(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestShutdownByManyAtOnce(t *testing.T) {
	r := newRig(t, nil, nil)
	r.poll()
	c := r.dial("transport=websocket").open()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := r.server.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	c.expect("the end", "close")
	c.Conn.Close()
	all.Wait()
	r.wantClosed("forced close")
	r.wantClosed("forced close")
}

func TestAServerThatIsClosingRefusesNewcomersWithAnAnswer(t *testing.T) {
	r := newRig(t, nil, nil)
	r.server.Close()
	for transport := range opened {
		if a := r.openEither(transport); a.status != 503 || a.header.Get("Retry-After") == "" || a.body != "" {
			t.Errorf("%s: %d %v, want 503", transport, a.status, a.header)
		}
	}
}

func TestCloseWaitsForNothing(t *testing.T) {
	inPipe(t, nil, nil, func(r *timeRig) {
		c := r.dial("transport=websocket").open()
		synctest.Wait()
		conn := r.only()
		conn.Send(Message{Data: []byte("x")})
		synctest.Wait() // the write waits for the peer to read
		if err := r.server.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		c.expect("cut", "end")
		r.at("at once", 0)
		r.wantClosed("forced close")
	})
}

func TestNothingIsLeftAfterManyConnections(t *testing.T) {
	r := newRig(t, nil, nil)
	r.closed = make(chan *CloseError, 1000)
	before := goleak.IgnoreCurrent()
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for i := range 100 {
				status, body := fetch(r, "GET", r.http.URL+"/socket.io/?EIO=4&transport=polling", "")
				if status != 200 {
					t.Errorf("%d %s", status, body)
					return
				}
				session := r.http.URL + "/socket.io/?EIO=4&transport=polling&sid=" + body[9:29]
				fetch(r, "POST", session, "4x")
				if i%2 == 0 {
					upgradeAndLeave(r, session)
				} else {
					fetch(r, "POST", session, "1")
				}
			}
		})
	}
	clients.Wait()
	r.until("no connection is left", func() bool { return r.server.Len() == 0 })
	if err := r.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	r.http.Client().CloseIdleConnections()
	goleak.VerifyNone(t, before)
}
