package admin

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/engineio"
)

// What the official page is told of a server in development: of each socket, room and event,
// within limits. Of many sockets it is told of one in some power of two, always the same by
// their ids, so that what it knows of these is complete.

const (
	shownBytes  = 16 << 10         // of the arguments of an event
	repairEvery = 10 * time.Second // at most, everything anew
	upgradeWait = 300 * time.Millisecond
)

// eyes are who sees events. They are replaced, never changed.
type eyes struct {
	pages bool               // some page is connected, to this server or to another
	tails map[string][]*tail // by the ids of the sockets that dashboards watch
}

// look finds out who sees events from now on. The caller holds mu.
func (a *Admin) look() {
	e := &eyes{pages: a.developing() && (len(a.pages) > 0 || time.Now().Before(a.elsewhere))}
	if len(a.tails) > 0 {
		e.tails = map[string][]*tail{}
		for _, t := range a.tails {
			e.tails[t.SocketID] = append(e.tails[t.SocketID], t)
		}
	}
	if !e.pages && e.tails == nil {
		e = nil
	}
	a.eyes.Store(e)
}

// tellsPages says whether a page is to be told of something that happens to a socket, as
// far as that is in time.
func (a *Admin) tellsPages(namespace, id string) bool {
	e := a.eyes.Load()
	return e != nil && e.pages && (namespace == a.ns.Name() || sampledIn(id, a.level.Load()))
}

// changed tells pages of something that happens to a socket, unless it is too much.
func (a *Admin) changed(event string, args ...any) {
	if a.changes.take() {
		a.report(a.uis().EmitArgs(event, args...))
		return
	}
	a.stale.Store(true)
}

// report logs that something could not be told. There is nobody else to tell.
func (a *Admin) report(err error) {
	if err != nil {
		a.logger.Debug("admin: a page was not told", "error", err)
	}
}

// sampledIn says whether a socket is among those of which pages are told.
func sampledIn(id string, level int32) bool {
	if level == 0 {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(id)) // never fails
	return h.Sum32()>>16&(1<<level-1) == 0
}

// maxLevel is one socket in 65,536.
const maxLevel = 16

// measure chooses the level, by how many sockets there are, here and as far as it knows on
// other servers. It says whether it has changed.
func (a *Admin) measure() bool {
	count := 0
	for ns := range a.srv.Namespaces() {
		for range ns.Sockets() {
			count++
		}
	}
	count *= max(1, int(a.fleet.servers.Load()))
	was := a.level.Load()
	level := was
	for level < maxLevel && count>>level > a.options.MaxSockets {
		level++
	}
	for level > 0 && count>>(level-1) < a.options.MaxSockets*3/4 {
		level--
	}
	a.level.Store(level)
	return level != was
}

// allSockets describes the sockets of which pages are told, of all servers.
func (a *Admin) allSockets(ctx context.Context) []shownSocket {
	level := a.level.Load()
	all := []shownSocket{}
	here := map[string]bool{}
	for ns := range a.srv.Namespaces() {
		for s := range ns.Sockets() {
			here[ns.Name()+"#"+s.ID()] = true
			if ns == a.ns || sampledIn(s.ID(), level) {
				all = append(all, a.shown(s))
			}
		}
	}
	if a.fleet.servers.Load() < 2 {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, fleetPatience)
	defer cancel()
	for ns := range a.srv.Namespaces() {
		infos, err := ns.All().FetchSockets(ctx)
		a.report(err)
		for i := range infos {
			if id := infos[i].ID; !here[ns.Name()+"#"+id] && (ns == a.ns || sampledIn(id, level)) {
				all = append(all, a.shownRemote(ns.Name(), &infos[i]))
			}
		}
	}
	return all
}

// onConnect is a hook of each namespace.
func (a *Admin) onConnect(_ context.Context, s *socketio.Socket) error {
	if name := s.Namespace().Name(); a.tellsPages(name, s.ID()) {
		a.changed("socket_connected", a.shown(s), timestamp(time.Now()))
	}
	return nil
}

// onDisconnect is a hook of each namespace.
func (a *Admin) onDisconnect(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
	name, id := s.Namespace().Name(), s.ID()
	a.socketEnded(id)
	if !a.tellsPages(name, id) {
		return nil
	}
	a.changed("socket_disconnected", name, id, string(why), timestamp(time.Now()))
	for _, left := range a.late.take(id) {
		a.changed("room_left", left.namespace, left.room, left.id, timestamp(left.at))
	}
	return nil
}

