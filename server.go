package socketio

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"socketio/browser"
	"socketio/engineio"
	"socketio/internal/cluster"
	"socketio/internal/forward"
)

// A Server speaks Socket.IO with clients, as an [http.Handler] for the path
// "/socket.io/" or the one in its options. It listens on nothing by itself.
//
// A Server is also its main namespace, "/": On, OnAck, Handle, OnAny, OnAnyOutgoing,
// OnConnect, OnDisconnect, Use, Wrap, Emit, EmitArgs, EmitAcks, All, To, Except, Socket,
// Sockets, Rooms, Servers, ServerCount, ServerSideEmit, ServerSideEmitAcks, OnServerSide and
// OnServerSideAck are those of [Namespace].
type Server struct {
	*Namespace

	engine   *engineio.Server
	client   *Client // whose connections these options are for; nil for a server
	options  Options // without zero values
	traces   []*Trace
	tasks    tasks
	lifetime context.Context // of OnDisconnect hooks and of handlers of other servers' events
	expire   context.CancelFunc
	closed   atomic.Bool
	log      *slog.Logger
	node     *cluster.Node      // nil if the server is by itself
	outlet   *outlet            // nil if there is no node
	forward  *forward.Forwarder // nil unless others pass requests on to it
	recovery *recovery          // nil if it is off, or if there is roaming
	roaming  *roaming           // nil unless clients may come back to any server of a cluster
	rates    rateLimits
	count    counters

	mu       sync.Mutex            // guards what follows
	byName   map[string]*Namespace // also those that nobody has been let into yet
	made     int                   // how many there have been
	parents  []*Namespace
	watchers []func(*Namespace)
}

// newCore returns what servers and clients have in common.
func newCore(o *Options) *Server {
	srv := &Server{options: o.withDefaults()}
	srv.log = srv.options.Logger.With("component", "socketio")
	return srv
}

// NewServer returns a server. Nil options are the defaults. It panics if options
// contradict each other.
func NewServer(o *Options) *Server {
	srv := newCore(o)
	srv.byName = map[string]*Namespace{}
	if srv.options.ClientFiles == nil {
		srv.options.ClientFiles = browser.Files()
	}
	srv.rates = newRateLimits(&srv.options)
	srv.lifetime, srv.expire = context.WithCancel(context.Background())
	srv.roaming = newRoaming(srv)
	if srv.options.Bus != nil {
		lost := (func())(nil)
		if srv.roaming != nil {
			lost = srv.roaming.lose
		}
		srv.outlet = new(outlet)
		srv.node = cluster.Start(srv.options.Bus, &cluster.Hooks{
			Lost: lost, Report: srv.reportBusLater, Begin: srv.outlet.hold, End: srv.outlet.release,
		})
	}
	srv.forward = newForwarder(srv)
	srv.recovery = newRecovery(srv)
	srv.Namespace = srv.Of("/")
	srv.engine = engineio.NewServer(srv.accept, &srv.options.Options)
	return srv
}

// accept serves a new connection.
func (srv *Server) accept(c *engineio.Conn) {
	p := newPeer(srv, c)
	if !p.isVersion2() {
		c.Attach(p)
		return
	}
	s := p.letIn() // before anything of it can be received
	c.Attach(p)
	srv.tasks.start(s.begin)
}

// ID returns the name by which the other servers of a cluster know this one, for as long as
// it runs. It is empty if the server is by itself.
func (srv *Server) ID() string {
	if srv.node == nil {
		return ""
	}
	return srv.node.UID()
}

// ServeHTTP serves the requests of clients: all of their handshakes, polls and
// WebSockets, and those for the client for browsers, such as /socket.io/socket.io.js.
func (srv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if srv.forward != nil {
		if r = srv.forward.Serve(w, r); r == nil {
			return
		}
	}
	srv.engine.ServeHTTP(w, r)
}

// Engine returns the server of the layer below, which knows the connections.
func (srv *Server) Engine() *engineio.Server { return srv.engine }

// Trace adds hooks for observing the server. They add up. Trace must be called before
// the server serves.
func (srv *Server) Trace(t *Trace) {
	srv.traces = append(srv.traces, t)
	if t.Room != nil {
		for _, ns := range srv.allNamespaces() {
			ns.watchRooms()
		}
	}
	if t.Servers != nil {
		for _, ns := range srv.allNamespaces() {
			ns.watchServers()
		}
	}
}

// Of returns the namespace of that name and makes it if need be. A slash is put in
// front of a name without one. Clients can join the namespaces that exist. Of panics
// on names that no client could ask for: those that contain a comma, and those longer
// than 256 bytes.
//
// One that matches a parent, see [Server.OfFunc], becomes its child if it does not
// exist yet. What Of has returned is kept, also without sockets.
func (srv *Server) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	mustBeNamespace(name)
	if ns, known := srv.keep(name); known {
		return ns
	}
	parent := srv.parentOf(name)
	srv.mu.Lock()
	ns, known := srv.byName[name]
	if !known {
		ns = srv.addLocked(name, parent)
	}
	ns.keepLocked()
	watchers := slices.Clip(srv.watchers)
	srv.mu.Unlock()
	switch {
	case known:
	case ns.lineage != nil:
		ns.list()
		_ = ns.announce() // it fails by a panic only, which is the caller's
	default:
		if ns.group != nil {
			ns.group.Join()
		}
		for _, watcher := range watchers {
			watcher(ns)
		}
	}
	return ns
}

