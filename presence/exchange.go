package presence

import (
	"context"
	"errors"
	"slices"
	"time"

	"socketio"
)

// How servers tell each other.
const (
	together  = 20 * time.Millisecond // how long changes wait for others to go with them
	tellEvery = 5 * time.Second       // how often the number of the newest changes is told, and is asked what has not come
	maxText   = 32 << 10              // bytes of names in one message, more or less
	atOnce    = 8                     // messages of a whole state every 20 ms, so that inboxes hold them
)

// changes is what servers send each other.
const changes socketio.Event[message] = "socketio:presence"

// A message says who is where on a server, or asks others to say that.
type message struct {
	From  string                    `json:"from"`           // the server's ID
	Seq   uint64                    `json:"seq"`            // of this message if it has Set or State, of the newest such otherwise
	Set   map[string]map[string]int `json:"set,omitzero"`   // room to user to how many sockets there are now
	State part                      `json:"state,omitzero"` // of what is a part of the whole state
	Ask   []string                  `json:"ask,omitzero"`   // the IDs of servers that shall tell their whole state
}

// A part says where a message stands in a whole state.
type part int

const (
	within part = 1 << iota
	begins
	ends
)

// An exchange is what a Presence has to tell the others. What it does it does with the
// Presence's mu held.
type exchange struct {
	p       *Presence // nil if the server is by itself
	seq     uint64
	dirty   map[place]struct{} // what has changed
	wanted  bool               // somebody has asked for the whole state
	rest    []place            // of the whole state, what is still to be told
	telling bool
	soon    bool // work will be called
	closed  bool // the server is
}

func (x *exchange) start(p *Presence) {
	x.p = p
	x.dirty = map[place]struct{}{}
	time.AfterFunc(tellEvery, x.tick)
}

// note makes a change of this server's own be told soon.
func (x *exchange) note(at place) {
	if x.p != nil && !x.closed {
		x.dirty[at] = struct{}{}
		x.workSoon()
	}
}

func (x *exchange) workSoon() {
	if !x.soon && !x.closed {
		x.soon = true
		time.AfterFunc(together, x.work)
	}
}

// work tells what there is to tell.
func (x *exchange) work() {
	x.p.mu.Lock()
	defer x.p.mu.Unlock()
	x.soon = false
	x.tellChanges()
	x.tellState()
	if ask := x.asks(); ask != nil {
		x.send(&message{Ask: ask})
	}
	if x.telling || x.wanted {
		x.workSoon()
	}
}

// tick tells the number of the newest changes, and asks once more for what has not come.
func (x *exchange) tick() {
	x.p.mu.Lock()
	defer x.p.mu.Unlock()
	for _, s := range x.p.others {
		s.wanted = s.wanted || !s.known && !s.comes
	}
	x.send(&message{Ask: x.asks()})
	if !x.closed {
		time.AfterFunc(tellEvery, x.tick)
	}
}

// asks returns which servers' states are wanted, once.
func (x *exchange) asks() (ids []string) {
	for id, s := range x.p.others {
		if s.wanted {
			s.wanted = false
			ids = append(ids, id)
		}
	}
	return ids
}

// tellChanges tells what has changed.
func (x *exchange) tellChanges() {
	b := batch{x: x}
	for at := range x.dirty {
		if b.add(at); b.size > maxText {
			b.send(0)
		}
	}
	if b.set != nil {
		b.send(0)
	}
	x.dirty = map[place]struct{}{} // as clear keeps the memory of the largest there was
}

// tellState tells the next messages of the whole state, if somebody has asked for it. What
// changes meanwhile is told among them, and they tell what is true when they are sent.
func (x *exchange) tellState() {
	state := within
	if !x.telling {
		if !x.wanted {
			return
		}
		x.wanted, x.telling = false, true
		x.rest = x.p.placesOf(x.p.own)
		state |= begins
	}
	for range atOnce {
		b := batch{x: x}
		for len(x.rest) > 0 && b.size <= maxText {
			b.add(x.rest[0])
			x.rest = x.rest[1:]
		}
		if len(x.rest) == 0 {
			b.send(state | ends)
			x.rest, x.telling = nil, false
			return
		}
		b.send(state)
		state = within
	}
}

// A batch is what goes into one message.
type batch struct {
	x    *exchange
	set  map[string]map[string]int
	size int
}

func (b *batch) add(at place) {
	if b.set == nil {
		b.set = map[string]map[string]int{}
	}
	users := b.set[at.room]
	if users == nil {
		users = map[string]int{}
		b.set[at.room] = users
		b.size += len(at.room)
	}
	users[at.user] = b.x.p.rooms[at.room][at.user].of(b.x.p.own)
	b.size += len(at.user)
}

func (b *batch) send(state part) {
	b.x.seq++
	b.x.send(&message{Set: b.set, State: state})
	b.set, b.size = nil, 0
}

// send sends a message, which it completes. What the bus does not take is missed by its
// number.
func (x *exchange) send(m *message) {
	m.From, m.Seq = x.p.own.id, x.seq
	if err := x.p.ns.ServerSideEmit(changes, *m); errors.Is(err, socketio.ErrServerClosed) {
		x.closed = true
	}
}

// hear takes in what another server says. One that is not known is not listened to: it has
// gone, or the state that it is asked for when it is known has all that it says now.
func (p *Presence) hear(_ context.Context, m message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.ns.Servers(), m.From) {
		return nil
	}
	s := p.source(m.From)
	if slices.Contains(m.Ask, p.own.id) {
		p.exchange.wanted = true
		p.exchange.workSoon()
	}
	told := m.Set != nil || m.State != 0
	switch expected := s.seq + 1; {
	case m.State&begins != 0 && !(s.known && m.Seq == expected):
		s.round++
		s.known, s.comes = false, true
	case told && m.Seq != expected, !told && m.Seq != s.seq:
		s.known, s.comes = false, false
		p.want(s)
	}
	s.seq = m.Seq
	if m.State == 0 || !s.known { // else it is told for another's sake
		p.take(s, m.Set)
	}
	if m.State&ends != 0 && s.comes {
		p.forget(s, func(of *share) bool { return of.round != s.round })
		s.known, s.comes = true, false
	}
	return nil
}

// take notes what a server says. It is right whenever it was said last, so it is taken in
// even if something before it was missed.
func (p *Presence) take(s *source, set map[string]map[string]int) {
	for room, users := range set {
		for user, sockets := range users {
			p.set(s, place{room, user}, max(0, sockets))
		}
	}
}

// source returns what is known of another server, whose state is asked for if it is new.
func (p *Presence) source(id string) *source {
	s := p.others[id]
	if s == nil {
		s = &source{id: id}
		p.others[id] = s
		p.want(s)
	}
	return s
}

// want makes a server's state be asked for soon.
func (p *Presence) want(s *source) {
	s.wanted = true
	p.exchange.workSoon()
}
