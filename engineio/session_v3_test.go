package engineio

import (
	"testing"
	"time"

	"socketio/eio4"
)

var testTimingV3 = timing{pingInterval: testInterval, pingTimeout: testTimeout, upgradeTimeout: testUpgradeBy, v3: true}

// newSessionV3 is a session with a client of revision 3, opened at t0, and claimed at once.
func newSessionV3(via carrier) *session {
	s := &session{timing: &testTimingV3, via: via}
	s.start(t0)
	s.claim(inGet)
	return s
}

func TestInRevision3TheClientPings(t *testing.T) {
	const first, next = t0 + testInterval, t0 + 2*testInterval
	for _, test := range []struct {
		name  string
		input string
		at    time.Duration
		done  effects
		state string
		due   time.Duration
	}{
		{"a ping is answered, and the next one expected", "ping", first, doPong, "websocket+pong", next + testTimeout},
		{"a ping that comes early counts from then", "ping", t0 + time.Second, doPong, "websocket+pong", t0 + time.Second + testInterval + testTimeout},
		{"a ping in the last moment", "ping", first + testTimeout - 1, doPong, "websocket+pong", next + 2*testTimeout - 1},
		{"a ping that comes too late", "ping", first + testTimeout, doEnd | doRefuse, "over: ping timeout", 0},
		{"no ping", "tick", first + testTimeout, doEnd, "over: ping timeout", 0},
		{"a tick does not ping", "tick", first, 0, "websocket+pong", first + testTimeout},
		{"a pong", "pong", t0, doRefuse | doEnd, "over: transport error", 0},
		{"a message long before the deadline leaves it alone", "message", t0, doDeliver, "websocket+pong", first + testTimeout},
		{"a message that may have held the ping up", "message", first + time.Second, doDeliver, "websocket+pong+late", first + time.Second + testTimeout},
		{"our own receiver holds the ping up", "held", first + time.Second, 0, "websocket+pong", first + time.Second + testTimeout},
		{"our own receiver takes nothing from the client's time", "held", t0, 0, "websocket+pong", first + testTimeout},
	} {
		s := newSessionV3(viaWebSocket)
		done := s.step(test.at, eventOf(test.input))
		if done != test.done || s.String() != test.state || s.due() != test.due {
			t.Errorf("%s: %s → %s, due at %v; want %s → %s, %v",
				test.name, done, s, s.due(), test.done, test.state, test.due)
		}
	}
}

func TestInRevision3OneExtensionPerPing(t *testing.T) {
	s, now := newSessionV3(viaWebSocket), t0+testInterval+time.Second
	s.step(now, eventOf("message"))
	late := s.due()
	if s.step(now+time.Second, eventOf("message")); s.due() != late {
		t.Errorf("a second message moves the deadline from %v to %v", late, s.due())
	}
	s.step(now+2*time.Second, eventOf("ping"))
	if want := now + 2*time.Second + testInterval + testTimeout; s.due() != want {
		t.Errorf("after a ping the next is due at %v, want %v", s.due(), want)
	}
}

// Everything but the heartbeat is as in revision 4.
func TestRevision3DiffersInTheHeartbeatOnly(t *testing.T) {
	for _, st := range states {
		for _, in := range inputs {
			if in.event.input == inPacket && (in.event.packet == eio4.Ping || in.event.packet == eio4.Pong) {
				continue
			}
			v4, v3 := newSession(st.via), newSessionV3(st.via)
			for _, by := range st.by {
				if by != "tick" {
					perform(v4, t0, eventOf(by))
					perform(v3, t0, eventOf(by))
				}
			}
			if in.name == "POST done" && v4.posts == 0 {
				continue // it ends a POST
			}
			want, got := perform(v4, t0, in.event), perform(v3, t0, in.event)
			if got != want || v3.state != v4.state || v3.via != v4.via || v3.ended != v4.ended || v3.posts != v4.posts {
				t.Errorf("%s in %s: %s → %s; revision 4: %s → %s", in.name, st.name, got, v3, want, v4)
			}
		}
	}
}

func TestAClosingSessionOfRevision3AnswersNoPings(t *testing.T) {
	s := newSessionV3(viaPolling)
	s.step(t0, eventOf("Close"))
	if done := s.step(t0, eventOf("ping")); done != 0 || s.pongBy != 0 {
		t.Errorf("%s, the next is expected by %v", done, s.pongBy)
	}
}
