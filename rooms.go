package socketio

import (
	"slices"
	"strings"
	"sync"
)

// A roomIndex knows the sockets of a namespace and their rooms. It is made for
// broadcasting: its lock is held for no longer than it takes to copy a few slice
// headers, however many members a room has.
//
// The room that each socket has by its id is not in rooms: it is looked up
// in sockets.
type roomIndex struct {
	mu       sync.Mutex // guards what follows, and the fields of sockets marked so
	sockets  map[string]*Socket
	everyone room
	rooms    map[string]*room
	closed   bool // no socket is added any more
	events   roomEvents
}

// A room is a list of sockets. Its order is of no account.
type room struct {
	name    string
	members []*Socket

	// shared says that a snapshot of members was handed out: its elements must
	// not be overwritten. Appending is allowed, as it is beyond the snapshot's length.
	shared bool
}

// A membership is a socket's place in a room: room.members[at] is the socket.
type membership struct {
	room *room
	at   int
}

func newRoomIndex() *roomIndex {
	return &roomIndex{sockets: map[string]*Socket{}, rooms: map[string]*room{}}
}

// add makes a socket known, unless it has been evicted or the index is closed.
func (x *roomIndex) add(s *Socket) bool {
	x.mu.Lock()
	defer x.unlock()
	return x.addLocked(s)
}

func (x *roomIndex) addLocked(s *Socket) bool {
	if x.closed || s.evicted {
		return false
	}
	x.sockets[s.id] = s
	x.entered(s.id, s, x.rooms[s.id] == nil)
	// First, before the rooms that were joined within middleware.
	s.memberships = slices.Insert(s.memberships, 0, membership{&x.everyone, len(x.everyone.members)})
	x.everyone.members = append(x.everyone.members, s)
	return true
}

// close makes the index refuse further sockets and returns those in it.
func (x *roomIndex) close() []*Socket {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return x.everyone.snapshot()
}

// join puts s into rooms, unless it was evicted. It returns how many it left out,
// because s would be in more than limit.
func (x *roomIndex) join(s *Socket, names []string, limit int) (refused int) {
	x.mu.Lock()
	defer x.unlock()
	if s.evicted {
		return 0
	}
	for _, name := range names {
		r := x.rooms[name]
		if name == s.id || r != nil && s.placeIn(r) >= 0 {
			continue
		}
		if x.joined(s) >= limit {
			refused++
			continue
		}
		isNew := r == nil
		if isNew {
			// A name may be a small piece of a large message.
			r = &room{name: strings.Clone(name)}
			x.rooms[r.name] = r
		}
		r.enter(s)
		x.entered(r.name, s, isNew && x.sockets[r.name] == nil)
	}
	return refused
}

// joined returns how many rooms s has joined.
func (x *roomIndex) joined(s *Socket) int {
	if len(s.memberships) > 0 && s.memberships[0].room == &x.everyone {
		return len(s.memberships) - 1
	}
	return len(s.memberships)
}

// leave takes s out of rooms. Nobody leaves the room of its own id.
func (x *roomIndex) leave(s *Socket, names []string) {
	x.mu.Lock()
	defer x.unlock()
	if s.evicted {
		return
	}
	for _, name := range names {
		r := x.rooms[name]
		if r == nil {
			continue
		}
		if i := s.placeIn(r); i >= 0 {
			x.exit(s, s.memberships[i])
			s.memberships = slices.Delete(s.memberships, i, i+1)
		}
	}
}

// evict takes an ended socket out of the index for good. The names of its rooms
// stay with it until forget.
func (x *roomIndex) evict(s *Socket) {
	x.mu.Lock()
	defer x.unlock()
	if s.evicted {
		return
	}
	s.evicted = true
	if s.entered {
		s.session.cut = s.ns.server.recovery.history.end()
	}
	if x.sockets[s.id] == s { // a client of version 2 has the same id when it comes again
		delete(x.sockets, s.id)
		x.exited(s.id, s, x.rooms[s.id] == nil)
	}
	for _, m := range s.memberships {
		x.exit(s, m)
	}
}

// forget drops the names of the rooms that an evicted socket was in.
func (x *roomIndex) forget(s *Socket) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.memberships = nil
	s.forgotten = true
}

// exit takes s, which is at m, out of the room, and drops the room if it is empty.
func (x *roomIndex) exit(s *Socket, m membership) {
	m.room.exit(m.at)
	if m.room == &x.everyone {
		return
	}
	empty := len(m.room.members) == 0
	if empty {
		delete(x.rooms, m.room.name)
	}
	x.exited(m.room.name, s, empty && x.sockets[m.room.name] == nil)
}

// names returns the rooms of s, its own id first.
func (x *roomIndex) names(s *Socket) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s.forgotten {
		return nil
	}
	names := make([]string, 1, len(s.memberships)+1)
	names[0] = s.id
	for _, m := range s.memberships {
		if m.room != &x.everyone {
			names = append(names, m.room.name)
		}
	}
	return names
}

// A roomSize is the name of a room and how many members it has.
type roomSize struct {
	name    string
	members int
}

// sizes returns all rooms but those that are ids of sockets.
func (x *roomIndex) sizes() []roomSize {
	x.mu.Lock()
	defer x.mu.Unlock()
	sizes := make([]roomSize, 0, len(x.rooms))
	for name, r := range x.rooms {
		sizes = append(sizes, roomSize{name, len(r.members)})
	}
	return sizes
}

// socket returns the socket with that id.
func (x *roomIndex) socket(id string) (*Socket, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s, ok := x.sockets[id]
	return s, ok
}

// all returns a snapshot of all sockets, which must not be modified.
func (x *roomIndex) all() []*Socket {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.everyone.snapshot()
}

// members appends snapshots of the rooms to lists, and to singles the sockets that
// have one of the names as their id.
func (x *roomIndex) members(names []string, lists [][]*Socket, singles []*Socket) ([][]*Socket, []*Socket) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.membersLocked(names, lists, singles)
}

func (x *roomIndex) membersLocked(names []string, lists [][]*Socket, singles []*Socket) ([][]*Socket, []*Socket) {
	for _, name := range names {
		if r := x.rooms[name]; r != nil {
			lists = append(lists, r.snapshot())
		}
		if s := x.sockets[name]; s != nil {
			singles = append(singles, s)
		}
	}
	return lists, singles
}

// snapshot returns the members at this moment. The slice does not change and must
// not be changed.
func (r *room) snapshot() []*Socket {
	r.shared = true
	return slices.Clip(r.members)
}

// enter appends s.
func (r *room) enter(s *Socket) {
	s.memberships = append(s.memberships, membership{r, len(r.members)})
	r.members = append(r.members, s)
}

// exit removes the member at a position. The last one takes its place.
func (r *room) exit(at int) {
	if r.shared {
		r.members = slices.Clone(r.members)
		r.shared = false
	}
	last := len(r.members) - 1
	if moved := r.members[last]; at != last {
		r.members[at] = moved
		moved.memberships[moved.placeIn(r)].at = at
	}
	r.members[last] = nil
	r.members = r.members[:last]
}

// placeIn returns the index in memberships of that of r, or -1.
func (s *Socket) placeIn(r *room) int {
	for i := range s.memberships {
		if s.memberships[i].room == r {
			return i
		}
	}
	return -1
}
