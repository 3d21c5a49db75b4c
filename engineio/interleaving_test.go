package engineio

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("seeds", 500, "how many interleavings TestInterleavings goes through, beginning with seed 1")
	seed  = flag.Uint64("seed", 0, "the only interleaving that TestInterleavings goes through, 100 times")
)

// TestInterleavings has an upgrade, pings, emits, POSTs, GETs and the end of a session meet
// in as many ways as there are seeds, and holds each to what a connection promises:
// messages arrive once and in order, none is missing unless the session ended over it, it
// ends once and for one reason, and nothing is left. Ten thousand of them:
//
//	go test ./engineio -run TestInterleavings -timeout 30m -args -seeds 10000
//
// A seed decides on what happens and when, on the clock of a bubble; what happens at the
// same instant the scheduler decides. So a seed that has failed is tried 100 times:
//
//	go test ./engineio -run TestInterleavings -args -seed 17
func TestInterleavings(t *testing.T) {
	if *seed != 0 {
		for range 100 {
			interleave(t, *seed)
		}
		return
	}
	for n := range *seeds {
		t.Run(fmt.Sprint("seed ", n+1), func(t *testing.T) { interleave(t, uint64(n+1)) })
	}
}

// The ways in which a client upgrades.
const (
	noUpgrade        = iota
	politeUpgrade    // as the protocol wants it
	hastyUpgrade     // while a GET is parked
	silentProbe      // a WebSocket that says nothing until it is given up
	abandonedProbe   // answered, and then the client hangs up
	garbledProbe     // something else than an upgrade packet
	upgradesThereAre // how many ways
)

// The ways in which a session ends.
const (
	endWhenDone   = iota // the client closes when everything has arrived
	endByServer          // Close
	endByClient          // a close packet
	endByCut             // of whatever carries the session at the moment
	endByShutdown        // of the server
	endBySilence         // the client answers no ping any more
	endByTwo             // Close and a close packet at the same instant
	endsThereAre         // how many ways
)

// endReasons are for which reasons a session may end, by the way in which it does.
var endReasons = [endsThereAre][]string{
	endWhenDone:   {reasonTransportClose},
	endByServer:   {reasonForcedClose},
	endByClient:   {reasonTransportClose},
	endByCut:      {reasonTransportError, reasonTransportClose, reasonPingTimeout},
	endByShutdown: {reasonForcedClose},
	endBySilence:  {reasonPingTimeout},
	endByTwo:      {reasonForcedClose, reasonTransportClose},
}

// A plan is what a seed decides on.
type plan struct {
	emits, writes int           // messages of the server and of the client
	pace          time.Duration // the longest pause between two
	upgrade       int
	again         bool // after an upgrade that has failed
	end           int
	endAt         time.Duration
	hold          time.Duration // the longest that the server's receiver takes
}

func planOf(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 0))
	return plan{
		emits: random.IntN(30), writes: random.IntN(30),
		pace:    []time.Duration{0, time.Millisecond, 20 * time.Millisecond}[random.IntN(3)],
		upgrade: random.IntN(upgradesThereAre), again: random.IntN(2) == 0,
		end: random.IntN(endsThereAre), endAt: time.Duration(random.IntN(400)) * time.Millisecond,
		hold: []time.Duration{0, 0, 10 * time.Millisecond}[random.IntN(3)],
	}
}

// An interleaving is a server with one session, and what it and its client have seen.
type interleaving struct {
	*timeRig
	plan
	seed uint64

	conn  *Conn
	begun chan struct{} // closed when there is conn

	mu       sync.Mutex // guards what follows; held over Send, so that sent is in order
	random   *rand.Rand // of the receiver
	sent     int        // messages that Send has taken
	emitted  bool       // by emitAll, everything
	handling int        // messages that Receive has not returned from
	received []int      // by the server
	reasons  []*CloseError
	story    []string
}

// tell notes what happens, for whoever has to understand a failure.
func (x *interleaving) tell(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.story = append(x.story, fmt.Sprintf("%9v ", time.Since(x.start))+fmt.Sprintf(format, args...))
}

// Receive is the server's: it notes the number, and emits one more now and then.
func (x *interleaving) Receive(m Message) {
	n, err := strconv.Atoi(string(m.Data))
	x.mu.Lock()
	if err != nil {
		n = -1
	}
	x.received = append(x.received, n)
	x.handling++
	hold := pause(x.random, x.hold)
	emit := x.random.IntN(4) == 0
	x.mu.Unlock()
	time.Sleep(hold)
	if emit {
		_ = x.emit(1) // the end of the session is another's concern
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.handling--
}

// Closed is the server's.
func (x *interleaving) Closed(err *CloseError) {
	x.tell("closed: %v", err)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reasons = append(x.reasons, err)
}

// emit sends the server's next numbers, which stay together.
func (x *interleaving) emit(count int) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var ms []Message
	for n := range count {
		ms = append(ms, Message{Data: []byte(strconv.Itoa(x.sent + n)), Binary: (x.sent+n)%5 == 0})
	}
	err := x.conn.Send(ms...)
	if err == nil {
		x.sent += count
	}
	return err
}

