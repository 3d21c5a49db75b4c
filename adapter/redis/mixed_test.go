package redis

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
)

// A guest is a client of a fleet.
type guest struct {
	*socketio.Client
	name string

	mu    sync.Mutex // guards what follows
	heard []string
	gone  bool
}

func visit(t *testing.T, url, name string) *guest {
	t.Helper()
	g := &guest{Client: socketio.NewClient(url+"/?name="+name, nil), name: name}
	t.Cleanup(func() { g.Close() })
	note := func(text string) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.heard = append(g.heard, text)
		return nil
	}
	g.On("text", func(_ context.Context, _ *socketio.ClientSocket, text string) error { return note(text) })
	g.On("binary", func(_ context.Context, _ *socketio.ClientSocket, b []byte) error { return note(fmt.Sprintf("%x", b)) })
	g.OnAck(ask, func(_ context.Context, _ *socketio.ClientSocket, question string) (string, error) {
		return name + ": " + question, nil
	})
	g.OnDisconnect(func(context.Context, *socketio.ClientSocket, socketio.Reason) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.gone = true
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	return g
}

// upTo returns what the guest has heard in front of a text, and whether that has come.
func (g *guest) upTo(text string) ([]string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.heard, text)
	return slices.Clone(g.heard[:max(i, 0)]), i >= 0
}

func (g *guest) hasLeft() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gone
}

// A fleet is one server for Node and two in Go, with a client each.
type fleet struct {
	t       *testing.T
	members map[string]member
	guests  []*guest
	fences  int
}

// names are those of the members and of their guests.
var names = []string{"a", "b", "node"}

func TestClassicInAFleetWithNode(t *testing.T) {
	sail(t, "classic", func(c rueidis.Client) adapter.Bus { return NewClassic(c, nil) }, func(f *fleet) {
		t.Run("from an emitter in Node", f.checkNodeEmitter) // there is one for this alone
		t.Run("all rooms", f.checkAllRooms)                  // which the others do not ask
	})
}

func TestShardedInAFleetWithNode(t *testing.T) {
	sail(t, "sharded", func(c rueidis.Client) adapter.Bus { return NewSharded(c, nil) }, func(*fleet) {})
}

func TestStreamsInAFleetWithNode(t *testing.T) {
	sail(t, "streams", func(c rueidis.Client) adapter.Bus { return NewStreams(c, nil) }, func(*fleet) {})
}

// sail makes a fleet with that adapter and checks what all fleets can do, and then what this
// one can besides.
func sail(t *testing.T, kind string, open func(c rueidis.Client) adapter.Bus, besides func(f *fleet)) {
	b := own(t)
	f := &fleet{t: t, members: map[string]member{"node": startNode(t, b.addr, kind)}}
	for _, name := range names[:2] {
		f.members[name] = startGo(t, name, open(b.client(t)))
	}
	for _, name := range names {
		m := f.members[name]
		until(t, "the meeting of three servers", func() bool { return m.count() == 3 })
		f.guests = append(f.guests, visit(t, m.url(), name))
	}
	for _, name := range []string{"node", "a"} {
		t.Run("from "+name, func(t *testing.T) { f.checkMember(t, name) })
	}
	t.Run("from an emitter in Go", func(t *testing.T) { f.checkEmitter(t, open(b.client(t))) })
	besides(f)
}

func (f *fleet) checkMember(t *testing.T, name string) {
	m := f.members[name]
	until(t, "listening to all rooms", func() bool {
		m.emit(selection{Rooms: []string{"a"}}, "text", "warm-up")
		m.emit(selection{Rooms: []string{"b"}}, "text", "warm-up")
		m.emit(selection{Rooms: []string{"node"}}, "text", "warm-up")
		for _, g := range f.guests {
			if _, ok := g.upTo("warm-up"); !ok {
				return false
			}
		}
		return true
	})
	t.Run("events", func(t *testing.T) { f.checkEvents(t, m) })
	t.Run("acknowledgements", func(t *testing.T) {
		sameTexts(t, m.acks(selection{}, "how?"), "a: how?", "b: how?", "node: how?")
		sameTexts(t, m.acks(selection{Rooms: []string{"a", "node"}}, "who?"), "a: who?", "node: who?")
		sameTexts(t, m.acks(selection{Rooms: []string{"nowhere"}}, "where?"))
	})
	t.Run("sockets", func(t *testing.T) { f.checkSockets(t, m) })
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
	t.Run("disconnect", func(t *testing.T) { f.checkDisconnect(t, m) })
}

func (f *fleet) checkEvents(t *testing.T, m member) {
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
			f.expect(t, m, tt.want, []string{"hello \u00e9\U0001f600", "00ff10"}, func() {
				m.emit(tt.to, "text", "hello \u00e9\U0001f600")
				m.emit(tt.to, "binary", []byte{0, 255, 16})
			})
		})
	}
}

