package presence

import (
	"slices"
	"time"
)

// A place is a user in a room; the room "" is the namespace.
type place struct{ room, user string }

// A source is a server as one that says who is where.
type source struct {
	id    string
	seq   uint64 // of its newest changes that have been heard
	round uint32 // how many whole states have begun

	known  bool // its state is complete
	comes  bool // its whole state is on the way
	wanted bool // it has to be asked for that
}

// A tally is how many sockets a user has in a room.
type tally struct {
	shares []share   // few, none of them of nothing
	left   time.Time // when there were no sockets any more; zero if there are some
}

// A share is what one server says.
type share struct {
	of      *source
	sockets int
	round   uint32 // the source's, when it said so
}

// A departure is a user without sockets whose time is running.
type departure struct {
	place
	t    *tally
	when time.Time
}

func (t *tally) sockets() (n int) {
	for i := range t.shares {
		n += t.shares[i].sockets
	}
	return n
}

// of returns how many sockets a server has.
func (t *tally) of(s *source) int {
	if t == nil {
		return 0
	}
	for i := range t.shares {
		if t.shares[i].of == s {
			return t.shares[i].sockets
		}
	}
	return 0
}

// put notes how many sockets a server has.
func (t *tally) put(s *source, sockets int) {
	i := slices.IndexFunc(t.shares, func(other share) bool { return other.of == s })
	switch {
	case i >= 0 && sockets == 0:
		t.shares = slices.Delete(t.shares, i, i+1)
	case i >= 0:
		t.shares[i].sockets, t.shares[i].round = sockets, s.round
	case sockets > 0:
		t.shares = append(t.shares, share{of: s, sockets: sockets, round: s.round})
	}
}

// set notes how many sockets a server has at a place, and tells if somebody has come or
// gone by that. The caller holds mu.
func (p *Presence) set(s *source, at place, sockets int) {
	t := p.rooms[at.room][at.user]
	if t == nil {
		if sockets > 0 {
			p.come(s, at, sockets)
		}
		return
	}
	t.put(s, sockets)
	switch empty := len(t.shares) == 0; {
	case !empty:
		t.left = time.Time{}
	case p.options.Grace < 0:
		p.remove(at)
	case t.left.IsZero():
		t.left = time.Now()
		p.leaving = append(p.leaving, departure{at, t, t.left})
		p.expireLater()
	}
}

// come adds a user to a room in which he was not.
func (p *Presence) come(s *source, at place, sockets int) {
	if p.size >= p.options.Max {
		p.leaveOut()
		return
	}
	users := p.rooms[at.room]
	if users == nil {
		users = map[string]*tally{}
		p.rooms[at.room] = users
	}
	t := new(tally)
	t.put(s, sockets)
	users[at.user] = t
	p.size++
	p.hooks.tell(news{place: at})
}

// remove takes a user out of a room.
func (p *Presence) remove(at place) {
	users := p.rooms[at.room]
	delete(users, at.user)
	if len(users) == 0 {
		delete(p.rooms, at.room)
	}
	p.size--
	p.hooks.tell(news{place: at, gone: true})
}

// expireLater sets the timer for the earliest departure, unless it is set.
func (p *Presence) expireLater() {
	if p.expiry == nil && len(p.leaving) > 0 {
		p.expiry = time.AfterFunc(time.Until(p.leaving[0].when.Add(p.options.Grace)), p.expire)
	}
}

// expire removes those whose time is over and who have not come back.
func (p *Presence) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	n := 0
	for ; n < len(p.leaving) && now.Sub(p.leaving[n].when) >= p.options.Grace; n++ {
		d := &p.leaving[n]
		if p.rooms[d.room][d.user] == d.t && d.t.left.Equal(d.when) {
			p.remove(d.place)
		}
	}
	clear(p.leaving[:n])
	p.leaving = p.leaving[n:]
	if len(p.leaving) == 0 {
		p.leaving = nil
	}
	p.expiry = nil
	p.expireLater()
}

// forget takes back what a server has said and is to be forgotten.
func (p *Presence) forget(s *source, which func(*share) bool) {
	for room, users := range p.rooms {
		for user, t := range users {
			i := slices.IndexFunc(t.shares, func(other share) bool { return other.of == s })
			if i >= 0 && which(&t.shares[i]) {
				p.set(s, place{room, user}, 0)
			}
		}
	}
}

// placesOf returns where a server has sockets.
func (p *Presence) placesOf(s *source) (places []place) {
	for room, users := range p.rooms {
		for user, t := range users {
			if t.of(s) > 0 {
				places = append(places, place{room, user})
			}
		}
	}
	return places
}
