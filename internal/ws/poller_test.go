package ws

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A waiter is a connection's before hook: "w" waits for the next "r".
type waiter struct {
	announce bool
	mu       sync.Mutex // guards released
	released chan struct{}
}

func (w *waiter) before(c *Conn, m Message) {
	released := w.channel()
	c.Renew()
	c.MayWait()
	switch m.Data[0] {
	case 'w':
		if w.announce {
			c.HandOver()
		}
		<-released
	case 'r':
		w.mu.Lock()
		defer w.mu.Unlock()
		close(w.released)
		w.released = make(chan struct{})
	}
}

func (w *waiter) channel() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.released
}

func TestAQuickConnectionWhoseHandlerWaitsIsReadOn(t *testing.T) {
	for name, pair := range map[string]func(t *testing.T) (net.Conn, net.Conn){"tcp": tcp, "pipe": pipe} {
		for _, announce := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", announced ", announce), func(t *testing.T) {
				t.Parallel()
				w := &waiter{announce: announce, released: make(chan struct{})}
				r := newRig(t, pair, w.before)
				for round := range 5 {
					for i := range proven + 5 {
						text := fmt.Appendf(nil, "quick %d.%d", round, i)
						r.send(AppendMasked(nil, OpText, text))
						r.want("a quick answer", AppendFrame(nil, OpText, text))
					}
					r.send(AppendMasked(nil, OpText, []byte("wait")))
					for i := range round { // read by a successor, on its detour
						text := fmt.Appendf(nil, "meanwhile %d", i)
						r.send(AppendMasked(nil, OpText, text))
						r.want("an answer while another handler waits", AppendFrame(nil, OpText, text))
					}
					r.send(AppendMasked(nil, OpText, []byte("release")))
					r.wantBoth("wait", "release")
				}
			})
		}
	}
}

// wantBoth expects two messages in any order.
func (r *rig) wantBoth(a, b string) {
	r.test.Helper()
	got := make([]byte, 4+len(a)+len(b))
	if _, err := io.ReadFull(r.peer, got); err != nil {
		r.test.Fatalf("waiting for %q and %q: %v", a, b, err)
	}
	first := AppendFrame(AppendFrame(nil, OpText, []byte(a)), OpText, []byte(b))
	second := AppendFrame(AppendFrame(nil, OpText, []byte(b)), OpText, []byte(a))
	if s := string(got); s != string(first) && s != string(second) {
		r.test.Fatalf("got %q, want %q and %q", got, a, b)
	}
}

func TestClosingFromWithinAHandlerEndsEverything(t *testing.T) {
	for _, quick := range []int{0, proven + 2} {
		for name, end := range map[string]func(*Conn){
			"close":     func(c *Conn) { c.Close(StatusNormal, "") },
			"close now": (*Conn).CloseNow,
		} {
			t.Run(fmt.Sprint(name, " after ", quick), func(t *testing.T) {
				r := newRig(t, tcp, func(c *Conn, m Message) {
					c.Renew()
					c.MayWait()
					if string(m.Data) == "end" {
						end(c)
					}
				})
				for range quick {
					r.send(AppendMasked(nil, OpText, []byte("quick")))
					r.want("an answer", AppendFrame(nil, OpText, []byte("quick")))
				}
				r.send(AppendMasked(nil, OpText, []byte("end")))
				r.peer.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, r.peer)
				<-r.closed
			})
		}
	}
}

// With one processor the peer's last bytes and its end are announced as one event.
func TestAQuickPeerThatEndsBehindItsLastBytesIsNoticed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, leave := range map[string]func(peer *net.TCPConn){
		"half closed, unanswered": func(peer *net.TCPConn) {
			peer.Write(AppendMasked(nil, OpPong, nil))
			peer.CloseWrite()
		},
		"closed, unanswered": func(peer *net.TCPConn) {
			peer.Write(AppendMasked(nil, OpPong, nil))
			peer.Close()
		},
		"closed, answered": func(peer *net.TCPConn) {
			peer.Write(AppendMasked(nil, OpText, []byte("last")))
			peer.Close()
		},
		"reset": func(peer *net.TCPConn) {
			peer.Write(AppendMasked(nil, OpPong, nil))
			peer.SetLinger(0)
			peer.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				r := newRig(t, tcp, nil)
				for range proven + 5 {
					r.send(AppendMasked(nil, OpText, []byte("quick")))
					r.want("a quick answer", AppendFrame(nil, OpText, []byte("quick")))
				}
				leave(r.peer.(*net.TCPConn))
				select {
				case <-r.closed:
				case <-time.After(10 * time.Second):
					t.Error("the end of the peer was not noticed")
					r.conn.CloseNow()
				}
			}
		})
	}
}

// Connections that mix quick handlers with waiting ones at random, for the race detector.
func TestDetoursAtRandom(t *testing.T) {
	var clients sync.WaitGroup
	for seed := range 8 {
		w := &waiter{announce: seed%2 == 0, released: make(chan struct{})}
		r := newRig(t, tcp, w.before)
		clients.Go(func() {
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			sent, waiting := 0, false
			for range 1500 {
				text := "quick"
				switch n := random.IntN(100); {
				case n == 0 && !waiting:
					text, waiting = "wait", true
				case n < 5 && waiting:
					text, waiting = "release", false
				}
				if _, err := r.peer.Write(AppendMasked(nil, OpText, []byte(text))); err != nil {
					t.Error(err)
					return
				}
				sent++
				if !waiting && random.IntN(4) > 0 {
					sent -= r.count(sent)
				}
			}
			if waiting {
				r.peer.Write(AppendMasked(nil, OpText, []byte("release")))
				sent++
			}
			r.count(sent)
		})
	}
	clients.Wait()
}

// count reads so many messages.
func (r *rig) count(n int) int {
	head := make([]byte, 2)
	for range n {
		if _, err := io.ReadFull(r.peer, head); err != nil {
			r.test.Errorf("an answer is missing: %v", err)
			return n
		}
		io.CopyN(io.Discard, r.peer, int64(head[1]))
	}
	return n
}
