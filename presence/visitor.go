package presence

import (
	"slices"

	"socketio"
	"socketio/adapter"
)

// A visitor is a socket of this server.
type visitor struct {
	user  string
	rooms []string
	here  bool // it has been let in; before, it has only joined rooms
}

// onRoom is told what happens to rooms, in order. A socket has been let in when it joins
// the room of its own ID, and is gone when it leaves that one.
func (p *Presence) onRoom(ns *socketio.Namespace, e adapter.RoomEvent) {
	if ns != p.ns || e.ID == "" {
		return
	}
	own := e.Room == e.ID
	switch {
	case own && e.Op == adapter.Joined:
		p.arrive(e.ID)
	case own && e.Op == adapter.Left:
		p.depart(e.ID)
	case e.Room == "" || p.options.Room != nil && !p.options.Room(e.Room):
	case e.Op == adapter.Joined:
		p.enter(e.ID, e.Room)
	case e.Op == adapter.Left:
		p.exit(e.ID, e.Room)
	}
}

// arrive takes in a socket with the rooms that it has joined already.
func (p *Presence) arrive(id string) {
	user := ""
	s, found := p.ns.Socket(id)
	if found { // else it has ended meanwhile, and we are about to be told
		user = p.options.Key(s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.visitor(id)
	p.count(v, -1) // a client of version 2 may come again before it has gone
	v.user, v.here = user, true
	p.count(v, 1)
}

func (p *Presence) visitor(id string) *visitor {
	v := p.visitors[id]
	if v == nil {
		v = new(visitor)
		p.visitors[id] = v
	}
	return v
}

func (p *Presence) depart(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.visitors[id]; v != nil {
		p.count(v, -1)
		delete(p.visitors, id)
	}
}

// enter notes that a socket has joined a room, maybe before it was let in.
func (p *Presence) enter(id, room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.visitor(id)
	v.rooms = append(v.rooms, room)
	p.add(v, room, 1)
}

func (p *Presence) exit(id, room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.visitors[id]
	if v == nil {
		return // it has departed
	}
	if i := slices.Index(v.rooms, room); i >= 0 {
		v.rooms = slices.Delete(v.rooms, i, i+1)
		p.add(v, room, -1)
	}
	if !v.here && len(v.rooms) == 0 {
		delete(p.visitors, id)
	}
}

// count adds n sockets to all the places of a visitor, if it is here. The caller holds mu.
func (p *Presence) count(v *visitor, n int) {
	p.add(v, "", n)
	for _, room := range v.rooms {
		p.add(v, room, n)
	}
}

func (p *Presence) add(v *visitor, room string, n int) {
	if !v.here || v.user == "" {
		return
	}
	at := place{room, v.user}
	was := p.rooms[at.room][at.user].of(p.own)
	p.set(p.own, at, max(0, was+n)) // less than nothing if it had been left out
	p.exchange.note(at)
}
