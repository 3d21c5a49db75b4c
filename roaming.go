package socketio

import (
	"slices"
	"sync"
	"time"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/sio5"
)

// A roaming is the recovery of a server whose bus keeps events and sessions, so that a client
// may come back to any server of the cluster, and also after this one has died.
//
// By its offset a client names a place among the events of all servers. That place only the
// bus knows. So an event goes out to the clients of this server when it comes back from the
// bus: all servers send the events in one order, and whoever has got one has got all before
// it. Should the bus take too long, the events are sent without it, and the clients of this
// moment, who from then on do not stand anywhere in that order, cannot be recovered.
type roaming struct {
	srv      *Server
	options  Recovery
	history  adapter.History
	sessions adapter.Sessions
	counts   recoveryCounts

	// sending is held while an event gets its number and its place in the queue to the bus.
	sending sync.Mutex

	mu        sync.Mutex      // guards what follows
	number    uint64          // of the last event of this server
	expected  []*roamingEvent // that have not come back, the oldest first
	direct    []*roamingEvent // that are to be sent without the bus, in order
	directing bool            // somebody does so
	slow      bool            // the bus took too long: nothing waits for it
	disorder  uint64          // how often something was sent without the bus
	reached   adapter.Offset  // of the last event that has been sent to all whom it is for
	gaps      map[*gap]struct{}
	holes     map[*Namespace]bool // those where one was marked a moment ago; true if it has to be again
	owners    map[string]*Socket  // by the pid of their sessions
	timer     *time.Timer         // for the first of expected; nil before the first
	closed    bool
}

// busPatience is how long an event waits for the bus. Longer than most brokers take for a
// failover, as those who got it without the bus cannot be recovered.
const busPatience = 2 * time.Second

// A roamingEvent is an event of this server on its way over the bus.
type roamingEvent struct {
	ns      *Namespace
	message *adapter.Message
	since   time.Time
	sent    bool // without the bus
}

// newRoaming returns nil unless the options and the bus allow it.
func newRoaming(srv *Server) *roaming {
	history, _ := srv.options.Bus.(adapter.History)
	sessions, _ := srv.options.Bus.(adapter.Sessions)
	if srv.options.Recovery.Window <= 0 || history == nil || sessions == nil {
		return nil
	}
	return &roaming{
		srv: srv, options: srv.options.Recovery, history: history, sessions: sessions,
		gaps: map[*gap]struct{}{}, holes: map[*Namespace]bool{}, owners: map[string]*Socket{},
	}
}

// send sends an event to those that m selects on all servers, by way of the bus.
func (r *roaming) send(ns *Namespace, f *frame, m *adapter.Message) error {
	// What cannot be sent the caller has to learn, and nobody else.
	if err := f.seal(sio5.Event, 0, false, r.srv.options.MaxAttachments); err != nil {
		return err
	}
	m.Type, m.Event, m.Attachments = adapter.Broadcast, slices.Clone(f.json()), slices.Clone(f.attachments)
	r.sending.Lock()
	e := r.expect(ns, m)
	err := published(ns.group.PublishOr(m, func() { r.giveUp(e) }))
	r.sending.Unlock()
	if err != nil {
		r.giveUp(e)
	}
	r.sendDirect()
	return err
}

// expect numbers an event that is about to be published.
func (r *roaming) expect(ns *Namespace, m *adapter.Message) *roamingEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	m.Number = r.number
	e := &roamingEvent{ns: ns, message: m, since: time.Now()}
	r.expected = append(r.expected, e)
	if r.slow {
		r.directLocked(e)
	} else if len(r.expected) == 1 {
		r.armLocked(busPatience)
	}
	return e
}

// armLocked sets the timer.
func (r *roaming) armLocked(wait time.Duration) {
	switch {
	case r.closed:
	case r.timer == nil:
		r.timer = time.AfterFunc(wait, r.lookAtTheBus)
	default:
		r.timer.Reset(wait)
	}
}

// lookAtTheBus stops waiting for a bus that takes too long.
func (r *roaming) lookAtTheBus() {
	r.mu.Lock()
	switch {
	case len(r.expected) == 0 || r.slow:
	case time.Since(r.expected[0].since) < busPatience:
		r.armLocked(busPatience - time.Since(r.expected[0].since))
	default:
		r.slow = true
		for _, e := range r.expected {
			r.directLocked(e)
		}
	}
	r.mu.Unlock()
	r.sendDirect()
}

