package engineio

import (
	"context"
	"errors"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A clientSocket is a socket of a client, as its WebSocket's reader sees it.
type clientSocket socket

// Message is called by the WebSocket's reader.
func (s *clientSocket) Message(m ws.Message) {
	p, err := s.conn.decode(m.Data, m.Op == ws.OpBinary)
	sock, cl := (*socket)(s), s.conn.client
	switch {
	case s.conn.socket.Load() == sock:
		if err != nil {
			err = newMessageError(m.Data, err)
		}
		s.received(p, err, m.Owned)
	case cl.opening != nil:
		if err == nil {
			_, err = cl.opened(p, onWebSocket, sock)
		}
		if err != nil {
			err = newMessageError(m.Data, err)
		}
		cl.tell(err)
		s.Renew() // the handshake has made the stack grow
	default:
		s.probed(p, err, m.Owned)
	}
}

// received takes a packet of a session that is on this WebSocket.
func (s *clientSocket) received(p eio4.Packet, err error, owned bool) {
	e := clientEvent{input: clPacket, packet: p.Type}
	if err != nil {
		e = clientEvent{input: clBad, cause: err}
	}
	cl := s.conn.client
	done := cl.step(e)
	if done&clPong != 0 || !s.greeted {
		s.greeted = true
		s.Renew() // a connection at rest is to cost the smallest stack
	}
	if done&clDeliver == 0 {
		return
	}
	if r := cl.receiver(); r != nil {
		r.Receive(Message{Data: p.Data, Binary: p.Binary, Owned: owned && p.Binary})
	}
}

// probed takes a packet that was read while polling still carried the session.
func (s *clientSocket) probed(p eio4.Packet, err error, owned bool) {
	e := clientEvent{input: clProbed, packet: p.Type, probe: string(p.Data) == string(probe)}
	if err != nil || p.Binary {
		e.packet = eio4.Noop // anything that is not expected now
	}
	cl := s.conn.client
	s.conn.mu.Lock()
	switch (*socket)(s) {
	case cl.probing:
		cl.stepLocked(e)
	case s.conn.socket.Load():
		// The server was quicker: it has sent this behind our upgrade packet, before
		// switchOver was through.
		s.conn.mu.Unlock()
		s.received(p, err, owned)
	default:
		s.conn.mu.Unlock() // given up already
	}
}

// Closed is called by the WebSocket's reader at its end.
func (s *clientSocket) Closed(err error) {
	cl := s.conn.client
	s.conn.mu.Lock()
	switch {
	case s.conn.socket.Load() == (*socket)(s):
		e := clientEvent{input: clGone, cause: err}
		if (*socket)(s).ended(err).input == inBad {
			e.input = clBad
		}
		cl.stepLocked(e)
		return
	case cl.probing == (*socket)(s):
		cl.probing = nil
		cl.stepLocked(clientEvent{input: clProbeGone})
		cl.options.Logger.Info("engineio: the upgrade has failed", "error", err)
		return
	}
	s.conn.mu.Unlock()
	if cl.opening != nil {
		cl.tell(err)
	}
}

// tell lets who waits for the session to open know whether it has.
func (cl *client) tell(err error) {
	if err != nil {
		cl.abandon()
	}
	select {
	case cl.opening <- err:
	default: // it was told already
	}
}

// probe opens a WebSocket that is to carry the session, or what else the names say, asks
// the server whether it can, and reads it.
func (cl *client) probe(names []string) {
	ctx := cl.over
	if limit := cl.options.DialTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	sock, early, err := cl.dialFirst(ctx, names)
	if err != nil {
		cl.step(clientEvent{input: clProbeGone})
		return
	}
	cl.conn.mu.Lock()
	wanted := cl.session.via == onProbe && cl.session.state == stateOpen
	if wanted {
		cl.probing = sock
	}
	cl.conn.mu.Unlock()
	if wanted {
		_ = sock.Write(ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Ping), Data: probe}) // the first that it sends
	} else {
		sock.CloseNow()
	}
	cl.goroutines.Go(func() { sock.Serve(early) })
}

// dialFirst opens the first of the transports that can be opened, which is not to take long
// if another one is left.
func (cl *client) dialFirst(ctx context.Context, names []string) (sock *socket, early []byte, err error) {
	for i, name := range names {
		within, cancel := ctx, context.CancelFunc(func() {})
		if i < len(names)-1 {
			within, cancel = context.WithTimeout(ctx, headStart)
		}
		sock, early, err = cl.dialSocket(within, name)
		cancel()
		if err == nil || cl.over.Err() != nil {
			break
		}
		cl.options.Logger.Info("engineio: no "+name+" to upgrade to", "error", err)
	}
	return sock, early, err
}

// switchOver makes the probing WebSocket carry the session, and sends on it, behind the
// upgrade packet, what could not be posted any more. The caller holds mu.
func (cl *client) switchOver(now time.Duration) (done clientEffects) {
	s := cl.probing
	cl.probing = nil
	frames := cl.queue.appendFrames([]ws.Frame{{Op: ws.OpText, Prefix: byte(eio4.Upgrade)}}, s)
	err := s.Write(frames...)
	cl.queue = outbox{}
	s.upgraded = true
	cl.conn.socket.Store(s)
	cl.goroutines.Go(cl.hangUpHTTP)
	if errors.Is(err, ws.ErrQueueFull) {
		done = cl.session.step(now, clientEvent{input: clFull})
	}
	return done
}