// mustBeNamespace panics on a name that no namespace can have.
func mustBeNamespace(name string) {
	if !canBeNamespace(name) {
		panic(fmt.Sprintf("socketio: a namespace has at most %d bytes and no comma, unlike %q", maxNamespaceName, name))
	}
}

func canBeNamespace(name string) bool {
	return len(name) <= maxNamespaceName && !strings.Contains(name, ",")
}

// Namespaces returns the namespaces that exist at the moment of the call, oldest first.
func (srv *Server) Namespaces() iter.Seq[*Namespace] {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return slices.Values(slices.DeleteFunc(srv.allLocked(), func(ns *Namespace) bool { return !ns.listed() }))
}

// allNamespaces returns all namespaces, also those that nobody has been let into yet.
func (srv *Server) allNamespaces() []*Namespace {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.allLocked()
}

// allLocked returns all namespaces, oldest first. The caller holds mu.
func (srv *Server) allLocked() []*Namespace {
	return slices.SortedFunc(maps.Values(srv.byName), func(a, b *Namespace) int { return a.number - b.number })
}

// OnNamespace calls f once for each namespace: now for those that exist, and later for
// each one that is made; see [Server.OfFunc] for those that clients ask for. For these
// it is called before the first client's middleware, on a goroutine that serves this
// client; if it panics nobody is let in.
func (srv *Server) OnNamespace(f func(*Namespace)) {
	mustHave(f != nil, "OnNamespace: a hook")
	srv.mu.Lock()
	srv.watchers = append(srv.watchers, f)
	existing := srv.allLocked()
	srv.mu.Unlock()
	for _, ns := range existing {
		f(ns)
	}
}

// Shutdown ends the server in good order: it refuses newcomers, ends all sockets with
// [ReasonServerShutdown], sends what waits to be sent, closes the connections, and waits
// until all handlers and OnDisconnect hooks have returned. Clients will try to connect
// again, as they do whenever a connection is lost. In a cluster it then leaves, when
// what has been emitted is published. Call it before http.Server.Shutdown,
// which waits for polls and knows nothing of WebSockets.
//
// If ctx ends before, so do the contexts of OnDisconnect hooks, what is left is closed
// at once, and the error is that of ctx. A handler that calls Shutdown waits for
// itself. Later calls wait as well.
func (srv *Server) Shutdown(ctx context.Context) error {
	defer beginWait(ctx, nil)()
	stop := context.AfterFunc(ctx, srv.expire)
	defer stop()
	srv.end()
	err := srv.shutdownConnections(ctx)
	if waited := srv.tasks.wait(ctx); err == nil {
		err = waited
	}
	// Not before: what handlers and hooks have emitted is still to be published.
	if left := srv.leaveCluster(ctx); err == nil {
		err = left
	}
	srv.expire()
	return err
}

// Close ends the server at once: all sockets, with [ReasonServerShutdown], their
// connections, and the contexts of OnDisconnect hooks. It does not wait for handlers.
func (srv *Server) Close() error {
	srv.end()
	srv.expire()
	if srv.forward != nil {
		srv.forward.Close()
	}
	if srv.node != nil {
		srv.tasks.start(srv.leaveClusterSoon)
	}
	return srv.engine.Close()
}

// end lets nobody in any more and ends all sockets.
func (srv *Server) end() {
	srv.closed.Store(true)
	for _, ns := range srv.allNamespaces() {
		for _, s := range ns.rooms.close() {
			s.leave(ReasonServerShutdown, ErrServerClosed)
		}
	}
	if srv.recovery != nil {
		srv.recovery.close()
	}
	if srv.roaming != nil {
		srv.roaming.close()
	}
}

// report gives an error to OnError, or logs it. The log is told in what it happened: the
// method by which a hook was registered, or the event.
func (srv *Server) report(ctx context.Context, s *Socket, in string, err error) {
	defer func() { // an error's own methods may panic
		if v := recover(); v != nil {
			srv.log.Error("socketio: a method of an error panicked", "in", in, "panic", fmt.Sprint(v))
		}
	}()
	srv.count.failed(err)
	if srv.options.OnError == nil {
		srv.logError(ctx, s, in, err)
		return
	}
	if failure := srv.tellUser(ctx, s, err); failure != nil {
		srv.count.failed(failure)
		srv.logError(ctx, s, "OnError", failure)
	}
}

func (srv *Server) tellUser(ctx context.Context, s *Socket, err error) (failure error) {
	defer contain(&failure)
	srv.options.OnError(ctx, s, err)
	return nil
}

// logError logs an error at the level that its kind deserves: peers can cause
// some of them at will.
func (srv *Server) logError(ctx context.Context, s *Socket, in string, err error) {
	level := slog.LevelError
	attrs := []slog.Attr{slog.String("in", in), slog.Any("err", err)}
	if s != nil {
		attrs = append(attrs, slog.String("namespace", s.ns.name))
	}
	if e, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(e.Stack)))
	} else if _, ok := errors.AsType[*DecodeError](err); ok {
		level = slog.LevelWarn
	} else if _, ok := errors.AsType[answeringError](err); ok {
		level = slog.LevelWarn
	} else if errors.Is(err, ErrDisconnected) || errors.Is(err, ErrServerClosed) {
		level = slog.LevelDebug
	}
	srv.log.LogAttrs(ctx, level, "socketio: handler failed", attrs...)
}
