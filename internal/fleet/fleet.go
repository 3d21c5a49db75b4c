// Package fleet tests the back ends of a cluster with servers of both kinds: two in Go and
// one for Node, which is interop/cluster/node.mjs, together with emitters.
package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"socketio/adapter"
)

// patience is how long the tests wait for what must happen.
const patience = 20 * time.Second

// A Fleet is one server for Node and two in Go, with a client each.
type Fleet struct {
	t       *testing.T
	members map[string]member
	guests  []*guest
	fences  int
}

// names are those of the members and of their guests.
var names = []string{"a", "b", "node"}

// Run makes a fleet and checks what all fleets can do, and then what this one can besides.
// The server for Node has that kind of adapter and that broker, as node.mjs takes them;
// open returns a Bus for a server in Go, or for an emitter, that leads there as well.
func Run(t *testing.T, kind, broker string, open func(t *testing.T) adapter.Bus, besides func(f *Fleet)) {
	t.Helper()
	f := &Fleet{t: t, members: map[string]member{"node": startNode(t, kind, broker)}}
	f.sail(open)
	besides(f)
}

// RunInGo is Run where there is no adapter for Node: the third server is in Go as well.
func RunInGo(t *testing.T, open func(t *testing.T) adapter.Bus) {
	t.Helper()
	f := &Fleet{t: t, members: map[string]member{"node": startGo(t, "node", open(t))}}
	f.sail(open)
}

// sail adds the servers in Go, and checks what all fleets can do.
func (f *Fleet) sail(open func(t *testing.T) adapter.Bus) {
	t := f.t
	t.Helper()
	for _, name := range names[:2] {
		f.members[name] = startGo(t, name, open(t))
	}
	for _, name := range names {
		m := f.members[name]
		until(t, "the meeting of three servers", func() bool { return m.count() == 3 })
		f.guests = append(f.guests, visit(t, m.url(), name))
	}
	for _, name := range []string{"node", "a"} {
		t.Run("from "+name, func(t *testing.T) { f.checkMember(t, name) })
	}
	t.Run("from an emitter in Go", func(t *testing.T) {
		f.checkEmitter(t, &emitterMember{member: f.members["a"], t: t, emitter: adapter.NewEmitter(open(t))}, names)
	})
}

func (f *Fleet) checkMember(t *testing.T, name string) {
	m := f.members[name]
	until(t, "listening to all rooms", func() bool {
		m.emit(selection{Rooms: []string{"a"}}, "text", "warm-up")
		m.emit(selection{Rooms: []string{"b"}}, "text", "warm-up")
		m.emit(selection{Rooms: []string{"node"}}, "text", "warm-up")
		for _, g := range f.guests {
			if g.count("warm-up") == 0 {
				return false
			}
		}
		return true
	})
	t.Run("events", func(t *testing.T) { f.checkEvents(t, m, names) })
	t.Run("acknowledgements", func(t *testing.T) {
		sameTexts(t, m.acks(selection{}, "how?"), "a: how?", "b: how?", "node: how?")
		sameTexts(t, m.acks(selection{Rooms: []string{"a", "node"}}, "who?"), "a: who?", "node: who?")
		sameTexts(t, m.acks(selection{Rooms: []string{"nowhere"}}, "where?"))
	})
	t.Run("sockets", func(t *testing.T) { f.checkSockets(t, m, names) })
	t.Run("servers", func(t *testing.T) {
		m.tell("from " + name)
		for _, other := range names {
			if other != name {
				until(t, "the word of a server", func() bool { return slices.Contains(f.members[other].told(), "from "+name) })
			}
		}
		answers := m.ask("well?")
		want := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
		sameTexts(t, answers, want[0]+": well?", want[1]+": well?")
	})
	t.Run("disconnect", func(t *testing.T) { f.checkDisconnect(t, m, names) })
}

// checkEvents checks that what m sends reaches whom it is for, of the servers that hear m.
func (f *Fleet) checkEvents(t *testing.T, m member, hearers []string) {
	for _, tt := range []struct {
		name string
		to   selection
		want []string
	}{
		{"all", selection{}, names},
		{"a room", selection{Rooms: []string{"b"}}, []string{"b"}},
		{"a room of Node", selection{Rooms: []string{"node"}}, []string{"node"}},
		{"rooms", selection{Rooms: []string{"a", "node", "nowhere"}}, []string{"a", "node"}},
		{"except", selection{Except: []string{"a"}}, []string{"b", "node"}},
		{"rooms except", selection{Rooms: []string{"a", "b"}, Except: []string{"b"}}, []string{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.fences++
			text, binary := fmt.Sprint("hello \u00e9\U0001f600 ", f.fences), []byte{0, 255, byte(f.fences)}
			m.emit(tt.to, "text", text)
			m.emit(tt.to, "binary", binary)
			f.expect(t, m, hearers, tt.want, text, fmt.Sprintf("%x", binary))
		})
	}
}

