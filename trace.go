package socketio

import (
	"context"
	"runtime/debug"
	"slices"
	"time"

	"socketio/adapter"
	"socketio/sio5"
)

// A Trace is a set of hooks for observing a [Server]; see [Server.Trace]. Nil
// fields cost nothing. The hooks run on the goroutine of what they report, so they
// must not wait, and several may run at a time: a broadcast to many is sent by several.
type Trace struct {
	// Received is called for each event that arrives, before its handlers.
	// Bytes counts the packet with its attachments.
	Received func(s *Socket, event string, bytes int)

	// Sent is called for each event sent to a socket, broadcasts included.
	Sent func(s *Socket, event string, bytes int)

	// Handling is called before the handlers of an event, and what Wrap has put around
	// them. They get the context that it returns, which is ctx or made of it. If it returns
	// a function as well, that is called when they have returned, with their error or
	// [ErrNoHandler], and before an error is answered; those of several hooks in reverse
	// order. It is not called after handlers that end their goroutine.
	Handling func(ctx context.Context, s *Socket, event string) (context.Context, func(err error))

	// Handled is called when the handlers of an event have returned, with the error that
	// ended it. It is [ErrNoHandler] if none is registered for it.
	Handled func(s *Socket, event string, took time.Duration, err error)

	// Room is called for what happens to the rooms of this server, in order, by one
	// goroutine at a time. The rooms that sockets have by their IDs are among them.
	Room func(ns *Namespace, e adapter.RoomEvent)

	// Servers is called when [Namespace.Servers] has got another server, or lost one.
	Servers func(ns *Namespace)

	// SessionExpired is called when a client that lost its connection can be recovered
	// no more, with the id of its socket: because the time was over, because of too many
	// others, or because it came back and something that it missed is gone. Of sockets
	// that ended for good by themselves OnDisconnect has told.
	SessionExpired func(id string)

	// Peek is asked about each event that arrives, before its handlers, and each that was sent
	// to a socket. What it returns, unless it is nil, is called at once with the event, which
	// can be decoded until it returns. It is not asked about what a client that has come back
	// had missed.
	Peek func(s *Socket, sent bool) func(m *Message)

	// DataSet is called by [Socket.SetData].
	DataSet func(s *Socket)

	// Annotate names a member that other servers of a cluster find in the data of a socket
	// of this one, if that is an object, and what it is, encoded as JSON. An empty name adds
	// none.
	Annotate func(s *Socket) (name string, value any)

	// Slow is called when messages to a socket were dropped, because its peer
	// does not take what is sent to it fast enough: volatile ones, or the one
	// that overflowed the queue, which ends the connection.
	Slow func(s *Socket, dropped int)
}

// traceReceived reports the arrival of an event, and says when that was if the time
// will be asked for.
func (srv *Server) traceReceived(s *Socket, event string, packet *sio5.Packet) (at time.Time) {
	if len(srv.traces) == 0 {
		return at
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Received != nil {
			t.Received(s, event, packetBytes(packet))
		}
		if t.Handled != nil {
			at = time.Now()
		}
	}
	return at
}

// peekReceived shows an event that has arrived to who wants to see it.
func (srv *Server) peekReceived(s *Socket, m *Message) {
	if len(srv.traces) == 0 {
		return
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Peek == nil {
			continue
		}
		if see := t.Peek(s, false); see != nil {
			see(m)
		}
	}
}

// peekSent shows an event that was sent to who wants to see it. The frame may be in use by
// other goroutines.
func (srv *Server) peekSent(s *Socket, f *frame) {
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Peek == nil {
			continue
		}
		if see := t.Peek(s, true); see != nil {
			m := f.message()
			see(m)
			m.expire()
		}
	}
}

// traceHandling lets hooks go around the handlers of an event. It returns the context for
// them, and what is to be called afterwards, if anything is.
func (srv *Server) traceHandling(ctx context.Context, s *Socket, event string) (_ context.Context, done func(error)) {
	inner := ctx
	for _, t := range srv.traces {
		if t.Handling != nil {
			inner, done = srv.surround(inner, t, s, event, done)
		}
	}
	return inner, done
}

