package engineio

import (
	"testing"
	"time"

	"socketio/eio4"
)

// A tracker steps a session by a clock of its own and compares.
type tracker struct {
	*testing.T
	*session
	now time.Duration // since the session was opened
}

func track(t *testing.T, via carrier) *tracker {
	return &tracker{T: t, session: newSession(via)}
}

// at steps the session at a time since its opening and compares the effects, and the
// state that follows.
func (c *tracker) at(now time.Duration, input, done, next string) {
	c.Helper()
	c.now = now
	if got := perform(c.session, t0+now, eventOf(input)).String(); got != done || c.String() != next {
		c.Fatalf("%s at %v: %q → %q, want %q → %q", input, now, got, c.session, done, next)
	}
}

// due compares when the next tick is wanted; 0 is never.
func (c *tracker) due(want time.Duration) {
	c.Helper()
	if want != 0 {
		want += t0
	}
	if got := c.session.due(); got != want {
		c.Fatalf("after %v: due at %v, want %v", c.now, got-t0, want-t0)
	}
}

// String is that of the session, which *testing.T does not have.
func (c *tracker) String() string { return c.session.String() }

const least = time.Nanosecond // what a time can differ by

func TestAPingLeavesOneIntervalAfterTheOpeningAndAfterEachPong(t *testing.T) {
	c := track(t, viaWebSocket)
	c.due(testInterval)
	c.at(testInterval-least, "tick", "", "websocket")
	c.at(testInterval, "tick", "ping", "websocket+pong")
	c.due(testInterval + testTimeout)
	c.at(testInterval+time.Second, "tick", "", "websocket+pong")
	c.at(testInterval+2*time.Second, "pong", "", "websocket")
	c.due(2*testInterval + 2*time.Second)
	c.at(2*testInterval, "message", "deliver", "websocket")
	c.due(2*testInterval + 2*time.Second) // other traffic changes nothing
	c.at(2*testInterval+2*time.Second, "tick", "ping", "websocket+pong")
}

func TestAPongIsTooLateAtItsDeadlineIfTheTimerIsALittleLateToo(t *testing.T) {
	deadline := testInterval + testTimeout
	for _, in := range []struct{ name, done string }{
		{"tick", "end"},
		{"pong", "refuse, end"},
		{"message", "refuse, end"},
		{"GET", "refuse, end"},
		{"POST", "refuse, end"},
		{"probe", "refuse, end"},
		{"Close", "end"},
		{"EOF", "end"},
	} {
		for _, late := range []time.Duration{0, testTimeout / oversleep} {
			c := track(t, viaPolling)
			c.at(testInterval, "tick", "ping", "polling+pong")
			c.at(deadline+late, in.name, in.done, "over: ping timeout")
			c.due(0)
		}
	}
	c := track(t, viaPolling)
	c.at(testInterval, "tick", "ping", "polling+pong")
	c.at(deadline-least, "pong", "", "polling")
}

func TestATimerThatIsALittleLateGivesNoTime(t *testing.T) {
	c := track(t, viaPolling)
	c.at(testInterval+testTimeout/lateness, "tick", "ping", "polling+pong")
	c.due(testInterval + testTimeout)
}

func TestAfterTheMachineHasSleptClientsHaveTheirFullTime(t *testing.T) {
	c := track(t, viaPolling)
	c.at(time.Hour, "tick", "ping", "polling+pong")
	c.due(time.Hour + testTimeout)
}

func TestAPongThatWaitedWhileTheMachineSleptIsNotLate(t *testing.T) {
	const woken = testInterval + testTimeout + time.Hour
	for _, first := range []struct{ name, done string }{{"tick", ""}, {"message", "deliver"}} {
		c := track(t, viaWebSocket)
		c.at(testInterval, "tick", "ping", "websocket+pong")
		c.at(woken, first.name, first.done, "websocket+pong+late")
		c.due(woken + testTimeout/lateness)
		c.at(woken+time.Second, "pong", "", "websocket")
		c.at(woken+time.Second+testInterval, "tick", "ping", "websocket+pong")
	}
	c := track(t, viaWebSocket)
	c.at(testInterval, "tick", "ping", "websocket+pong")
	c.at(woken, "pong", "", "websocket")
}

