package faults

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

// TestF07WhoIsGoneWithoutAWordIsNoticed promises: a connection on which nothing comes
// through any more ends, at both ends, within PingInterval, PingTimeout and a second, on
// each transport, and also while the server is blocked in writing to it.
func TestF07WhoIsGoneWithoutAWordIsNoticed(t *testing.T) {
	for way, list := range ways {
		for _, blocked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, blocked %v", way, blocked), func(t *testing.T) {
				inBubble(t, socketio.Options{}, func(t *testing.T, r *rig) {
					var gone ends
					gone.watch(r.srv)
					c := r.client(over(list...))
					connect(t, c)
					time.Sleep(time.Second) // until it has upgraded
					r.proxy.Set(chaos.Fault{Silent: true})
					if blocked {
						r.srv.Emit("much", strings.Repeat("x", 1_000_000))
					}
					lost := c.Context()
					start := time.Now()
					for len(gone.all()) == 0 || lost.Err() == nil {
						time.Sleep(100 * time.Millisecond)
					}
					if took := time.Since(start); took > 46*time.Second {
						t.Errorf("noticed after %v", took)
					}
					c.Close()
				})
			})
		}
	}
}

// TestF07ManyHalfOpenConnectionsLeaveNothing is the same over TCP, with a shorter
// heartbeat: the server is told nothing of the end of its clients, all are gone soon, and
// their descriptors are free.
func TestF07ManyHalfOpenConnectionsLeaveNothing(t *testing.T) {
	t.Parallel() // it waits most of the time
	r := overTCP(t, socketio.Options{Options: engineio.Options{PingInterval: time.Second, PingTimeout: 8 * time.Second}})
	for range 60 {
		o := over(engineio.WebSocket)
		o.Backoff.Attempts = -1
		connect(t, r.client(o))
	}
	for _, l := range r.proxy.Links() {
		l.HalfOpen(chaos.Client)
	}
	eventually(t, "all have ended", func() bool { return r.srv.Engine().Len() == 0 })
	eventually(t, "the connections are closed", func() bool { return len(r.proxy.Links()) == 0 })
	if got := r.srv.Stats().Disconnected[socketio.ReasonPingTimeout]; got != 60 {
		t.Errorf("%d have ended by a ping timeout", got)
	}
}

// TestF09LateAndStallingNetworksLoseNothing promises: delays of 0.2 to 0.5 s and stalls of
// up to a second, as packet loss makes them, end no connection, and the order is kept both
// ways, over the upgrade too.
func TestF09LateAndStallingNetworksLoseNothing(t *testing.T) {
	for way, list := range ways {
		t.Run(way, func(t *testing.T) {
			inBubble(t, socketio.Options{}, func(t *testing.T, r *rig) {
				l := newLedger(t, 1)
				l.keep(r.srv, 0)
				random := rand.New(rand.NewPCG(9, 9))
				late := chaos.Fault{Delay: 200 * time.Millisecond, Jitter: 300 * time.Millisecond}
				r.proxy.Set(late)
				c := r.client(over(list...))
				var heard chaos.History
				c.On("tick", func(_ context.Context, _ *socketio.ClientSocket, n int) error { heard.Arrived(n, 1); return nil })
				connect(t, c)
				id := c.ID()
				for n := range 300 {
					if n%10 == 0 {
						r.proxy.Set(chaos.Fault{Silent: true})
						time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
						r.proxy.Set(late)
					}
					heard.Sent(n)
					r.srv.Emit("tick", n)
					l.send(c, 0, n)
				}
				time.Sleep(10 * time.Second)
				if sum := l.check(); sum.Acked != 300 || sum.Twice != 0 {
					t.Errorf("the server's side: %+v", sum)
				}
				if got := heard.Check(); got.Broken() || got.Arrived != 300 || got.Twice != 0 {
					t.Errorf("the client's side: %+v", got)
				}
				if c.ID() != id || c.Conn().Upgraded() != (way == "upgrade") {
					t.Errorf("the connection was lost, or not upgraded: %v", c.Conn().Upgraded())
				}
			})
		})
	}
}