// surround calls a hook Handling. What it returns is called before what others have returned.
func (srv *Server) surround(ctx context.Context, t *Trace, s *Socket, event string, outer func(error)) (inner context.Context, done func(error)) {
	inner, done = ctx, outer
	defer func() { srv.containTrace(s, recover()) }()
	inside, end := t.Handling(ctx, s, event)
	if inside != nil {
		inner = inside
	}
	switch {
	case end == nil:
	case outer == nil:
		done = end
	default:
		done = func(err error) {
			defer outer(err)
			end(err)
		}
	}
	return inner, done
}

// leave calls what hooks Handling have returned.
func (srv *Server) leave(s *Socket, done func(error), err error) {
	defer func() { srv.containTrace(s, recover()) }()
	done(err)
}

func (srv *Server) traceHandled(s *Socket, event string, began time.Time, err error) {
	if len(srv.traces) == 0 {
		return
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Handled != nil {
			t.Handled(s, event, time.Since(began), err)
		}
	}
}

// traceEmitted is traceSent for an event that was not sent before.
func (srv *Server) traceEmitted(s *Socket, f *frame) {
	if len(srv.traces) == 0 {
		return
	}
	srv.traceSent(s, f.event, f.bytes())
	srv.peekSent(s, f)
}

func (srv *Server) traceSent(s *Socket, event string, bytes int) {
	if len(srv.traces) == 0 {
		return
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Sent != nil {
			t.Sent(s, event, bytes)
		}
	}
}

func (srv *Server) traceData(s *Socket) {
	if len(srv.traces) == 0 {
		return
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.DataSet != nil {
			t.DataSet(s)
		}
	}
}

// annotations are the members that the data of a socket has for other servers.
func (srv *Server) annotations(s *Socket) (members []annotation) {
	if len(srv.traces) == 0 {
		return nil
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Annotate == nil {
			continue
		}
		if name, value := t.Annotate(s); name != "" {
			members = append(members, annotation{name, value})
		}
	}
	return members
}

// An annotation is what Trace.Annotate returns.
type annotation struct {
	name  string
	value any
}

func (srv *Server) traceExpired(id string) (err error) {
	defer contain(&err)
	for _, t := range srv.traces {
		if t.SessionExpired != nil {
			t.SessionExpired(id)
		}
	}
	return nil
}

func (srv *Server) traceSlow(s *Socket, dropped int) {
	if len(srv.traces) == 0 {
		return
	}
	defer func() { srv.containTrace(s, recover()) }()
	for _, t := range srv.traces {
		if t.Slow != nil {
			t.Slow(s, dropped)
		}
	}
}

// containTrace reports the panic of a hook, unless v is nil.
func (srv *Server) containTrace(s *Socket, v any) {
	if v != nil {
		srv.report(s.Context(), s, "Trace", &PanicError{Value: v, Stack: debug.Stack()})
	}
}

// tracesRooms says whether anybody has asked for what happens to rooms.
func (srv *Server) tracesRooms() bool {
	return slices.ContainsFunc(srv.traces, func(t *Trace) bool { return t.Room != nil })
}

// tracesServers says whether anybody has asked when other servers come and go.
func (srv *Server) tracesServers() bool {
	return slices.ContainsFunc(srv.traces, func(t *Trace) bool { return t.Servers != nil })
}

// watchServers makes the hooks be told when other servers come and go.
func (ns *Namespace) watchServers() {
	if ns.group != nil {
		ns.group.Watch(func() {
			if err := ns.traceServers(); err != nil {
				ns.server.report(ns.server.lifetime, nil, "Trace.Servers", err)
			}
		})
	}
}

func (ns *Namespace) traceServers() (err error) {
	defer contain(&err)
	for _, t := range ns.server.traces {
		if t.Servers != nil {
			t.Servers(ns)
		}
	}
	return nil
}

// traceRoom contains panics of the hooks, as other events wait behind this one.
func (ns *Namespace) traceRoom(e adapter.RoomEvent) (err error) {
	defer contain(&err)
	for _, t := range ns.server.traces {
		if t.Room != nil {
			t.Room(ns, e)
		}
	}
	return nil
}