func TestWhoWasGoneWhileTheMachineSleptEndsSoon(t *testing.T) {
	const woken = testInterval + testTimeout + time.Hour
	c := track(t, viaWebSocket)
	c.at(testInterval, "tick", "ping", "websocket+pong")
	c.at(woken, "tick", "", "websocket+pong+late")
	c.at(woken+time.Hour, "tick", "end", "over: ping timeout") // even if it has slept again
}

func TestOneOtherPacketPerPingMovesThePongsDeadline(t *testing.T) {
	c := track(t, viaWebSocket)
	c.at(testInterval, "tick", "ping", "websocket+pong")
	c.at(testInterval+15*time.Second, "message", "deliver", "websocket+pong+late")
	c.due(testInterval + 15*time.Second + testTimeout)
	c.at(testInterval+30*time.Second, "message", "deliver", "websocket+pong+late")
	c.due(testInterval + 15*time.Second + testTimeout)
	c.at(testInterval+34*time.Second, "pong", "", "websocket")
	second := testInterval + 34*time.Second + testInterval
	c.at(second, "tick", "ping", "websocket+pong")
	c.at(second+time.Second, "noop", "", "websocket+pong+late")
	c.due(second + time.Second + testTimeout)
	c.at(second+time.Second+testTimeout, "tick", "end", "over: ping timeout")
}

func TestWhileOurOwnSideHoldsThePeerBackItsPongIsNotLate(t *testing.T) {
	c := track(t, viaWebSocket)
	c.at(testInterval, "tick", "ping", "websocket+pong")
	for i := range time.Duration(10) {
		c.at((i+1)*time.Minute, "held", "", "websocket+pong")
		c.due((i+1)*time.Minute + testTimeout)
	}
	c.at(10*time.Minute+testTimeout, "tick", "end", "over: ping timeout")

	calm := track(t, viaWebSocket)
	calm.at(time.Second, "held", "", "websocket")
	calm.due(testInterval) // nothing is awaited
}

func TestAnUpgradeMustBeCompleteInTime(t *testing.T) {
	for _, probed := range []bool{false, true} {
		c := track(t, viaPolling)
		c.at(time.Second, "probe", "", "probing")
		state := "probing"
		if probed {
			state = "probed"
			c.at(2*time.Second, "probed ping", "answer probe", state)
		}
		c.due(time.Second + testUpgradeBy)
		c.at(time.Second+testUpgradeBy-least, "tick", "", state)
		c.at(time.Second+testUpgradeBy, "tick", "drop probe", "polling")
		c.due(testInterval)
		c.at(12*time.Second, "probe", "", "probing") // another attempt
		c.at(13*time.Second, "probed upgrade", "switch", "websocket")
		c.due(testInterval)
	}
}

func TestWhileProbedGETsAreReleasedAtMostEvery100Milliseconds(t *testing.T) {
	const ms = time.Millisecond
	c := track(t, viaPolling)
	c.at(0, "GET", "", "polling+get")
	c.at(1*ms, "probe", "", "probing+get")
	c.at(2*ms, "probed ping", "answer probe, release", "probed+noop")
	c.at(3*ms, "GET", "", "probed+get+noop")
	c.due(102 * ms)
	c.at(102*ms-least, "tick", "", "probed+get+noop")
	c.at(102*ms, "tick", "release", "probed+noop")
	c.at(103*ms, "GET", "", "probed+get+noop")
	c.at(202*ms, "tick", "release", "probed+noop")
	c.at(302*ms, "tick", "", "probed") // nobody waits
	c.due(1*ms + testUpgradeBy)
	c.at(500*ms, "GET", "tick soon", "probed+get+noop")
	c.due(510 * ms) // until then it may be one that overtook the upgrade packet
	c.at(510*ms, "tick", "release", "probed+noop")
	c.at(511*ms, "GET", "", "probed+get+noop")
	c.due(610 * ms)
	c.at(512*ms, "probed upgrade", "switch, turn away", "websocket")
	c.due(testInterval)
}

