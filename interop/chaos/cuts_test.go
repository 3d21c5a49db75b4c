package chaos

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
)

var (
	cuts = flag.Int("cuts", 60, "how often TestCuts breaks the connection of each client")
	seed = flag.Uint64("seed", 1, "what TestCuts does by chance follows from it")
	real = flag.Bool("tcp", false, "let TestCuts run over TCP, in real time")
)

// TestCuts breaks the connection of a client in Go again and again, in each way in turn,
// while that sends numbered messages. What is promised is in docs/go-client.md: with
// Retries all messages arrive, in order, and one arrives twice only if its first
// acknowledgement was lost; without, none arrives twice, and what does not arrive was
// reported as in doubt.
func TestCuts(t *testing.T) {
	for name, retries := range map[string]int{"with Retries": 1_000_000, "without Retries": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if *real {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				proxy, err := Listen(l.Addr().String(), *seed)
				if err != nil {
					t.Fatal(err)
				}
				breakAndCheck(t, newCutRun(t, retries, l, proxy, &http.Transport{}))
				return
			}
			synctest.Test(t, func(t *testing.T) {
				front, back := NewMemory(), NewMemory()
				proxy := New(front, back.Dial, *seed)
				breakAndCheck(t, newCutRun(t, retries, back, proxy, &http.Transport{DialContext: front.DialContext}))
			})
		})
	}
}

// breakAndCheck does what TestCuts says.
func breakAndCheck(t *testing.T, run *cutRun) {
	run.cut(*cuts)
	run.end()
	got := run.history.Check()
	fmt.Printf("cuts=%d %v (retries=%d, %d connections, seed %d)\n", *cuts, got, run.retries, run.connections.Load(), *seed)
	if got.Broken() {
		t.Errorf("%+v", got)
	}
	if run.retries > 0 && got.Arrived != got.Sent {
		t.Errorf("%d of %d messages have arrived", got.Arrived, got.Sent)
	}
	if run.retries == 0 && got.Twice > 0 {
		t.Errorf("%d messages arrived twice", got.Twice)
	}
	if lost := got.Sent - got.Arrived; lost > int(run.inDoubt.Load()) {
		t.Errorf("%d messages were lost, but only %d reported", lost, run.inDoubt.Load())
	}
}

// A cutRun is one run of TestCuts: a server, a proxy and a client that sends.
type cutRun struct {
	t       *testing.T
	retries int
	random  *rand.Rand // of the goroutine that cuts
	proxy   *Proxy
	client  *socketio.Client
	history *History

	sent, acked atomic.Int64 // the number of the last message with an acknowledgement
	progress    chan struct{}
	stop        chan struct{}
	stopped     chan struct{}
	connections atomic.Int64
	ends        atomic.Int64
	inDoubt     atomic.Int64 // messages that the client has reported as in doubt
}

// numberOf is where a connection's number is in its context.
type numberOf struct{}

