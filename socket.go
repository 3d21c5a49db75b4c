package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"iter"
	"reflect"
	"slices"
	"sync/atomic"

	"socketio/engineio"
	"socketio/sio5"
)

// A Socket is one client in one namespace of a [Server].
//
// Its handlers run one at a time, in the order in which the client sent the events: one
// that waits delays the rest of this socket, but no other. A handler that starts
// something long-lived starts a goroutine for it, with the context from Context, which
// ends with the socket.
//
// All methods may be called concurrently, and none that takes no context blocks.
type Socket struct {
	ns    *Namespace
	peer  *peer
	state atomic.Uint32 // a state; changes with peer.mu held
	id    string
	auth  []byte // JSON, nil if the client sent none

	registry registry // of the socket's own

	// Guarded by peer.mu.
	inbox  inbox
	ctx    context.Context // nil until it is asked for
	cancel context.CancelCauseFunc
	ended  *DisconnectError // nil until the socket ends
	acks   map[uint64]waiter
	data   any

	// session is what the client may take up again; nil without recovery, and until
	// the socket is about to be connected. Offset is how far the client came.
	session   *session
	offset    uint64
	recovered bool

	// greeted says that the OnConnect hooks have run, or begun to. It belongs to
	// who runs the inbox.
	greeted bool

	// Guarded by ns.rooms.mu.
	memberships []membership
	evicted     bool // has ended, and left its rooms but for their names
	forgotten   bool // has left the names too
	entered     bool // has been added at a place in the log
}

// A state is where a socket is in its life.
type state uint32

const (
	pending   state = iota // its CONNECT is being decided; becomes connected or ended
	connected              // becomes ended
	ended                  // has been refused or disconnected, for good
)

// newSocket returns a pending socket.
func newSocket(ns *Namespace, p *peer, auth []byte) *Socket {
	return &Socket{ns: ns, peer: p, id: newID(), auth: auth}
}

// newID returns 20 random characters.
func newID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ID returns the socket's identifier, which is also the name of a room that only
// this socket is in. It is 20 random characters and not a secret. A client of version 2,
// which Options.EIO3 lets in, takes the connection's for it: see [engineio.Options].
func (s *Socket) ID() string { return s.id }

// Namespace returns the namespace that the client joined.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Conn returns the connection, which sockets of one client in several namespaces
// share. Its ID is a secret between client and server.
func (s *Socket) Conn() *engineio.Conn { return s.peer.conn }

// Connected says whether the client has been let in and has not gone.
func (s *Socket) Connected() bool { return s.at() == connected }

// at returns where the socket is in its life.
func (s *Socket) at() state { return state(s.state.Load()) }

// gone returns why the socket has ended, nil if it has not.
func (s *Socket) gone() error {
	if s.at() != ended {
		return nil
	}
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	return s.ended
}

// Context returns the context that handlers get. It ends with the socket, and
// [context.Cause] then is a [*DisconnectError]. It has the values of the context of
// the client's first HTTP request, and those that [Namespace.Use] added.
func (s *Socket) Context() context.Context {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancelCause((*values)(s))
		if s.ended != nil {
			s.cancel(s.ended)
		}
	}
	return s.ctx
}

// SetData keeps a value with the socket, in place of the one before, for
// [Socket.Data] and [SocketInfo.Data]. Who wants several keeps a struct or a map.
func (s *Socket) SetData(v any) {
	s.keepData(v)
	s.ns.server.traceData(s)
}

func (s *Socket) keepData(v any) {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.data = v
}

// Data returns the value that SetData set, and true if it is a T. If the client was
// recovered on another server than the one where it was set, it is what the value was
// encoded to, decoded by the rules of [Event].
func (s *Socket) Data[T any]() (T, bool) {
	data := s.anyData()
	if encoded, ok := data.(encodedData); ok {
		v, err := decodeArg[T](encoded.text, encoded.att)
		if err == nil && reflect.TypeFor[T]().Kind() != reflect.Interface { // else another T may be asked for later
			s.keepData(v)
		}
		return v, err == nil
	}
	v, ok := data.(T)
	return v, ok
}

func (s *Socket) anyData() any {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	return s.data
}

