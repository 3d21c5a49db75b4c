package engineio

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// The times of the sessions that are tested. Every table begins at t0.
const (
	t0            = 1000 * time.Second
	testInterval  = 25 * time.Second
	testTimeout   = 20 * time.Second
	testUpgradeBy = 10 * time.Second
)

var testTiming = timing{pingInterval: testInterval, pingTimeout: testTimeout, upgradeTimeout: testUpgradeBy}

// inputs are all inputs, with every packet that makes a difference.
var inputs = []struct {
	name  string
	event event
}{
	{"tick", event{input: inTick}},
	{"held", event{input: inHeld}},
	{"open", event{input: inPacket, packet: eio4.Open}},
	{"close", event{input: inPacket, packet: eio4.Close}},
	{"ping", event{input: inPacket, packet: eio4.Ping}},
	{"pong", event{input: inPacket, packet: eio4.Pong}},
	{"message", event{input: inPacket, packet: eio4.Message}},
	{"upgrade", event{input: inPacket, packet: eio4.Upgrade}},
	{"noop", event{input: inPacket, packet: eio4.Noop}},
	{"probed ping", event{input: inProbed, packet: eio4.Ping, probe: true}},
	{"probed bare ping", event{input: inProbed, packet: eio4.Ping}},
	{"probed upgrade", event{input: inProbed, packet: eio4.Upgrade}},
	{"probed message", event{input: inProbed, packet: eio4.Message}},
	{"GET", event{input: inGet}},
	{"GET gone", event{input: inGetGone}},
	{"POST", event{input: inPost}},
	{"POST done", event{input: inPostDone}},
	{"POST gone", event{input: inPostGone, cause: io.ErrUnexpectedEOF}},
	{"probe", event{input: inProbe}},
	{"probe gone", event{input: inProbeGone}},
	{"EOF", event{input: inGone, cause: io.EOF}},
	{"broken", event{input: inGone, cause: errors.New("connection reset")}},
	{"bad", event{input: inBad, cause: eio4.ErrType}},
	{"full", event{input: inFull}},
	{"Close", event{input: inClose}},
	{"fetched", event{input: inFetched}},
}

func eventOf(name string) event {
	for _, in := range inputs {
		if in.name == name {
			return in.event
		}
	}
	panic("no input " + name)
}

var effectNames = []string{"refuse", "deliver", "ping", "pong", "answer probe", "switch", "drop probe", "release", "turn away", "tick soon", "close", "end"}

