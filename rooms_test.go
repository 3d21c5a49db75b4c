package socketio

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// strangers returns sockets that are in no index.
func strangers(ids ...string) []*Socket {
	var list []*Socket
	for _, id := range ids {
		list = append(list, &Socket{id: id})
	}
	return list
}

// ids returns the ids of sockets, sorted.
func ids(sockets []*Socket) []string {
	list := []string{}
	for _, s := range sockets {
		list = append(list, s.id)
	}
	slices.Sort(list)
	return list
}

// in returns the ids of a room's members, sorted.
func (x *roomIndex) in(name string) []string {
	lists, singles := x.members([]string{name}, nil, nil)
	return ids(slices.Concat(append(lists, singles)...))
}

func TestRoomsHaveThoseWhoJoined(t *testing.T) {
	x := newRoomIndex()
	list := strangers("a", "b", "c")
	a, b, c := list[0], list[1], list[2]
	for _, s := range list {
		if !x.add(s) {
			t.Fatalf("%s was not added", s.id)
		}
	}
	check := func(room string, want ...string) {
		t.Helper()
		if got := x.in(room); !slices.Equal(got, slices.Concat([]string{}, want)) {
			t.Errorf("in %q are %q, want %q", room, got, want)
		}
	}
	x.join(a, []string{"r", "s"}, 10)
	x.join(b, []string{"r"}, 10)
	x.join(b, []string{"r", "r", "b"}, 10)
	check("r", "a", "b")
	check("s", "a")
	check("b", "b")
	check("nobody's")
	if got := x.names(b); !slices.Equal(got, []string{"b", "r"}) {
		t.Errorf("b is in %q", got)
	}
	x.leave(a, []string{"r", "r", "b", "unknown", "a"})
	check("r", "b")
	check("a", "a")
	x.join(c, []string{"a"}, 10) // a room that is somebody's id
	check("a", "a", "c")
	x.evict(a)
	check("a", "c")
	check("s")
	if got := x.names(a); !slices.Equal(got, []string{"a", "s"}) {
		t.Errorf("the evicted a was in %q", got)
	}
	x.join(a, []string{"r"}, 10)
	x.leave(a, []string{"s"})
	x.evict(a)
	if got := x.names(a); !slices.Equal(got, []string{"a", "s"}) || x.add(a) {
		t.Errorf("the evicted a has changed, to %q, or was added again", got)
	}
	check("r", "b")
	x.forget(a)
	if got := x.names(a); got != nil {
		t.Errorf("the forgotten a is in %q", got)
	}
	sizes := map[string]int{}
	for _, s := range x.sizes() {
		sizes[s.name] = s.members
	}
	if want := map[string]int{"r": 1, "a": 1}; !maps.Equal(sizes, want) {
		t.Errorf("the rooms are %v, want %v", sizes, want)
	}
	if got := ids(x.all()); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("all are %q", got)
	}
}

func TestRoomsOfASocketAreLimited(t *testing.T) {
	for _, known := range []bool{false, true} {
		x := newRoomIndex()
		s := &Socket{id: "a"}
		if known {
			x.add(s)
		}
		if refused := x.join(s, []string{"1", "2", "a", "3", "4"}, 3); refused != 1 {
			t.Errorf("%d rooms were refused, want 1", refused)
		}
		if refused := x.join(s, []string{"1", "a"}, 3); refused != 0 {
			t.Errorf("%d rooms that the socket is in were refused", refused)
		}
		x.leave(s, []string{"2"})
		if refused := x.join(s, []string{"5", "6"}, 3); refused != 1 {
			t.Errorf("%d rooms were refused after one was left, want 1", refused)
		}
		if !known && !x.add(s) {
			t.Error("the socket was not added")
		}
		if got := x.names(s); !slices.Equal(got, []string{"a", "1", "3", "5"}) {
			t.Errorf("the socket is in %q", got)
		}
	}
}

func TestAClosedIndexTakesNobodyIn(t *testing.T) {
	x := newRoomIndex()
	list := strangers("a", "b")
	x.add(list[0])
	if got := ids(x.close()); !slices.Equal(got, []string{"a"}) {
		t.Errorf("close returned %q", got)
	}
	if x.add(list[1]) {
		t.Error("a socket was added after close")
	}
}

