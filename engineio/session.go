package engineio

import (
	"cmp"
	"errors"
	"io"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A session is the state of one connection as Engine.IO sees it: which transport
// carries it, what the peer may do next, and until when. Revisions 3 and 4 of the
// protocol differ here in who sends the pings. A session has no
// lock, no clock and does no I/O: step is told the time and what has happened, and
// answers with what is to be done.
//
// Times are durations since the server started, so that they never jump; zero
// means that nothing is due.
type session struct {
	timing *timing

	state    sessionState
	via      carrier
	probed   bool // the probe was answered: parked GETs are released
	extended bool // the wait for the pong, or the client's ping, was extended
	getting  bool // a GET is parked
	posts    uint8
	pongs    uint16 // unsolicited, since the last ping

	pingAt    time.Duration // a ping is to be sent
	pongBy    time.Duration // the pong must have come; the next ping if the client sends them
	upgradeBy time.Duration // the upgrade must be complete
	noopAt    time.Duration // a parked GET is to be released for the upgrade
	closeBy   time.Duration // an unclaimed, closing or parting session is over at the latest

	ended string // the reason, once over
	cause error  // what the peer did wrong, if that was it
}

// timing is what those of a server's sessions have in common that speak one revision.
type timing struct {
	pingInterval, pingTimeout, upgradeTimeout time.Duration

	v3 bool // revision 3, in which the client pings
}

// v3 says whether the client speaks revision 3. It needs no lock, for it never changes.
func (s *session) v3() bool { return s.timing.v3 }

type sessionState uint8

const (
	// open: messages pass both ways. Next: closing by inClose, over by
	// anything that ends the session.
	stateOpen sessionState = iota

	// closing: our side has closed, and what was queued waits for the polling
	// client to fetch it. Messages are no longer delivered. Next: over.
	stateClosing

	// parting: the peer has closed over polling, and the GET that it may have sent
	// before that, on another connection, has not come. Messages are no longer
	// delivered. Next: over, when it comes or has had its time.
	stateParting

	// unclaimed: nobody has come back for a polling session since its handshake.
	// Next: open with the client's first request, else over.
	stateUnclaimed

	// over: nothing happens any more.
	stateOver
)

// A carrier is the transport, or the two of them, that carry a session.
type carrier uint8

const (
	viaPolling   carrier = iota
	viaProbe             // polling, while a WebSocket is being probed
	viaWebSocket         // for good
)

// An input is something that happened.
type input uint8

const (
	inTick      input = iota // time has passed
	inHeld                   // time has passed, and our own receiver holds the peer back
	inPacket                 // a packet came over the transport
	inProbed                 // a packet came over the WebSocket that is being probed
	inGet                    // a GET came
	inGetGone                // the client gave up the parked GET
	inPost                   // a POST came
	inPostDone               // a POST was dealt with
	inPostGone               // the client gave up a POST, or sent what is none
	inProbe                  // a WebSocket wants to take the session over
	inProbeGone              // that WebSocket has ended
	inGone                   // the session's WebSocket has ended
	inBad                    // what came over the transport is no packet
	inFull                   // too much waits to be sent
	inClose                  // our side closes
	inFetched                // the queue of a closing session is empty
)

// An event is an input and what belongs to it.
type event struct {
	input  input
	packet eio4.Type // of inPacket and inProbed
	probe  bool      // the packet's data is "probe"
	cause  error     // of inGone, inBad and inPostGone; of inFull if it is not ErrQueueFull
}

// Effects are what is to be done, in the order of their declaration.
type effects uint16

const (
	doRefuse      effects = 1 << iota // answer this request with an error
	doDeliver                         // give the message to the receiver
	doPing                            // send a ping
	doPong                            // answer the client's ping
	doAnswerProbe                     // send 3probe on the probing WebSocket
	doSwitch                          // the probing WebSocket carries the session from now on
	doDropProbe                       // close the probing WebSocket
	doRelease                         // answer the parked GET with a noop
	doTurnAway                        // answer the parked GET with an error
	doTickSoon                        // a tick is due after overtaking, more exactly than others
	doClose                           // let the queue and a close packet or frame leave
	doEnd                             // the session is over: s.ended says why
)

const (
	// releaseEvery is how often GETs are released while a WebSocket is probed.
	releaseEvery = 100 * time.Millisecond

	// claimTimeout is how long a polling session waits for its client's second request.
	// A client makes that at once; who does not only fills the server with sessions.
	claimTimeout = 15 * time.Second

	// fetchTimeout is how long a closed session waits for the client's next GET.
	fetchTimeout = 30 * time.Second

	// straggle is how much longer a GET may take than a POST that was sent after it.
	straggle = 50 * time.Millisecond

	// overtaking is how much earlier a GET may come than an upgrade packet that was
	// sent before it.
	overtaking = 10 * time.Millisecond

	// maxPosts is how many POSTs of a session may be under way: one is dealt
	// with, the others wait.
	maxPosts = 5

	// lateness is by which part of the time for a pong a ping may leave late
	// before that time counts from then on: a timer that is only a little late
	// must not let a client live longer than it was told.
	lateness = 4

	// oversleep is by which part of that time its end must be noticed late, for the
	// client not to pay for it.
	oversleep = 20

	// maxPongs is how many pongs nobody asked for are let pass per ping.
	maxPongs = 4096
)

// Words of the protocol for why a session ended.
const (
	reasonTransportError = "transport error"
	reasonTransportClose = "transport close"
	reasonPingTimeout    = "ping timeout"
	reasonParseError     = "parse error"
	reasonForcedClose    = "forced close"
)

// step takes one event into account.
func (s *session) step(now time.Duration, e event) effects {
	if s.state == stateOver {
		return s.afterwards(e)
	}
	if e.input == inHeld && s.pongBy != 0 {
		s.pongBy = max(s.pongBy, now+s.timing.pingTimeout) // the pong may be waiting to be read
	}
	// What comes after a deadline comes too late, also if the timer is a little late.
	if s.pongBy != 0 && now >= s.pongBy && !s.overslept(now) {
		return s.end(reasonPingTimeout, nil) | s.afterwards(e)
	}
	if s.closeBy != 0 && now >= s.closeBy {
		return s.end(s.overdue(), nil) | s.afterwards(e)
	}
	if s.state == stateParting {
		return s.parting(e)
	}
	if s.state == stateUnclaimed {
		s.claim(e.input)
	}
	switch e.input {
	case inTick, inHeld:
		return s.tick(now)
	case inPacket:
		return s.packet(now, e)
	case inProbe, inProbed, inProbeGone:
		return s.upgrade(now, e)
	case inGet, inGetGone:
		return s.get(now, e)
	case inPost, inPostDone, inPostGone:
		return s.post(e)
	case inGone:
		return s.gone(e.cause)
	case inBad:
		return doRefuse | s.end(reasonParseError, e.cause)
	case inFull:
		return s.end(reasonTransportError, cmp.Or(e.cause, ErrQueueFull))
	case inClose:
		return s.close(now)
	case inFetched:
		if s.state == stateClosing {
			return s.end(reasonForcedClose, nil)
		}
	}
	return 0
}

// overdue is the reason for which a session ends at closeBy.
func (s *session) overdue() string {
	switch s.state {
	case stateUnclaimed:
		return reasonPingTimeout
	case stateParting:
		return reasonTransportClose
	default:
		return reasonForcedClose
	}
}

// claim opens an unclaimed session for its client's first request.
func (s *session) claim(in input) {
	if in == inGet || in == inPost || in == inProbe {
		s.state, s.closeBy = stateOpen, 0
	}
}

// overslept says whether the end of the time for a pong is noticed so late that the machine,
// or this process, must have slept. The pong may then wait to be read, and has some more
// time for that, once.
func (s *session) overslept(now time.Duration) bool {
	if s.extended || now-s.pongBy <= s.timing.pingTimeout/oversleep {
		return false
	}
	s.extended, s.pongBy = true, now+s.timing.pingTimeout/lateness
	return true
}

// afterwards answers what comes when the session is over.
func (s *session) afterwards(e event) effects {
	switch e.input {
	case inGet, inPost, inProbe, inPacket, inBad:
		return doRefuse
	case inProbed:
		return doDropProbe
	default:
		return 0
	}
}

// gone ends the session with its WebSocket: closed by the peer in order, or broken
// by the network or by what the peer sent.
func (s *session) gone(cause error) effects {
	var closed *ws.CloseError
	if errors.Is(cause, io.EOF) || errors.As(cause, &closed) {
		return s.end(reasonTransportClose, cause)
	}
	return s.end(reasonTransportError, cause)
}

// end makes the session over.
func (s *session) end(reason string, cause error) effects {
	done := doEnd
	if s.via == viaProbe {
		done |= doDropProbe
	}
	s.state, s.ended, s.cause = stateOver, reason, cause
	s.pingAt, s.pongBy, s.upgradeBy, s.noopAt, s.closeBy = 0, 0, 0, 0, 0
	return done
}

// calm says that a message changes nothing in the session and is to be delivered.
func (s *session) calm() bool { return s.state == stateOpen && s.pongBy == 0 }

// due returns when the session wants the next tick, 0 for never.
func (s *session) due() time.Duration {
	next := time.Duration(0)
	for _, at := range [...]time.Duration{s.pingAt, s.pongBy, s.upgradeBy, s.noopAt, s.closeBy} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next
}

func (s *session) tick(now time.Duration) effects {
	var done effects
	if s.pingAt != 0 && now >= s.pingAt {
		sent := s.pingAt
		if now-sent > s.timing.pingTimeout/lateness {
			sent = now // the machine has slept; its clients need not pay for it
		}
		s.pingAt, s.pongBy = 0, sent+s.timing.pingTimeout
		s.extended, s.pongs = false, 0
		done |= doPing
	}
	if s.upgradeBy != 0 && now >= s.upgradeBy {
		done |= s.unprobe()
	}
	if s.noopAt != 0 && now >= s.noopAt {
		s.noopAt = 0
		if s.getting {
			s.noopAt = now + releaseEvery
			done |= doRelease
		}
	}
	return done
}

// packet takes a packet that came over the session's transport (Engine.IO v4,
// "Packet encoding" and "Heartbeat").
func (s *session) packet(now time.Duration, e event) effects {
	if by := now + s.timing.pingTimeout; s.pongBy != 0 && e.packet != eio4.Pong && !s.extended && by >= s.pongBy {
		// A large message may hold the pong up: that the peer sends at all
		// counts as a sign of life, once.
		s.extended = true
		s.pongBy = by
	}
	switch e.packet {
	case eio4.Message:
		if s.state == stateOpen {
			return doDeliver
		}
		return 0
	case eio4.Ping, eio4.Pong:
		return s.heartbeat(now, e.packet)
	case eio4.Close:
		return s.closedByPeer(now)
	case eio4.Noop:
		return 0
	case eio4.Upgrade:
		if s.via == viaWebSocket {
			return 0 // a second one changes nothing
		}
		return doRefuse | s.end(reasonParseError, protocolError("upgrade packet over polling"))
	default:
		return doRefuse | s.end(reasonParseError, protocolError("open packet from a client"))
	}
}

// closedByPeer takes a close packet. Over polling a GET is answered before the session
// is over. It may have been sent first and come second, since POSTs use another
// connection.
func (s *session) closedByPeer(now time.Duration) effects {
	switch {
	case s.getting:
		return doRelease | s.end(reasonTransportClose, nil)
	case s.via == viaWebSocket || s.state == stateClosing:
		return s.end(reasonTransportClose, nil)
	}
	var done effects
	if s.via == viaProbe {
		done = s.unprobe()
	}
	s.state, s.closeBy = stateParting, now+straggle
	s.pingAt, s.pongBy = 0, 0
	return done
}

// parting answers what comes between the peer's close packet and the end.
func (s *session) parting(e event) effects {
	switch e.input {
	case inGet:
		s.getting = true
		return doRelease | s.end(reasonTransportClose, nil)
	case inPostDone:
		s.posts--
		return 0
	case inClose, inFull:
		return s.end(reasonTransportClose, nil)
	default:
		return s.afterwards(e)
	}
}

// upgrade takes what happens to a WebSocket that wants the session (Engine.IO v4,
// "Upgrade").
func (s *session) upgrade(now time.Duration, e event) effects {
	if e.input == inProbe {
		if s.via != viaPolling || s.state != stateOpen {
			return doRefuse
		}
		s.via, s.upgradeBy = viaProbe, now+s.timing.upgradeTimeout
		return 0
	}
	if s.via != viaProbe {
		return 0
	}
	switch {
	case e.input == inProbeGone:
		return s.unprobe() &^ doDropProbe
	case e.packet == eio4.Ping && e.probe:
		s.probed = true
		return doAnswerProbe | s.release(now)
	case e.packet == eio4.Upgrade:
		return s.switchOver()
	default:
		return s.unprobe()
	}
}

// switchOver makes the probing WebSocket the carrier, without a probe as well: one client
// upgrades so. A GET that is parked here though its client has the answer to the probe is
// taken for one that overtook the upgrade packet, on another connection.
func (s *session) switchOver() effects {
	done := doSwitch
	switch {
	case s.getting && s.probed:
		done |= doTurnAway
	case s.getting:
		done |= doRelease
	}
	s.via, s.probed, s.upgradeBy, s.noopAt = viaWebSocket, false, 0, 0
	return done
}

// unprobe goes on over polling alone.
func (s *session) unprobe() effects {
	s.via, s.probed, s.upgradeBy, s.noopAt = viaPolling, false, 0, 0
	return doDropProbe
}

// release lets the parked GET return, so that the client can pause polling; the
// next ones wait a little, lest client and server play ball.
func (s *session) release(now time.Duration) effects {
	if !s.getting || s.noopAt != 0 {
		return 0
	}
	s.noopAt = now + releaseEvery
	return doRelease
}

func (s *session) get(now time.Duration, e event) effects {
	if e.input == inGetGone {
		s.getting = false
		return s.end(reasonTransportError, protocolError("poll connection closed prematurely"))
	}
	switch {
	case s.via == viaWebSocket:
		return doRefuse
	case s.getting:
		return doRefuse | s.end(reasonTransportError, protocolError("overlapping GETs"))
	}
	s.getting = true
	if s.probed && s.noopAt == 0 {
		s.noopAt = now + overtaking
		return doTickSoon
	}
	return 0
}

// answered says that the parked GET was answered.
func (s *session) answered() { s.getting = false }

func (s *session) post(e event) effects {
	switch {
	case e.input == inPostDone:
		s.posts--
		return 0
	case e.input == inPostGone:
		return doRefuse | s.end(reasonTransportError, e.cause)
	case s.via == viaWebSocket:
		return doRefuse
	case s.posts == maxPosts:
		return doRefuse | s.end(reasonTransportError, protocolError("too many POSTs at once"))
	}
	s.posts++
	return 0
}

// close ends the session from our side. A WebSocket delivers by itself what is
// queued; a polling client has to come for it.
func (s *session) close(now time.Duration) effects {
	if s.state == stateClosing {
		return 0
	}
	if s.via == viaWebSocket {
		return doClose | s.end(reasonForcedClose, nil)
	}
	done := doClose
	if s.via == viaProbe {
		done |= s.unprobe()
	}
	s.state = stateClosing
	s.closeBy = now + fetchTimeout
	s.pingAt, s.pongBy = 0, 0
	return done
}