func (e effects) String() string {
	var names []string
	for i, name := range effectNames {
		if e&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// String names the state with all that decides about the next step: "+get" a GET
// is parked, "+pong" the pong is awaited, "+late" its deadline was moved once,
// "+noop" the next GET is released after a while only, "+post" a POST is under way.
func (s *session) String() string {
	var b strings.Builder
	switch {
	case s.state == stateOver:
		return "over: " + s.ended
	case s.state == stateClosing:
		b.WriteString("closing")
	case s.state == stateParting:
		b.WriteString("parting")
	case s.state == stateUnclaimed:
		b.WriteString("unclaimed")
	case s.via == viaProbe && s.probed:
		b.WriteString("probed")
	default:
		b.WriteString([]string{"polling", "probing", "websocket"}[s.via])
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"get", s.getting},
		{"pong", s.pongBy != 0},
		{"late", s.extended && s.pongBy != 0},
		{"noop", s.noopAt != 0},
		{"post", s.posts > 0},
	} {
		if flag.set {
			b.WriteString("+" + flag.name)
		}
	}
	return b.String()
}

// newSession is a session that was opened at t0, and claimed at once.
func newSession(via carrier) *session {
	s := newcomer(via)
	s.claim(inGet)
	return s
}

// newcomer is a session that was opened at t0.
func newcomer(via carrier) *session {
	s := &session{timing: &testTiming, via: via}
	s.start(t0)
	return s
}

// perform steps the session and does what its owner does about the parked GET.
func perform(s *session, now time.Duration, e event) effects {
	done := s.step(now, e)
	if done&(doRelease|doTurnAway|doEnd) != 0 && s.getting {
		s.answered()
	}
	return done
}

// states leads to every state that can be reached: by which inputs, and by how much
// time before the last of them. The names are those that String gives.
var states = []struct {
	name string
	via  carrier
	by   []string
	wait time.Duration
}{
	{"unclaimed", viaPolling, nil, 0},
	{"polling", viaPolling, nil, 0},
	{"polling+get", viaPolling, []string{"GET"}, 0},
	{"polling+post", viaPolling, []string{"POST"}, 0},
	{"polling+pong", viaPolling, []string{"tick"}, testInterval},
	{"polling+pong+late", viaPolling, []string{"tick", "noop"}, testInterval},
	{"probing", viaPolling, []string{"probe"}, 0},
	{"probing+get", viaPolling, []string{"probe", "GET"}, 0},
	{"probed", viaPolling, []string{"probe", "probed ping"}, 0},
	{"probed+noop", viaPolling, []string{"GET", "probe", "probed ping"}, 0},
	{"probed+get+noop", viaPolling, []string{"GET", "probe", "probed ping", "GET"}, 0},
	{"websocket", viaWebSocket, nil, 0},
	{"websocket+pong", viaWebSocket, []string{"tick"}, testInterval},
	{"websocket+pong+late", viaWebSocket, []string{"tick", "message"}, testInterval},
	{"closing", viaPolling, []string{"Close"}, 0},
	{"closing+get", viaPolling, []string{"GET", "Close"}, 0},
	{"parting", viaPolling, []string{"close"}, 0},
	{"parting+post", viaPolling, []string{"POST", "close"}, 0},
	{"over: transport close", viaWebSocket, []string{"EOF"}, 0},
}

// reach returns a session in a state, and the time there.
func reach(t *testing.T, name string) (*session, time.Duration) {
	t.Helper()
	for _, st := range states {
		if st.name != name {
			continue
		}
		s, now := newSession(st.via), t0+st.wait
		if name == "unclaimed" {
			s = newcomer(st.via)
		}
		for _, in := range st.by {
			perform(s, now, eventOf(in))
		}
		if s.String() != name {
			t.Fatalf("%v lead to %q, want %q", st.by, s, name)
		}
		return s, now
	}
	t.Fatalf("no way to %q", name)
	return nil, 0
}

// The session's state machine. For each state: what is to be done about which inputs,
// and behind the arrow the next state if it is another one. What is not listed has no
// consequence. No time passes between a state and the input.
const machine = `
unclaimed
	open, upgrade, bad: refuse, end → over: parse error
	close: → parting
	ping, POST gone: refuse, end → over: transport error
	GET: → polling+get
	GET gone, broken, full: end → over: transport error
	POST: → polling+post
	probe: → probing
	EOF: end → over: transport close
	Close: close → closing

polling
	open, upgrade, bad: refuse, end → over: parse error
	close: → parting
	ping, POST gone: refuse, end → over: transport error
	message: deliver
	GET: → polling+get
	GET gone, broken, full: end → over: transport error
	POST: → polling+post
	probe: → probing
	EOF: end → over: transport close
	Close: close → closing

polling+get
	open, upgrade, bad: refuse, end → over: parse error
	close: release, end → over: transport close
	ping, GET, POST gone: refuse, end → over: transport error
	message: deliver
	GET gone, broken, full: end → over: transport error
	POST: → polling+get+post
	probe: → probing+get
	EOF: end → over: transport close
	Close: close → closing+get

polling+post
	open, upgrade, bad: refuse, end → over: parse error
	close: → parting+post
	ping, POST gone: refuse, end → over: transport error
	message: deliver
	GET: → polling+get+post
	GET gone, broken, full: end → over: transport error
	POST done: → polling
	probe: → probing+post
	EOF: end → over: transport close
	Close: close → closing+post

polling+pong
	open, upgrade, bad: refuse, end → over: parse error
	close: → parting
	ping, POST gone: refuse, end → over: transport error
	pong: → polling
	message: deliver → polling+pong+late
	noop: → polling+pong+late
	GET: → polling+get+pong
	GET gone, broken, full: end → over: transport error
	POST: → polling+pong+post
	probe: → probing+pong
	EOF: end → over: transport close
	Close: close → closing

polling+pong+late
	open, upgrade, bad: refuse, end → over: parse error
	close: → parting
	ping, POST gone: refuse, end → over: transport error
	pong: → polling
	message: deliver
	GET: → polling+get+pong+late
	GET gone, broken, full: end → over: transport error
	POST: → polling+pong+late+post
	probe: → probing+pong+late
	EOF: end → over: transport close
	Close: close → closing

probing
	open, upgrade, bad: refuse, drop probe, end → over: parse error
	close: drop probe → parting
	ping, POST gone: refuse, drop probe, end → over: transport error
	message: deliver
	probed ping: answer probe → probed
	probed bare ping, probed message: drop probe → polling
	probed upgrade: switch → websocket
	GET: → probing+get
	GET gone, broken, full: drop probe, end → over: transport error
	POST: → probing+post
	probe: refuse
	probe gone: → polling
	EOF: drop probe, end → over: transport close
	Close: drop probe, close → closing

probing+get
	open, upgrade, bad: refuse, drop probe, end → over: parse error
	close: drop probe, release, end → over: transport close
	ping, GET, POST gone: refuse, drop probe, end → over: transport error
	message: deliver
	probed ping: answer probe, release → probed+noop
	probed bare ping, probed message: drop probe → polling+get
	probed upgrade: switch, release → websocket
	GET gone, broken, full: drop probe, end → over: transport error
	POST: → probing+get+post
	probe: refuse
	probe gone: → polling+get
	EOF: drop probe, end → over: transport close
	Close: drop probe, close → closing+get

probed
	open, upgrade, bad: refuse, drop probe, end → over: parse error
	close: drop probe → parting
	ping, POST gone: refuse, drop probe, end → over: transport error
	message: deliver
	probed ping: answer probe
	probed bare ping, probed message: drop probe → polling
	probed upgrade: switch → websocket
	GET: tick soon → probed+get+noop
	GET gone, broken, full: drop probe, end → over: transport error
	POST: → probed+post
	probe: refuse
	probe gone: → polling
	EOF: drop probe, end → over: transport close
	Close: drop probe, close → closing

probed+noop
	open, upgrade, bad: refuse, drop probe, end → over: parse error
	close: drop probe → parting
	ping, POST gone: refuse, drop probe, end → over: transport error
	message: deliver
	probed ping: answer probe
	probed bare ping, probed message: drop probe → polling
	probed upgrade: switch → websocket
	GET: → probed+get+noop
	GET gone, broken, full: drop probe, end → over: transport error
	POST: → probed+noop+post
	probe: refuse
	probe gone: → polling
	EOF: drop probe, end → over: transport close
	Close: drop probe, close → closing

probed+get+noop
	open, upgrade, bad: refuse, drop probe, end → over: parse error
	close: drop probe, release, end → over: transport close
	ping, GET, POST gone: refuse, drop probe, end → over: transport error
	message: deliver
	probed ping: answer probe
	probed bare ping, probed message: drop probe → polling+get
	probed upgrade: switch, turn away → websocket
	GET gone, broken, full: drop probe, end → over: transport error
	POST: → probed+get+noop+post
	probe: refuse
	probe gone: → polling+get
	EOF: drop probe, end → over: transport close
	Close: drop probe, close → closing+get

websocket
	open, bad: refuse, end → over: parse error
	close, EOF: end → over: transport close
	ping, POST gone: refuse, end → over: transport error
	message: deliver
	GET, POST, probe: refuse
	GET gone, broken, full: end → over: transport error
	Close: close, end → over: forced close

websocket+pong
	open, bad: refuse, end → over: parse error
	close, EOF: end → over: transport close
	ping, POST gone: refuse, end → over: transport error
	pong: → websocket
	message: deliver → websocket+pong+late
	upgrade, noop: → websocket+pong+late
	GET, POST, probe: refuse
	GET gone, broken, full: end → over: transport error
	Close: close, end → over: forced close

websocket+pong+late
	open, bad: refuse, end → over: parse error
	close, EOF: end → over: transport close
	ping, POST gone: refuse, end → over: transport error
	pong: → websocket
	message: deliver
	GET, POST, probe: refuse
	GET gone, broken, full: end → over: transport error
	Close: close, end → over: forced close

closing
	open, upgrade, bad: refuse, end → over: parse error
	close, EOF: end → over: transport close
	ping, POST gone: refuse, end → over: transport error
	GET: → closing+get
	GET gone, broken, full: end → over: transport error
	POST: → closing+post
	probe: refuse
	fetched: end → over: forced close

closing+get
	open, upgrade, bad: refuse, end → over: parse error
	close: release, end → over: transport close
	ping, GET, POST gone: refuse, end → over: transport error
	GET gone, broken, full: end → over: transport error
	POST: → closing+get+post
	probe: refuse
	EOF: end → over: transport close
	fetched: end → over: forced close

parting
	open, close, ping, pong, message, upgrade, noop, POST, probe, bad: refuse
	probed ping, probed bare ping, probed upgrade, probed message: drop probe
	GET: release, end → over: transport close
	full, Close: end → over: transport close

parting+post
	open, close, ping, pong, message, upgrade, noop, POST, probe, bad: refuse
	probed ping, probed bare ping, probed upgrade, probed message: drop probe
	GET: release, end → over: transport close
	POST done: → parting
	full, Close: end → over: transport close

over: transport close
	open, close, ping, pong, message, upgrade, noop, GET, POST, probe, bad: refuse
	probed ping, probed bare ping, probed upgrade, probed message: drop probe
`

func TestEveryInputInEveryState(t *testing.T) {
	var got strings.Builder
	for _, st := range states {
		fmt.Fprintf(&got, "\n%s\n", st.name)
		var outcomes []string
		by := map[string][]string{}
		for _, in := range inputs {
			s, now := reach(t, st.name)
			if in.name == "POST done" && s.posts == 0 {
				continue // it ends a POST
			}
			outcome := perform(s, now, in.event).String()
			if next := s.String(); next != st.name {
				outcome = strings.TrimSpace(outcome + " → " + next)
			}
			if outcome == "" {
				continue
			}
			if by[outcome] == nil {
				outcomes = append(outcomes, outcome)
			}
			by[outcome] = append(by[outcome], in.name)
		}
		for _, outcome := range outcomes {
			fmt.Fprintf(&got, "\t%s: %s\n", strings.Join(by[outcome], ", "), outcome)
		}
	}
	want := strings.Split(machine, "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(want) || line != want[i] {
			t.Fatalf("line %d of the machine is %q; all of it:\n%s", i, line, got.String())
		}
	}
}

