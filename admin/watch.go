package admin

import (
	"context"
	"encoding/json/jsontext"
	"maps"
	"slices"
	"time"

	"socketio"
)

const (
	tailLimit = 50 // events per second
	tailBytes = 2 << 10
	tailLease = 15 * time.Second // for which another server need not renew it
)

// A tailQuery asks for the events of one socket.
type tailQuery struct {
	Namespace string `json:"nsp"`
	SocketID  string `json:"id"`
	Dashboard string `json:"dashboard,omitzero"` // the id of its socket; known to this server, not by what it says
}

type watchReply struct {
	OK    bool   `json:"ok,omitzero"`
	Error string `json:"error,omitzero"`
}

// A tail shows the events of a socket of this server to a dashboard, which may be connected
// to another one.
type tail struct {
	tailQuery
	meter

	expires time.Time // guarded by the admin's mu; zero if the dashboard is connected to this server
}

// A watchedEvent is what a dashboard is shown.
type watchedEvent struct {
	Namespace string         `json:"nsp"`
	ID        string         `json:"id"`
	Direction string         `json:"dir"` // "in" from the client, "out" to it
	Event     string         `json:"event"`
	Args      jsontext.Value `json:"args"` // an array; of one that is too long, a string with its beginning
	Time      int64          `json:"ts"`   // Unix time in milliseconds
	Dropped   uint64         `json:"dropped"`
}

// watch begins to show the events of a socket to a dashboard, instead of those of another.
func (a *Admin) watch(ctx context.Context, s *socketio.Socket, q tailQuery) watchReply {
	a.stopTails(s.ID())
	q.Dashboard = s.ID()
	if a.addTail(q) {
		return watchReply{OK: true}
	}
	for _, known := range a.ask(ctx, &question{Watch: &q}) {
		if known.Watching {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.fleet.tails[s.ID()] = q
			return watchReply{OK: true}
		}
	}
	return watchReply{Error: "there is no such socket"}
}

// addTail begins to show the events of a socket, if it is one of this server.
func (a *Admin) addTail(q tailQuery) bool {
	ns := a.namespace(q.Namespace)
	if ns == nil || ns == a.ns {
		return false
	}
	if _, connected := ns.Socket(q.SocketID); !connected {
		return false
	}
	t := &tail{tailQuery: q, meter: meter{limit: tailLimit}}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.boards[q.Dashboard] == nil {
		t.expires = time.Now().Add(tailLease)
	}
	a.tails[q.Dashboard] = t
	a.look()
	return true
}

// stopTails shows a dashboard nothing more, from whichever server.
func (a *Admin) stopTails(dashboard string) {
	a.dropTail(dashboard)
	a.mu.Lock()
	_, remote := a.fleet.tails[dashboard]
	delete(a.fleet.tails, dashboard)
	a.mu.Unlock()
	if remote {
		a.report(a.ns.ServerSideEmit(unwatchEvent, dashboard))
	}
}

// dropTail is stopTails for this server.
func (a *Admin) dropTail(dashboard string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tails[dashboard] != nil {
		delete(a.tails, dashboard)
		a.look()
	}
}

// renewTail lets a tail for another server's dashboard go on.
func (a *Admin) renewTail(q tailQuery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.tails[q.Dashboard]; t != nil && !t.expires.IsZero() {
		t.expires = time.Now().Add(tailLease)
	}
}

// renewTails asks other servers to let tails go on.
func (a *Admin) renewTails() {
	a.mu.Lock()
	remote := slices.Collect(maps.Values(a.fleet.tails))
	a.mu.Unlock()
	for _, q := range remote {
		a.report(a.ns.ServerSideEmit(renewEvent, q))
	}
}

// dropOldTails drops tails that nobody renews, as the dashboard's server has died. The
// caller holds mu.
func (a *Admin) dropOldTails(now time.Time) {
	maps.DeleteFunc(a.tails, func(_ string, t *tail) bool { return !t.expires.IsZero() && now.After(t.expires) })
}

// socketEnded drops the tails of a socket.
func (a *Admin) socketEnded(id string) {
	if e := a.eyes.Load(); e == nil || e.tails[id] == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for dashboard, t := range a.tails {
		if t.SocketID == id {
			delete(a.tails, dashboard)
		}
	}
	a.look()
}

// showTail shows an event to a dashboard, unless there are too many.
func (a *Admin) showTail(t *tail, m *socketio.Message, sent bool) {
	if !t.take() {
		return
	}
	e := &watchedEvent{
		Namespace: t.Namespace, ID: t.SocketID, Direction: "in", Event: m.Event,
		Args: a.shownArgs(t.Namespace, m, "", tailBytes), Time: time.Now().UnixMilli(), Dropped: t.lost(),
	}
	if sent {
		e.Direction = "out"
	}
	if s, here := a.ns.Socket(t.Dashboard); here {
		a.report(s.EmitArgs("watched", e))
		return
	}
	a.report(a.ns.To(t.Dashboard).EmitArgs("watched", e))
}
