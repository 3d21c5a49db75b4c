package socketio

import (
	queue "container/list"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A Recovery switches connection state recovery on: a client that comes back soon after
// its connection was lost gets what was sent meanwhile, and goes on with the same id,
// rooms and data; see [Socket.Recovered]. It is either complete or does not happen: if
// anything is missing the client begins anew.
//
// What was sent to the client volatile, or asking for an acknowledgement, is not sent once
// more, nor is anything recovered if the client or the server has ended the socket. The
// client must have got at least one event, by which it can say how far it came.
//
// All events but these get one more argument, a short string, as clients expect.
//
// If Options.Bus is an [adapter.History] with [adapter.Sessions], a client may come back to
// any server of the cluster. Events then reach the clients of this server by way of the bus;
// those that it does not bring back within two seconds are sent without it, and clients that
// got such an event begin anew. What is data of a socket travels as JSON.
type Recovery struct {
	// Window is how long after the loss of its connection a client may come back.
	// Zero, the default, switches recovery off; JavaScript's is two minutes when it is on.
	Window time.Duration

	// RunMiddleware lets what Use has added decide on clients that come back as well,
	// which are let in without otherwise.
	RunMiddleware bool

	// WithoutOffset lets a client come back that never got an event. The server for
	// Node does not.
	WithoutOffset bool

	// MaxBytes is how many bytes of events are kept for all clients together, each
	// counted with 256 bytes on top; default 64,000,000. The oldest are dropped, and
	// clients that miss them begin anew.
	MaxBytes int
}

// maxParked is how many sockets of a server wait for their clients. The oldest makes
// room.
const maxParked = 100_000

// A recovery keeps what clients need that lost their connections, in the memory of one
// server: the log of events, and the sessions. A session is owned by a socket until
// that has said goodbye, then parked until its client returns or its time is over.
type recovery struct {
	srv     *Server
	options Recovery
	history *history
	counts  recoveryCounts

	mu       sync.Mutex // guards what follows, and the fields of sessions marked so
	sessions map[string]*session
	parked   queue.List  // of *session, in the order in which their time is over
	timer    *time.Timer // for the first of them and the age of the log; nil before the first
	due      time.Time   // when the timer fires
	closed   bool

	armed atomic.Bool // the timer is set; changes with mu held
}

// recoveryCounts are how often what came of it.
type recoveryCounts struct {
	recovered  atomic.Uint64
	unknown    atomic.Uint64 // refused: there was no such session, or none any more
	incomplete atomic.Uint64 // refused: an event was missing, or the offset was none
	oversize   atomic.Uint64 // refused: more was missed than may wait for a connection
	expired    atomic.Uint64
}

// A session is what outlives a socket whose connection was lost. See delivery for what
// its own mu guards.
type session struct {
	ns  *Namespace
	id  string
	pid string

	delivery

	// Guarded by recovery.mu.
	owner *Socket        // nil while parked
	freed chan struct{}  // closed when owner lets go; nil if nobody waits
	until time.Time      // of a parked one, and of one whose owner has not been let in
	place *queue.Element // in parked

	// The last owner's, while parked.
	rooms []string
	data  any

	roamer *roamer // nil if the session stays on this server
}

func newRecovery(srv *Server) *recovery {
	o := srv.options.Recovery
	if o.Window <= 0 || srv.roaming != nil {
		return nil
	}
	// An event may have been lost as long before the loss was noticed as the
	// heartbeat takes.
	keep := o.Window + orDefault(srv.options.PingInterval, 25*time.Second) + orDefault(srv.options.PingTimeout, 20*time.Second)
	return &recovery{
		srv: srv, options: o, history: newHistory(o.MaxBytes, keep), sessions: map[string]*session{},
	}
}

// setDefaults replaces zero values that mean a default, and negative limits.
func (o *Recovery) setDefaults() {
	if o.MaxBytes < 0 {
		o.MaxBytes = math.MaxInt
	}
	o.MaxBytes = orDefault(o.MaxBytes, 64_000_000)
}

// begin gives a socket that is about to be let in a new session.
func (r *recovery) begin(s *Socket) {
	x := &session{ns: s.ns, id: s.id, pid: newID(), owner: s}
	s.setSession(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.sessions[x.pid] = x
	}
}

// take makes s the owner of a session. If that has an owner still, because the loss of
// its connection has not been noticed or because its handlers have not returned, it ends
// that and waits for it, so that no two sockets are one client at any time.
func (r *recovery) take(pid string, s *Socket) *session {
	for {
		r.mu.Lock()
		x := r.sessions[pid]
		if x == nil || x.ns != s.ns {
			r.mu.Unlock()
			return nil
		}
		if x.owner == nil {
			r.unpark(x)
			over := !x.until.After(time.Now()) // the timer is late
			if over {
				r.forget(x)
			} else {
				x.owner = s
			}
			r.mu.Unlock()
			if over {
				r.expire(x)
				return nil
			}
			r.srv.exit(x.ns) // s uses it
			return x
		}
		if x.freed == nil {
			x.freed = make(chan struct{})
		}
		owner, freed := x.owner, x.freed
		r.mu.Unlock()
		owner.peer.supersede()
		select {
		case <-freed:
		case <-s.Context().Done():
			return nil
		}
	}
}

// release is called when a socket has said goodbye. It parks the session, unless that has
// been dropped, and says whether it did: then the session uses the namespace.
func (r *recovery) release(s *Socket) (parked bool) {
	x := s.session
	rooms, data := x.rooms, x.data
	if x.rest(s) {
		rooms, data = s.ns.rooms.names(s)[1:], s.anyData()
	}
	var overflow *session
	r.mu.Lock()
	if parked = r.sessions[x.pid] == x && !x.until.IsZero(); parked {
		x.rooms, x.data, x.owner = rooms, data, nil
		r.park(x)
		if r.parked.Len() > maxParked {
			overflow = r.parked.Front().Value.(*session)
			r.unpark(overflow)
			r.forget(overflow)
		}
		r.arm()
	} else {
		r.forget(x) // it has ended before it began
	}
	r.let(x)
	r.mu.Unlock()
	if overflow != nil {
		r.expire(overflow)
	}
	return parked
}

// lost is called when a socket ends that had been let in. A session that may be taken up
// again is so until its time is over.
func (r *recovery) lost(s *Socket, reason Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := s.session; reason.recoverable() {
		x.until = time.Now().Add(r.options.Window)
	} else {
		r.forget(x)
		r.let(x)
	}
}

// recoverable says whether a client that was cut off for this reason may come back.
func (r Reason) recoverable() bool {
	switch r {
	case ReasonClientDisconnect, ReasonServerDisconnect, ReasonParseError:
		return false
	default:
		return true
	}
}

// abandon drops a session that s has taken, but whose events are not all there.
func (r *recovery) abandon(x *session) {
	r.mu.Lock()
	r.forget(x)
	r.let(x)
	r.mu.Unlock()
	r.tellExpired(x)
}

// park, unpark, forget and let are called with mu held.

func (r *recovery) park(x *session) {
	after := r.parked.Back()
	for after != nil && after.Value.(*session).until.After(x.until) {
		after = after.Prev()
	}
	if after == nil {
		x.place = r.parked.PushFront(x)
	} else {
		x.place = r.parked.InsertAfter(x, after)
	}
}

func (r *recovery) unpark(x *session) {
	r.parked.Remove(x.place)
	x.place = nil
}

func (r *recovery) forget(x *session) {
	if r.sessions[x.pid] == x {
		delete(r.sessions, x.pid)
	}
}

// let lets those look again who wait for the owner of x to go.
func (r *recovery) let(x *session) {
	if x.freed != nil {
		close(x.freed)
		x.freed = nil
	}
}

// minTick is how soon after the last time is looked for what is over.
const minTick = 100 * time.Millisecond

// arm sets the timer if there is anything to wait for. The caller holds mu.
func (r *recovery) arm() {
	now := time.Now()
	next, empty := r.history.age(now)
	if first := r.parked.Front(); first != nil {
		if until := first.Value.(*session).until; empty || until.Before(next) {
			next, empty = until, false
		}
	}
	if empty || r.closed || r.armed.Load() && !next.Before(r.due) {
		return
	}
	wait := max(next.Sub(now), minTick)
	r.due = now.Add(wait)
	r.armed.Store(true)
	if r.timer == nil {
		r.timer = time.AfterFunc(wait, r.tick)
	} else {
		r.timer.Reset(wait)
	}
}

// wake sees to it that the log ages also when nothing is emitted any more.
func (r *recovery) wake() {
	if r.armed.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arm()
}

// tick ends the sessions whose time is over.
func (r *recovery) tick() {
	var over []*session
	now := time.Now()
	r.mu.Lock()
	for first := r.parked.Front(); first != nil; first = r.parked.Front() {
		x := first.Value.(*session)
		if x.until.After(now) {
			break
		}
		r.unpark(x)
		r.forget(x)
		over = append(over, x)
	}
	r.armed.Store(false)
	r.arm()
	r.mu.Unlock()
	for _, x := range over {
		r.expire(x)
	}
}

// expire does what follows from the end of a parked session.
func (r *recovery) expire(x *session) {
	r.srv.exit(x.ns)
	r.counts.expired.Add(1)
	r.tellExpired(x)
}

func (r *recovery) tellExpired(x *session) {
	if err := r.srv.traceExpired(x.id); err != nil {
		r.srv.report(r.srv.lifetime, nil, "Trace.SessionExpired", err)
	}
}

// close forgets everything. Nobody can come back to a server that has ended.
func (r *recovery) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
	clear(r.sessions)
	r.parked.Init()
}
