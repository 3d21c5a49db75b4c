package socketio

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"socketio/adapter"
)

// told returns an index and what it has told since the last call of the function.
func told() (*roomIndex, func() []string) {
	x := newRoomIndex()
	var events []string
	x.watch(func(e adapter.RoomEvent) { events = append(events, fmt.Sprintf("%v %s %s", e.Op, e.Room, e.ID)) })
	return x, func() []string {
		taken := events
		events = nil
		return taken
	}
}

func TestRoomEventsAreToldOnceAndInOrder(t *testing.T) {
	x, take := told()
	list := strangers("a", "b")
	a, b := list[0], list[1]
	for _, tt := range []struct {
		what string
		do   func()
		want []string
	}{
		{"a joins within middleware", func() { x.join(a, []string{"r"}, 10) }, []string{"create-room r ", "join-room r a"}},
		{"a comes", func() { x.add(a) }, []string{"create-room a ", "join-room a a"}},
		{"b comes", func() { x.add(b) }, []string{"create-room b ", "join-room b b"}},
		{"b joins rooms", func() { x.join(b, []string{"r", "s", "r"}, 10) }, []string{"join-room r b", "create-room s ", "join-room s b"}},
		{"b joins again", func() { x.join(b, []string{"r", "b"}, 10) }, nil},
		{"b may join no more", func() { x.join(b, []string{"t"}, 2) }, nil},
		{"a joins the room of b", func() { x.join(a, []string{"b"}, 10) }, []string{"join-room b a"}},
		{"a leaves rooms", func() { x.leave(a, []string{"r", "r", "x"}) }, []string{"leave-room r a"}},
		{"b goes", func() { x.evict(b) }, []string{"leave-room b b", "leave-room r b", "delete-room r ", "leave-room s b", "delete-room s "}},
		{"b goes again", func() { x.evict(b) }, nil},
		{"a goes", func() { x.evict(a) }, []string{"leave-room a a", "delete-room a ", "leave-room b a", "delete-room b "}},
	} {
		tt.do()
		if got := take(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: told was %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestARoomCanBeNamedLikeASocketThatComesLater(t *testing.T) {
	x, take := told()
	list := strangers("a", "b")
	x.add(list[0])
	x.join(list[0], []string{"b"}, 10)
	take()
	x.add(list[1])
	x.leave(list[0], []string{"b"})
	x.evict(list[1])
	want := []string{"join-room b b", "leave-room b a", "leave-room b b", "delete-room b "}
	if got := take(); !slices.Equal(got, want) {
		t.Errorf("told was %q, want %q", got, want)
	}
}

// TestRoomEventsMakeUpTheRooms does things concurrently and follows the events.
func TestRoomEventsMakeUpTheRooms(t *testing.T) {
	x := newRoomIndex()
	rooms := map[string]map[string]bool{}
	x.watch(func(e adapter.RoomEvent) { // one goroutine at a time, or -race complains
		switch members := rooms[e.Room]; e.Op {
		case adapter.Created:
			if members != nil {
				t.Errorf("%s was created twice", e.Room)
			}
			rooms[e.Room] = map[string]bool{}
		case adapter.Deleted:
			if members == nil || len(members) > 0 {
				t.Errorf("%s was deleted with the members %v", e.Room, members)
			}
			delete(rooms, e.Room)
		case adapter.Joined:
			if members == nil || members[e.ID] {
				t.Errorf("%s joined %s with the members %v", e.ID, e.Room, members)
			}
			members[e.ID] = true
		case adapter.Left:
			if !members[e.ID] {
				t.Errorf("%s left %s with the members %v", e.ID, e.Room, members)
			}
			delete(members, e.ID)
		}
	})
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for j := range 200 {
				s := &Socket{id: fmt.Sprint(i, "-", j)}
				x.add(s)
				x.join(s, []string{"r", fmt.Sprint(j % 3)}, 10)
				x.leave(s, []string{"r"})
				x.evict(s)
			}
		})
	}
	wg.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(rooms) > 0 {
		t.Errorf("by the events there are rooms %v", rooms)
	}
}

func TestTraceRoomSeesTheRoomsOfAllNamespaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var events []string
		early := r.srv.Of("/early")
		r.srv.Trace(&Trace{Room: func(ns *Namespace, e adapter.RoomEvent) {
			if e.Op == adapter.Joined {
				events = append(events, ns.Name()+" "+e.Room)
			}
			if e.Room == "first" && e.Op == adapter.Joined {
				s, _ := ns.Socket(e.ID)
				s.Join("second") // which is told later
			}
			if e.Room == "second" && e.Op == adapter.Created {
				panic("of the hook")
			}
		}})
		r.srv.Of("/late")
		for _, ns := range []*Namespace{early, r.srv.Of("/late")} {
			ns.OnConnect(func(_ context.Context, s *Socket) error {
				s.Join("first")
				return nil
			})
		}
		c := r.dial()
		first, second := c.join("/early"), c.join("/late")
		synctest.Wait()
		want := []string{
			"/early " + first, "/early first", "/early second",
			"/late " + second, "/late first", "/late second",
		}
		if !slices.Equal(events, want) {
			t.Errorf("told was %q, want %q", events, want)
		}
		if errs := r.errors.take(); len(errs) != 2 {
			t.Errorf("OnError got %v, want the panics of the hook", errs)
		}
	})
}

// A picky Bus has to be told which rooms there are.
type picky struct {
	adapter.Bus
	mu     sync.Mutex // guards topics
	topics map[adapter.Topic]int
}

func (p *picky) Listen(_ context.Context, to adapter.Topic) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.topics[to]++
	return nil
}

func (p *picky) Unlisten(_ context.Context, to adapter.Topic) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.topics[to]--
	return nil
}

func TestABusIsToldWhichRoomsThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &picky{Bus: adapter.NewMemory(), topics: map[adapter.Topic]int{}}
		r := newCluster(t, bus, Options{})[0]
		check := func(when string, want ...string) {
			t.Helper()
			synctest.Wait()
			bus.mu.Lock()
			defer bus.mu.Unlock()
			var got []string
			for topic, n := range bus.topics {
				if n < 0 || n > 1 {
					t.Errorf("%s: %+v is listened to %d times", when, topic, n)
				}
				if n == 1 && topic.Room != "" {
					got = append(got, topic.Namespace+topic.Room)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: listened to is %q, want %q", when, got, want)
			}
		}
		check("at the start")
		c, s := r.member("a", "b")
		_, other := r.member("b")
		check("with rooms", "/a", "/b", "/"+s.ID(), "/"+other.ID())
		s.Leave("a")
		check("when one is empty", "/b", "/"+s.ID(), "/"+other.ID())
		c.cut()
		check("when one has gone", "/b", "/"+other.ID())
	})
}
