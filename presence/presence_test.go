package presence

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/socketiotest"
)

func TestAUserIsThereOnceHoweverManySocketsHeHas(t *testing.T) {
	for _, tt := range []struct {
		name  string
		start func(t *testing.T) []*node
	}{
		{"alone", func(t *testing.T) []*node { return []*node{newNode(t, nil, nil)} }},
		{"on one of three servers", func(t *testing.T) []*node { _, nodes := fleet(t, 3); return nodes }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				nodes := tt.start(t)
				tab := nodes[0].visit("ada", "go")
				settle()
				all(nodes, func(n *node) { n.want("go", "ada"); n.want("", "ada"); n.wantTold("+ada", "+ada@go") })
				second := nodes[0].visit("ada", "go")
				settle()
				all(nodes, func(n *node) { n.want("go", "ada*2"); n.want("", "ada*2"); n.wantTold() })
				tab.Close()
				settle()
				all(nodes, func(n *node) { n.want("go", "ada"); n.wantTold() })
				second.Close()
				settle()
				all(nodes, func(n *node) {
					n.want("go", "ada*0")
					n.wantTold()
					if !n.Online("ada") {
						t.Error("she is offline before her time is over")
					}
				})
				time.Sleep(defaultGrace)
				all(nodes, func(n *node) {
					n.wantTold("-ada", "-ada@go")
					n.want("go")
					if len(n.Users()) != 0 || n.Online("ada") {
						t.Errorf("%v are online", n.Users())
					}
				})
			})
		})
	}
}

func TestAPageThatIsLoadedAgainIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 3)
		c := nodes[0].visit("ada", "go")
		settle()
		all(nodes, func(n *node) { n.wantTold("+ada", "+ada@go") })
		for i := range 4 { // each time on another server
			c.Close()
			time.Sleep(defaultGrace - time.Second)
			c = nodes[(i+1)%3].visit("ada", "go")
			settle()
		}
		time.Sleep(2 * defaultGrace)
		all(nodes, func(n *node) { n.wantTold(); n.want("go", "ada") })
	})
}

func TestWithoutGraceWhoGoesHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, nil, func(o *Options) { o.Grace = -1 })
		n.visit("ada", "go").Close()
		n.wantTold("+ada", "+ada@go", "-ada", "-ada@go")
	})
}

func TestRoomsAreJoinedAndLeftAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 3)
		nodes[0].visit("ada")
		nodes[1].visit("bob", "go")
		settle()
		all(nodes, func(n *node) { n.want("", "ada", "bob"); n.want("go", "bob"); n.wantTold("+ada", "+bob", "+bob@go") })
		if err := nodes[2].srv.All().SocketsJoin("js"); err != nil {
			t.Fatal(err)
		}
		if err := nodes[2].srv.To("go").SocketsLeave("go"); err != nil {
			t.Fatal(err)
		}
		settle()
		all(nodes, func(n *node) { n.want("js", "ada", "bob"); n.want("go", "bob*0"); n.wantTold("+ada@js", "+bob@js") })
		time.Sleep(defaultGrace)
		all(nodes, func(n *node) { n.want("go"); n.wantTold("-bob@go"); n.want("", "ada", "bob") })
	})
}

func TestOnlyWhoIsLetInAndHasAKeyCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, nil, func(o *Options) { o.Room = func(name string) bool { return name != "secret" } })
		n.dial("?room=go") // without a user
		n.dial("?user=ada&room=go&room=secret&room=")
		refused := socketio.NewClient(n.web.URL+"/?user=eve&room=go&refused", &socketio.ClientOptions{
			HTTPClient: n.web.HTTPClient(), Backoff: socketio.Backoff{Attempts: -1},
		})
		defer refused.Close()
		if err := refused.Connect(t.Context()); err == nil {
			t.Error("eve was let in")
		}
		settle()
		n.want("", "ada")
		n.want("go", "ada")
		n.want("secret")
		n.wantTold("+ada", "+ada@go")
		if len(n.visitors) != 2 {
			t.Errorf("%d sockets are kept, want those of ada and of nobody", len(n.visitors))
		}
	})
}

func TestNamespacesAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, nil, nil)
		chat := New(n.srv.Of("/chat"), Options{Key: func(*socketio.Socket) string { return "eve" }})
		c := n.visit("ada", "go")
		if err := c.Of("/chat").Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		settle()
		n.want("", "ada")
		if users := chat.Users(); len(users) != 1 || users[0] != (Member{"eve", 1}) {
			t.Errorf("in /chat are %v", users)
		}
	})
}

func TestMoreThanTheMostAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, nil, func(o *Options) { o.Max, o.Grace = 2, -1 })
		ada := n.visit("ada", "go")
		bob := n.visit("bob", "go")
		settle()
		n.want("go", "ada")
		n.want("", "ada")
		n.wantTold("+ada", "+ada@go", "!presence: more than 2 users in rooms; others are left out")
		ada.Close()
		bob.Close()
		settle()
		n.wantTold("-ada", "-ada@go")
		n.visit("bob", "go")
		settle()
		n.want("go", "bob")
		if n.size != 2 || len(n.visitors) != 1 {
			t.Errorf("%d pairs and %d sockets are kept", n.size, len(n.visitors))
		}
	})
}

func TestNothingIsKeptOfWhoHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 2)
		for range 3 {
			nodes[0].visit("ada", "go", "js").Close()
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		all(nodes, func(n *node) {
			if len(n.rooms)+len(n.visitors)+n.size+len(n.leaving)+len(n.exchange.dirty) != 0 {
				t.Errorf("kept: %v %v %d %v", n.rooms, n.visitors, n.size, n.leaving)
			}
		})
	})
}

func TestAHookThatPanicsKeepsNobodyFromTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs atomic.Int64
		var joined []string
		n := newNode(t, nil, func(o *Options) {
			o.OnError = func(error) { errs.Add(1) }
			o.OnJoin = func(room, user string) {
				if room == "" {
					panic("no")
				}
				joined = append(joined, user+"@"+room)
			}
		})
		n.visit("ada", "go")
		settle()
		if len(joined) != 1 || errs.Load() != 1 {
			t.Errorf("OnJoin was told %q, OnError %d times", joined, errs.Load())
		}
	})
}

func TestANamespaceHasOnePresence(t *testing.T) {
	srv := socketio.NewServer(&socketio.Options{Bus: adapter.NewMemory()})
	defer srv.Close()
	key := func(*socketio.Socket) string { return "" }
	New(srv.Namespace, Options{Key: key})
	New(srv.Of("/chat"), Options{Key: key})
	for name, o := range map[string]Options{"a second one": {Key: key}, "one without a key": {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			New(srv.Namespace, o)
		}()
	}
}

func TestARecoveredSocketCountsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := socketio.NewServer(&socketio.Options{Recovery: socketio.Recovery{Window: time.Minute}})
		p := New(srv.Namespace, Options{Key: func(s *socketio.Socket) string { return s.Handshake().URL.Query().Get("user") }})
		web := socketiotest.NewServer(t, srv)
		web.URL += "/?user=ada"
		c := web.Client(t, nil)
		id := c.ID()
		settle()
		if err := srv.To(id).SocketsJoin("go"); err != nil {
			t.Fatal(err)
		}
		if err := srv.Emit("hello", 1); err != nil {
			t.Fatal(err)
		}
		settle()
		for range 3 {
			c.Cut()
			settle()
			c.Resume()
			settle()
		}
		if m := p.In("go"); !c.Recovered() || len(m) != 1 || m[0] != (Member{"ada", 1}) {
			t.Errorf("recovered: %v; in the room are %v", c.Recovered(), m)
		}
	})
}
