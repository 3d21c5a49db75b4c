package socketio

import (
	"context"
	"iter"
	"sync/atomic"

	"socketio/internal/cluster"
)

// A Namespace is one of the channels that share a client's connection. Each has its
// own sockets, rooms, handlers and middleware. [Server.Of] returns one; the server
// itself is the one named "/".
//
// What is registered counts for all sockets from then on, also when clients are
// connected already. Of handlers there is one for each event; registering a second
// panics. Hooks add up and run in the order in which they were added.
//
// All methods may be called concurrently. None of them blocks, except ServerCount, and
// loops over the replies of EmitAcks and ServerSideEmitAcks.
type Namespace struct {
	server   *Server
	client   *ClientSocket // whose handlers these are; nil at a server
	name     string
	number   int // of the server's namespaces, in the order in which they were made
	registry registry
	rooms    *roomIndex
	ids      atomic.Uint64  // how many acknowledgements have been asked for
	group    *cluster.Group // the servers that have it; nil if this one is by itself
	side     serverSide
	family   *family  // nil unless it is a parent
	lineage  *lineage // nil unless it has a parent
}

func newNamespace(srv *Server, name string) *Namespace {
	ns := &Namespace{server: srv, name: name, rooms: newRoomIndex()}
	if srv.node != nil {
		ns.group = srv.node.Group(name, ns.receive)
	}
	if srv.tracesServers() {
		ns.watchServers()
	}
	if srv.tracesRooms() || srv.listens() {
		ns.watchRooms()
	}
	return ns
}

// nextID returns an id for an acknowledgement. Parent and children share theirs, as both
// may ask the same socket.
func (ns *Namespace) nextID() uint64 {
	if ns.lineage != nil {
		ns = ns.lineage.parent
	}
	return ns.ids.Add(1) - 1
}

// Name returns the namespace's name, which begins with a slash. That of a parent, see
// [Server.OfFunc], is empty.
func (ns *Namespace) Name() string { return ns.name }

// Server returns the server that has the namespace.
func (ns *Namespace) Server() *Server { return ns.server }

// Use adds middleware, which decides whether a client may join the namespace, in the
// order in which it was added. The context that it returns is the one that the next
// middleware and all handlers of the socket get; nil keeps the one received. Of a
// context that may end before the socket, only the values are kept.
//
// An error refuses the client. A [*ConnectError] reaches it as it is; of any other
// error the client learns only that the connection was refused, and OnError gets the
// error itself.
//
// The socket is not connected yet. It can join rooms, which count when it is, and what
// is emitted to it arrives before the client knows that it is connected.
func (ns *Namespace) Use(mw func(ctx context.Context, s *Socket) (context.Context, error)) {
	mustHave(mw != nil, "Use: middleware")
	ns.registry.change(func(next *hooks) { next.middleware = added(next.middleware, mw) })
}

// Wrap puts mw around the handling of every event, also of those without a handler.
// It is called once and returns a Handler that calls next, or does not. The first one
// added is the outermost.
func (ns *Namespace) Wrap(mw func(next Handler) Handler) {
	mustHave(mw != nil, "Wrap: middleware")
	ns.registry.wrap(mw, ns.innermost())
}

// OnConnect adds a hook that runs when a client has joined the namespace, before any
// of its events is handled; so handlers that it registers on the socket miss nothing.
// An error disconnects the socket. To refuse a client is up to [Namespace.Use].
func (ns *Namespace) OnConnect(h func(ctx context.Context, s *Socket) error) {
	mustHave(h != nil, "OnConnect: a hook")
	ns.registry.change(func(next *hooks) { next.connect = added(next.connect, h) })
}

// OnDisconnect adds a hook that runs when a socket has ended, after all its handlers.
// The socket's rooms can still be listed, and its context's cause says more than why.
//
// The context that the hook gets has the values of the socket's, but has not ended
// with it, so that cleaning up works. It ends when the server does not wait any longer,
// see [Server.Shutdown].
func (ns *Namespace) OnDisconnect(h func(ctx context.Context, s *Socket, why Reason) error) {
	mustHave(h != nil, "OnDisconnect: a hook")
	ns.registry.change(func(next *hooks) { next.disconnect = added(next.disconnect, h) })
}

