package socketio

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// newCluster starts servers that are joined by bus, one for each element of options; of
// these the Bus is set.
func newCluster(t *testing.T, bus adapter.Bus, options ...Options) []*rig {
	t.Helper()
	var rigs []*rig
	for i := range options {
		options[i].Bus = bus
		rigs = append(rigs, newRig(t, &options[i]))
	}
	synctest.Wait()
	return rigs
}

// member connects a client to the main namespace of r, in rooms.
func (r *rig) member(rooms ...string) (*client, *Socket) {
	r.t.Helper()
	c, id := r.joined()
	synctest.Wait()
	s := r.wantSocket(id)
	s.Join(rooms...)
	return c, s
}

func TestABroadcastReachesTheClientsOfAllServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{}, Options{})
		names := []string{"a", "ab", "b", "x"}
		clients := map[string]*client{}
		sockets := map[string]*Socket{}
		var all []string
		for i, r := range rigs {
			for _, name := range names {
				full := fmt.Sprint(name, i)
				var rooms []string
				for _, room := range name {
					rooms = append(rooms, string(room))
				}
				clients[full], sockets[full] = r.member(rooms...)
				all = append(all, full)
			}
		}
		ns, a0 := rigs[0].srv.Namespace, sockets["a0"]
		on := func(names ...string) (list []string) {
			for i := range rigs {
				for _, name := range names {
					list = append(list, fmt.Sprint(name, i))
				}
			}
			return list
		}
		for _, tt := range []struct {
			name string
			b    Broadcast
			want []string
		}{
			{"all", ns.All(), all},
			{"a room", ns.To("a"), on("a", "ab")},
			{"two rooms", ns.To("a", "b"), on("a", "ab", "b")},
			{"a room except another", ns.To("a").Except("b"), on("a")},
			{"all except a room", ns.Except("a"), on("b", "x")},
			{"no rooms", ns.To(), nil},
			{"a socket of another server", ns.To(sockets["x2"].ID()), []string{"x2"}},
			{"all except a socket of another server", ns.Except(sockets["x2"].ID()).To("x"), []string{"x0", "x1"}},
			{"everybody else", a0.Broadcast(), all[1:]},
			{"everybody else in a room", a0.To("a"), on("a", "ab")[1:]},
			{"of this server only", ns.To("a").Local(), []string{"a0", "ab0"}},
			{"volatile and not compressed", ns.To("b").Volatile().Compress(false), on("ab", "b")},
		} {
			if err := tt.b.Emit("event", tt.name); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			synctest.Wait()
			var reached []string
			for _, name := range all {
				for len(clients[name].arrived) > 0 {
					if got, want := clients[name].next(), fmt.Sprintf(`42["event","%s"]`, tt.name); got != want {
						t.Errorf("%s received %s, want %s", name, got, want)
					}
					reached = append(reached, name)
				}
			}
			if !slices.Equal(reached, tt.want) {
				t.Errorf("%s reached %q, want %q", tt.name, reached, tt.want)
			}
		}
	})
}

func TestBinaryTravelsBetweenServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		c, _ := rigs[1].member()
		payload := []byte{1, 2}
		err := rigs[0].srv.EmitArgs("event", map[string]any{"x": payload}, "text", []byte{3})
		payload[0] = 9
		if err != nil {
			t.Fatal(err)
		}
		c.want(`452-["event",{"x":{"_placeholder":true,"num":0}},"text",{"_placeholder":true,"num":1}]`,
			`binary "\x01\x02"`, `binary "\x03"`)
		if err := rigs[0].srv.Emit("event", map[string]any{"_placeholder": true, "num": 0}); err != nil {
			t.Fatal(err)
		}
		if got := c.wantPrefix(`42["event",{"`); len(got) != len(`42["event",{"_placeholder":true,"num":0}]`) {
			t.Errorf("an object like a placeholder became %s", got)
		}
	})
}

func TestNamespacesOfAClusterAreSeparate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		rigs[0].srv.Of("/chat")
		if n, err := rigs[0].srv.Of("/chat").ServerCount(t.Context()); n != 1 || err != nil {
			t.Errorf("%d servers have /chat (%v), want 1", n, err)
		}
		rigs[1].srv.Of("/chat")
		synctest.Wait()
		if n, _ := rigs[0].srv.Of("/chat").ServerCount(t.Context()); n != 2 {
			t.Errorf("%d servers have /chat, want 2", n)
		}
		main, _ := rigs[1].joined()
		chat := rigs[1].dial()
		chat.join("/chat")
		if err := rigs[0].srv.Of("/chat").Emit("event", 1); err != nil {
			t.Fatal(err)
		}
		chat.want(`42/chat,["event",1]`)
		main.wantNothing()
	})
}