// giveUp sends an event without the bus, which has not taken it, and those in front of it,
// whose order is worth more than that they stand in the bus's.
func (r *roaming) giveUp(e *roamingEvent) {
	r.mu.Lock()
	if i := slices.Index(r.expected, e); i >= 0 {
		for _, before := range r.expected[:i+1] {
			r.directLocked(before)
		}
		r.expected = slices.Delete(r.expected, i, i+1)
	}
	r.mu.Unlock()
	r.dig(e.ns)
	r.sendDirect()
}

// directLocked makes an event be sent without the bus, once.
func (r *roaming) directLocked(e *roamingEvent) {
	if !e.sent {
		e.sent = true
		r.disorder++
		r.direct = append(r.direct, e)
	}
}

// sendDirect sends what is to be sent without the bus, unless somebody does so already.
func (r *roaming) sendDirect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.direct) > 0 && !r.directing {
		events := r.direct
		r.direct, r.directing = nil, true
		r.mu.Unlock()
		for _, e := range events {
			r.sendTo(e.ns, e.message, "")
		}
		r.mu.Lock()
		r.directing = false
		r.disorder++ // for who came while it was done
	}
}

// deliver takes an event that comes from the bus. It is called for one at a time.
func (r *roaming) deliver(ns *Namespace, m *adapter.Message, at adapter.Offset) {
	switch {
	case m.IsHole():
		r.fallThrough(ns)
	case m.UID == r.srv.node.UID() && r.cameBack(m.Number):
		r.note(ns, m, at) // its receivers have it
	default:
		r.sendDirect() // what was in front of it
		r.sendTo(ns, m, at)
	}
	r.mu.Lock()
	r.reached = at
	r.mu.Unlock()
}

// cameBack is told that an event of this server has come back, and says whether it has been
// sent by then.
func (r *roaming) cameBack(number uint64) (sent bool) {
	var lost []*Namespace
	r.mu.Lock()
	defer func() {
		r.mu.Unlock()
		for _, ns := range lost {
			r.dig(ns)
		}
	}()
	for len(r.expected) > 0 && r.expected[0].message.Number < number {
		lost = append(lost, r.expected[0].ns)
		r.directLocked(r.expected[0]) // the bus has lost it
		r.dropFirstLocked()
	}
	if len(r.expected) == 0 || r.expected[0].message.Number != number {
		return true
	}
	e := r.expected[0]
	r.dropFirstLocked()
	if r.slow && time.Since(e.since) < busPatience {
		// What comes from now on waits again. Who has been here meanwhile has got
		// events that stand nowhere.
		r.slow = false
		r.disorder++
	}
	if !r.slow && len(r.expected) > 0 {
		r.armLocked(max(busPatience-time.Since(r.expected[0].since), 0))
	}
	return e.sent
}

func (r *roaming) dropFirstLocked() {
	r.expected[0] = nil
	r.expected = r.expected[1:]
}

// note lets those know of an event who are about to be let in, and returns its receivers.
func (r *roaming) note(ns *Namespace, m *adapter.Message, at adapter.Offset) (lists [][]*Socket, singles []*Socket) {
	x := ns.rooms
	x.mu.Lock()
	defer x.mu.Unlock()
	if at != "" {
		r.mu.Lock()
		for g := range r.gaps {
			g.note(ns, m, at)
		}
		r.mu.Unlock()
	}
	if len(m.Targets.Rooms) == 0 {
		return append(lists, x.everyone.snapshot()), nil
	}
	return x.membersLocked(m.Targets.Rooms, nil, nil)
}

// sendTo sends an event to the sockets of this server that it selects, with its offset if
// it has one.
func (r *roaming) sendTo(ns *Namespace, m *adapter.Message, at adapter.Offset) {
	lists, singles := r.note(ns, m, at)
	b := ns.selected(&m.Targets)
	f := newFrame(ns)
	defer f.release()
	f.uncompressed = b.uncompressed
	if err := f.adoptAt(m, at); err != nil {
		r.srv.reportBus(err)
		return
	}
	var prepared *engineio.Prepared
	b.visit(ns, lists, singles, (*Socket).hasBeenLetIn, func(s *Socket) {
		if prepared == nil {
			prepared = engineio.Prepare(f.messages...)
		}
		s.takeRoaming(f, prepared, at)
	})
}

// adoptAt is adopt and seal for an event with its offset.
func (f *frame) adoptAt(m *adapter.Message, at adapter.Offset) error {
	if err := f.adopt(m); err != nil {
		return err
	}
	if at != "" {
		f.buf = appendString(append(f.buf[:len(f.buf)-1], ','), string(at))
		f.buf = append(f.buf, ']')
	}
	return f.seal(sio5.Event, 0, false, f.ns.server.options.MaxAttachments)
}

// lose is told that the bus has lost events. Who is here now may have missed some.
func (r *roaming) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.disorder++
}

// close stops waiting for the bus.
func (r *roaming) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
