package socketio

import (
	"context"
	"fmt"
	"sync/atomic"

	"socketio/sio5"
)

// A ClientSocket is a [Client] in one namespace. It outlives the connections: handlers
// stay registered, and what is emitted while there is none is kept and sent first when
// there is one again.
//
// Its handlers run one at a time, in the order in which the server sent the events, and
// those of one connection before those of the next. A handler's context ends with the
// connection. All methods may be called concurrently, and none that takes no context
// blocks.
type ClientSocket struct {
	client *Client
	ns     *Namespace // the handlers, and the ids of acknowledgements

	current   atomic.Pointer[Socket] // connected, and everything kept is sent; else nil
	sent      atomic.Uint64          // events
	confirmed atomic.Uint64          // up to which event the server is known to have got them
	unsent    atomic.Int64           // events that are kept
	restores  atomic.Bool            // the server restores states: pid is set

	// Guarded by Client.mu.
	active    bool
	err       error      // why it is not active any more
	awaited   int        // calls of Connect that wait for it
	socket    *Socket    // on the present connection, pending or connected
	last      *Socket    // the last that was connected
	running   *Socket    // whose events, or OnDisconnect hooks, are being handled
	next      []*Socket  // whose turn comes then
	buffer    []*kept    // what waits for a connection
	queue     []*retried // what waits for its acknowledgement, and what is behind it
	buffered  int        // bytes in both
	pid       string     // by which the server restores the state
	recovered bool

	place    place
	replayed int // bytes that came before the answer to CONNECT; the reader's
}

// ID returns the socket's identifier, which changes with each connection; "" while it is
// not connected.
func (s *ClientSocket) ID() string {
	if socket := s.current.Load(); socket != nil {
		return socket.id
	}
	return ""
}

// Name returns the namespace's name, which begins with a slash.
func (s *ClientSocket) Name() string { return s.ns.name }

// Connected says whether the server has let the socket in and it has not left.
func (s *ClientSocket) Connected() bool { return s.current.Load() != nil }

// Active says whether the socket is connected, or will be by itself: it is not before
// Connect, after a refusal, after Disconnect of either side, or when the client has
// given up.
func (s *ClientSocket) Active() bool {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	return s.active
}

// Recovered says whether the server has restored the state of the last connection: the
// socket's ID and rooms, and the events sent while it was away.
func (s *ClientSocket) Recovered() bool {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	return s.recovered
}

