package adaptertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio/adapter"
)

// A Harm is something that happens to the broker of a History.
type Harm struct {
	Half  func(t *testing.T) // is called when half of what is to be harmed is there, unless nil
	Do    func(t *testing.T)
	Whole bool // nothing of what the broker keeps is gone afterwards
}

// harmed is how many messages there are before the harm, and how many behind it.
const harmed = 10

// RunHarm tests that a History, after something has happened to its broker, tells all that is
// behind a place, or that it does not know: whoever was there, who comes later, and also who is
// asked before it can have noticed. Open is that of [Run].
func RunHarm(t *testing.T, open func(t *testing.T) adapter.Bus, harm *Harm) {
	t.Helper()
	survivor, sender := subscribed(t, open), newNode(t, open(t))
	name := func(i int) string { return fmt.Sprintf("m%02d", i) }
	var places []adapter.Offset
	for i := range harmed {
		if i == harmed/2 && harm.Half != nil {
			survivor.await("m", i)
			harm.Half(t)
			sender.probe("half")
		}
		places = append(places, sender.publish(everybody, name(i)))
	}
	survivor.await("m", harmed)
	harm.Do(t)

	sender.probe("probe")
	for _, at := range places {
		_, _ = survivor.wantAllBehind(at, places, "who has had no time to notice") // the broker may not be back for it
	}
	for deadline := time.Now().Add(patience); len(survivor.await("probe", 0)) == 0; sender.probe("probe") {
		if time.Now().After(deadline) {
			t.Fatal("nothing is heard any more")
		}
		time.Sleep(10 * time.Millisecond)
	}
	fresh := newNode(t, open(t)) // whose connection nothing has happened to
	for i := range harmed {
		places = append(places, fresh.publish(everybody, name(harmed+i)))
	}
	survivor.await(name(2*harmed-1), 1)
	for i, at := range places {
		for who, n := range map[string]*node{"who was there": survivor, "who comes later": fresh} {
			told, err := n.wantAllBehind(at, places, who)
			for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); {
				told, err = n.wantAllBehind(at, places, who) // over another connection than one that is lost
			}
			if err != nil || !told && (harm.Whole || i >= harmed) {
				t.Errorf("%s does not know what is behind message %d, of which nothing is gone (%v)", who, i, err)
			}
		}
	}
	survivor.wantEachOnce(2 * harmed)
}

// probe publishes something until that succeeds.
func (n *node) probe(text string) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, err := n.send(n.t.Context(), everybody, text)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("Publish: %v", err)
		}
	}
}

// wantAllBehind checks that all messages that were published behind a place are told, if it is
// not told that they are not known, and says which of both. The error is the broker's.
func (n *node) wantAllBehind(at adapter.Offset, places []adapter.Offset, who string) (told bool, err error) {
	n.t.Helper()
	var got []adapter.Offset
	for e, err := range n.bus.(adapter.History).Since(n.t.Context(), at) {
		if errors.Is(err, adapter.ErrNotKept) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		m, err := adapter.Decode(e.Message)
		if err != nil {
			n.t.Fatal(err)
		}
		if m.IsHole() {
			return false, nil
		}
		if text, _ := m.EventName(); strings.HasPrefix(text, "m") {
			got = append(got, e.At)
		}
	}
	i := slices.Index(places, at)
	if want := places[i+1:]; !slices.Equal(got, want) {
		n.t.Errorf("%s tells of %d messages behind number %d of %d, and nothing of a loss", who, len(got), i, len(places))
	}
	return true, nil
}

// wantEachOnce checks that so many messages have been delivered once, those that the harm may
// have prevented if nothing was told.
func (n *node) wantEachOnce(count int) {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	times := map[string]int{}
	for _, a := range n.received {
		times[a.text]++
	}
	for i := range count {
		text := fmt.Sprintf("m%02d", i)
		if got := times[text]; got > 1 || got == 0 && n.lost == 0 {
			n.t.Errorf("message %d was delivered %d times, and a loss told %d times", i, got, n.lost)
		}
	}
}
