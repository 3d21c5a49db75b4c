package socketio

import "socketio/adapter"

// roomEvents is what has happened to rooms and is still to be told. It is guarded by the
// index's mu, but told without it, in order: whoever finds that nobody tells does so
// until nothing is left, so that a user's hook may join rooms itself.
type roomEvents struct {
	hook  func(adapter.RoomEvent) // must not panic; nil if nobody wants to know
	queue []adapter.RoomEvent
	busy  bool // a goroutine tells
}

// watch makes hook be told what happens to rooms from now on.
func (x *roomIndex) watch(hook func(adapter.RoomEvent)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.events.hook = hook
}

// entered notes that s has joined a room, which may be new. The caller holds mu.
func (x *roomIndex) entered(name string, s *Socket, isNew bool) {
	if x.events.hook == nil {
		return
	}
	if isNew {
		x.events.queue = append(x.events.queue, adapter.RoomEvent{Op: adapter.Created, Room: name})
	}
	x.events.queue = append(x.events.queue, adapter.RoomEvent{Op: adapter.Joined, Room: name, ID: s.id})
}

// exited notes that s has left a room, which there may be no more. The caller holds mu.
func (x *roomIndex) exited(name string, s *Socket, isGone bool) {
	if x.events.hook == nil {
		return
	}
	x.events.queue = append(x.events.queue, adapter.RoomEvent{Op: adapter.Left, Room: name, ID: s.id})
	if isGone {
		x.events.queue = append(x.events.queue, adapter.RoomEvent{Op: adapter.Deleted, Room: name})
	}
}

// unlock unlocks mu and tells what has happened meanwhile, unless somebody does already.
func (x *roomIndex) unlock() {
	if len(x.events.queue) == 0 || x.events.busy {
		x.mu.Unlock()
		return
	}
	x.events.busy = true
	for len(x.events.queue) > 0 {
		queue, hook := x.events.queue, x.events.hook
		x.events.queue = nil
		x.mu.Unlock()
		for _, e := range queue {
			hook(e)
		}
		x.mu.Lock()
	}
	x.events.busy = false
	x.mu.Unlock()
}
