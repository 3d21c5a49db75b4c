package engineio

import (
	"errors"
	"io"
	"testing"
	"time"

	"socketio/eio4"
)

// FuzzClientSession has a client's session live through a script, as FuzzSession does with a
// server's: two bytes for each event, what happens and how much time has passed before it.
func FuzzClientSession(f *testing.F) {
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, script []byte, webSocket bool) {
		o := newClientOwner(t, webSocket)
		for len(script) >= 2 {
			o.wait(script[1])
			o.happens(clientInputs[int(script[0])%len(clientInputs)])
			script = script[2:]
		}
	})
}

// clientInputs are what can happen to a client's session.
var clientInputs = func() []clientEvent {
	events := []clientEvent{
		{input: clTick}, {input: clHeld}, {input: clProbe}, {input: clProbeGone}, {input: clGetDone}, {input: clPostDone},
		{input: clFailed}, {input: clGone, cause: io.EOF}, {input: clGone, cause: errors.New("reset")}, {input: clBad},
		{input: clFull}, {input: clClose}, {input: clProbed, packet: eio4.Pong, probe: true},
	}
	for _, p := range []eio4.Type{eio4.Open, eio4.Close, eio4.Ping, eio4.Pong, eio4.Message, eio4.Upgrade, eio4.Noop} {
		events = append(events, clientEvent{input: clPacket, packet: p}, clientEvent{input: clProbed, packet: p})
	}
	return events
}()

// A clientOwner does for a session what a client does, and checks what it is told.
type clientOwner struct {
	*testing.T
	session *clientSession
	now     time.Duration

	gets     int  // GETs that are under way, or whose answer is being handled
	posts    int  // that are under way
	probing  bool // there is a WebSocket that is to take over
	ends     int
	switches int
	closes   int // of which the session has taken note
}

func newClientOwner(t *testing.T, webSocket bool) *clientOwner {
	s := &clientSession{patience: testInterval + testTimeout, grace: testUpgradeBy}
	o := &clientOwner{T: t, session: s, now: t0}
	if webSocket {
		s.start(t0, onWebSocket)
		return o
	}
	s.start(t0, onPolling)
	s.getting, o.gets = true, 1
	return o
}

func (o *clientOwner) wait(b byte) {
	if int(b) < 2*len(pauses) {
		o.now += pauses[int(b)%len(pauses)]
		return
	}
	if due := o.session.due(); due > o.now { // exactly then, or just before
		o.now = due - time.Duration(b%2)
	}
}

// possible says whether a client could tell the session of e now. It begins a POST at
// any time that the session lets it.
func (o *clientOwner) possible(e clientEvent) bool {
	s := o.session
	switch e.input {
	case clPacket:
		return s.via == onWebSocket || o.gets > 0
	case clProbe:
		return !o.probing && o.switches == 0
	case clProbed, clProbeGone:
		return o.probing
	case clGetDone:
		return o.gets > 0
	case clPostDone:
		return o.posts > 0
	case clGone:
		return s.via == onWebSocket
	case clFailed:
		return o.gets > 0 || o.posts > 0
	default:
		return true
	}
}

// happens steps the session and checks everything that must always hold.
func (o *clientOwner) happens(e clientEvent) {
	s := o.session
	if s.mayPost() {
		s.posting = true
		o.posts++
	}
	if !o.possible(e) {
		return
	}
	before := *s
	done := s.step(o.now, e)
	o.check(&before, e, done)
	o.follow(&before, e, done)

	due := s.due()
	switch {
	case due != 0 && s.state == stateOver:
		o.Fatalf("over, and a tick is due at %v", due)
	case due == 0 && s.state != stateOver:
		o.Fatalf("in state %d by %d nothing is due, so it may never end", s.state, s.via)
	case (e.input == clTick || e.input == clHeld) && due != 0 && due <= o.now:
		o.Fatalf("after a tick at %v the next one is due at %v", o.now, due)
	}
}

func (o *clientOwner) check(before *clientSession, e clientEvent, done clientEffects) {
	s := o.session
	switch {
	case before.state == stateOver && s.state != stateOver, before.state == stateClosing && s.state == stateOpen:
		o.Fatalf("from state %d to %d", before.state, s.state)
	case (before.state != stateOver && s.state == stateOver) != (done&clEnd != 0):
		o.Fatalf("from state %d to %d without the effect, or with it: %b", before.state, s.state, done)
	case done&clDeliver != 0 && (before.state != stateOpen || e.input != clPacket || e.packet != eio4.Message):
		o.Fatalf("delivered %c in state %d", e.packet, before.state)
	case done&clPong != 0 && (e.input != clPacket || e.packet != eio4.Ping):
		o.Fatalf("a pong for %v", e)
	case done&clSwitch != 0 && (s.getting || s.posting || before.via == onPolling || s.via != onWebSocket):
		o.Fatalf("switched from %d to %d with a GET %v, a POST %v", before.via, s.via, s.getting, s.posting)
	case done&clDropProbe != 0 && s.via != onPolling && s.state != stateOver && e.input != clProbed && e.input != clProbeGone:
		o.Fatalf("drops the WebSocket and is on %d", s.via)
	case done&clHangUp != 0 && before.via != onWebSocket:
		o.Fatalf("hangs a WebSocket up on %d", before.via)
	case s.state == stateOver && s.ended == "":
		o.Fatal("over without a reason")
	case s.state == stateOpen && s.pingBy == 0:
		o.Fatal("open, and no ping is expected")
	}
}

// follow keeps the books as a client does.
func (o *clientOwner) follow(before *clientSession, e clientEvent, done clientEffects) {
	s := o.session
	switch e.input {
	case clGetDone:
		o.gets--
	case clPostDone:
		o.posts--
	case clProbe:
		o.probing = s.via == onProbe && before.via == onPolling
	default:
	}
	if done&(clDropProbe|clSwitch) != 0 || e.input == clProbeGone {
		o.probing = false
	}
	if done&clGet != 0 {
		o.gets++
	}
	if done&clEnd != 0 {
		o.ends++
	}
	if done&clSwitch != 0 {
		o.switches++
	}
	if done&clOurs != 0 {
		o.closes++
	}
	switch {
	case o.gets > 1, o.posts > 1:
		o.Fatalf("%d GETs and %d POSTs at once", o.gets, o.posts)
	case o.ends > 1, o.switches > 1, o.closes > 1:
		o.Fatalf("%d ends, %d switches, closed %d times", o.ends, o.switches, o.closes)
	case s.state == stateOpen && (s.via == onPolling || s.via == onProbe) && o.gets == 0:
		o.Fatalf("polls by %d without a GET", s.via)
	}
}
