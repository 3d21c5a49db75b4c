package admin

import (
	"context"
	"fmt"

	"socketio"
)

// serveActions registers what an admin may do to sockets.
func (a *Admin) serveActions() {
	a.ns.Handle("emit", a.onEmit)
	a.ns.Handle("join", a.onJoin)
	a.ns.Handle("leave", a.onLeave)
	a.ns.Handle("_disconnect", a.onForceDisconnect)
}

// An action is something done to the sockets of a namespace, or of a room of it.
type action struct {
	Event     string `json:"event"` // what the admin sent
	Namespace string `json:"nsp"`
	Filter    string `json:"filter"` // a room or the id of a socket; "" is the namespace
	Room      string `json:"room,omitzero"`
	Close     bool   `json:"close,omitzero"`
	Name      string `json:"name,omitzero"`
	Args      []any  `json:"args,omitzero"`
}

// onEmit handles emit(nsp, filter?, event, ...args).
func (a *Admin) onEmit(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
	do := action{Event: m.Event}
	into := []any{&do.Namespace, &do.Filter, &do.Name}
	if m.Len() > len(into) {
		do.Args = make([]any, m.Len()-len(into))
		for i := range do.Args {
			into = append(into, &do.Args[i])
		}
	}
	if err := m.Decode(into...); err != nil {
		return err
	}
	return a.act(s, &do)
}

// onJoin handles join(nsp, room, filter?).
func (a *Admin) onJoin(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
	do := action{Event: m.Event}
	if err := m.Decode(&do.Namespace, &do.Room, &do.Filter); err != nil {
		return err
	}
	return a.act(s, &do)
}

// onLeave handles leave(nsp, room, filter?).
func (a *Admin) onLeave(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
	return a.onJoin(ctx, s, m)
}

// onForceDisconnect handles _disconnect(nsp, close, filter?).
func (a *Admin) onForceDisconnect(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
	do := action{Event: m.Event}
	if err := m.Decode(&do.Namespace, &do.Close, &do.Filter); err != nil {
		return err
	}
	return a.act(s, &do)
}

// act does what an admin asks for, in the whole cluster. A namespace that this server does
// not have, since it was made on demand on another one, is left to those that do.
func (a *Admin) act(s *socketio.Socket, do *action) error {
	l, _ := s.Context().Value(loginKey{}).(login)
	a.logger.Info("admin: "+do.Event, "user", l.user, "remote", s.Conn().RemoteAddr(),
		"namespace", do.Namespace, "filter", do.Filter)
	ns := a.namespace(do.Namespace)
	if ns == nil {
		return a.ns.ServerSideEmit(actEvent, *do)
	}
	return do.to(ns.All())
}

// namespace returns one that there is on this server, or nil.
func (a *Admin) namespace(name string) *socketio.Namespace {
	for ns := range a.srv.Namespaces() {
		if ns.Name() == name {
			return ns
		}
	}
	return nil
}

// to does it to a selection of sockets.
func (do *action) to(b socketio.Broadcast) error {
	if do.Filter != "" {
		b = b.To(do.Filter)
	}
	switch do.Event {
	case "emit":
		return b.EmitArgs(do.Name, do.Args...)
	case "join":
		return b.SocketsJoin(do.Room)
	case "leave":
		return b.SocketsLeave(do.Room)
	case "_disconnect":
		return b.DisconnectSockets(do.Close)
	}
	return fmt.Errorf("admin: the event %q", do.Event)
}