// onRoom is a hook of [socketio.Trace].
func (a *Admin) onRoom(ns *socketio.Namespace, e adapter.RoomEvent) {
	if e.ID == "" || e.Room == dashboards || !a.tellsPages(ns.Name(), e.ID) {
		return
	}
	now := time.Now()
	switch e.Op {
	case adapter.Joined:
		if !a.changes.take() {
			a.stale.Store(true)
			return
		}
		// An admin's own room is made before it is told that it is connected.
		a.report(a.uis().Except(e.ID).EmitArgs("room_joined", ns.Name(), e.Room, e.ID, timestamp(now)))
	case adapter.Left:
		if _, connected := ns.Socket(e.ID); connected {
			a.changed("room_left", ns.Name(), e.Room, e.ID, timestamp(now))
			return
		}
		a.late.add(leftRoom{ns.Name(), e.Room, e.ID, now})
	case adapter.Created, adapter.Deleted: // the page sees it by the members
	}
}

// onData is a hook of [socketio.Trace].
func (a *Admin) onData(s *socketio.Socket) {
	name := s.Namespace().Name()
	if s.Connected() && a.tellsPages(name, s.ID()) {
		a.changed("socket_updated", &socketUpdate{ID: s.ID(), Namespace: name, Data: a.dataOf(s)})
	}
}

// peek is a hook of [socketio.Trace], asked at each event.
func (a *Admin) peek(s *socketio.Socket, sent bool) func(*socketio.Message) {
	e := a.eyes.Load()
	if e == nil || s.Namespace() == a.ns {
		return nil
	}
	name, id := s.Namespace().Name(), s.ID()
	tails := e.tails[id]
	page := e.pages && a.tellsPages(name, id) && a.events.take()
	if !page && tails == nil {
		return nil
	}
	return func(m *socketio.Message) {
		if page {
			event := "event_received"
			if sent {
				event = "event_sent"
			}
			args := a.shownArgs(name, m, m.Event, shownBytes)
			a.report(a.uis().EmitArgs(event, name, id, args, timestamp(time.Now())))
		}
		for _, t := range tails {
			a.showTail(t, m, sent)
		}
	}
}

// lateRooms are the rooms that sockets have left by disconnecting, of which pages are told
// after that.
type lateRooms struct {
	mu   sync.Mutex // guards what follows
	byID map[string][]leftRoom
	n    int
}

type leftRoom struct {
	namespace, room, id string
	at                  time.Time
}

// maxLate is how many are kept, of sockets whose handlers have not returned yet.
const maxLate = 10_000

func (l *lateRooms) add(left leftRoom) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[string][]leftRoom{}
	}
	if l.n < maxLate {
		l.n++
		l.byID[left.id] = append(l.byID[left.id], left)
	}
}

// take returns the rooms that one socket has left.
func (l *lateRooms) take(id string) []leftRoom {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.byID[id]
	delete(l.byID, id)
	l.n -= len(all)
	return all
}

// takeOld returns what has waited for longer than is likely.
func (l *lateRooms) takeOld(now time.Time) (old []leftRoom) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, all := range l.byID {
		if now.Sub(all[0].at) > statsEvery {
			old = append(old, all...)
			l.n -= len(all)
			delete(l.byID, id)
		}
	}
	return old
}

// upgrades are connections that are on another transport now. Their sockets are looked for
// together, as a connection does not know them.
type upgrades struct {
	mu    sync.Mutex // guards what follows
	conns map[*engineio.Conn]bool
}

// onUpgraded is a hook of [engineio.Trace].
func (a *Admin) onUpgraded(c *engineio.Conn) {
	if e := a.eyes.Load(); e == nil || !e.pages {
		return
	}
	a.moved.mu.Lock()
	defer a.moved.mu.Unlock()
	if a.moved.conns == nil {
		a.moved.conns = map[*engineio.Conn]bool{}
		time.AfterFunc(upgradeWait, a.tellUpgrades)
	}
	a.moved.conns[c] = true
}

// tellUpgrades tells pages of the sockets whose transport is another one.
func (a *Admin) tellUpgrades() {
	a.moved.mu.Lock()
	conns := a.moved.conns
	a.moved.conns = nil
	a.moved.mu.Unlock()
	for ns := range a.srv.Namespaces() {
		for s := range ns.Sockets() {
			if conns[s.Conn()] && a.tellsPages(ns.Name(), s.ID()) {
				a.changed("socket_updated", &socketUpdate{ID: s.ID(), Namespace: ns.Name(), Transport: s.Conn().Transport()})
			}
		}
	}
}
