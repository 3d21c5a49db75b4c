package engineio

import (
	"errors"
	"io"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A clientSession is the state of one connection as a client sees it. Like session,
// its counterpart, it has no lock, no clock and does no I/O; times are durations since
// the connection was begun, and zero means that nothing is due.
type clientSession struct {
	patience time.Duration // how long the server may be silent
	pings    time.Duration // revision 3: how long after a pong, or the start, we ping
	grace    time.Duration // how long an upgrade may take, 0 for any time

	state   sessionState // never parting
	via     clientCarrier
	getting bool // a GET is under way, or its answer is being handled
	posting bool // a POST is under way
	said    bool // the close packet has been given to a POST
	v3      bool // revision 3, in which we ping
	pinged  bool // revision 3: a pong is due

	pingBy  time.Duration // a ping must have come; in revision 3 we ping, or our pong must have come
	probeBy time.Duration // the upgrade must be complete
	closeBy time.Duration // a closing session is over at the latest

	ended string // the reason, once over
	cause error  // what went wrong, if anything
}

// A clientCarrier is the transport, or the two of them, that carry a client's session.
// What is said of WebSockets holds for the streams of WebTransport.
type clientCarrier uint8

const (
	// onPolling: next onProbe by clProbe, if there is a WebSocket to go over to.
	onPolling clientCarrier = iota

	// onProbe: polling, while a WebSocket is opened and probed. Next: onPause when the
	// server has answered the probe, onPolling when it fails.
	onProbe

	// onPause: the answer has come, and no request is begun. Next: onWebSocket when the
	// last request is done, onPolling when the WebSocket fails.
	onPause

	// onWebSocket, for good.
	onWebSocket
)

// A clientInput is something that happened to a client's session.
type clientInput uint8

const (
	clTick      clientInput = iota // time has passed
	clHeld                         // time has passed, and our own receiver holds the server back
	clPacket                       // a packet came over the transport
	clProbe                        // a WebSocket is being opened
	clProbed                       // a packet came over the WebSocket that is being probed
	clProbeGone                    // that WebSocket could not be opened, or has ended
	clGetDone                      // a GET's answer has been handled
	clPostDone                     // there is nothing more to post
	clFailed                       // a request has failed
	clGone                         // the session's WebSocket has ended
	clBad                          // what came over the transport is no packet
	clFull                         // too much waits to be sent
	clClose                        // our side closes
)

// A clientEvent is an input and what belongs to it.
type clientEvent struct {
	input  clientInput
	packet eio4.Type // of clPacket and clProbed
	probe  bool      // the packet's data is "probe"
	cause  error     // of clFailed, clGone and clBad
}

// clientEffects are what is to be done, in the order of their declaration.
type clientEffects uint16

const (
	clDeliver   clientEffects = 1 << iota // give the message to the receiver
	clPong                                // answer a ping
	clSwitch                              // the probing WebSocket carries the session from now on
	clDropProbe                           // close the probing WebSocket
	clGet                                 // poll (again)
	clHangUp                              // close the WebSocket when what waits is sent
	clEnd                                 // the session is over: ended says why
	clOurs                                // it was our side that closed
	clPing                                // ping
)

// farewell is how long a client that closes tries to send what waits.
const farewell = 10 * time.Second

// start begins the session.
func (s *clientSession) start(now time.Duration, via clientCarrier) {
	s.via = via
	if s.v3 {
		s.pingBy = now + s.pings
	} else {
		s.pingBy = now + s.patience
	}
}

// step takes one event into account.
func (s *clientSession) step(now time.Duration, e clientEvent) clientEffects {
	if s.state == stateOver {
		if e.input == clProbed {
			return clDropProbe
		}
		return 0
	}
	switch e.input {
	case clTick:
		return s.tick(now)
	case clHeld:
		s.held(now)
		return s.tick(now)
	case clPacket:
		return s.packet(now, e)
	case clProbe, clProbed, clProbeGone:
		return s.upgrade(now, e)
	case clGetDone, clPostDone:
		return s.requestDone(e.input)
	case clFailed:
		return s.end(reasonTransportError, e.cause)
	case clGone:
		return s.gone(e.cause)
	case clBad:
		return s.end(reasonParseError, e.cause)
	case clFull:
		return s.end(reasonTransportError, ErrQueueFull)
	default:
		return s.close(now)
	}
}

// end makes the session over.
func (s *clientSession) end(reason string, cause error) clientEffects {
	done := clEnd
	if s.via == onProbe || s.via == onPause {
		done |= clDropProbe
	}
	s.state, s.ended, s.cause = stateOver, reason, cause
	s.pingBy, s.probeBy, s.closeBy = 0, 0, 0
	return done
}

// due returns when the session wants the next tick, 0 for never.
func (s *clientSession) due() time.Duration {
	next := time.Duration(0)
	for _, at := range [...]time.Duration{s.pingBy, s.probeBy, s.closeBy} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next
}

func (s *clientSession) tick(now time.Duration) clientEffects {
	switch {
	case s.closeBy != 0 && now >= s.closeBy:
		return s.end(reasonForcedClose, nil)
	case s.pingBy != 0 && now >= s.pingBy:
		return s.silent(now)
	case s.probeBy != 0 && now >= s.probeBy:
		return s.unprobe()
	}
	return 0
}

// held puts the deadline of a server off that our own receiver holds back: its ping or
// pong may be waiting to be read.
func (s *clientSession) held(now time.Duration) {
	switch {
	case !s.v3:
		s.pingBy = now + s.patience
	case s.pinged && s.pingBy != 0:
		s.pingBy = now + s.patience - s.pings
	}
}

// silent is called when no ping has come in time; or, in revision 3, no pong, or when it is
// time to ask for one.
func (s *clientSession) silent(now time.Duration) clientEffects {
	if !s.v3 || s.pinged {
		return s.end(reasonPingTimeout, nil)
	}
	s.pinged, s.pingBy = true, now+s.patience-s.pings
	return clPing
}

// packet takes a packet that came over the session's transport ("Packet encoding" and
// "Heartbeat" in both revisions). Only a ping counts as the server's sign of life, or in
// revision 3 a pong.
func (s *clientSession) packet(now time.Duration, e clientEvent) clientEffects {
	switch e.packet {
	case eio4.Message:
		if s.state == stateOpen {
			return clDeliver
		}
		return 0
	case eio4.Ping:
		if s.v3 {
			return s.end(reasonParseError, errNotAServers)
		}
		if s.state == stateOpen {
			s.pingBy = now + s.patience
		}
		return clPong
	case eio4.Pong:
		if s.pinged && s.state == stateOpen {
			s.pinged, s.pingBy = false, now+s.pings
		}
		return 0
	case eio4.Close:
		return s.end(reasonTransportClose, nil)
	case eio4.Noop:
		return 0
	default:
		return s.end(reasonParseError, errNotAServers)
	}
}

const errNotAServers = protocolError("a packet that a server does not send")

// upgrade takes what happens to a WebSocket that is to carry the session (Engine.IO
// v4, "Upgrade").
func (s *clientSession) upgrade(now time.Duration, e clientEvent) clientEffects {
	switch {
	case e.input == clProbe:
		if s.via != onPolling || s.state != stateOpen {
			return 0
		}
		s.via = onProbe
		if s.grace > 0 {
			s.probeBy = now + s.grace
		}
		return 0
	case s.via != onProbe && s.via != onPause:
		return clDropProbe
	case e.input == clProbeGone:
		return s.unprobe() &^ clDropProbe
	case s.via == onProbe && e.packet == eio4.Pong && e.probe:
		s.via = onPause
		return s.switchOver()
	default:
		return s.unprobe()
	}
}

// unprobe goes on over polling alone.
func (s *clientSession) unprobe() clientEffects {
	done := clDropProbe
	if s.via == onPause && !s.getting && s.state == stateOpen {
		s.getting = true
		done |= clGet
	}
	s.via, s.probeBy = onPolling, 0
	return done
}

// requestDone takes the end of a request. The last one before the WebSocket takes over
// lets it.
func (s *clientSession) requestDone(in clientInput) clientEffects {
	if in == clPostDone {
		s.posting = false
		if s.said {
			return s.end(reasonForcedClose, nil)
		}
		return s.switchOver()
	}
	if s.state == stateOpen && s.via != onPause {
		return clGet
	}
	s.getting = false
	return s.switchOver()
}

// switchOver makes the WebSocket the carrier once no request is under way.
func (s *clientSession) switchOver() clientEffects {
	if s.via != onPause || s.getting || s.posting || s.state != stateOpen {
		return 0
	}
	s.via, s.probeBy = onWebSocket, 0
	return clSwitch
}

// mayPost says whether a POST may be begun: POSTs follow each other.
func (s *clientSession) mayPost() bool {
	return !s.posting && s.state != stateOver && (s.via == onPolling || s.via == onProbe)
}

// gone ends the session with its WebSocket: closed by the server, or broken by the
// network or by what the server sent.
func (s *clientSession) gone(cause error) clientEffects {
	var closed *ws.CloseError
	if errors.Is(cause, io.EOF) || errors.As(cause, &closed) {
		return s.end(reasonTransportClose, cause)
	}
	return s.end(reasonTransportError, cause)
}

// close ends the session from our side. A WebSocket delivers by itself what is queued;
// over polling it is posted, and a close packet behind it.
func (s *clientSession) close(now time.Duration) clientEffects {
	if s.state == stateClosing {
		return 0
	}
	if s.via == onWebSocket {
		return clHangUp | clOurs | s.end(reasonForcedClose, nil)
	}
	done := clOurs
	if s.via != onPolling {
		s.via, s.probeBy = onPolling, 0
		done |= clDropProbe
	}
	s.state, s.closeBy, s.pingBy = stateClosing, now+farewell, 0
	return done
}