// expect checks that what is sent reaches some guests and nobody else.
func (f *fleet) expect(t *testing.T, m member, want, texts []string, send func()) {
	t.Helper()
	f.fences++
	before, after := fmt.Sprint("before ", f.fences), fmt.Sprint("after ", f.fences)
	m.emit(selection{}, "text", before)
	send()
	m.emit(selection{}, "text", after)
	for _, g := range f.guests {
		until(t, "the last event", func() bool { _, ok := g.upTo(after); return ok })
		heard, _ := g.upTo(after)
		heard = heard[slices.Index(heard, before)+1:]
		heard = slices.DeleteFunc(heard, func(text string) bool { return text == "warm-up" })
		var due []string
		if slices.Contains(want, g.name) {
			due = texts
		}
		if !slices.Equal(heard, due) {
			t.Errorf("%s heard %q, want %q", g.name, heard, due)
		}
	}
}

func (f *fleet) checkSockets(t *testing.T, m member) {
	sameTexts(t, m.fetch(selection{}), "a[a]", "b[b]", "node[node]")
	sameTexts(t, m.fetch(selection{Rooms: []string{"b"}}), "b[b]")
	m.join(selection{Except: []string{"b"}}, "extra")
	extra := selection{Rooms: []string{"extra"}}
	until(t, "joining", func() bool { return slices.Equal(m.fetch(extra), []string{"a[a extra]", "node[extra node]"}) })
	m.leave(selection{Rooms: []string{"a"}}, "extra")
	until(t, "leaving", func() bool { return slices.Equal(m.fetch(extra), []string{"node[extra node]"}) })
	m.leave(selection{}, "extra")
	until(t, "leaving", func() bool { return len(m.fetch(extra)) == 0 })
}

func (f *fleet) checkDisconnect(t *testing.T, m member) {
	var guests []*guest
	for _, name := range names {
		guests = append(guests, visit(t, f.members[name].url(), "brief"))
	}
	until(t, "the arrival of all", func() bool { return len(m.fetch(selection{Rooms: []string{"brief"}})) == len(names) })
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

func (f *fleet) checkEmitter(t *testing.T, bus adapter.Bus) {
	e := adapter.NewEmitter(bus)
	m := &emitterMember{member: f.members["a"], t: t, emitter: e}
	f.checkEvents(t, m)
	m.tell("from an emitter")
	for _, name := range names {
		until(t, "the word of an emitter", func() bool { return slices.Contains(f.members[name].told(), "from an emitter") })
	}
	f.checkSockets(t, m)
	f.checkDisconnect(t, m)
}

func (f *fleet) checkNodeEmitter(t *testing.T) {
	node := f.members["node"].(*nodeMember)
	m := &nodeMember{nodeProcess: node.nodeProcess, t: t, emitter: true}
	f.checkEvents(t, m)
	m.tell("from Node's emitter")
	for _, name := range names {
		until(t, "the word of an emitter", func() bool { return slices.Contains(f.members[name].told(), "from Node's emitter") })
	}
	f.checkSockets(t, m)
	f.checkDisconnect(t, m)
}

func (f *fleet) checkAllRooms(t *testing.T) {
	node := f.members["node"].(*nodeMember)
	rooms := slices.DeleteFunc(texts(node.do(nodeCommand{Do: "rooms"})), func(room string) bool { return len(room) == idLength })
	sameTexts(t, rooms, names...)
}

// An emitterMember is an emitter, which leaves what needs answers to a server.
type emitterMember struct {
	member
	t       *testing.T
	emitter *adapter.Emitter
}

func (m *emitterMember) selected(to selection) *adapter.Emitter {
	e := m.emitter
	if len(to.Rooms) > 0 {
		e = e.To(to.Rooms...)
	}
	return e.Except(to.Except...)
}

func (m *emitterMember) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Error(err)
	}
}

func (m *emitterMember) emit(to selection, event string, arg any) {
	m.check(m.selected(to).EmitArgs(m.t.Context(), event, arg))
}

func (m *emitterMember) join(to selection, room string) {
	m.check(m.selected(to).SocketsJoin(m.t.Context(), room))
}

func (m *emitterMember) leave(to selection, room string) {
	m.check(m.selected(to).SocketsLeave(m.t.Context(), room))
}

func (m *emitterMember) disconnect(to selection) {
	m.check(m.selected(to).DisconnectSockets(m.t.Context(), true))
}

func (m *emitterMember) tell(text string) {
	m.check(m.emitter.ServerSideEmit(m.t.Context(), string(told), text))
}

func sameTexts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