// expect checks that texts have reached some guests and nobody else. Not all members keep
// the order of what they send, so it waits for the texts first.
func (f *Fleet) expect(t *testing.T, m member, hearers, want []string, texts ...string) {
	t.Helper()
	for _, g := range f.guests {
		for _, text := range texts {
			if slices.Contains(want, g.name) && slices.Contains(hearers, g.name) {
				until(t, g.name+" hearing "+text, func() bool { return g.count(text) > 0 })
			}
		}
	}
	after := fmt.Sprint("after ", f.fences)
	m.emit(selection{}, "text", after)
	for _, g := range f.guests {
		if !slices.Contains(hearers, g.name) {
			continue
		}
		until(t, g.name+" hearing "+after, func() bool { return g.count(after) > 0 })
		due := 0
		if slices.Contains(want, g.name) {
			due = 1
		}
		for _, text := range texts {
			if n := g.count(text); n != due {
				t.Errorf("%s heard %q %d times, want %d", g.name, text, n, due)
			}
		}
	}
}

func (f *Fleet) checkSockets(t *testing.T, m member, hearers []string) {
	sameTexts(t, m.fetch(selection{}), "a[a]", "b[b]", "node[node]")
	sameTexts(t, m.fetch(selection{Rooms: []string{"b"}}), "b[b]")
	m.join(selection{Except: []string{"b"}}, "extra")
	extra := selection{Rooms: []string{"extra"}}
	members := []string{"a[a extra]"}
	if slices.Contains(hearers, "node") {
		members = append(members, "node[extra node]")
	}
	until(t, "joining", func() bool { return slices.Equal(m.fetch(extra), members) })
	m.leave(selection{Rooms: []string{"a"}}, "extra")
	until(t, "leaving", func() bool { return slices.Equal(m.fetch(extra), members[1:]) })
	m.leave(selection{}, "extra")
	until(t, "leaving", func() bool { return len(m.fetch(extra)) == 0 })
}

func (f *Fleet) checkDisconnect(t *testing.T, m member, hearers []string) {
	var guests []*guest
	for _, name := range hearers {
		guests = append(guests, visit(t, f.members[name].url(), "brief"))
	}
	until(t, "the arrival of all", func() bool { return len(m.fetch(selection{Rooms: []string{"brief"}})) == len(hearers) })
	m.disconnect(selection{Rooms: []string{"brief"}})
	for _, g := range guests {
		until(t, "being disconnected", g.hasLeft)
		g.Close()
	}
	for _, g := range f.guests {
		if g.hasLeft() {
			t.Errorf("%s was disconnected as well", g.name)
		}
	}
}

// CheckNodeEmitter checks the emitter for Node, as far as the servers of those names hear it.
func (f *Fleet) CheckNodeEmitter(t *testing.T, hearers ...string) {
	t.Helper()
	node := f.members["node"].(*nodeMember)
	f.checkEmitter(t, &nodeMember{nodeProcess: node.nodeProcess, t: t, emitter: true}, hearers)
}

// CheckAllRooms checks that the server for Node knows the rooms of all.
func (f *Fleet) CheckAllRooms(t *testing.T) {
	t.Helper()
	node := f.members["node"].(*nodeMember)
	rooms := slices.DeleteFunc(texts(node.do(nodeCommand{Do: "rooms"})), func(room string) bool { return len(room) == idLength })
	sameTexts(t, rooms, names...)
}

func (f *Fleet) checkEmitter(t *testing.T, m member, hearers []string) {
	f.checkEvents(t, m, hearers)
	m.tell("from an emitter")
	for _, name := range hearers {
		until(t, "the word of an emitter", func() bool { return slices.Contains(f.members[name].told(), "from an emitter") })
	}
	f.checkSockets(t, m, hearers)
	f.checkDisconnect(t, m, hearers)
}

func sameTexts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s has not happened", what)
		}
	}
}
