package presence

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"socketio/socketiotest"
)

func TestTwoServersSeeSomebodyComeAndGoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 3)
		var ada, bob []*socketiotest.Client
		for range 3 {
			for _, n := range nodes {
				ada, bob = append(ada, n.visit("ada", "go")), append(bob, n.visit("bob", "go"))
			}
		}
		settle()
		all(nodes, func(n *node) { n.want("go", "ada*9", "bob*9"); n.wantTold("+ada", "+ada@go", "+bob", "+bob@go") })
		bob[4].Close()
		for i, c := range ada {
			c.Close()
			nodes[(i+1)%3].visit("eve") // while somebody comes elsewhere
		}
		time.Sleep(2 * defaultGrace)
		all(nodes, func(n *node) {
			n.want("go", "bob*8")
			n.want("", "bob*8", "eve*9")
			n.wantTold("+eve", "-ada", "-ada@go")
		})
	})
}

func TestANewServerLearnsWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, nodes := fleet(t, 2)
		nodes[0].visit("ada", "go")
		nodes[1].visit("ada", "go")
		nodes[1].visit("bob")
		settle()
		late := newNode(t, bus, nil)
		late.visit("bob", "go")
		settle()
		for _, n := range append(nodes, late) {
			n.want("", "ada*2", "bob*2")
			n.want("go", "ada*2", "bob")
		}
		late.wantTold("+ada", "+ada@go", "+bob", "+bob@go")
	})
}

func TestALargeStateComesInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, nodes := fleet(t, 1)
		p := nodes[0].Presence
		const users = 20_000 // in some 30 messages
		p.mu.Lock()
		for i := range users {
			p.set(p.own, place{"crowd", fmt.Sprintf("a user with a rather long name %d", i)}, 1)
		}
		p.mu.Unlock()
		late := newNode(t, bus, nil)
		time.Sleep(3 * together) // it is being told
		if n := len(late.In("crowd")); n == 0 || n == users {
			t.Errorf("%d have come at once", n)
		}
		nodes[0].visit("zoe", "crowd")
		settle()
		if n := len(late.In("crowd")); n != users+1 {
			t.Errorf("%d have come, want %d", n, users+1)
		}
	})
}

func TestMembersOfADeadServerLeaveUnlessTheyAreElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 3)
		nodes[0].visit("ada", "go")
		nodes[1].visit("ada", "go")
		nodes[1].visit("bob", "go")
		settle()
		alive := []*node{nodes[0], nodes[2]}
		all(alive, func(n *node) { n.wantTold("+ada", "+ada@go", "+bob", "+bob@go") })
		nodes[1].line.cut.Store(true) // a server that is killed says nothing any more
		time.Sleep(5 * time.Second)
		all(alive, func(n *node) { n.want("go", "ada*2", "bob") })
		time.Sleep(6 * time.Second)
		all(alive, func(n *node) { n.want("go", "ada", "bob*0"); n.wantTold() })
		time.Sleep(defaultGrace)
		all(alive, func(n *node) { n.want("go", "ada"); n.wantTold("-bob", "-bob@go") })
	})
}

func TestMembersOfAServerThatShutsDownLeaveAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 3)
		nodes[1].visit("bob", "go")
		settle()
		if err := nodes[1].srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		settle()
		nodes[0].want("go", "bob*0")
		time.Sleep(defaultGrace)
		nodes[2].want("go")
		nodes[2].wantTold("+bob", "+bob@go", "-bob", "-bob@go")
	})
}

func TestAPartitionEndsAndAllIsKnownAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		lasts   time.Duration
		noticed bool // the servers take each other for dead
	}{
		{"before it is noticed", 6 * time.Second, false},
		{"after a minute", time.Minute, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, nodes := fleet(t, 3)
				away := nodes[2]
				gone := away.visit("gone", "go")
				nodes[0].visit("ada", "go")
				away.visit("bob", "go")
				settle()
				all(nodes, func(n *node) { n.wantTold("+ada", "+ada@go", "+bob", "+bob@go", "+gone", "+gone@go") })
				away.line.cut.Store(true)
				nodes[0].visit("eve", "go")
				gone.Close()
				time.Sleep(tt.lasts)
				told, toldAway := []string{"+eve", "+eve@go", "-gone", "-gone@go"}, []string{"+eve", "+eve@go", "-gone", "-gone@go"}
				if tt.noticed {
					nodes[1].want("go", "ada", "eve")
					away.want("go", "bob")
					told = append(told, "-bob", "-bob@go", "+bob", "+bob@go")
					toldAway = append(toldAway, "-ada", "-ada@go", "+ada", "+ada@go")
				}
				away.line.cut.Store(false)
				time.Sleep(2*tellEvery + defaultGrace)
				all(nodes, func(n *node) { n.want("go", "ada", "bob", "eve"); n.want("", "ada", "bob", "eve") })
				nodes[1].wantTold(told...)
				away.wantTold(toldAway...)
			})
		})
	}
}

func TestANumberThatIsMissingIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 2)
		ada := nodes[0].visit("ada", "go")
		settle()
		nodes[0].line.cut.Store(true)
		nodes[0].visit("bob", "go")
		ada.Close()
		settle()
		nodes[0].line.cut.Store(false)
		nodes[0].visit("eve", "go")
		settle()
		nodes[1].want("go", "ada*0", "bob", "eve")
	})
}

func TestAPartOfAStateThatIsMissingIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 2)
		n := nodes[0]
		from := nodes[1].own.id
		s := n.others[from]
		hear := func(m message) {
			m.From = from
			if err := n.hear(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		set := func(user string) map[string]map[string]int { return map[string]map[string]int{"go": {user: 1}} }
		hear(message{Seq: s.seq + 1, Set: set("old")})
		hear(message{Seq: 100, State: within | begins, Set: set("one")})
		hear(message{Seq: 101, State: within, Set: set("two")})
		hear(message{Seq: 103, State: within | ends, Set: set("four")})
		n.want("go", "four", "old", "one", "two")
		if s.known || !s.wanted {
			t.Errorf("the state is taken to be whole: %v; it is asked for: %v", s.known, s.wanted)
		}
		hear(message{Seq: 104, State: within | begins, Set: set("one")})
		hear(message{Seq: 105, Set: set("new")}) // a change in between
		hear(message{Seq: 106, State: within | ends, Set: set("two")})
		n.want("go", "four*0", "new", "old*0", "one", "two")
		if !s.known || s.comes {
			t.Errorf("the state is taken to be whole: %v", s.known)
		}
	})
}

func TestWhatAServerSaidThatHasGoneIsNotTakenIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 2)
		err := nodes[0].hear(t.Context(), message{From: "a server that has gone", Seq: 1, Set: map[string]map[string]int{"": {"eve": 1}}})
		if err != nil || nodes[0].Online("eve") || len(nodes[0].others) != 1 {
			t.Errorf("eve is online: %v; %d servers are known (%v)", nodes[0].Online("eve"), len(nodes[0].others), err)
		}
	})
}

func TestLittleIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, nodes := fleet(t, 2)
		for i := range 200 {
			nodes[0].visit(fmt.Sprint("user", i), "go")
		}
		settle()
		said := func(during func()) int64 {
			before := nodes[0].line.said.Load()
			during()
			synctest.Wait()
			return nodes[0].line.said.Load() - before
		}
		if n := said(func() { nodes[0].visit("ada", "go"); settle() }); n > 1000 {
			t.Errorf("of one more user it said %d bytes", n)
		}
		if n := said(func() { time.Sleep(time.Minute) }); n > 12*500 {
			t.Errorf("in a quiet minute it said %d bytes", n)
		}
	})
}