// On registers the handler of an event. A client that asks for an acknowledgement gets
// an empty one when the handler has returned nil.
//
// An error goes to [Options].OnError, and the client gets no acknowledgement: it should
// wait with a time-out, as it would for an event that nobody handles. There are two
// exceptions. If the error, or one that it wraps, has a method AckArgs() []any, these
// arguments are the acknowledgement; and a payload that its Validate method refuses is answered
// with {"error": text of that error}.
//
// An event without a payload is an Event[None]: the handler takes a [None], and
// Emit("x", socketio.None{}) sends it.
func (ns *Namespace) On[T any](ev Event[T], h func(ctx context.Context, s *Socket, v T) error) {
	mustHave(h != nil, "On: a handler")
	ns.registry.handle(ns.owner(), handler{event: string(ev), run: decoding(h), typed: true})
}

// OnAck registers the handler of a call, whose result is the acknowledgement. It is as
// [Namespace.On] otherwise. If the client asks for no acknowledgement the result is
// dropped.
func (ns *Namespace) OnAck[Q, R any](c Call[Q, R], h func(ctx context.Context, s *Socket, q Q) (R, error)) {
	mustHave(h != nil, "OnAck: a handler")
	ns.registry.handle(ns.owner(), handler{event: string(c), run: answering(h), typed: true})
}

// Handle registers the handler of an event that is not decoded, for any number of
// arguments. It acknowledges nothing by itself; see [Message.Ack].
func (ns *Namespace) Handle(event string, h Handler) {
	mustHave(h != nil, "Handle: a handler")
	ns.registry.handle(ns.owner(), handler{event: event, run: h})
}

// OnAny adds a hook that sees every event that arrives, before what Wrap has added and
// the event's handler. Its error goes to [Options].OnError and keeps nobody from
// handling the event.
func (ns *Namespace) OnAny(h Handler) {
	mustHave(h != nil, "OnAny: a hook")
	ns.registry.change(func(next *hooks) { next.any = added(next.any, h) })
}

// OnAnyOutgoing adds a hook that sees every event sent to a socket, for broadcasts
// once for each receiver, but no acknowledgements. It runs on the goroutine that
// sends, before the event goes out, and can decode the message until it returns. For
// broadcasts of other servers that goroutine brings all that they send, so the hook must
// not wait.
func (ns *Namespace) OnAnyOutgoing(h Handler) {
	mustHave(h != nil, "OnAnyOutgoing: a hook")
	ns.registry.change(func(next *hooks) { next.anyOutgoing = added(next.anyOutgoing, h) })
}

// Emit sends an event to every socket of the namespace, on every server; see
// [Broadcast.Emit].
func (ns *Namespace) Emit[T any](ev Event[T], v T) error { return ns.All().Emit(ev, v) }

// EmitArgs sends an event to every socket of the namespace; see
// [Broadcast.EmitArgs].
func (ns *Namespace) EmitArgs(event string, args ...any) error {
	return ns.All().EmitArgs(event, args...)
}

// EmitAcks sends a call to every socket of the namespace; see [Broadcast.EmitAcks].
func (ns *Namespace) EmitAcks[R, Q any](ctx context.Context, c Call[Q, R], q Q) iter.Seq2[Reply[R], error] {
	return ns.All().EmitAcks(ctx, c, q)
}

// All selects every socket of the namespace, on every server.
func (ns *Namespace) All() Broadcast { return Broadcast{ns: ns} }

// To selects the sockets that are in any of the rooms. No rooms is nobody.
func (ns *Namespace) To(rooms ...string) Broadcast { return ns.All().To(rooms...) }

// Except selects the sockets that are in none of the rooms.
func (ns *Namespace) Except(rooms ...string) Broadcast { return ns.All().Except(rooms...) }

// Socket returns the connected socket of this server with that ID.
func (ns *Namespace) Socket(id string) (s *Socket, ok bool) {
	if ns.family == nil {
		return ns.rooms.socket(id)
	}
	for _, child := range ns.family.all() {
		if s, ok = child.rooms.socket(id); ok {
			break
		}
	}
	return s, ok
}

// Sockets returns the sockets of this server that are connected when the loop begins.
func (ns *Namespace) Sockets() iter.Seq[*Socket] {
	return func(yield func(*Socket) bool) {
		for _, in := range ns.branches() {
			for _, s := range in.rooms.all() {
				if s.Connected() && !yield(s) {
					return
				}
			}
		}
	}
}

// Rooms returns the rooms that sockets of this server have joined, with the number of
// their members, as they are when the loop begins. The rooms that sockets have by their
// IDs are not among them. Those of a parent's children come one child after the other.
func (ns *Namespace) Rooms() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for _, in := range ns.branches() {
			for _, r := range in.rooms.sizes() {
				if !yield(r.name, r.members) {
					return
				}
			}
		}
	}
}