// TestF10AnUploadOverAThinLineIsNoPingTimeout promises: while messages arrive, however
// slowly, their sender is not given up for a pong that waits behind them. The line has
// 32 kbit/s; a megabyte in messages of 64 KB takes more than four minutes.
func TestF10AnUploadOverAThinLineIsNoPingTimeout(t *testing.T) {
	for way, list := range map[string][]string{"websocket": {engineio.WebSocket}, "upgrade": ways["upgrade"]} {
		t.Run(way, func(t *testing.T) {
			inBubble(t, socketio.Options{}, func(t *testing.T, r *rig) {
				var got atomic.Int64
				r.srv.OnAck("chunk", func(_ context.Context, _ *socketio.Socket, b []byte) (int64, error) {
					return got.Add(int64(len(b))), nil
				})
				c := r.client(over(list...))
				connect(t, c)
				time.Sleep(time.Second)
				id := c.ID()
				r.proxy.Set(chaos.Fault{Rate: 4000})
				start := time.Now()
				const chunks, size = 16, 64 << 10
				for range chunks {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					if _, err := c.EmitAck[int64](ctx, "chunk", make([]byte, size)); err != nil {
						t.Fatalf("after %v: %v", time.Since(start), err)
					}
					cancel()
				}
				if c.ID() != id || got.Load() != chunks*size {
					t.Errorf("%d bytes have arrived, on another connection: %v", got.Load(), c.ID() != id)
				}
			})
		})
	}
}

// TestF12AllComeBackAtOnce promises: when all connections are reset at the same moment all
// clients are back soon, spread over their back-off, and who was connected in another way
// is served meanwhile.
func TestF12AllComeBackAtOnce(t *testing.T) {
	const clients = 150
	r := overTCP(t, socketio.Options{})
	echo(r.srv)
	var back atomic.Int32
	for range clients {
		c := r.client(over(engineio.WebSocket))
		connect(t, c)
		c.OnConnect(func(context.Context, *socketio.ClientSocket) error { back.Add(1); return nil })
	}
	healthy := newClient(t, r.direct, socketio.ClientOptions{})
	connect(t, healthy)
	id := healthy.ID()
	for range 3 {
		back.Store(0)
		r.proxy.Strike(chaos.Resets, 0)
		eventually(t, "all are back", func() bool {
			ask(t, healthy)
			return back.Load() == clients
		})
	}
	eventually(t, "the old connections have ended", func() bool { return r.srv.Stats().Sockets == clients+1 })
	if healthy.ID() != id {
		t.Error("who was not cut had to come back too")
	}
}

// badRequest is the code for a WebSocket's request without an Upgrade.
const badRequest = 3

// TestF18BalancersThatDoNotLetUpgradesThrough promises: where something in between drops
// the Upgrade header, or holds a poll's answer back until it is whole, clients stay with
// polling and lose nothing.
func TestF18BalancersThatDoNotLetUpgradesThrough(t *testing.T) {
	r := overTCP(t, socketio.Options{Options: engineio.Options{UpgradeTimeout: time.Second}})
	echo(r.srv)
	target, err := url.Parse(r.direct)
	if err != nil {
		t.Fatal(err)
	}
	balancer := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
			p.Out.Header.Del("Upgrade")
			p.Out.Header.Del("Connection")
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	defer balancer.Close()
	c := newClient(t, balancer.URL, socketio.ClientOptions{})
	connect(t, c)
	defer c.Close()
	eventually(t, "the upgrade has been tried", func() bool {
		ask(t, c)
		return r.srv.Stats().Refused[badRequest] > 0
	})
	for range 20 {
		ask(t, c)
	}
	if c.Conn() == nil || c.Conn().Upgraded() {
		t.Error("it has upgraded, or is not connected")
	}
}

// TestF18BalancersThatCloseWhatIsIdle promises: with a PingInterval below the time after
// which something in between closes idle connections, none is closed. Here that is 60 s.
func TestF18BalancersThatCloseWhatIsIdle(t *testing.T) {
	for way, list := range ways {
		t.Run(way, func(t *testing.T) {
			inBubble(t, socketio.Options{}, func(t *testing.T, r *rig) {
				dial := r.dial
				r.dial = idleDial(dial, time.Minute)
				c := r.client(over(list...))
				connect(t, c)
				id := c.ID()
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if c.ID() != id {
					t.Error("the connection was closed")
				}
			})
		})
	}
}

// dialFunc is how an http.Transport dials.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// idleDial makes connections end when nothing was read or written for so long.
func idleDial(dial dialFunc, after time.Duration) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &idleConn{Conn: c, after: after, timer: time.AfterFunc(after, func() { c.Close() })}, nil
	}
}

// An idleConn ends when nothing was read or written for a time.
type idleConn struct {
	net.Conn
	after time.Duration
	timer *time.Timer
}

func (c *idleConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.timer.Reset(c.after)
	return n, err
}

func (c *idleConn) Write(b []byte) (int, error) {
	c.timer.Reset(c.after)
	return c.Conn.Write(b)
}

func (c *idleConn) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}