// emitAll emits what the plan says.
func (x *interleaving) emitAll() {
	random := rand.New(rand.NewPCG(x.seed, 1))
	for left := x.emits; left > 0; {
		time.Sleep(pause(random, x.pace))
		count := min(left, 1+random.IntN(3))
		if x.emit(count) != nil {
			return
		}
		left -= count
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.emitted = true
}

// pause is a time up to the longest, and often none or the very same as others take.
func pause(random *rand.Rand, longest time.Duration) time.Duration {
	switch random.IntN(3) {
	case 0:
		return 0
	case 1:
		return longest
	default:
		return time.Duration(random.Int64N(int64(longest) + 1))
	}
}

func interleave(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		x := &interleaving{plan: planOf(seed), seed: seed, begun: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 2))}
		x.begin(t)
		defer func() {
			if t.Failed() {
				t.Logf("seed %d: %+v\n%s", seed, x.plan, strings.Join(x.story, "\n"))
			}
		}()
		c := newWanderer(x)
		var acting sync.WaitGroup
		acting.Go(x.emitAll)
		acting.Go(x.endAsPlanned(c))
		c.act(&acting)
		if !x.within(time.Minute, "the session ends", x.ended) {
			x.conn.Close()
		}
		close(c.over)
		acting.Wait()
		time.Sleep(fetchTimeout) // a closed session may wait for a GET that does not come
		synctest.Wait()
		x.check(c)
	})
}

// begin starts the server. Its times are short, so that all of them matter.
func (x *interleaving) begin(t *testing.T) {
	x.timeRig = &timeRig{rig: &rig{T: t}, start: time.Now()}
	x.server = NewServer(func(c *Conn) {
		x.conn = c
		close(x.begun)
		c.Attach(x)
	}, x.quiet(&Options{
		PingInterval: 90 * time.Millisecond, PingTimeout: 60 * time.Millisecond, UpgradeTimeout: 120 * time.Millisecond,
	}))
	x.serveInMemory(httptest.NewTestServer(t, x.server))
}

// within waits for something to become so.
func (x *interleaving) within(limit time.Duration, what string, so func() bool) bool {
	x.Helper()
	for end := time.Now().Add(limit); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			x.Errorf("seed %d: it did not happen within %v that %s", x.seed, limit, what)
			return false
		}
	}
	return true
}

func (x *interleaving) ended() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.reasons) > 0
}

// endAsPlanned returns what ends the session.
func (x *interleaving) endAsPlanned(c *wanderer) func() {
	return func() {
		if x.end == endWhenDone {
			x.within(20*time.Second, "everything arrives", func() bool { return c.complete() || x.ended() })
			c.leave()
			return
		}
		time.Sleep(x.endAt)
		x.tell("end %d", x.end)
		switch x.end {
		case endByServer:
			x.conn.Close()
		case endByClient:
			c.leave()
		case endByCut:
			c.cut()
		case endByShutdown:
			x.server.Shutdown(x.Context())
		case endBySilence:
			c.mute.Store(true)
		case endByTwo:
			c.leave()
			x.conn.Close()
		}
	}
}

// check holds what both ends have seen to what was promised.
func (x *interleaving) check(c *wanderer) {
	x.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.checkOrder("the server", x.received, c.written)
	x.checkOrder("the client", c.received, x.sent)
	if len(x.reasons) != 1 {
		x.Fatalf("seed %d: closed %d times: %v", x.seed, len(x.reasons), x.reasons)
	}
	why := x.reasons[0]
	// A pong, or a close packet, may be behind messages that the receiver takes its time for.
	heldUp := x.hold > 0 && why.Reason == reasonPingTimeout
	if !slices.Contains(endReasons[x.end], why.Reason) && !heldUp {
		x.Errorf("seed %d: ended because of %v, want one of %q", x.seed, why, endReasons[x.end])
	}
	if (x.end == endWhenDone || x.end == endByClient) && len(x.received) != c.written && !heldUp {
		x.Errorf("seed %d: the server has received %d messages of %d", x.seed, len(x.received), c.written)
	}
	// A client that has gone over to a WebSocket which the server has given up gets no more.
	astray := c.switched && !x.conn.Upgraded()
	if (x.end == endWhenDone || x.end == endByServer && !astray) && len(c.received) != x.sent && !heldUp {
		x.Errorf("seed %d: the client has received %d messages of %d", x.seed, len(c.received), x.sent)
	}
	if cause := context.Cause(x.conn.Context()); !errors.Is(cause, why) {
		x.Errorf("seed %d: the context ended because of %v, and not of %v", x.seed, cause, why)
	}
	x.checkCounts(why)
}

// checkOrder expects the numbers from 0 on, below a limit.
func (x *interleaving) checkOrder(who string, got []int, limit int) {
	x.Helper()
	for i, n := range got {
		if n != i || n >= limit {
			x.Errorf("seed %d: %s has received %d in place of %d, of %d: %v", x.seed, who, n, i, limit, got)
			return
		}
	}
}

func (x *interleaving) checkCounts(why *CloseError) {
	x.Helper()
	got := x.server.Stats()
	closed := uint64(0)
	for _, n := range got.Closed {
		closed += n
	}
	upgraded := uint64(0)
	if x.conn.Upgraded() {
		upgraded = 1
	}
	if got.Opened != 1 || closed != 1 || got.Closed[why.Reason] != 1 || got.Upgraded != upgraded ||
		got.Polling+got.WebSockets+got.QueuedMessages+got.QueuedBytes != 0 {
		x.Errorf("seed %d: counted %+v", x.seed, got)
	}
}