// Context returns the context that handlers get. It ends with the present connection to
// the namespace, and [context.Cause] then is a [*DisconnectError]. While there is none
// it has ended.
func (s *ClientSocket) Context() context.Context {
	if socket := s.lastSocket(); socket != nil {
		return socket.Context()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(ErrDisconnected)
	return ctx
}

// lastSocket returns the socket of the present connection, or else of the last.
func (s *ClientSocket) lastSocket() *Socket {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	return s.last
}

// Connect joins the namespace, and connects before if need be; it is [Client.Connect] for
// this namespace alone. It is needed again after a refusal, and after Disconnect of
// either side.
func (s *ClientSocket) Connect(ctx context.Context) error {
	return s.client.connect(ctx, []*ClientSocket{s})
}

// Disconnect leaves the namespace. The connection is closed if no other namespace is
// on it. What is emitted from now on is kept until Connect.
func (s *ClientSocket) Disconnect() {
	s.client.mu.Lock()
	if s.active {
		s.active, s.err = false, &DisconnectError{Reason: ReasonIOClientDisconnect}
	}
	s.client.signal()
	s.client.mu.Unlock()
	s.leave(nil)
	s.client.closeIdle()
}

// leave ends the socket on the present connection, if there is one, and tells the server.
func (s *ClientSocket) leave(cause error) {
	s.client.mu.Lock()
	socket := s.socket
	s.client.mu.Unlock()
	if socket != nil && socket.leave(ReasonIOClientDisconnect, cause) == connected {
		socket.peer.send(sio5.Packet{Type: sio5.Disconnect, Namespace: s.ns.name})
	}
}

// OnConnect adds a hook that runs at each connection, when what was kept has been sent and
// before any event is handled that was sent on it. Its error goes to OnError.
func (s *ClientSocket) OnConnect(h func(ctx context.Context, s *ClientSocket) error) {
	mustHave(h != nil, "OnConnect: a hook")
	s.ns.OnConnect(func(ctx context.Context, _ *Socket) error { return h(ctx, s) })
}

// OnDisconnect adds a hook that runs at the end of each connection, after all its
// handlers. Its context has not ended with the connection's.
func (s *ClientSocket) OnDisconnect(h func(ctx context.Context, s *ClientSocket, why Reason) error) {
	mustHave(h != nil, "OnDisconnect: a hook")
	s.ns.OnDisconnect(func(ctx context.Context, _ *Socket, why Reason) error { return h(ctx, s, why) })
}

// On registers the handler of an event. There is one for each. Its error goes to OnError;
// for acknowledgements see [Namespace.On].
func (s *ClientSocket) On[T any](ev Event[T], h func(ctx context.Context, s *ClientSocket, v T) error) {
	mustHave(h != nil, "On: a handler")
	checkClientEvent(string(ev))
	s.ns.On(ev, func(ctx context.Context, _ *Socket, v T) error { return h(ctx, s, v) })
}

// OnAck registers the handler of a call of the server's, whose result is the
// acknowledgement.
func (s *ClientSocket) OnAck[Q, R any](c Call[Q, R], h func(ctx context.Context, s *ClientSocket, q Q) (R, error)) {
	mustHave(h != nil, "OnAck: a handler")
	checkClientEvent(string(c))
	s.ns.OnAck(c, func(ctx context.Context, _ *Socket, q Q) (R, error) { return h(ctx, s, q) })
}

// Handle registers the handler of an event that is not decoded, for any number of
// arguments. It acknowledges nothing by itself; see [Message.Ack].
func (s *ClientSocket) Handle(event string, h func(ctx context.Context, s *ClientSocket, m *Message) error) {
	mustHave(h != nil, "Handle: a handler")
	checkClientEvent(event)
	s.ns.Handle(event, s.adapt(h))
}

func (s *ClientSocket) adapt(h func(ctx context.Context, s *ClientSocket, m *Message) error) Handler {
	return func(ctx context.Context, _ *Socket, m *Message) error { return h(ctx, s, m) }
}

// checkClientEvent panics on what a client cannot have a handler for.
func checkClientEvent(event string) {
	if event == "connect_error" {
		panic(`socketio: "connect_error" is no event; Connect returns a *ConnectError, and OnError gets it later on`)
	}
	if sio5.Reserved(event) {
		panic(fmt.Sprintf("socketio: %q is no event that a server can send; see OnConnect and OnDisconnect", event))
	}
}

// Off removes the handler of an event, if there is one.
func (s *ClientSocket) Off(event string) { s.ns.registry.off(event) }

// OnAny adds a hook that sees every event that arrives, before its handler.
func (s *ClientSocket) OnAny(h func(ctx context.Context, s *ClientSocket, m *Message) error) {
	mustHave(h != nil, "OnAny: a hook")
	s.ns.OnAny(s.adapt(h))
}

// OnAnyOutgoing adds a hook that sees every event when it is sent, on the goroutine that
// sends it.
func (s *ClientSocket) OnAnyOutgoing(h func(ctx context.Context, s *ClientSocket, m *Message) error) {
	mustHave(h != nil, "OnAnyOutgoing: a hook")
	s.ns.OnAnyOutgoing(s.adapt(h))
}

// Emit sends an event to the server, or keeps it while there is no connection, within
// [ClientOptions].Buffer; what is kept is sent in order, before the OnConnect hooks run.
// It does not block, and the payload is encoded when it returns.
//
// The error says that the payload cannot be encoded, has too many attachments, or that the
// event name is reserved; [ErrQueueFull] that too much waits; [ErrDisconnected] that there
// is no connection and nothing is kept; or [ErrClientClosed].
func (s *ClientSocket) Emit[T any](ev Event[T], v T) error { return Sender{client: s}.Emit(ev, v) }

// EmitArgs is [ClientSocket.Emit] with any number of arguments of any types.
func (s *ClientSocket) EmitArgs(event string, args ...any) error {
	return Sender{client: s}.EmitArgs(event, args...)
}

// EmitAck sends an event to the server and waits for the acknowledgement. While there is
// no connection the event is kept, until the waiting is over. A handler may wait for the
// server too.
//
// The error is that of [ClientSocket.Emit]; that of the context, whose place
// [ClientOptions].AckTimeout takes if it has no deadline; a [*DisconnectError], as soon as
// a connection is lost on which the event was sent; or a [*DecodeError] if the reply is no
// R.
func (s *ClientSocket) EmitAck[R, Q any](ctx context.Context, c Call[Q, R], q Q) (R, error) {
	return Sender{client: s}.EmitAck(ctx, c, q)
}

// EmitArgsAck is [ClientSocket.EmitAck] with any number of arguments of any types, and an
// undecoded reply.
func (s *ClientSocket) EmitArgsAck(ctx context.Context, event string, args ...any) (*Message, error) {
	return Sender{client: s}.EmitArgsAck(ctx, event, args...)
}

// Volatile returns a Sender whose messages are dropped if they cannot be sent at once:
// because something waits already, or there is no connection.
func (s *ClientSocket) Volatile() Sender { return Sender{client: s, volatile: true} }

// Compress returns a Sender whose messages may or may not be compressed, on a transport
// that compresses what it carries.
func (s *ClientSocket) Compress(on bool) Sender { return Sender{client: s}.Compress(on) }
