package presence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/socketiotest"
)

// A line leads from one server to a bus, and can be cut.
type line struct {
	*adapter.Memory
	cut  atomic.Bool
	said atomic.Int64 // bytes that were published
}

func (l *line) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	if l.cut.Load() {
		return "", nil
	}
	l.said.Add(int64(len(m)))
	return l.Memory.Publish(ctx, to, m)
}

func (l *line) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	return l.Memory.Subscribe(ctx, func(m []byte, at adapter.Offset) {
		if !l.cut.Load() {
			deliver(m, at)
		}
	})
}

// A node is a server with a Presence, and what that has told.
type node struct {
	*Presence
	t    *testing.T
	srv  *socketio.Server
	web  *socketiotest.Server
	line *line

	mu   sync.Mutex // guards what follows
	told []string
}

// newNode starts a server on a bus, or alone. Its sockets belong to the user of their query
// and join the rooms of their query, in a middleware.
func newNode(t *testing.T, bus *adapter.Memory, change func(o *Options)) *node {
	t.Helper()
	n := &node{t: t}
	options := &socketio.Options{}
	if bus != nil {
		n.line = &line{Memory: bus}
		options.Bus = n.line
	}
	n.srv = socketio.NewServer(options)
	n.srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		query := s.Handshake().URL.Query()
		s.Join(query["room"]...)
		if query.Has("refused") {
			return nil, &socketio.ConnectError{Message: "no"}
		}
		return nil, nil
	})
	o := Options{
		Key:     func(s *socketio.Socket) string { return s.Handshake().URL.Query().Get("user") },
		OnJoin:  func(room, user string) { n.note("+", room, user) },
		OnLeave: func(room, user string) { n.note("-", room, user) },
		OnError: func(err error) { n.note("!", "", err.Error()) },
	}
	if change != nil {
		change(&o)
	}
	n.Presence = New(n.srv.Namespace, o)
	n.web = socketiotest.NewServer(t, n.srv)
	return n
}

func (n *node) note(what, room, user string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, what+user+strings.TrimSuffix("@"+room, "@"))
}

// fleet starts servers that know each other.
func fleet(t *testing.T, number int) (bus *adapter.Memory, nodes []*node) {
	t.Helper()
	bus = adapter.NewMemory()
	for range number {
		nodes = append(nodes, newNode(t, bus, nil))
	}
	settle()
	return bus, nodes
}

// settle is longer than what has happened takes to be told everywhere, and shorter than
// the time that who has gone has to come back.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// visit connects a user, who joins rooms.
func (n *node) visit(user string, rooms ...string) *socketiotest.Client {
	n.t.Helper()
	query := "?user=" + user
	for _, room := range rooms {
		query += "&room=" + room
	}
	return n.dial(query)
}

func (n *node) dial(query string) *socketiotest.Client {
	n.t.Helper()
	at := *n.web
	at.URL += "/" + query
	return at.Client(n.t, nil)
}

// want fails unless these are there: "user", or "user*2" with two sockets, or "user*0".
func (n *node) want(room string, want ...string) {
	n.t.Helper()
	got := []string{}
	for _, m := range n.In(room) {
		name := m.User
		if m.Sockets != 1 {
			name = fmt.Sprintf("%s*%d", m.User, m.Sockets)
		}
		got = append(got, name)
	}
	if !slices.Equal(got, append([]string{}, want...)) {
		n.t.Errorf("in %q are %q, want %q", room, got, want)
	}
}

// wantTold fails unless these are the events since the last call. Those of the same moment
// may come in any order, so they are compared in that of the alphabet.
func (n *node) wantTold(want ...string) {
	n.t.Helper()
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	slices.Sort(n.told)
	slices.Sort(want)
	if !slices.Equal(n.told, want) {
		n.t.Errorf("told %q, want %q", n.told, want)
	}
	n.told = nil
}

// all calls check for each node.
func all(nodes []*node, check func(n *node)) {
	for _, n := range nodes {
		check(n)
	}
}
