package engineio

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
	"weak"

	"socketio/internal/serial"
	"socketio/internal/wheel"
	"socketio/internal/ws"
)

// A Server is an http.Handler that speaks Engine.IO. It listens on nothing itself:
// mount it at [Options.Path] of any router. All its methods may be called
// concurrently.
type Server struct {
	options Options
	timings [2]timing // of sessions that speak revision 4, and revision 3
	sockets ws.Config
	streams ws.Config
	deflate *ws.Deflater // nil if WebSockets do not compress
	handle  func(*Conn)
	log     *slog.Logger
	trace   traces
	pulses  pulses
	origins origins
	paths   paths
	files   clientFiles

	start      time.Time // of what now returns
	wheel      *wheel.Wheel
	monitor    serial.Monitor
	goroutines sync.WaitGroup
	gets       sync.Pool // of *get

	guessesIP  bool // nobody has said who the clients are behind proxies
	advisories advisories

	count  counters
	budget *budget // nil without Options.MemoryBudget

	mu      sync.Mutex       // guards what follows
	conns   map[string]*Conn // by id
	ended   endedIDs
	leaving []weak.Pointer[socket] // that say goodbye; they live as long as their readers
	admission
	empty chan struct{} // closed when closing and no connection is left
}

// NewServer returns a server that calls handle for each new connection, in order
// to Attach a Receiver or to run a loop around Receive. When handle returns and
// has attached no Receiver the connection is closed. Nil options are the defaults;
// options that contradict each other panic.
func NewServer(handle func(*Conn), o *Options) *Server {
	s := &Server{
		options: o.withDefaults(),
		handle:  handle,
		start:   time.Now(),
		conns:   map[string]*Conn{},
		empty:   make(chan struct{}),
	}
	s.log = s.options.Logger.With("component", "engineio")
	s.guessesIP = o == nil || o.ClientIP == nil && len(o.TrustedProxies) == 0
	s.trace.panicked = func(v any) { s.contain("a hook of a Trace", v) }
	s.admission = newAdmission(&s.options)
	s.origins = newOrigins(s.options.CORS)
	s.paths = newPaths(s.options.Path)
	if !s.options.NoClientFiles {
		s.files.fsys = s.options.ClientFiles
	}
	for i := range s.timings {
		s.timings[i] = timing{
			pingInterval:   s.options.PingInterval,
			pingTimeout:    s.options.PingTimeout,
			upgradeTimeout: s.options.UpgradeTimeout,
			v3:             i == 1,
		}
	}
	s.deflate = s.options.Deflate.deflater()
	s.wheel = wheel.New(s.timings[0].tick())
	s.sockets = ws.Config{
		MaxPayload:   s.options.MaxPayload,
		QueueBytes:   s.options.QueueBytes,
		DropOldest:   s.options.DropOldest,
		WriteTimeout: s.options.WriteTimeout,
		Monitor:      &s.monitor,
		Poller:       ws.NewPoller(&s.goroutines),
		Goroutines:   &s.goroutines,
	}
	if limit := s.options.MemoryBudget; limit > 0 {
		s.budget = &budget{limit: limit, exceeded: s.cutLargest, goroutines: &s.goroutines}
		s.sockets.Held = s.budget.add
	}
	s.streams = s.sockets
	s.streams.Bare = true
	return s
}

// tick is how late a deadline may be noticed.
func (t *timing) tick() time.Duration {
	if min(t.pingInterval, t.pingTimeout, t.upgradeTimeout) < time.Second {
		return 5 * time.Millisecond
	}
	return 50 * time.Millisecond
}

// now is the time since the server started, on the monotonic clock.
func (s *Server) now() time.Duration { return time.Since(s.start) }

// Len returns the number of connections.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// hold returns the connection with that id, unless it has ended, and keeps Shutdown
// waiting until release, for the connection's request. While there is a connection
// Shutdown does not yet wait for the number of goroutines to become zero, so that may
// still grow.
func (s *Server) hold(id string) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conns[id]
	if c != nil {
		s.goroutines.Add(1)
	}
	return c
}

// release ends what admit, hold or add has begun.
func (s *Server) release() { s.goroutines.Done() }

// leave remembers a WebSocket that says goodbye, for cut.
func (s *Server) leave(sock *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.leaving) == cap(s.leaving) {
		s.leaving = slices.DeleteFunc(s.leaving, func(p weak.Pointer[socket]) bool {
			sock := p.Value()
			return sock == nil || sock.IsClosed()
		})
	}
	s.leaving = append(s.leaving, weak.Make(sock))
}

// cut closes all WebSockets that have not yet said goodbye.
func (s *Server) cut() {
	s.mu.Lock()
	socks := s.leaving
	s.leaving = nil
	s.mu.Unlock()
	for _, p := range socks {
		if sock := p.Value(); sock != nil {
			sock.CloseNow()
		}
	}
}

// Shutdown refuses new connections, closes those that there are, and waits until
// what was queued is sent and all goroutines have ended. When ctx ends first it
// cuts what is left and returns ctx's error. A polling client that has no
// request waiting is not waited for.
func (s *Server) Shutdown(ctx context.Context) error {
	for _, c := range s.refuseNewcomers() {
		c.Close()
		c.step(event{input: inFetched}) // there will be nobody to answer its next poll
	}
	done := make(chan struct{})
	go func() {
		<-s.empty
		s.goroutines.Wait()
		s.wheel.Wait()
		s.monitor.Stop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.cut()
		return ctx.Err()
	}
}

// Close ends everything at once, without sending what is queued and without
// waiting. It always returns nil.
func (s *Server) Close() error {
	for _, c := range s.refuseNewcomers() {
		c.Close()
		c.step(event{input: inFetched})
	}
	s.cut()
	return nil
}

// refuseNewcomers returns the connections that there are, and no others will be.
func (s *Server) refuseNewcomers() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		if len(s.conns) == 0 {
			close(s.empty)
		}
	}
	conns := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}