func TestAfterTheClosePacketAGETMayStillArriveFor50Milliseconds(t *testing.T) {
	c := track(t, viaPolling)
	c.at(time.Second, "close", "", "parting")
	c.due(time.Second + straggle)
	c.at(time.Second+straggle-least, "GET", "release, end", "over: transport close")

	late := track(t, viaPolling)
	late.at(time.Second, "close", "", "parting")
	late.at(time.Second+straggle, "GET", "refuse, end", "over: transport close")

	none := track(t, viaPolling)
	none.at(time.Second, "close", "", "parting")
	none.at(time.Second+straggle, "tick", "end", "over: transport close")
	none.due(0)
}

func TestAClosedPollingSessionWaits30SecondsForItsGET(t *testing.T) {
	c := track(t, viaPolling)
	c.at(time.Second, "Close", "close", "closing")
	c.due(31 * time.Second)
	c.at(2*time.Second, "Close", "", "closing")
	c.due(31 * time.Second) // closing again gives no more time
	c.at(31*time.Second-least, "message", "", "closing")
	c.at(31*time.Second, "tick", "end", "over: forced close")

	fetched := track(t, viaPolling)
	fetched.at(time.Second, "Close", "close", "closing")
	fetched.at(20*time.Second, "GET", "", "closing+get")
	fetched.answered()
	fetched.at(20*time.Second, "fetched", "end", "over: forced close")
	fetched.due(0)

	late := track(t, viaPolling)
	late.at(time.Second, "Close", "close", "closing")
	late.at(31*time.Second, "GET", "refuse, end", "over: forced close")
}

func TestAPollingSessionThatNobodyClaimsIsOverAfter15Seconds(t *testing.T) {
	for _, fresh := range []func() *session{
		func() *session { return newcomer(viaPolling) },
		func() *session {
			s := &session{timing: &testTimingV3}
			s.start(t0)
			return s
		},
	} {
		c := &tracker{T: t, session: fresh()}
		c.due(claimTimeout)
		c.now = claimTimeout
		if done := c.step(t0+claimTimeout, eventOf("tick")); done != doEnd || c.ended != reasonPingTimeout {
			t.Errorf("%s → %s", done, c)
		}
		for _, in := range []string{"GET", "POST", "probe"} {
			claimed := &tracker{T: t, session: fresh()}
			claimed.step(t0+claimTimeout-least, eventOf(in))
			if claimed.state != stateOpen || claimed.closeBy != 0 {
				t.Errorf("a %s leaves it %s, which ends at %v", in, claimed, claimed.closeBy)
			}
			late := &tracker{T: t, session: fresh()}
			if done := late.step(t0+claimTimeout, eventOf(in)); done != doEnd|doRefuse || late.ended != reasonPingTimeout {
				t.Errorf("a %s that is late: %s → %s", in, done, late)
			}
		}
	}
}

func TestAtMostFivePOSTsAreUnderWay(t *testing.T) {
	c := track(t, viaPolling)
	for range maxPosts {
		c.at(0, "POST", "", "polling+post")
	}
	c.at(0, "POST done", "", "polling+post")
	c.at(0, "POST", "", "polling+post")
	c.at(0, "POST", "refuse, end", "over: transport error")
}

func TestPongsThatNobodyAskedForHaveABudgetPerPing(t *testing.T) {
	c := track(t, viaWebSocket)
	for range 2 {
		for range maxPongs {
			c.at(c.now, "pong", "", "websocket")
		}
		c.at(c.now+testInterval, "tick", "ping", "websocket+pong")
		c.at(c.now, "pong", "", "websocket")
	}
	for range maxPongs {
		c.at(c.now, "pong", "", "websocket")
	}
	c.at(c.now, "pong", "refuse, end", "over: transport error")
}

func TestASessionIsCalmWhileItIsOpenAndAwaitsNoPong(t *testing.T) {
	for _, st := range states {
		s, _ := reach(t, st.name)
		s2, now := reach(t, st.name)
		before := *s2
		delivered := s2.step(now, event{input: inPacket, packet: eio4.Message}) == doDeliver
		if want := delivered && *s2 == before && s.pongBy == 0; s.calm() != want {
			t.Errorf("%s: calm is %v, want %v", st.name, s.calm(), want)
		}
	}
}
