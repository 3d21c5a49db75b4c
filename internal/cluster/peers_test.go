package cluster

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// advertised starts a node that takes what others pass on, with the main namespace.
func advertised(t *testing.T, bus adapter.Bus, address string) *Node {
	t.Helper()
	n, _ := advertisedGroup(t, bus, address)
	return n
}

func advertisedGroup(t *testing.T, bus adapter.Bus, address string) (*Node, *Group) {
	t.Helper()
	n := Start(bus, &Hooks{Report: func(error) {}})
	n.Advertise(address)
	main := n.Group(mainNamespace, func(*adapter.Message, adapter.Offset) {})
	main.Join()
	n.Group("/other", func(*adapter.Message, adapter.Offset) {}).Join()
	t.Cleanup(func() { n.Close(t.Context()) })
	return n, main
}

func TestNodesKnowWhereTheOthersAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := advertised(t, bus, "192.0.2.1:80")
		b := advertised(t, bus, "192.0.2.2:80")
		synctest.Wait()
		if got := a.Find(Tag(b.UID())); !slices.Equal(got, []string{"192.0.2.2:80"}) {
			t.Errorf("the first knows of the second %q", got)
		}
		if got := b.Find(Tag(a.UID())); !slices.Equal(got, []string{"192.0.2.1:80"}) {
			t.Errorf("the second knows of the first %q", got)
		}
		if got := a.Find(Tag(a.UID())); len(got) > 0 {
			t.Errorf("a node finds itself, at %q", got)
		}
		start := time.Now()
		<-b.Settled()
		if took := time.Since(start); took != settleTime {
			t.Errorf("it settled after %v", took)
		}
		b.Close(t.Context())
		synctest.Wait()
		if got := a.Find(Tag(b.UID())); len(got) > 0 {
			t.Errorf("who has said goodbye is still at %q", got)
		}
	})
}

func TestWhoeverIsSilentIsRememberedUntilNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		a := advertised(t, bus, "192.0.2.1:80")
		b := advertised(t, bus, "192.0.2.2:80")
		synctest.Wait()
		tag := Tag(b.UID())
		a.Doubt("192.0.2.2:80")
		if len(a.Find(tag)) == 0 {
			t.Error("a node that has just been heard is forgotten")
		}
		b.cancel() // from now on it hears nothing and is not heard
		time.Sleep(silentAfter + 5*time.Second)
		if len(a.Find(tag)) == 0 {
			t.Error("a node is forgotten while the broker may be silent")
		}
		a.Doubt("192.0.2.2:80")
		if got := a.Find(tag); len(got) > 0 {
			t.Errorf("a node that is silent and does not answer is still at %q", got)
		}
		a.peers.hear(&adapter.Message{Type: adapter.Heartbeat, UID: "other", Address: "192.0.2.3:80"})
		time.Sleep(forgetAfter + 2*tickEvery)
		if got := a.Find(Tag("other")); len(got) > 0 {
			t.Errorf("a node that has been silent for long is still at %q", got)
		}
	})
}

func TestANodeThatIsBusyStillSaysWhereItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		_, g := advertisedGroup(t, bus, "192.0.2.1:80")
		synctest.Wait()
		for range 20 { // seconds, in each of which it says something else
			time.Sleep(time.Second)
			if err := g.Publish(&adapter.Message{Type: adapter.SocketsJoin, Rooms: []string{"r"}}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		said := 0
		bus.mu.Lock()
		for _, m := range bus.messages {
			if m.Address == "192.0.2.1:80" && m.Namespace == "/" {
				said++
			}
		}
		bus.mu.Unlock()
		if said < 4 {
			t.Errorf("in twenty seconds it said so %d times", said)
		}
	})
}

func TestANodeThatDoesNotAdvertiseNeedsNotToKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newLog()
		n := Start(bus, &Hooks{Report: func(error) {}})
		n.Group("/", func(*adapter.Message, adapter.Offset) {}).Join()
		defer n.Close(t.Context())
		b := advertised(t, bus, "192.0.2.2:80")
		synctest.Wait()
		if got := n.Find(Tag(b.UID())); len(got) > 0 {
			t.Errorf("it knows of %q", got)
		}
	})
}
