//go:build unix

package drain

import (
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"socketio"
)

const (
	// overVariable has the time over which a process drains; it makes one a server.
	overVariable = "DRAIN_OVER"

	// grace is how much longer than that handlers and acknowledgements may take.
	grace = 10 * time.Second

	// work is how long a handler takes for what it acknowledges.
	work = 20 * time.Millisecond
)

// A farewell is what a server says at its end.
type farewell struct {
	Arrived map[int][]int // by client, the numbers of its messages in the order of their coming
	Closed  []int64       // when sockets ended, in nanoseconds since the signal
	Took    int64         // from the signal to the end, in nanoseconds
}

// A server is one of the two, in a process of its own.
type server struct {
	srv  *socketio.Server
	over time.Duration

	mu    sync.Mutex // guards what follows
	said  farewell
	begun time.Time // of draining
}

// serve is such a process: it says its address, serves until a SIGTERM, and says farewell.
func serve(over time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s := &server{over: over, said: farewell{Arrived: map[int][]int{}}}
	s.srv = socketio.NewServer(&socketio.Options{Logger: slog.New(slog.DiscardHandler)})
	s.srv.OnAck("message", s.take)
	s.srv.OnDisconnect(s.note)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s.srv)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if s.srv.Stats().Draining {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/sockets", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.srv.Stats().Sockets) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: mux}
	go web.Serve(listener)
	fmt.Println(listener.Addr())
	<-ctx.Done()
	return s.leave(web)
}

// take notes a message, and then does what is acknowledged.
func (s *server) take(_ context.Context, _ *socketio.Socket, m socketio.Args2[int, int]) (int, error) {
	s.mu.Lock()
	s.said.Arrived[m.A] = append(s.said.Arrived[m.A], m.B)
	s.mu.Unlock()
	time.Sleep(work)
	return m.B, nil
}

// note notes when a socket has ended, if the server wanted it to.
func (s *server) note(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why == socketio.ReasonServerShutdown && !s.begun.IsZero() {
		s.said.Closed = append(s.said.Closed, int64(time.Since(s.begun)))
	}
	return nil
}

// leave drains and ends.
func (s *server) leave(web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.over+grace)
	defer cancel()
	s.mu.Lock()
	s.begun = time.Now()
	s.mu.Unlock()
	err := errors.Join(s.srv.Drain(ctx, s.over), s.srv.Shutdown(ctx), web.Shutdown(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said.Took = int64(time.Since(s.begun))
	return errors.Join(err, json.MarshalWrite(os.Stdout, &s.said))
}
