package socketio

import (
	"cmp"
	"slices"
	"sync"

	"socketio/engineio"
)

// A delivery is what a session knows of the order in which its client gets events. The
// log numbers events in the order in which they were emitted, but two emitters may reach a
// client in the other order. A client tells only which event was its last. So that none
// is lost or sent twice, it is recorded which came late.
//
// Every event that was appended while the socket was in the namespace is given to deliver,
// by who emits it, for each socket that was selected: joining and leaving the
// namespace are one step with the log.
type delivery struct {
	// mu guards what follows. It is held while a message is sent, which does not block,
	// as the order in which this happens is what is recorded.
	mu     sync.Mutex
	socket *Socket // whom events are sent to; nil while nobody

	begin uint64 // the log's end when the client was first let in
	high  uint64 // the highest number that was sent
	late  []lateEvent
	blind uint64 // of a client that came no farther it is not known what came late

	unsent []*logged // were for the socket, but it had gone

	// Events that were sent when the client came back, before who emits them gave them to
	// deliver. That may take until the client has come back once more.
	ahead []*logged

	cut uint64 // the log's end when the last socket left; written before that says goodbye
}

// A lateEvent was sent when one with a higher number had been.
type lateEvent struct{ number, after uint64 }

// maxLate is how many late events are recorded.
const maxLate = 32

// deliver sends an event to the socket that the client has now.
func (d *delivery) deliver(e *logged, send func(c *engineio.Conn) error) (to *Socket, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.ahead, e); i >= 0 {
		d.ahead = slices.Delete(d.ahead, i, i+1)
		return nil, nil
	}
	if d.socket == nil || d.socket.at() != connected {
		d.unsent = append(d.unsent, e)
		return nil, ErrDisconnected
	}
	if err := send(d.socket.peer.conn); err != nil {
		d.unsent = append(d.unsent, e)
		return d.socket, err
	}
	d.record(e.number)
	return d.socket, nil
}

// record notes that an event was sent. The caller holds mu.
func (d *delivery) record(number uint64) {
	if number > d.high {
		d.high = number
		return
	}
	if len(d.late) == maxLate {
		d.blind = max(d.blind, d.late[0].after)
		d.late = slices.Delete(d.late, 0, 1)
	}
	d.late = append(d.late, lateEvent{number, d.high})
}

// rest lets go of s, which has ended, and says whether it had been let in.
func (d *delivery) rest(s *Socket) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.socket != s {
		return false
	}
	d.socket = nil
	return true
}

// A position is how far a client came: it has got everything up to reached, except for
// what came late.
type position struct {
	reached uint64
	late    []uint64    // numbers up to reached that it has not got
	itself  []lateEvent // the event that it got last, if that came late
}

// position returns how far a client came whose last event has that number. It is not known
// if such an event has not been sent. The caller holds mu.
func (d *delivery) position(number uint64) (p position, known bool) {
	if number > d.high {
		return p, number <= d.begin // of an earlier session: it got nothing of this one
	}
	later := d.late
	p.reached = max(number, d.begin)
	if i := slices.IndexFunc(d.late, func(l lateEvent) bool { return l.number == number }); i >= 0 {
		p.reached, p.itself, later = d.late[i].after, d.late[i:i+1], d.late[i+1:]
	} else if d.blind > 0 && p.reached <= d.blind {
		return p, false
	}
	for _, l := range later {
		if l.number <= p.reached && (l.after >= p.reached) {
			p.late = append(p.late, l.number)
		}
	}
	return p, true
}

// missed returns the events up to a number that the client at p has not got, the oldest
// first, given the rooms that it was in. It is not complete if one of them may have been
// dropped from the log. The caller holds mu.
func (x *session) missed(h *history, p position, upTo uint64, rooms map[string]struct{}) (events []*logged, complete bool) {
	after := p.reached
	if dropped := h.dropped(); dropped > after {
		// All that was for the client went out by cut; so nothing is missing if it has
		// got what was sent last, and nothing was dropped that came after.
		if x.high > after || dropped > x.cut {
			return nil, false
		}
		after = dropped
	}
	events, complete = h.since(after, upTo, func(e *logged) bool { return e.concerns(x.ns, rooms) })
	if !complete {
		return nil, false
	}
	for _, number := range p.late {
		e := h.at(number)
		if e == nil {
			return nil, false
		}
		events = append(events, e)
	}
	events = append(events, x.unsent...)
	slices.SortFunc(events, func(a, b *logged) int { return cmp.Compare(a.number, b.number) })
	return slices.Compact(events), true
}
