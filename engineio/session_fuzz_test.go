package engineio

import (
	"testing"
	"time"

	"socketio/eio4"
)

// FuzzSession has a session live through a script: two bytes for each event, the
// one for what happens and the other for how much time has passed. The script is held
// to what the session's owner can do; the session must hold its invariants.
func FuzzSession(f *testing.F) {
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, script []byte, webSocket bool) {
		live(t, newSession(carrierOf(webSocket)), script)
	})
}

// FuzzSessionV3 is FuzzSession for a client of revision 3.
func FuzzSessionV3(f *testing.F) {
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, script []byte, webSocket bool) {
		live(t, newSessionV3(carrierOf(webSocket)), script)
	})
}

func carrierOf(webSocket bool) carrier {
	if webSocket {
		return viaWebSocket
	}
	return viaPolling
}

// live has a session that was opened at t0 live through a script.
func live(t *testing.T, s *session, script []byte) {
	o := &owner{T: t, session: s, now: t0}
	for len(script) >= 2 {
		o.wait(script[1])
		o.happens(inputs[int(script[0])%len(inputs)].event)
		script = script[2:]
	}
}

// An owner does for a session what a Conn does, and checks what it is told.
type owner struct {
	*testing.T
	session *session
	now     time.Duration

	posts            int  // accepted, and not done
	probe            bool // a WebSocket is being probed
	ends, switches   int
	closed           bool // by ourselves
	extensionsOfPing int
}

// pauses are how long nothing happens: nothing, a blink, up to a deadline and past it.
var pauses = [...]time.Duration{
	0, time.Nanosecond, time.Millisecond, releaseEvery, time.Second, testUpgradeBy,
	testTimeout, testInterval, fetchTimeout, time.Hour,
}

func (o *owner) wait(b byte) {
	if int(b) < 2*len(pauses) {
		o.now += pauses[int(b)%len(pauses)]
		return
	}
	if due := o.session.due(); due > o.now { // exactly then, or just before
		o.now = due - time.Duration(b%2)
	}
}

// possible says whether the owner could tell the session of e now.
func (o *owner) possible(e event) bool {
	s := o.session
	switch e.input {
	case inGetGone:
		return s.getting
	case inPostDone:
		return o.posts > 0
	case inPostGone:
		return o.posts > 0
	case inProbed, inProbeGone:
		return o.probe
	case inGone:
		return s.via == viaWebSocket
	case inFetched:
		return o.closed
	default:
		return true
	}
}

// happens steps the session and checks everything that must always hold.
func (o *owner) happens(e event) {
	if !o.possible(e) {
		return
	}
	s, before := o.session, *o.session
	done := s.step(o.now, e)
	o.check(&before, e, done)
	o.follow(e, done)

	due := s.due()
	if due != 0 && s.state == stateOver {
		o.Fatalf("over, and a tick is due at %v", due)
	}
	if e.input != inTick && e.input != inHeld {
		return
	}
	if due != 0 && due <= o.now {
		o.Fatalf("%s: after a tick at %v the next one is due at %v", s, o.now, due)
	}
}

func (o *owner) check(before *session, e event, done effects) {
	s := o.session
	switch {
	case before.state == stateOver && s.state != stateOver:
		o.Fatalf("%s lives again", s)
	case (before.state == stateClosing || before.state == stateParting) && s.state == stateOpen:
		o.Fatalf("%s is open again", s)
	case (before.state != stateOver && s.state == stateOver) != (done&doEnd != 0):
		o.Fatalf("from %s to %s without the effect, or with it: %s", before.String(), s, done)
	case done&doDeliver != 0 && (before.state != stateOpen || s.state != stateOpen || e.packet != eio4.Message):
		o.Fatalf("%s: delivered a %c", before.String(), e.packet)
	case done&(doAnswerProbe|doSwitch) != 0 && e.input != inProbed,
		done&doDropProbe != 0 && before.via != viaProbe:
		o.Fatalf("%s: %s without a probing WebSocket", before.String(), done)
	case done&doRelease != 0 && !before.getting && e.input != inGet:
		o.Fatalf("%s: released a GET that is not there", before.String())
	case done&doPing != 0 && (before.pongBy != 0 || s.v3()):
		o.Fatalf("%s: a ping before the pong", before.String())
	case (done&doPong != 0) != (s.v3() && e.input == inPacket && e.packet == eio4.Ping && s.state == stateOpen):
		o.Fatalf("%s: %s after %v", before.String(), done, e)
	case s.v3() && s.state == stateOpen && s.pongBy == 0:
		o.Fatalf("%s: no ping is expected", s)
	case done&doClose != 0 && e.input != inClose:
		o.Fatalf("%s: closed by %v", before.String(), e.input)
	case s.state == stateOver && s.ended == "":
		o.Fatal("over without a reason")
	case s.posts > maxPosts:
		o.Fatalf("%d POSTs", s.posts)
	}
	o.checkPong(before, e, done)
}

// checkPong holds the pong's deadline to one extension per ping.
func (o *owner) checkPong(before *session, e event, done effects) {
	s := o.session
	switch {
	case done&(doPing|doPong) != 0 || e.input == inHeld:
		o.extensionsOfPing = 0
	case s.pongBy != 0 && s.pongBy != before.pongBy:
		if o.extensionsOfPing++; o.extensionsOfPing > 1 {
			o.Fatalf("%s: the deadline moves a second time", s)
		}
	}
	slept := !before.extended && o.now-before.pongBy > s.timing.pingTimeout/oversleep
	if before.pongBy != 0 && o.now >= before.pongBy && e.input != inHeld && !slept && s.state != stateOver {
		o.Fatalf("%s lives after its deadline", s)
	}
}

// follow keeps the books as a Conn does.
func (o *owner) follow(e event, done effects) {
	s := o.session
	if done&(doRelease|doTurnAway|doEnd) != 0 {
		s.answered()
	}
	if done&doEnd != 0 {
		o.ends++
	}
	if done&doSwitch != 0 {
		o.switches++
	}
	if o.ends > 1 || o.switches > 1 {
		o.Fatalf("%d ends and %d switches", o.ends, o.switches)
	}
	switch {
	case e.input == inPost && done&doRefuse == 0:
		o.posts++
	case e.input == inPostDone:
		o.posts--
	case e.input == inProbe && done&doRefuse == 0:
		o.probe = true
	case e.input == inProbeGone, done&(doSwitch|doDropProbe) != 0:
		o.probe = false
	}
	o.closed = o.closed || e.input == inClose
}
