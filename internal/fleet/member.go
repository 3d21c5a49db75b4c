package fleet

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/adapter"
)

// A selection is which sockets something is for.
type selection struct {
	Rooms  []string `json:"rooms,omitzero"`
	Except []string `json:"except,omitzero"`
}

// A member is one server of a fleet, in Go or in Node.
type member interface {
	url() string
	emit(to selection, event string, arg any)
	acks(to selection, question string) []string
	fetch(to selection) []string // the name of each socket with its rooms
	join(to selection, room string)
	leave(to selection, room string)
	disconnect(to selection)
	tell(text string)
	ask(question string) []string
	count() int
	told() []string // what servers have told it
}

// idLength is how long the ID of a socket is.
const idLength = 20

// A goMember is a server in Go.
type goMember struct {
	t    *testing.T
	name string
	srv  *socketio.Server
	web  *httptest.Server

	mu    sync.Mutex // guards what follows
	heard []string
}

const (
	told socketio.Event[string]        = "told"
	ask  socketio.Call[string, string] = "ask"
)

// startGo starts a server in Go, with recovery if the Bus keeps what that takes.
func startGo(t *testing.T, name string, bus adapter.Bus) *goMember {
	o := &socketio.Options{Bus: bus}
	if _, keeps := bus.(adapter.History); keeps {
		o.Recovery.Window = time.Minute
	}
	g := &goMember{t: t, name: name, srv: socketio.NewServer(o)}
	g.srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		name := s.Handshake().URL.Query().Get("name")
		s.SetData(map[string]any{"name": name})
		s.Join(name)
		return nil
	})
	g.srv.OnServerSide(told, func(_ context.Context, text string) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.heard = append(g.heard, text)
		return nil
	})
	g.srv.OnServerSideAck(ask, func(_ context.Context, question string) (string, error) {
		return name + ": " + question, nil
	})
	g.web = httptest.NewServer(g.srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		g.web.Close()
	})
	return g
}

func (g *goMember) url() string { return g.web.URL }

func (g *goMember) check(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Errorf("%s: %v", g.name, err)
	}
}

func (g *goMember) selected(to selection) socketio.Broadcast {
	b := g.srv.All()
	if len(to.Rooms) > 0 {
		b = b.To(to.Rooms...)
	}
	return b.Except(to.Except...)
}

func (g *goMember) emit(to selection, event string, arg any) {
	g.check(g.selected(to).EmitArgs(event, arg))
}

func (g *goMember) acks(to selection, question string) (answers []string) {
	for reply, err := range g.selected(to).EmitAcks(g.t.Context(), ask, question) {
		g.check(err)
		answers = append(answers, reply.Value)
	}
	slices.Sort(answers)
	return answers
}

func (g *goMember) fetch(to selection) (sockets []string) {
	infos, err := g.selected(to).FetchSockets(g.t.Context())
	g.check(err)
	for _, info := range infos {
		data, err := info.Data[map[string]any]()
		g.check(err)
		sockets = append(sockets, describe(data["name"], info.Rooms))
	}
	slices.Sort(sockets)
	return sockets
}

// describe returns a socket's name and rooms, but for the one that is its ID.
func describe(name any, rooms []string) string {
	rooms = slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return len(room) == idLength })
	slices.Sort(rooms)
	return fmt.Sprint(name, rooms)
}

func (g *goMember) join(to selection, room string)  { g.check(g.selected(to).SocketsJoin(room)) }
func (g *goMember) leave(to selection, room string) { g.check(g.selected(to).SocketsLeave(room)) }
func (g *goMember) disconnect(to selection)         { g.check(g.selected(to).DisconnectSockets(true)) }
func (g *goMember) tell(text string)                { g.check(g.srv.ServerSideEmit(told, text)) }

func (g *goMember) ask(question string) (answers []string) {
	for answer, err := range g.srv.ServerSideEmitAcks(g.t.Context(), ask, question) {
		g.check(err)
		answers = append(answers, answer)
	}
	slices.Sort(answers)
	return answers
}

func (g *goMember) count() int {
	n, err := g.srv.ServerCount(g.t.Context())
	g.check(err)
	return n
}

func (g *goMember) told() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.heard)
}
