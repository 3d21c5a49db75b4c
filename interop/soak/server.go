package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"socketio"
	"socketio/engineio"
)

// A sample is what the server tells of itself.
type sample struct {
	Clients    int    `json:"clients"` // sockets that are connected
	InMemory   int    `json:"inMemory"`
	Sessions   int    `json:"sessions"` // of Engine.IO
	Senders    int    `json:"senders"`  // whose messages are counted
	Connects   uint64 `json:"connects"` // so far
	Goroutines int    `json:"goroutines"`

	// What follows is not in the answer to "count".
	FDs  int    `json:"fds"`
	Heap uint64 `json:"heap"` // live, in bytes
	RSS  uint64 `json:"rss"`  // in bytes
}

// A ledger knows of each sender how far its messages have come.
type ledger struct {
	mu      sync.Mutex // guards what follows
	senders map[string]*account
}

type account struct {
	arrived int // all up to here
	verdict
}

func (l *ledger) take(m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.senders[m.Name]
	if a == nil {
		a = new(account)
		l.senders[m.Name] = a
	}
	if m.Number <= a.arrived {
		a.Twice++
		return
	}
	a.Skipped += m.Number - a.arrived - 1
	a.arrived = m.Number
}

func (l *ledger) judge(f farewell) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.senders[f.Name]
	if a == nil {
		return verdict{Lost: f.Acked}
	}
	a.Lost = max(f.Acked-a.arrived, 0)
	return a.verdict
}

func (l *ledger) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.senders, name)
}

// serve is the server process. It says where it listens, and a sample at each question; at
// "count" only what can be told without collecting garbage.
func serve(ctx context.Context, p plan) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// What is kept for who may come back is at its most after the window and a heartbeat,
	// which has to be soon if it is not to look like a leak.
	srv := socketio.NewServer(&socketio.Options{
		Options: engineio.Options{
			PingInterval: p.Ping, PingTimeout: p.pong(), Logger: slog.New(slog.DiscardHandler),
		},
		Recovery: socketio.Recovery{Window: 3 * time.Second},
	})
	senders := &ledger{senders: make(map[string]*account, 4*p.Clients)} // it is not to grow
	var made, collected atomic.Int64
	var leaked []*socketio.Socket
	var mu sync.Mutex // guards leaked
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		runtime.AddCleanup(s, func(struct{}) { collected.Add(1) }, struct{}{})
		n := made.Add(1)
		if p.Leak > 0 && n%int64(p.Leak) == 0 {
			mu.Lock()
			leaked = append(leaked, s)
			mu.Unlock()
		}
		s.Join("room " + strconv.Itoa(int(n%100)))
		return nil
	})
	srv.OnAck(Say, func(_ context.Context, s *socketio.Socket, m message) (socketio.None, error) {
		senders.take(m)
		if m.Number%20 == 0 {
			return socketio.None{}, srv.To("room "+strconv.Itoa(m.Number%100)).Emit(News, m.Text)
		}
		return socketio.None{}, nil
	})
	srv.OnAck(Judge, func(_ context.Context, _ *socketio.Socket, f farewell) (verdict, error) {
		return senders.judge(f), nil
	})
	srv.OnAck(Forget, func(_ context.Context, _ *socketio.Socket, name string) (socketio.None, error) {
		senders.forget(name)
		return socketio.None{}, nil
	})
	web := &http.Server{Handler: srv}
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	say("http://" + l.Addr().String())
	questions(ctx, func(question string) {
		s := sample{Goroutines: runtime.NumGoroutine()}
		if question != "count" {
			s = measure()
		}
		stats := srv.Stats()
		s.Clients, s.Connects, s.Sessions = stats.Sockets, stats.Connected, srv.Engine().Len()
		s.InMemory = int(made.Load() - collected.Load())
		senders.mu.Lock()
		s.Senders = len(senders.senders)
		senders.mu.Unlock()
		say(s)
	})
	runtime.KeepAlive(leaked)
	web.Close()
	return srv.Close()
}

// looks is how often measure looks, and between them how long it lets pass.
const (
	looks  = 3
	breath = 300 * time.Millisecond
)

// measure collects garbage and looks at the process. What is live cannot be told from what
// has just become garbage, so the least of several looks counts.
func measure() (least sample) {
	for i := range looks {
		if s := look(); i == 0 || s.Heap < least.Heap {
			least = s
		}
		time.Sleep(breath)
	}
	return least
}

func look() sample {
	runtime.GC() // what a clean-up lets go of, and a pool, is collected the next time
	runtime.GC()
	debug.FreeOSMemory() // collects as well
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := sample{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		s.FDs = len(fds) - 1 // the directory itself
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseUint(fields[1], 10, 64)
			s.RSS = pages * uint64(os.Getpagesize())
		}
	}
	return s
}