func TestSocketsOfOtherServersCanBeMovedAndDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		c, s := rigs[1].member("a")
		other, o := rigs[1].member("b")
		ns := rigs[0].srv.Namespace
		if err := errors.Join(ns.To("a").SocketsJoin("c", "d"), ns.To("a").SocketsLeave("d"), ns.All().Local().SocketsJoin("e")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := slices.Collect(s.Rooms()); !slices.Equal(got, []string{s.ID(), "a", "c"}) {
			t.Errorf("the socket is in %q", got)
		}
		if got := slices.Collect(o.Rooms()); !slices.Equal(got, []string{o.ID(), "b"}) {
			t.Errorf("the other socket is in %q", got)
		}
		if err := ns.To("c").DisconnectSockets(false); err != nil {
			t.Fatal(err)
		}
		c.want(`41`)
		c.wantOpen()
		if err := ns.To("b").DisconnectSockets(true); err != nil {
			t.Fatal(err)
		}
		other.want(`41`)
		other.wantEnd(time.Second)
	})
}

func TestSocketsOfOtherServersAreDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type user struct {
			Name  string `json:"name"`
			Photo []byte `json:"photo"`
		}
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{}, Options{})
		_, near := rigs[0].member("r")
		far := rigs[1].dial()
		far.send(`40{"token":"t"}`)
		far.wantPrefix(`40{"sid"`)
		synctest.Wait()
		var s *Socket
		for s = range rigs[1].srv.Sockets() {
			s.Join("r")
			s.SetData(user{"ada", []byte{1, 2}})
		}
		rigs[2].member("r", "bare")
		rigs[2].member()
		infos, err := rigs[0].srv.To("r").FetchSockets(t.Context())
		if err != nil || len(infos) != 3 || infos[0].ID != near.ID() {
			t.Fatalf("FetchSockets returned %v (%v)", infos, err)
		}
		if infos, err = rigs[0].srv.To("r").Local().FetchSockets(t.Context()); err != nil || len(infos) != 1 {
			t.Errorf("of this server it returned %v (%v)", infos, err)
		}
		infos, err = rigs[0].srv.To(s.ID()).FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("of the other server it returned %v (%v)", infos, err)
		}
		info, want := infos[0], s.Handshake()
		if info.ID != s.ID() || !slices.Equal(info.Rooms, []string{s.ID(), "r"}) {
			t.Errorf("the socket is %s in %q", info.ID, info.Rooms)
		}
		if u, err := info.Data[user](); err != nil || u.Name != "ada" || string(u.Photo) != "\x01\x02" {
			t.Errorf("its data is %v (%v)", u, err)
		}
		if _, err := info.Data[int](); err == nil {
			t.Error("its data is an int")
		}
		h := info.Handshake
		if h.URL.String() != want.URL.String() || h.RemoteAddr != want.RemoteAddr || h.Header.Get("Host") != "in.memory" ||
			!h.Time.Equal(want.Time.Truncate(time.Millisecond)) || h.Secure || h.CrossOrigin {
			t.Errorf("its handshake is %+v, want %+v", h, want)
		}
		var auth struct{ Token string }
		if err := h.DecodeAuth(&auth); err != nil || auth.Token != "t" {
			t.Errorf("its auth object is %+v (%v)", auth, err)
		}
		infos, err = rigs[0].srv.To("bare").FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("of the third server it returned %v (%v)", infos, err)
		}
		if m, err := infos[0].Data[map[string]any](); err != nil || len(m) != 0 {
			t.Errorf("data that was never set is %v (%v)", m, err)
		}
	})
}

func TestClientsOfOtherServersAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{}, Options{})
		near, _ := rigs[0].member("r")
		far, farSocket := rigs[1].member("r")
		gone, _ := rigs[2].member("r")
		rigs[2].member()
		replies := collected(t.Context(), rigs[0].srv.To("r"), Call[int, string]("question"))
		for _, c := range []*client{near, far, gone} {
			c.want(`420["question",1]`)
		}
		near.send(`430["near"]`)
		far.send(`430["far","more"]`)
		gone.cut()
		got := <-replies
		slices.Sort(got)
		if len(got) != 2 || !slices.ContainsFunc(got, func(s string) bool { return s == farSocket.ID()+": far" }) {
			t.Errorf("the replies are %q", got)
		}
	})
}

func TestBinaryRepliesTravelBetweenServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		c, _ := rigs[1].member()
		replies := collected(t.Context(), rigs[0].srv.All(), Call[int, []byte]("question"))
		c.want(`420["question",1]`)
		c.send(`462-0[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`)
		c.sendBinary("zero")
		c.sendBinary("one")
		if got := <-replies; len(got) != 1 || got[0][22:] != fmt.Sprint([]byte("one")) {
			t.Errorf("the replies are %q", got)
		}
	})
}

func TestServersThatDoNotAnswerAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		rigs := newCluster(t, bus, Options{}, Options{})
		rigs[1].member()
		silent := &adapter.Message{UID: "0123456789abcdef", Namespace: "/", Type: adapter.Heartbeat}
		say := func() {
			bus.Publish(t.Context(), adapter.Topic{}, silent.Append(nil))
			synctest.Wait()
		}
		say()
		if n, err := rigs[0].srv.ServerCount(t.Context()); n != 3 || err != nil {
			t.Errorf("there are %d servers (%v), want 3", n, err)
		}
		check := func(what string, err error, got, want int, cause error, took, within time.Duration) {
			t.Helper()
			partial, ok := errors.AsType[*PartialError](err)
			if !ok || partial.Got != got || partial.Want != want || !errors.Is(err, cause) ||
				!slices.Equal(partial.Silent, []string{silent.UID}) {
				t.Errorf("%s: %v, want %d of %d, %v, and its name", what, err, got, want, cause)
			}
			if took > within {
				t.Errorf("%s took %v", what, took)
			}
		}
		began := time.Now()
		infos, err := rigs[0].srv.All().FetchSockets(t.Context())
		if len(infos) != 1 {
			t.Errorf("%d sockets, want 1", len(infos))
		}
		check("FetchSockets", err, 1, 2, context.DeadlineExceeded, time.Since(began), requestTimeout)

		say()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		rigs[1].srv.OnServerSideAck("call", func(context.Context, None) (int, error) { return 7, nil })
		answers := 0
		for v, e := range rigs[0].srv.ServerSideEmitAcks[int](ctx, "call", None{}) {
			if e == nil && v == 7 {
				answers++
			}
			err = e
		}
		if answers != 1 {
			t.Errorf("%d answers, want 1", answers)
		}
		check("ServerSideEmitAcks", err, 1, 2, context.DeadlineExceeded, 0, 0)

		say()
		began = time.Now()
		for _, err = range rigs[0].srv.To("nobody").EmitAcks[int](t.Context(), "call", None{}) {
		}
		check("EmitAcks", err, 0, 0, errLost, time.Since(began), 11*time.Second)
		if n, _ := rigs[0].srv.ServerCount(t.Context()); n != 2 {
			t.Errorf("there are %d servers, want 2", n)
		}
	})
}

func TestAServerThatLeavesIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		c, _ := rigs[1].member()
		replies := collected(t.Context(), rigs[0].srv.All(), Call[int, string]("question"))
		c.wantPrefix(`420["question"`)
		if err := rigs[1].srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := <-replies; len(got) != 0 {
			t.Errorf("the replies are %q", got)
		}
		synctest.Wait()
		if n, _ := rigs[0].srv.ServerCount(t.Context()); n != 1 {
			t.Errorf("there are %d servers, want 1", n)
		}
	})
}

func TestAServerThatShutsDownCanTellTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		rigs[1].srv.OnDisconnect(func(_ context.Context, s *Socket, _ Reason) error {
			return s.Broadcast().Emit("left", "she")
		})
		c, _ := rigs[0].member()
		rigs[1].member()
		if err := rigs[1].srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.want(`42["left","she"]`)
		if errs := rigs[1].errors.take(); errs != nil {
			t.Errorf("OnError got %v", errs)
		}
		if err := rigs[1].srv.Emit("event", 1); !errors.Is(err, ErrServerClosed) {
			t.Errorf("after Shutdown Emit returned %v", err)
		}
	})
}

func TestAnEmitterReachesClientsAndServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		rigs := newCluster(t, bus, Options{}, Options{})
		emitter := adapter.NewEmitter(bus)
		var heard atomic.Int32
		for _, r := range rigs {
			r.srv.OnServerSide("event", func(_ context.Context, v []byte) error {
				if string(v) == "b" {
					heard.Add(1)
				}
				return nil
			})
		}
		c, s := rigs[1].member("a")
		near, _ := rigs[0].member("b")
		err := errors.Join(
			emitter.To("a").EmitArgs(t.Context(), "event", []byte("b"), 2),
			emitter.To("a").SocketsJoin(t.Context(), "b"),
			emitter.To("b").Except("a").DisconnectSockets(t.Context(), false),
			emitter.ServerSideEmit(t.Context(), "event", []byte("b")),
		)
		if err != nil {
			t.Fatal(err)
		}
		c.want(`451-["event",{"_placeholder":true,"num":0},2]`, `binary "b"`)
		near.want(`41`)
		synctest.Wait()
		if got := slices.Collect(s.Rooms()); !slices.Equal(got, []string{s.ID(), "a", "b"}) || heard.Load() != 2 {
			t.Errorf("the socket is in %q, and %d servers heard of it", got, heard.Load())
		}
		if n, _ := rigs[0].srv.ServerCount(t.Context()); n != 2 {
			t.Errorf("there are %d servers, want 2", n)
		}
	})
}

func TestWhatIsSelectedMeansTheSameOnAnotherServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		_, s := r.member()
		ns := r.srv.Namespace
		for _, tt := range []struct {
			b    Broadcast
			want Broadcast
		}{
			{ns.All(), Broadcast{}},
			{ns.To("a", "b").Except("c"), Broadcast{narrowed: true, rooms: []string{"a", "b"}, except: []string{"c"}}},
			{ns.All().Volatile(), Broadcast{volatile: true}},
			{ns.All().Compress(false), Broadcast{uncompressed: true}},
			{ns.All().Compress(false).Compress(true), Broadcast{}},
			{s.Except("c"), Broadcast{except: []string{"c", s.ID()}}},
		} {
			tt.want.ns, tt.want.local = ns, true // of what arrives nothing is passed on
			targets := tt.b.targets()
			if got := ns.selected(&targets); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v became %+v, want %+v", tt.b, got, tt.want)
			}
		}
	})
}

func TestServersKnowEachOtherByTheirIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		var told []string
		var failures atomic.Int64
		a := newRig(t, &Options{Bus: bus, OnError: func(context.Context, *Socket, error) { failures.Add(1) }})
		a.srv.Trace(&Trace{Servers: func(ns *Namespace) { told = append(told, fmt.Sprint(ns.Name(), ns.Servers())) }})
		chat := a.srv.Of("/chat")
		synctest.Wait()
		b := newRig(t, &Options{Bus: bus}).srv
		synctest.Wait()
		if got := b.Servers(); !slices.Equal(got, []string{a.srv.ID()}) || a.srv.ID() == "" || a.srv.Server() != a.srv {
			t.Errorf("the server %q is known as %q", a.srv.ID(), got)
		}
		if got := chat.Servers(); len(got) > 0 {
			t.Errorf("/chat is on %q as well", got)
		}
		b.Of("/chat")
		synctest.Wait()
		a.srv.Trace(&Trace{Servers: func(*Namespace) { panic("no") }})
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{"/[" + b.ID() + "]", "/[]", "/chat[" + b.ID() + "]", "/chat[]"}
		slices.Sort(told)
		slices.Sort(want)
		if !slices.Equal(told, want) {
			t.Errorf("told of %q, want %q", told, want)
		}
		if n := failures.Load(); n != 2 {
			t.Errorf("%d panics were reported, want 2", n)
		}
		if alone := newRig(t, nil).srv; alone.ID() != "" || alone.Servers() != nil {
			t.Errorf("who is alone is %q and knows %q", alone.ID(), alone.Servers())
		}
	})
}

func TestAServerThatIsClosedWaitsForNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		silent := make(chan struct{})
		rigs[1].srv.OnServerSideAck("ask", func(context.Context, None) (None, error) {
			<-silent
			return None{}, nil
		})
		began := time.Now()
		time.AfterFunc(time.Second, func() { rigs[0].srv.Close() })
		for _, err := range rigs[0].srv.ServerSideEmitAcks(t.Context(), Call[None, None]("ask"), None{}) {
			if !errors.Is(err, ErrServerClosed) {
				t.Errorf("it ends with %v", err)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it ends after %v", took)
		}
		close(silent)
	})
}
