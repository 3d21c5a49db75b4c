package cluster

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// A countingLog is a log that says how many nodes there are.
type countingLog struct {
	*log
	nodes int
	err   error
}

func (l *countingLog) Count(context.Context, string) (int, error) { return l.nodes, l.err }

func TestNodesThatOnlyTheBusKnowsOfAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &countingLog{log: newLog(), nodes: 4}
		a := start(t, bus)
		a.group.hear(&adapter.Message{UID: "b", Type: adapter.Heartbeat}, "")
		a.group.hear(&adapter.Message{UID: "quiet", Type: adapter.SocketsJoin}, "")
		if n, err := a.group.Count(t.Context()); n != 4 || a.group.Size() != 2 || err != nil {
			t.Errorf("there are %d nodes (%v), %d of which send heartbeats; want 4 and 2", n, err, a.group.Size())
		}
		r, err := a.group.Ask(&adapter.Message{Type: adapter.FetchSockets}, make(chan struct{}, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer r.End()
		if _, left := r.Take(); left.Nodes == 0 {
			t.Error("nobody is waited for while the nodes are being counted")
		}
		synctest.Wait()
		for _, step := range []struct {
			uid    string
			silent []string // after uid has answered
		}{
			{"quiet", []string{"b", "unknown"}},
			{"b", []string{"unknown"}},
			{"", nil}, // which says not who it is
		} {
			answer(a.group, step.uid, r.id, adapter.Message{Type: adapter.FetchSocketsResponse})
			if _, left := r.Take(); left.Nodes != len(step.silent) || !slices.Equal(r.Silent(), step.silent) {
				t.Errorf("after the answer of %q left is %+v, silent are %q; want %q", step.uid, left, r.Silent(), step.silent)
			}
		}
	})
}

func TestAnswersOfClientsAreCountedWithoutNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, &countingLog{log: newLog(), nodes: 3})
		r, err := a.group.Ask(event("e"), make(chan struct{}, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer r.End()
		synctest.Wait()
		ack := adapter.Message{Type: adapter.BroadcastAck}
		for i, step := range []struct {
			m    adapter.Message
			want Left
		}{
			{adapter.Message{Type: adapter.BroadcastClientCount, Clients: 2}, Left{Nodes: 1, Clients: 2}},
			{ack, Left{Nodes: 1, Clients: 1}},
			{adapter.Message{Type: adapter.BroadcastClientCount}, Left{Nodes: 1, Clients: 1}},
			{ack, Left{}},
		} {
			answer(a.group, "", r.id, step.m)
			if _, left := r.Take(); left != step.want {
				t.Errorf("after answer %d left is %+v, want %+v", i, left, step.want)
			}
		}
	})
}

func TestNodesThatCannotBeCountedAreMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, &countingLog{log: newLog(), err: errors.New("no broker")})
		r, err := a.group.Ask(&adapter.Message{Type: adapter.FetchSockets}, make(chan struct{}, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer r.End()
		synctest.Wait()
		if _, left := r.Take(); left != (Left{Lost: 1}) || !slices.Equal(r.Silent(), []string{"unknown"}) {
			t.Errorf("left is %+v, silent are %q", left, r.Silent())
		}
		if got := a.troubles(); len(got) != 1 {
			t.Errorf("reported is %v, want one thing", got)
		}
	})
}

func TestALossOfTheBusIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		losses, reports := 0, 0
		n := Start(newLog(), &Hooks{Lost: func() { losses++ }, Report: func(error) { reports++ }})
		defer n.Close(t.Context())
		n.deliver(nil, "")
		n.deliver(nil, "")
		synctest.Wait()
		time.Sleep(reportEvery)
		n.deliver(nil, "")
		synctest.Wait()
		if losses != 3 || reports != 2 {
			t.Errorf("of 3 losses %d were told, and %d reported; want 3 and 2", losses, reports)
		}
	})
}

func TestWhoPublishesAllTheTimeIsMetAgainWhereNodesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &countingLog{log: newLog(), nodes: 2}
		a, b := start(t, bus), start(t, bus)
		synctest.Wait()
		told := 0
		a.group.Watch(func() { told++ })
		a.group.part(b.UID(), true)
		for range 6 {
			if err := b.group.Publish(event("e")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if got := a.group.Others(); !slices.Equal(got, []string{b.UID()}) || told != 2 {
			t.Errorf("the others are %q, which was told %d times; want one, and twice", got, told)
		}
	})
}
