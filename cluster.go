package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socketio/adapter"
	"socketio/internal/cluster"
)

// How long the other servers of a cluster have.
const (
	// requestTimeout is how long their answers are waited for, unless the context
	// has a deadline.
	requestTimeout = 5 * time.Second

	// leaveTimeout is how long a server that is closed at once tries to tell them.
	leaveTimeout = time.Second
)

// errLost is why answers of servers are missing that were not waited for to the end.
var errLost = errors.New("socketio: a server of the cluster has gone silent")

// ServerCount returns how many servers have the namespace, this one included. It waits
// until the server hears the others, which after its start takes a moment; the error
// is that of ctx, or [ErrServerClosed]. A server that has died is counted for up to eleven
// seconds.
func (ns *Namespace) ServerCount(ctx context.Context) (int, error) {
	if ns.group == nil {
		return 1, ctx.Err()
	}
	select {
	case <-ns.server.node.Ready():
		return ns.group.Count(ctx)
	default:
	}
	defer beginWait(ctx, nil)()
	select {
	case <-ns.server.node.Ready():
		return ns.group.Count(ctx)
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-ns.server.lifetime.Done():
		return 0, ErrServerClosed
	}
}

// Servers returns the IDs of the other servers that are known to have the namespace; see
// [Server.ID]. One that has died is known for up to eleven seconds. Servers for Node over
// Redis are not known, as they do not tell, but counted by [Namespace.ServerCount].
func (ns *Namespace) Servers() []string {
	if ns.group == nil {
		return nil
	}
	return ns.group.Others()
}

// reportBus reports trouble with the bus.
func (srv *Server) reportBus(err error) { srv.report(context.Background(), nil, "Options.Bus", err) }

// reportBusLater is reportBus for callers that hold locks, who are not many, as the node
// reports once in a while only.
func (srv *Server) reportBusLater(err error) { srv.tasks.start(func() { srv.reportBus(err) }) }

// leaveCluster publishes what waits, says goodbye to the other servers, and ends the use
// of the bus.
func (srv *Server) leaveCluster(ctx context.Context) error {
	if srv.node == nil {
		return nil
	}
	return srv.node.Close(ctx)
}

// leaveClusterSoon is leaveCluster for who does not wait for it.
func (srv *Server) leaveClusterSoon() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	_ = srv.leaveCluster(ctx) // the others will notice the silence
}

// listens says whether the bus has to be told of rooms.
func (srv *Server) listens() bool {
	_, ok := srv.options.Bus.(adapter.Listener)
	return ok
}

// watchRooms makes what happens to rooms be told, from now on.
func (ns *Namespace) watchRooms() {
	ns.rooms.watch(func(e adapter.RoomEvent) {
		if ns.server.listens() {
			ns.listenFor(e)
		}
		if err := ns.traceRoom(e); err != nil {
			ns.server.report(ns.server.lifetime, nil, "Trace.Room", err)
		}
	})
}

// listenFor tells a bus that has to know which rooms there are.
func (ns *Namespace) listenFor(e adapter.RoomEvent) {
	switch e.Op {
	case adapter.Created:
		ns.group.Listen(e.Room)
	case adapter.Deleted:
		ns.group.Unlisten(e.Room)
	case adapter.Joined, adapter.Left: // which it need not know
	}
}

// clustered says whether b reaches beyond this server.
func (b *Broadcast) clustered() bool { return b.ns.group != nil && !b.local }

// nobody says whether b selects no sockets, whoever there is.
func (b *Broadcast) nobody() bool { return b.narrowed && len(b.rooms) == 0 }

// targets returns what other servers have to know of b.
func (b *Broadcast) targets() adapter.Targets {
	t := adapter.Targets{Rooms: b.rooms, Except: b.except, Volatile: b.volatile, Uncompressed: b.uncompressed}
	if b.sender != nil {
		t.Except = append(slices.Clip(t.Except), b.sender.id)
	}
	return t
}

// selected returns the sockets of this server that another server has selected.
func (ns *Namespace) selected(t *adapter.Targets) Broadcast {
	return Broadcast{
		ns: ns, local: true, narrowed: len(t.Rooms) > 0, rooms: t.Rooms, except: t.Except,
		volatile: t.Volatile, uncompressed: t.Uncompressed,
	}
}

