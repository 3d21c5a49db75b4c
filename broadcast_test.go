package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A crowd is clients of the main namespace with names, each in the rooms that its
// name says: "ab" is in "a" and in "b".
type crowd struct {
	rig     *rig
	names   []string
	clients map[string]*client
	sockets map[string]*Socket
}

func newCrowd(t *testing.T, names ...string) *crowd {
	t.Helper()
	c := &crowd{rig: newRig(t, nil), names: names, clients: map[string]*client{}, sockets: map[string]*Socket{}}
	for _, name := range names {
		client, id := c.rig.joined()
		c.clients[name] = client
		synctest.Wait()
		c.sockets[name] = c.rig.wantSocket(id)
		c.sockets[name].Join(strings.Split(name, "")...)
	}
	return c
}

// reached returns who has received exactly the message, and fails if anybody has
// received anything else.
func (c *crowd) reached(message string) []string {
	c.rig.t.Helper()
	synctest.Wait()
	reached := []string{}
	for _, name := range c.names {
		for len(c.clients[name].arrived) > 0 {
			if got := c.clients[name].next(); got != message {
				c.rig.t.Errorf("%s received %s", name, got)
			}
			reached = append(reached, name)
		}
	}
	return reached
}

func TestABroadcastReachesWhomItSelects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "ab", "abc", "x")
		ns, a := c.rig.srv.Namespace, c.sockets["a"]
		idOf := func(name string) string { return c.sockets[name].ID() }
		outsider := c.rig.dial()
		c.rig.srv.Of("other")
		outsider.join("/other")
		everybody := c.names
		tests := []struct {
			name string
			b    Broadcast
			want []string
		}{
			{"all", ns.All(), everybody},
			{"a room", ns.To("a"), []string{"a", "ab", "abc"}},
			{"two rooms, each socket once", ns.To("a", "b"), []string{"a", "b", "ab", "abc"}},
			{"two rooms, one after the other", ns.To("a").To("b"), []string{"a", "b", "ab", "abc"}},
			{"a room twice", ns.To("a", "a"), []string{"a", "ab", "abc"}},
			{"an empty room", ns.To("z"), nil},
			{"no rooms", ns.To(), nil},
			{"no rooms of a list", ns.To([]string{}...), nil},
			{"no rooms after a room", ns.To("a").To(), []string{"a", "ab", "abc"}},
			{"an id", ns.To(idOf("b")), []string{"b"}},
			{"an id twice", ns.To(idOf("b"), idOf("b")), []string{"b"}},
			{"an id and a room with it", ns.To(idOf("b"), "b"), []string{"b", "ab", "abc"}},
			{"all except a room", ns.Except("b"), []string{"a", "x"}},
			{"all except two rooms", ns.Except("b").Except("x"), []string{"a"}},
			{"all except an id", ns.Except(idOf("x")), []string{"a", "b", "ab", "abc"}},
			{"all except nobody", ns.Except(), everybody},
			{"a room except a room", ns.To("a").Except("c"), []string{"a", "ab"}},
			{"except goes before to", ns.Except("a").To("a"), nil},
			{"everybody else", a.Broadcast(), []string{"b", "ab", "abc", "x"}},
			{"everybody else in a room", a.To("a"), []string{"ab", "abc"}},
			{"everybody else, by the own id", a.To(a.ID()), nil},
			{"everybody else in no rooms", a.To(), nil},
			{"everybody else except a room", a.Except("b"), []string{"x"}},
			{"local", ns.To("c").Local(), []string{"abc"}},
			{"volatile", ns.To("c").Volatile(), []string{"abc"}},
			{"not compressed", ns.To("c").Compress(false), []string{"abc"}},
		}
		for _, tt := range tests {
			if err := tt.b.Emit("event", "x"); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if got := c.reached(`42["event","x"]`); !slices.Equal(got, slices.Concat([]string{}, tt.want)) {
				t.Errorf("%s: reached %q, want %q", tt.name, got, tt.want)
			}
			if err := tt.b.EmitArgs("event", 1, []byte{2}); err != nil {
				t.Errorf("%s: EmitArgs: %v", tt.name, err)
			}
			synctest.Wait()
			for _, name := range tt.want {
				c.clients[name].want(`451-["event",1,{"_placeholder":true,"num":0}]`, `binary "\x02"`)
			}
		}
		outsider.wantNothing()
	})
}

func TestBroadcastsCanBeSharedAndChained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "c")
		base := c.rig.srv.To("a")
		// Each chain must have its own rooms, whatever room there is behind base's.
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { base.To("b").Except("a").Emit("event", "b") })
			wg.Go(func() { base.To("c").Except("a").Emit("event", "c") })
		}
		wg.Wait()
		synctest.Wait()
		for _, name := range []string{"b", "c"} {
			for range 10 {
				c.clients[name].want(`42["event","` + name + `"]`)
			}
			c.clients[name].wantNothing()
		}
		c.clients["a"].wantNothing()
	})
}

func TestNamespacesAreSeparate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		chat := r.srv.Of("chat")
		c := r.dial()
		main, other := c.join("/"), c.join("/chat")
		if main == other {
			t.Error("both sockets have one id")
		}
		synctest.Wait()
		if _, ok := chat.Socket(main); ok {
			t.Error("the socket of the main namespace is found in the other")
		}
		s, _ := chat.Socket(other)
		s.Join("room")
		r.srv.To("room").Emit("event", 1)
		r.srv.To(other).Emit("event", 2)
		c.wantNothing()
		chat.To("room").Emit("event", 3)
		c.want(`42/chat,["event",3]`)
		chat.Emit("event", 4)
		c.want(`42/chat,["event",4]`)
		r.srv.Emit("event", 5)
		c.want(`42["event",5]`)
		c.wantNothing()
		s.Disconnect()
		c.want(`41/chat,`)
		r.srv.EmitArgs("event", 6, 7)
		c.want(`42["event",6,7]`)
	})
}

func TestSelectedSocketsCanBeMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "ab")
		ns := c.rig.srv.Namespace
		check := func(name string, want ...string) {
			t.Helper()
			got := slices.Collect(c.sockets[name].Rooms())
			if got[0] != c.sockets[name].ID() || !slices.Equal(got[1:], want) {
				t.Errorf("%s is in %q, want its id and %q", name, got, want)
			}
		}
		if err := ns.To("a").SocketsJoin("x", "y"); err != nil {
			t.Error(err)
		}
		check("a", "a", "x", "y")
		check("b", "b")
		if err := ns.All().SocketsLeave("x", "b"); err != nil {
			t.Error(err)
		}
		check("a", "a", "y")
		check("b")
		check("ab", "a", "y")
	})
}

func TestSelectedSocketsCanBeDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "c")
		c.rig.srv.Of("other")
		for _, client := range c.clients {
			client.join("/other")
		}
		if err := c.rig.srv.To("a").DisconnectSockets(false); err != nil {
			t.Error(err)
		}
		c.clients["a"].want(`41`)
		c.clients["a"].wantOpen()
		if err := c.rig.srv.To("b").DisconnectSockets(true); err != nil {
			t.Error(err)
		}
		left := []string{c.clients["b"].next(), c.clients["b"].next()}
		slices.Sort(left)
		if !slices.Equal(left, []string{`41`, `41/other,`}) {
			t.Errorf("b received %q", left)
		}
		c.clients["b"].wantEnd(time.Second)
		c.clients["c"].wantNothing()
		if got := slices.Collect(c.rig.srv.Sockets()); len(got) != 1 || got[0] != c.sockets["c"] {
			t.Errorf("the sockets left are %v", got)
		}
	})
}

func TestSocketsCanBeDescribed(t *testing.T) {
	type user struct{ Name string }
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			var u user
			if err := s.Handshake().DecodeAuth(&u); err != nil {
				return nil, err
			}
			if u.Name != "" {
				s.SetData(u)
			}
			s.Join("room")
			return nil, nil
		})
		a, b := r.dial(), r.dial()
		a.send(`40{"name":"Ada"}`)
		idA := strings.Split(a.wantPrefix(`40{"sid":"`), `"`)[3]
		b.join("/")
		synctest.Wait()
		infos, err := r.srv.To(idA).FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("FetchSockets returned %v, %v", infos, err)
		}
		info := infos[0]
		var auth map[string]string
		if err := info.Handshake.DecodeAuth(&auth); err != nil || auth["name"] != "Ada" {
			t.Errorf("the auth is %v, %v", auth, err)
		}
		if info.ID != idA || !slices.Equal(info.Rooms, []string{idA, "room"}) || info.Handshake.Header.Get("Host") != "in.memory" {
			t.Errorf("the socket is described as %+v", info)
		}
		if u, err := info.Data[user](); err != nil || u.Name != "Ada" {
			t.Errorf("the data is %v, %v", u, err)
		}
		if _, err := info.Data[int](); err == nil {
			t.Error("the data was an int")
		}
		infos, err = r.srv.Except(idA).FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("FetchSockets returned %v, %v", infos, err)
		}
		if data, err := infos[0].Data[map[string]any](); err != nil || data == nil || len(data) != 0 {
			t.Errorf("data that was never set is %v, %v, want an empty object", data, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.srv.All().FetchSockets(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended the error is %v", err)
		}
	})
}

func TestABroadcastIsRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a")
		for name, err := range map[string]error{
			"reserved":    c.rig.srv.Emit("disconnect", 1),
			"not encoded": c.rig.srv.Emit("event", func() {}),
			"args":        c.rig.srv.EmitArgs("event", make(chan int)),
			"attachments": c.rig.srv.Emit("event", slices.Repeat([][]byte{{1}}, 11)),
		} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		c.clients["a"].wantNothing()
	})
}

func TestAReceiverWithAFullQueueIsClosedAndOthersAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b")
		var slow []string
		c.rig.srv.Trace(&Trace{Slow: func(s *Socket, dropped int) { slow = append(slow, fmt.Sprint(s.ID(), dropped)) }})
		ended := make(chan error, 1)
		c.sockets["a"].OnDisconnect(func(_ context.Context, s *Socket, why Reason) error {
			if why != ReasonTransportError {
				t.Errorf("the reason is %q", why)
			}
			ended <- context.Cause(s.Context())
			return nil
		})
		// The client a reads no more than its handler allows.
		c.clients["a"].stall()
		payload := strings.Repeat("x", 1<<20)
		for range 20 {
			if err := c.rig.srv.Emit("event", payload); err != nil {
				t.Fatal(err)
			}
			c.clients["b"].wantPrefix(`42["event"`)
		}
		if err := <-ended; !errors.Is(err, ErrQueueFull) {
			t.Errorf("the socket ended because of %v", err)
		}
		if len(slow) != 1 || slow[0] != c.sockets["a"].ID()+"1" {
			t.Errorf("Slow was told %q", slow)
		}
	})
}
