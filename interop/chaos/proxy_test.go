package chaos

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// patience is how long is waited for what must happen.
const patience = 30 * time.Second

// A pair is the two ends of a link of a proxy.
type pair struct {
	t              *testing.T
	proxy          *Proxy
	client, server net.Conn
}

// overTCP returns a pair over a real network.
func overTCP(t *testing.T) *pair {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p, err := Listen(l.Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, p, client, l)
}

// inMemory runs a test with a pair in a bubble, where time is no matter.
func inMemory(t *testing.T, test func(p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		front, back := NewMemory(), NewMemory()
		p := New(front, back.Dial, 1)
		client, err := front.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		test(newPair(t, p, client, back))
	})
}

func newPair(t *testing.T, p *Proxy, client net.Conn, l net.Listener) *pair {
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
		p.Close()
	})
	for _, c := range []net.Conn{client, server} {
		c.SetDeadline(time.Now().Add(time.Hour))
	}
	return &pair{t: t, proxy: p, client: client, server: server}
}

func (p *pair) only() *Link {
	p.t.Helper()
	for range 1000 {
		if links := p.proxy.Links(); len(links) == 1 {
			return links[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatal("there is no link")
	return nil
}

// carries sends a text and wants it at the other end after so long.
func (p *pair) carries(from, to net.Conn, text string, low, high time.Duration) {
	p.t.Helper()
	start := time.Now()
	go from.Write([]byte(text))
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		p.t.Errorf("%.20q arrives, %v", got, err)
	}
	if took := time.Since(start); took < low || took > high {
		p.t.Errorf("it took %v, want %v to %v", took, low, high)
	}
}

func TestAProxyForwardsBothWaysAndTheEnd(t *testing.T) {
	p := overTCP(t)
	p.carries(p.client, p.server, "ping", 0, patience)
	p.carries(p.server, p.client, "pong", 0, patience)
	p.client.(*net.TCPConn).CloseWrite()
	if _, err := p.server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the server reads %v", err)
	}
	p.carries(p.server, p.client, "one more", 0, patience)
	p.server.Close()
	if _, err := p.client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client reads %v", err)
	}
}

func TestADelayIsAsLongAsItIs(t *testing.T) {
	inMemory(t, func(p *pair) {
		p.only().Set(Fault{Delay: time.Second})
		p.carries(p.client, p.server, "hello", time.Second, time.Second)
		p.only().Set(Fault{Delay: time.Second, Jitter: time.Second})
		for range 20 {
			p.carries(p.server, p.client, "hello", time.Second, 2*time.Second)
		}
		p.only().Set(Fault{})
		p.carries(p.server, p.client, "hello", 0, 0)
	})
}

func TestARateIsKept(t *testing.T) {
	inMemory(t, func(p *pair) {
		p.proxy.Set(Fault{Rate: 1000})
		text := string(make([]byte, 10_000))
		p.carries(p.client, p.server, text, 9*time.Second, 10*time.Second)
		p.carries(p.server, p.client, text, 9*time.Second, 10*time.Second)
	})
}

func TestWhatWasKeptBackComesInTheEnd(t *testing.T) {
	inMemory(t, func(p *pair) {
		p.proxy.Set(Fault{Silent: true})
		time.AfterFunc(time.Minute, func() { p.proxy.Set(Fault{}) })
		p.carries(p.client, p.server, "late", time.Minute, time.Minute)
	})
}

func TestNobodyIsToldOfAnEndInSilence(t *testing.T) {
	inMemory(t, func(p *pair) {
		link := p.only()
		link.Set(Fault{Silent: true})
		p.client.Close()
		p.server.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := p.server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the server reads %v", err)
		}
		link.Cut()
		p.server.SetReadDeadline(time.Time{})
		if _, err := p.server.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the server then reads %v", err)
		}
	})
}

