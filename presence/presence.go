// Package presence knows which users are in which room, on all servers of a cluster, and
// tells when one comes or goes.
//
// A user with several sockets, such as tabs, on one server or on several, is there once: he
// comes with the first and goes with the last. He has a moment to come back, so that
// a page that is loaded again is no event.
//
// # How
//
// Every server knows all of it, so that nothing has to be asked for: of each other server,
// how many sockets each user has in each room. It learns that from changes, which the servers
// send each other as they happen, some 20 ms together, by [socketio.Namespace.ServerSideEmit].
// They are numbered, and say how many sockets there are now, not how many more, so one
// that is lost is noticed by the next one or by the number that is told every five
// seconds. Then, and of a server that it has just met, a server asks for the whole state. When
// a server dies or cannot be reached, see [socketio.Namespace.Servers], what it has said is
// forgotten; who is on no other server has gone then. Servers for Node tell nothing of
// their sockets.
package presence

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"socketio"
)

// Options says what a [Presence] is about. Only Key is needed.
type Options struct {
	// Key returns the user whose socket it is, or "" if the socket does not count. It is
	// called once for each socket, when that has been let in by the middleware and before its
	// OnConnect hooks, and must not wait. It may use the socket's handshake, its
	// context and its data.
	Key func(s *socketio.Socket) string

	// Room says whether a room counts; nil is all. It must always say the same of a room, and
	// must not wait. Sockets' rooms of their own IDs do not count, nor does the room "",
	// which stands for the namespace.
	Room func(name string) bool

	// Grace is how long who has gone is still taken to be there. The default is three
	// seconds; below zero, none.
	Grace time.Duration

	// OnJoin is called when a user has come to a room that he was not in, and OnLeave when
	// he has gone from it. The room "" stands for the namespace: the user has come online, or
	// has gone offline. Both are called on every server, one call at a time and in order,
	// also for those who are on another one; so each tells its own clients, by
	// [socketio.Broadcast.Local]. They may wait.
	OnJoin, OnLeave func(room, user string)

	// Max is how many pairs of a room and a user are held; those beyond it are left
	// out. The default is a million, with some 120 bytes each.
	Max int

	// OnError is told of panics of OnJoin and OnLeave, and when users are left out. By
	// default it logs to slog.Default.
	OnError func(error)
}

// A Member is a user in a room.
type Member struct {
	User    string
	Sockets int // how many he has there, on all servers; 0 if he has just gone and may come back
}

// A Presence is who is there in one namespace. Its methods may be called concurrently and
// do not block.
type Presence struct {
	ns      *socketio.Namespace
	options Options
	hooks   hooks

	mu       sync.Mutex // guards what follows
	visitors map[string]*visitor
	rooms    map[string]map[string]*tally // by the names of room and user
	size     int                          // how many tallies there are
	full     bool                         // one was left out, and that has been told
	leaving  []departure                  // the earliest first
	expiry   *time.Timer                  // of the first; nil if there is none
	own      *source
	others   map[string]*source
	exchange exchange
}

// defaults of Options.
const (
	defaultGrace = 3 * time.Second
	defaultMax   = 1_000_000
)

// New makes a Presence for a namespace, which can have one. It must be called before
// the server serves, and panics without a Key. Every server of the cluster that has the
// namespace has to have one.
func New(ns *socketio.Namespace, o Options) *Presence {
	if o.Key == nil {
		panic("presence: Options.Key is missing")
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	o.Max = cmp.Or(o.Max, defaultMax)
	if o.OnError == nil {
		o.OnError = func(err error) { slog.Error("presence", "error", err) }
	}
	p := &Presence{
		ns: ns, options: o, own: &source{id: ns.Server().ID()},
		visitors: map[string]*visitor{}, rooms: map[string]map[string]*tally{}, others: map[string]*source{},
	}
	p.hooks.options = &p.options
	trace := &socketio.Trace{Room: p.onRoom}
	if p.own.id != "" {
		ns.OnServerSide(changes, p.hear)
		trace.Servers = p.onServers
		p.exchange.start(p)
	}
	ns.Server().Trace(trace)
	p.onServers(ns)
	return p
}

// In returns who is in a room, in the order of their names.
func (p *Presence) In(room string) []Member {
	p.mu.Lock()
	defer p.mu.Unlock()
	members := make([]Member, 0, len(p.rooms[room]))
	for user, t := range p.rooms[room] {
		members = append(members, Member{User: user, Sockets: t.sockets()})
	}
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.User, b.User) })
	return members
}

// Users returns who is online, in the order of their names.
func (p *Presence) Users() []Member { return p.In("") }

// Online says whether a user is.
func (p *Presence) Online(user string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rooms[""][user] != nil
}

// hooks calls OnJoin and OnLeave one after the other, on a goroutine that lives as long
// as there is something to tell.
type hooks struct {
	options *Options

	mu    sync.Mutex // guards what follows
	queue []news
	busy  bool
}

// news is that somebody has come or gone.
type news struct {
	place
	gone bool
}

// tell leaves news to the goroutine, and starts it if need be. It does not block.
func (h *hooks) tell(n news) {
	if h.hookFor(n) == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue = append(h.queue, n)
	if !h.busy {
		h.busy = true
		go h.run()
	}
}

func (h *hooks) hookFor(n news) func(room, user string) {
	if n.gone {
		return h.options.OnLeave
	}
	return h.options.OnJoin
}

func (h *hooks) run() {
	for {
		h.mu.Lock()
		queue := h.queue
		h.queue = nil
		h.busy = queue != nil
		h.mu.Unlock()
		if queue == nil {
			return
		}
		for _, n := range queue {
			h.call(n)
		}
	}
}

// call contains panics, as other news waits behind this.
func (h *hooks) call(n news) {
	defer func() {
		if v := recover(); v != nil {
			h.options.OnError(&socketio.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	h.hookFor(n)(n.room, n.user)
}

// onServers is called when other servers have come or gone. The list is read while mu is
// held, so that what a server said that has gone cannot be taken in later, see hear.
func (p *Presence) onServers(ns *socketio.Namespace) {
	if ns != p.ns {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	here := map[string]bool{}
	for _, id := range ns.Servers() {
		here[id] = true
		p.source(id)
	}
	maps.DeleteFunc(p.others, func(id string, s *source) bool {
		if !here[id] {
			p.forget(s, func(*share) bool { return true })
		}
		return !here[id]
	})
}

// leaveOut reports once that there is no more room.
func (p *Presence) leaveOut() {
	if p.full {
		return
	}
	p.full = true
	go p.options.OnError(fmt.Errorf("presence: more than %d users in rooms; others are left out", p.options.Max))
}