func TestAWebSocketsEndHasAReason(t *testing.T) {
	tests := []struct {
		cause  error
		reason string
	}{
		{io.EOF, "transport close"},
		{&ws.CloseError{Code: ws.StatusGoingAway}, "transport close"},
		{fmt.Errorf("reading: %w", io.EOF), "transport close"},
		{&ws.RefusedError{}, "transport error"},
		{errors.New("connection reset by peer"), "transport error"},
		{nil, "transport error"},
	}
	for _, test := range tests {
		s := newSession(viaWebSocket)
		s.step(t0, event{input: inGone, cause: test.cause})
		if s.ended != test.reason || s.cause != test.cause {
			t.Errorf("%v: ended with %q (%v), want %q", test.cause, s.ended, s.cause, test.reason)
		}
	}
}

func TestTheFirstReasonOfAnEndStays(t *testing.T) {
	s := newSession(viaWebSocket)
	s.step(t0, eventOf("bad"))
	for _, in := range inputs {
		if done := s.step(t0+time.Hour, in.event); done&(doEnd|doDeliver|doSwitch|doPing) != 0 {
			t.Errorf("%s after the end: %s", in.name, done)
		}
	}
	if s.ended != "parse error" || s.cause != eio4.ErrType || s.due() != 0 {
		t.Errorf("ended with %q (%v), due at %v", s.ended, s.cause, s.due())
	}
}