func TestACutIsAnEndAndAResetIsNone(t *testing.T) {
	for name, test := range map[string]struct {
		hangUp func(*Link)
		want   error
	}{
		"cut":   {(*Link).Cut, io.EOF},
		"reset": {(*Link).Reset, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			p := overTCP(t)
			p.carries(p.client, p.server, "hello", 0, patience)
			test.hangUp(p.only())
			for _, c := range []net.Conn{p.client, p.server} {
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, test.want) {
					t.Errorf("read: %v, want %v", err, test.want)
				}
			}
		})
	}
}

func TestOneSideOfAHalfOpenLinkIsNotTold(t *testing.T) {
	for name, gone := range map[string]Side{"client": Client, "server": Server} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(p *pair) {
				told, not := p.client, p.server
				if gone == Server {
					told, not = p.server, p.client
				}
				p.only().HalfOpen(gone)
				if _, err := told.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("who has gone reads %v", err)
				}
				for range 10 {
					if _, err := not.Write(make([]byte, 1000)); err != nil {
						t.Errorf("who is left writes: %v", err)
					}
				}
				not.SetReadDeadline(time.Now().Add(time.Hour))
				if _, err := not.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("who is left reads %v", err)
				}
				not.Close()
				synctest.Wait()
				if n := len(p.proxy.Links()); n != 0 {
					t.Errorf("%d links are left when both have gone", n)
				}
			})
		})
	}
}

func TestAProxyRefusesAndGoesElsewhere(t *testing.T) {
	p := overTCP(t)
	p.proxy.Refuse(true)
	c, err := net.Dial("tcp", p.proxy.listener.Addr().String())
	if err == nil {
		_, err = c.Read(make([]byte, 1))
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) && err != io.EOF {
		t.Errorf("refused: %v", err)
	}
	p.carries(p.client, p.server, "who is there stays", 0, patience)

	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p.proxy.Refuse(false)
	p.proxy.Forward(To(other.Addr().String()))
	if c, err = net.Dial("tcp", p.proxy.listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	there, err := other.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	(&pair{t: t}).carries(c, there, "hello", 0, patience)
}

func TestEachStrikeEndsEachLink(t *testing.T) {
	for n := range kinds {
		k := KindOf(n)
		t.Run(k.String(), func(t *testing.T) {
			inMemory(t, func(p *pair) {
				p.carries(p.client, p.server, "hello", 0, 0)
				start := time.Now()
				p.proxy.Strike(k, time.Minute)
				if took := time.Since(start); took != 0 && (k < Delays || took != time.Minute) {
					t.Errorf("it took %v", took)
				}
				p.client.Close() // of a half-open link one side does not know
				p.server.Close()
				synctest.Wait()
				if n := len(p.proxy.Links()); n != 0 {
					t.Errorf("%d links are left", n)
				}
			})
		})
	}
}

// A bubble ends only when all its goroutines have.
func TestNothingOfAProxyIsLeftAfterClose(t *testing.T) {
	for name, before := range map[string]func(p *Proxy){
		"idle":      func(*Proxy) {},
		"silent":    func(p *Proxy) { p.Set(Fault{Silent: true}) },
		"slow":      func(p *Proxy) { p.Set(Fault{Rate: 1}) },
		"late":      func(p *Proxy) { p.Set(Fault{Delay: time.Hour}) },
		"half open": func(p *Proxy) { p.Links()[0].HalfOpen(Client) },
		"struck":    func(p *Proxy) { go p.Strike(Drops, time.Hour); synctest.Wait() },
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(p *pair) {
				p.only()
				before(p.proxy)
				go p.client.Write([]byte("hello"))
				go p.server.Write([]byte("hello"))
				synctest.Wait()
				start := time.Now()
				p.proxy.Close()
				p.client.Close()
				p.server.Close()
				synctest.Wait()
				if took := time.Since(start); took != 0 || len(p.proxy.Links()) != 0 {
					t.Errorf("%d links are left after %v", len(p.proxy.Links()), took)
				}
			})
		})
	}
}