// publish lets the other servers do with their sockets what b was asked to do, if they
// have any that it selects.
func (b *Broadcast) publish(m *adapter.Message) error {
	for _, ns := range b.ns.branches() {
		if err := b.publishTo(ns, m); err != nil {
			return err
		}
	}
	return nil
}

// publishTo is publish for one of the namespaces that the selection is about.
func (b *Broadcast) publishTo(ns *Namespace, m *adapter.Message) error {
	if ns.group == nil || b.local || b.nobody() {
		return nil
	}
	m.Targets = b.targets()
	return published(ns.group.Publish(m))
}

// published returns what an error of the cluster means to a user.
func published(err error) error {
	switch {
	case errors.Is(err, cluster.ErrClosed):
		return ErrServerClosed
	case errors.Is(err, cluster.ErrFull):
		return fmt.Errorf("socketio: too much waits for the bus: %w", ErrQueueFull)
	}
	return err
}

// receive does what another server asks for. It is called with one message at a time
// and does not block.
func (ns *Namespace) receive(m *adapter.Message, at adapter.Offset) {
	if r := ns.server.roaming; r != nil && at != "" && m.Kept() {
		r.deliver(ns, m, at)
		return
	}
	b := ns.selected(&m.Targets)
	switch m.Type {
	case adapter.Broadcast:
		ns.relay(&b, m)
	case adapter.SocketsJoin:
		b.each(func(s *Socket) { s.Join(m.Rooms...) })
	case adapter.SocketsLeave:
		b.each(func(s *Socket) { s.Leave(m.Rooms...) })
	case adapter.DisconnectSockets:
		b.disconnect(m.Close)
	case adapter.FetchSockets:
		ns.describe(&b, m)
	case adapter.ServerSideEmit:
		ns.side.enqueue(ns, m)
	case adapter.LetGo:
		if r := ns.server.roaming; r != nil {
			r.letGo(m.Session)
		}
	default: // of a later version
	}
}

// relay sends the event of another server to the sockets that it selects.
func (ns *Namespace) relay(b *Broadcast, m *adapter.Message) {
	f := newFrame(ns)
	defer f.release()
	if err := f.adopt(m); err != nil {
		ns.server.reportBus(err)
		return
	}
	var err error
	if m.RequestID == "" {
		err = b.send(f)
	} else {
		err = b.askFor(m, f)
	}
	if err != nil && !errors.Is(err, ErrServerClosed) {
		ns.server.reportBus(err)
	}
}

// adopt makes f carry the event of another server.
func (f *frame) adopt(m *adapter.Message) (err error) {
	f.event, err = m.EventName()
	f.buf = append(f.buf, m.Event...)
	f.attachments = m.Attachments
	return err
}

// respond sends m to the server that has asked. That it cannot be published is reported
// by the node.
func (ns *Namespace) respond(to *adapter.Message, m *adapter.Message) {
	m.RequestID = to.RequestID
	_ = ns.group.Respond(to.UID, m)
}

// gather waits for one response of each server that r has asked, and calls each for
// those that come, until it returns false. The error is a *PartialError. A server that is
// closed does not wait.
func (ns *Namespace) gather(ctx context.Context, r *cluster.Request, news <-chan struct{}, each func(m *adapter.Message) bool) error {
	defer r.End()
	defer beginWait(ctx, nil)()
	patience := newPatience(ctx, requestTimeout)
	defer patience.stop()
	got := 0
	for why := error(nil); ; {
		replies, left := r.Take()
		for _, m := range replies {
			got++
			if !each(m) {
				return nil
			}
		}
		if why == nil && left.Nodes == 0 && left.Lost > 0 {
			why = errLost
		}
		missing := left.Nodes + left.Lost
		if missing == 0 {
			return nil
		}
		if why != nil {
			return &PartialError{Got: got, Want: got + missing, Err: why, Silent: r.Silent()}
		}
		select {
		case <-news:
		case <-ctx.Done():
			why = patience.err(ctx)
		case <-patience.over:
			why = patience.err(ctx)
		case <-ns.server.lifetime.Done():
			why = ErrServerClosed
		}
	}
}