// newCutRun starts the server on l, which the proxy leads to, and the client.
func newCutRun(t *testing.T, retries int, l net.Listener, proxy *Proxy, transport *http.Transport) *cutRun {
	r := &cutRun{
		t: t, retries: retries, proxy: proxy, random: rand.New(rand.NewPCG(*seed, 1)), history: &History{PerConnection: retries == 0},
		progress: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	t.Cleanup(transport.CloseIdleConnections)
	r.serve(l)
	r.client = socketio.NewClient(r.proxy.URL(), &socketio.ClientOptions{
		Backoff: socketio.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
		Retries: retries,
		OnRetry: func(int, time.Duration, error) {},
		OnError: func(_ context.Context, _ *socketio.ClientSocket, err error) { t.Error(err) },
		DialOptions: engineio.DialOptions{
			DialTimeout: 2 * time.Second, // a half-open link may be met at any moment
			Logger:      slog.New(slog.DiscardHandler),
			HTTPClient:  &http.Client{Transport: transport},
		},
	})
	t.Cleanup(func() { r.client.Close() })
	r.client.OnConnect(func(ctx context.Context, _ *socketio.ClientSocket) error {
		r.connections.Add(1)
		context.AfterFunc(ctx, func() { r.ended(context.Cause(ctx)) })
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.client.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	go r.send()
	return r
}

// serve starts a server, which numbers connections and notes what arrives.
func (r *cutRun) serve(l net.Listener) {
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{
		PingInterval: 300 * time.Millisecond, PingTimeout: 700 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}})
	var made atomic.Int64
	srv.Use(func(ctx context.Context, _ *socketio.Socket) (context.Context, error) {
		return context.WithValue(ctx, numberOf{}, int(made.Add(1))), nil
	})
	srv.OnAck("n", func(ctx context.Context, _ *socketio.Socket, m numbered) (int, error) {
		on, _ := ctx.Value(numberOf{}).(int)
		r.history.Arrived(m.A, on)
		return on, nil
	})
	web := &http.Server{Handler: srv}
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	r.t.Cleanup(func() {
		r.proxy.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			r.t.Errorf("the server does not end: %v", err)
		}
		web.Close()
		<-served
	})
}

// A numbered is a message, of any length.
type numbered = socketio.Args2[int, string]

// ended notes the end of a connection of the client.
func (r *cutRun) ended(cause error) {
	why, ok := errors.AsType[*socketio.DisconnectError](cause)
	if !ok {
		r.t.Errorf("a connection has ended with %v", cause)
		return
	}
	r.inDoubt.Add(int64(why.InDoubt))
	r.ends.Add(1)
}

// send sends messages, one or a few until the next acknowledgement, until it is told to stop.
func (r *cutRun) send() {
	defer close(r.stopped)
	random := rand.New(rand.NewPCG(*seed, 2))
	for n := 1; ; n++ {
		select {
		case <-r.stop:
			r.ask(n, "") // all before it have arrived then
			return
		case <-r.t.Context().Done():
			return
		case <-time.After(time.Duration(random.IntN(5)) * time.Millisecond):
		}
		text := strings.Repeat("x", random.IntN(4000))
		if random.IntN(3) == 0 {
			r.ask(n, text)
			continue
		}
		r.history.Sent(n)
		if err := r.client.Emit("n", numbered{A: n, B: text}); err != nil {
			r.t.Errorf("message %d: %v", n, err)
		}
	}
}

// ask sends a message and notes whether it was acknowledged.
func (r *cutRun) ask(n int, text string) {
	r.sent.Store(int64(n))
	r.history.Sent(n)
	on, err := r.client.EmitAck[int](r.t.Context(), "n", numbered{A: n, B: text})
	if err != nil {
		return // the connection was lost
	}
	r.history.Acked(n, on)
	r.acked.Store(int64(n))
	select {
	case r.progress <- struct{}{}:
	default:
	}
}

// cut breaks the client's connection so many times, each time after a message has come
// through that was sent after the last.
func (r *cutRun) cut(times int) {
	for i := range times {
		r.proxy.Strike(KindOf(i), time.Duration(20+r.random.IntN(400))*time.Millisecond)
		r.waitFor(r.sent.Load()+1+r.random.Int64N(100), KindOf(i))
	}
}

// waitFor waits until the message of that number, or a later one, has been acknowledged.
func (r *cutRun) waitFor(number int64, after Kind) {
	late := time.After(patience)
	for r.acked.Load() < number {
		select {
		case <-r.progress:
		case <-late:
			r.t.Fatalf("nothing comes through after %v: %d of %d", after, r.acked.Load(), number)
		}
	}
}

// end stops the sender and closes the client, and waits for both.
func (r *cutRun) end() {
	close(r.stop)
	<-r.stopped
	r.client.Close()
	for end := time.Now().Add(patience); r.ends.Load() < r.connections.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%d of %d connections have ended", r.ends.Load(), r.connections.Load())
		}
	}
}
