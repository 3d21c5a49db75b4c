package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test be the other processes as well.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-role") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestASocketThatIsKeptIsFound(t *testing.T) {
	err := supervise(t.Context(), plan{
		Time: 5 * time.Second, Life: time.Second, Pause: 100 * time.Millisecond, Strike: 100 * time.Millisecond,
		Ping: 500 * time.Millisecond, Patience: 3 * time.Second, Clients: 50, Leak: 40,
	})
	if err == nil || !strings.Contains(err.Error(), "sockets in memory") {
		t.Errorf("nothing is found but %v", err)
	}
}

func TestWhatIsLeftOfTheClientsIsFound(t *testing.T) {
	before := sample{Goroutines: 5, FDs: 10}
	if err := judgeEnds(before, before); err != nil {
		t.Error(err)
	}
	for _, after := range []sample{
		{Goroutines: 6, FDs: 10}, {Goroutines: 5, FDs: 11}, {Goroutines: 5, FDs: 10, Clients: 1},
		{Goroutines: 5, FDs: 10, InMemory: 1}, {Goroutines: 5, FDs: 10, Sessions: 1}, {Goroutines: 5, FDs: 10, Senders: 1},
	} {
		if judgeEnds(before, after) == nil {
			t.Errorf("%+v is taken for the same as %+v", after, before)
		}
	}
}

func TestHeapThatGrowsIsFound(t *testing.T) {
	var during []sample
	for i := range 10 {
		during = append(during, sample{Clients: 1, Heap: 1_000_000, RSS: 1_000_000 + uint64(i)*1000})
	}
	if err := judgeHeap(during); err != nil {
		t.Error(err)
	}
	for i := range during {
		during[i].Heap += 5000 * uint64(i)
	}
	if judgeHeap(during) == nil {
		t.Error("half a percent in each interval is not found")
	}
	if grows := perInterval(during); grows < 0.00095 || grows > 0.00105 {
		t.Errorf("RSS grows by %v in each interval, want a thousandth", grows)
	}
	if p := (plan{Time: time.Hour}); p.judgeRSS(during) == nil {
		t.Error("six percent of RSS an hour are not found")
	}
}

func TestLostMessagesAreFound(t *testing.T) {
	fine := tally{Sent: 3, Acked: 3, verdict: verdict{Twice: 1}}
	if err := fine.judge(); err != nil {
		t.Error(err)
	}
	for _, bad := range []tally{
		{}, {Acked: 1, GivenUp: 1}, {Acked: 1, verdict: verdict{Lost: 1}}, {Acked: 1, verdict: verdict{Skipped: 1}},
	} {
		if bad.judge() == nil {
			t.Errorf("%+v is not found", bad)
		}
	}
}

func TestTheLedgerKnowsWhatIsMissing(t *testing.T) {
	l := &ledger{senders: map[string]*account{}}
	for _, n := range []int{1, 2, 2, 4} {
		l.take(message{Name: "a", Number: n})
	}
	if got, want := l.judge(farewell{"a", 5}), (verdict{Lost: 1, Skipped: 1, Twice: 1}); got != want {
		t.Errorf("the verdict is %+v, want %+v", got, want)
	}
	l.forget("a")
	if got := l.judge(farewell{"a", 5}); got.Lost != 5 {
		t.Errorf("of a stranger %d messages are lost, want 5", got.Lost)
	}
}

func TestAGateLetsThroughWhileItIsOpen(t *testing.T) {
	g := newGate()
	if took, ok := g.pass(t.Context()); took != 0 || !ok {
		t.Errorf("open: %v, %v", took, ok)
	}
	g.shut()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := g.pass(ctx); ok {
		t.Error("shut, it let through")
	}
	passed := make(chan bool)
	go func() {
		_, ok := g.pass(t.Context())
		passed <- ok
	}()
	g.open()
	if !<-passed {
		t.Error("opened, it did not let through")
	}
}