func TestSnapshotsOfRoomsDoNotChange(t *testing.T) {
	x := newRoomIndex()
	list := strangers("a", "b", "c", "d", "e")
	for _, s := range list[:4] {
		x.add(s)
		x.join(s, []string{"r"}, 10)
	}
	type snapshot struct {
		members []*Socket
		want    []string
	}
	var taken []snapshot
	take := func() {
		lists, _ := x.members([]string{"r"}, nil, nil)
		taken = append(taken, snapshot{lists[0], ids(lists[0])})
		taken = append(taken, snapshot{x.all(), ids(x.all())})
	}
	take()
	x.evict(list[0])
	take()
	x.evict(list[2])
	x.add(list[4])
	x.join(list[4], []string{"r"}, 10)
	take()
	x.leave(list[1], []string{"r"})
	x.join(list[1], []string{"r"}, 10)
	take()
	for i, s := range taken {
		if got := ids(s.members); !slices.Equal(got, s.want) {
			t.Errorf("snapshot %d was %q and is %q", i, s.want, got)
		}
	}
	if got := x.in("r"); !slices.Equal(got, []string{"b", "d", "e"}) {
		t.Errorf("in the room are %q", got)
	}
}

// TestRoomsAgreeWithAModel does random things to an index and to maps.
func TestRoomsAgreeWithAModel(t *testing.T) {
	const sockets, rooms, steps = 12, 6, 5000
	random := rand.New(rand.NewPCG(1, 2))
	x := newRoomIndex()
	list := make([]*Socket, sockets)
	model := map[string]map[string]bool{} // socket to rooms
	for i := range list {
		list[i] = &Socket{id: fmt.Sprint("s", i)}
		x.add(list[i])
		model[list[i].id] = map[string]bool{}
	}
	for step := range steps {
		i := random.IntN(sockets)
		room := fmt.Sprint("r", random.IntN(rooms))
		switch s := list[i]; random.IntN(8) {
		case 0, 1, 2:
			x.join(s, []string{room}, rooms)
			model[s.id][room] = true
		case 3, 4, 5:
			x.leave(s, []string{room})
			delete(model[s.id], room)
		case 6:
			x.evict(s)
			delete(model, s.id)
			list[i] = &Socket{id: fmt.Sprint("s", sockets+step)}
			x.add(list[i])
			model[list[i].id] = map[string]bool{}
		case 7:
			x.members([]string{room}, nil, nil) // shares it
		}
	}
	for n := range rooms {
		room := fmt.Sprint("r", n)
		want := []string{}
		for id, joined := range model {
			if joined[room] {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		if got := x.in(room); !slices.Equal(got, want) {
			t.Errorf("in %s are %q, want %q", room, got, want)
		}
	}
	for _, s := range list {
		want := slices.Sorted(maps.Keys(model[s.id]))
		got := x.names(s)[1:]
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s is in %q, want %q", s.id, got, want)
		}
	}
}

func TestRoomsCanBeUsedConcurrently(t *testing.T) {
	x := newRoomIndex()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 300 {
				s := &Socket{id: fmt.Sprint(i, "-", j)}
				x.join(s, []string{"r"}, 10)
				x.add(s)
				lists, _ := x.members([]string{"r"}, nil, nil)
				if len(lists) != 1 || !slices.Contains(lists[0], s) {
					t.Errorf("%s is not in the room that it has joined", s.id)
				}
				x.leave(s, []string{"r"})
				x.names(s)
				x.sizes()
				x.evict(s)
			}
		})
	}
	wg.Wait()
	if left := len(x.all()) + len(x.rooms); left != 0 {
		t.Errorf("%d sockets and rooms are left", left)
	}
}

func TestJoiningTooManyRoomsIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, s := pair(t, &Options{MaxRooms: 2})
		s.Join("a", "b", "c", "d")
		if got := slices.Collect(s.Rooms()); !slices.Equal(got, []string{s.ID(), "a", "b"}) {
			t.Errorf("the socket is in %q", got)
		}
		if errs := r.errors.take(); len(errs) != 1 || !errors.Is(errs[0], errTooManyRooms) {
			t.Errorf("OnError got %v", errs)
		}
		s.Leave("a")
		s.Join("c")
		if errs := r.errors.take(); errs != nil {
			t.Errorf("OnError got %v", errs)
		}
	})
}

func TestANamespaceListsItsSocketsAndRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "ab", "b")
		rooms := maps.Collect(c.rig.srv.Rooms())
		if want := map[string]int{"a": 2, "b": 2}; !maps.Equal(rooms, want) {
			t.Errorf("the rooms are %v, want %v", rooms, want)
		}
		seen := map[*Socket]bool{}
		for s := range c.rig.srv.Sockets() {
			seen[s] = true
		}
		if len(seen) != 3 || !seen[c.sockets["a"]] {
			t.Errorf("the sockets are %v", seen)
		}
		for range c.rig.srv.Rooms() {
			break
		}
		for range c.rig.srv.Sockets() {
			break
		}
	})
}
