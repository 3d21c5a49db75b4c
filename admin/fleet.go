package admin

import (
	"context"
	"sync/atomic"
	"time"

	"socketio"
)

// What the servers of a cluster ask and tell each other, in the admin namespace. Servers for
// Node do not answer, so nobody waits for longer than fleetPatience.
const (
	actEvent     socketio.Event[action]          = "socketio:admin:act"
	pagesEvent   socketio.Event[socketio.None]   = "socketio:admin:pages" // a page has connected
	renewEvent   socketio.Event[tailQuery]       = "socketio:admin:renew"
	unwatchEvent socketio.Event[string]          = "socketio:admin:unwatch" // the id of a dashboard
	askCall      socketio.Call[question, answer] = "socketio:admin:ask"
)

const fleetPatience = 800 * time.Millisecond

// A question is one of the things that a dashboard wants to know of all servers.
type question struct {
	Figures bool          `json:"figures,omitzero"`
	Sockets *socketsQuery `json:"sockets,omitzero"`
	Rooms   *roomsQuery   `json:"rooms,omitzero"`
	Watch   *tailQuery    `json:"watch,omitzero"`
}

// An answer is what one server knows.
type answer struct {
	Figures  *figures     `json:"figures,omitzero"`
	Sockets  *socketsPage `json:"sockets,omitzero"`
	Rooms    *roomsPage   `json:"rooms,omitzero"`
	Watching bool         `json:"watching,omitzero"`
}

// A fleet is what is known of the other servers.
type fleet struct {
	servers atomic.Int32         // with this one; 0 is not known yet
	tails   map[string]tailQuery // of dashboards of this server, at other servers; guarded by the admin's mu
}

// joinFleet registers what other servers may ask.
func (a *Admin) joinFleet() {
	a.ns.OnServerSide(actEvent, func(_ context.Context, do action) error {
		ns := a.namespace(do.Namespace)
		if ns == nil || a.options.ReadOnly {
			return nil
		}
		return do.to(ns.All().Local())
	})
	a.ns.OnServerSide(pagesEvent, func(context.Context, socketio.None) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.elsewhere = time.Now().Add(3 * statsEvery)
		a.look()
		return nil
	})
	a.ns.OnServerSide(renewEvent, func(_ context.Context, q tailQuery) error {
		a.renewTail(q)
		return nil
	})
	a.ns.OnServerSide(unwatchEvent, func(_ context.Context, dashboard string) error {
		a.dropTail(dashboard)
		return nil
	})
	a.ns.OnServerSideAck(askCall, func(_ context.Context, q question) (answer, error) {
		return a.answer(&q), nil
	})
}

// answer is what this server knows.
func (a *Admin) answer(q *question) answer {
	var known answer
	if q.Figures {
		known.Figures = a.figures()
	}
	if q.Sockets != nil {
		known.Sockets = a.listSockets(q.Sockets)
	}
	if q.Rooms != nil {
		known.Rooms = a.listRooms(q.Rooms)
	}
	if q.Watch != nil {
		known.Watching = a.addTail(*q.Watch)
	}
	return known
}

// ask returns what all servers know that answer in time, this one first.
func (a *Admin) ask(ctx context.Context, q *question) []answer {
	ctx, cancel := context.WithTimeout(ctx, fleetPatience)
	defer cancel()
	all := []answer{a.answer(q)}
	for known, err := range a.ns.ServerSideEmitAcks(ctx, askCall, *q) {
		if err != nil {
			a.report(err)
			continue
		}
		all = append(all, known)
	}
	return all
}

// count finds out how many servers there are.
func (f *fleet) count(a *Admin) {
	ctx, cancel := context.WithTimeout(context.Background(), fleetPatience)
	defer cancel()
	if n, err := a.ns.ServerCount(ctx); err == nil {
		f.servers.Store(int32(n))
	}
}

// hasPages says whether a page is connected to another server, of whichever make.
func (f *fleet) hasPages(a *Admin) bool {
	if f.servers.Load() < 2 {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), fleetPatience)
	defer cancel()
	infos, err := a.uis().FetchSockets(ctx)
	a.report(err)
	return len(infos) > 0
}

// tellOfPages makes the other servers tell a page that has connected to this one, before
// they look for pages by themselves.
func (f *fleet) tellOfPages(a *Admin) {
	f.count(a)
	a.report(a.ns.ServerSideEmit(pagesEvent, socketio.None{}))
}
