package engineio

import (
	"time"

	"socketio/eio4"
)

// start begins the heartbeat, and the wait for a polling client to come back, unless the
// session was closed in its first moment.
func (s *session) start(now time.Duration) {
	if s.state != stateOpen {
		return
	}
	if s.v3() {
		s.expectPing(now)
	} else {
		s.pingAt = now + s.timing.pingInterval
	}
	if s.via == viaPolling {
		s.state, s.closeBy = stateUnclaimed, now+claimTimeout
	}
}

// expectPing sets the time by which a client of revision 3 must have sent its next ping.
func (s *session) expectPing(now time.Duration) {
	s.pongBy = now + s.timing.pingInterval + s.timing.pingTimeout
	s.extended = false
}

// heartbeat takes a ping of a client that sends them, or a pong of one that is sent them
// ("Heartbeat" in both revisions).
func (s *session) heartbeat(now time.Duration, t eio4.Type) effects {
	switch {
	case (t == eio4.Ping) != s.v3():
		return doRefuse | s.end(reasonTransportError, protocolError("invalid heartbeat direction"))
	case !s.v3():
		return s.pong(now)
	case s.state != stateOpen:
		return 0
	}
	s.expectPing(now)
	return doPong
}

func (s *session) pong(now time.Duration) effects {
	if s.pongBy != 0 {
		s.pongBy, s.pingAt = 0, now+s.timing.pingInterval
		return 0
	}
	if s.pongs++; s.pongs > maxPongs {
		return doRefuse | s.end(reasonTransportError, protocolError("too many pongs"))
	}
	return 0
}