// Join puts the socket into rooms. Rooms are names for sets of sockets, made by
// joining them and dropped when empty; clients don't see them. Joining again does
// nothing, and neither does joining after the socket has ended, or more rooms than
// [Options].MaxRooms, which OnError is told of.
//
// Within middleware Join counts from the moment when the client has been let in.
func (s *Socket) Join(rooms ...string) {
	if !s.peer.mayJoin(len(rooms)) {
		return
	}
	limit := s.peer.srv.options.MaxRooms
	if refused := s.ns.rooms.join(s, rooms, limit); refused > 0 {
		s.peer.srv.count.maxRooms.Add(uint64(refused))
		s.peer.srv.report(s.Context(), s, "Join", errTooManyRooms)
	}
}

// errTooManyRooms is what OnError learns of a Join that did nothing.
var errTooManyRooms = errors.New("socketio: a socket that is in Options.MaxRooms rooms can join no more")

// Leave takes the socket out of rooms. It stays in the one of its own ID.
func (s *Socket) Leave(rooms ...string) { s.ns.rooms.leave(s, rooms) }

// Rooms returns the rooms that the socket is in at the moment of the call, its ID
// first. It is in none when the OnDisconnect hooks have run.
func (s *Socket) Rooms() iter.Seq[string] { return slices.Values(s.ns.rooms.names(s)) }

// On registers the socket's own handler of an event, which goes before the
// namespace's. It is for state of a single connection; see [Namespace.On] for the rest.
func (s *Socket) On[T any](ev Event[T], h func(ctx context.Context, s *Socket, v T) error) {
	mustHave(h != nil, "On: a handler")
	s.registry.handle("the socket", handler{event: string(ev), run: decoding(h), typed: true})
}

// OnAck registers the socket's own handler of a call; see [Namespace.OnAck].
func (s *Socket) OnAck[Q, R any](c Call[Q, R], h func(ctx context.Context, s *Socket, q Q) (R, error)) {
	mustHave(h != nil, "OnAck: a handler")
	s.registry.handle("the socket", handler{event: string(c), run: answering(h), typed: true})
}

// Handle registers the socket's own handler of undecoded events; see
// [Namespace.Handle].
func (s *Socket) Handle(event string, h Handler) {
	mustHave(h != nil, "Handle: a handler")
	s.registry.handle("the socket", handler{event: event, run: h})
}

// Off removes the socket's own handler of an event, if there is one. The handler
// may call it itself.
func (s *Socket) Off(event string) { s.registry.off(event) }

// OnAny adds a hook that sees every event of this socket; see [Namespace.OnAny],
// whose hooks run before.
func (s *Socket) OnAny(h Handler) {
	mustHave(h != nil, "OnAny: a hook")
	s.registry.change(func(next *hooks) { next.any = added(next.any, h) })
}

// OnAnyOutgoing adds a hook that sees every event sent to this socket; see
// [Namespace.OnAnyOutgoing], whose hooks run before.
func (s *Socket) OnAnyOutgoing(h Handler) {
	mustHave(h != nil, "OnAnyOutgoing: a hook")
	s.registry.change(func(next *hooks) { next.anyOutgoing = added(next.anyOutgoing, h) })
}

// OnDisconnect adds a hook that runs when this socket has ended; see
// [Namespace.OnDisconnect], whose hooks run before.
func (s *Socket) OnDisconnect(h func(ctx context.Context, s *Socket, why Reason) error) {
	mustHave(h != nil, "OnDisconnect: a hook")
	s.registry.change(func(next *hooks) { next.disconnect = added(next.disconnect, h) })
}

// Broadcast selects everybody else in the namespace.
func (s *Socket) Broadcast() Broadcast { return Broadcast{ns: s.ns, sender: s} }

// To selects everybody else who is in any of the rooms. No rooms is nobody.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Except selects everybody else who is in none of the rooms.
func (s *Socket) Except(rooms ...string) Broadcast { return s.Broadcast().Except(rooms...) }

// Disconnect makes the client leave the namespace, and end with
// [ReasonServerDisconnect]. The connection stays open for other namespaces. Events
// that wait are dropped. A client that has not been let in yet is refused.
func (s *Socket) Disconnect() {
	switch s.leave(ReasonServerDisconnect, nil) {
	case connected:
		s.peer.send(sio5.Packet{Type: sio5.Disconnect, Namespace: s.ns.name})
	case pending:
		s.peer.refuse(s.ns.name, errRefused)
	case ended: // by whoever was first
	}
}

// Close makes the client leave all its namespaces, as Disconnect does, and closes
// the connection when what was sent is out.
func (s *Socket) Close() error {
	sockets, _ := s.peer.close()
	for _, other := range sockets {
		other.Disconnect()
	}
	return s.peer.conn.Close()
}
