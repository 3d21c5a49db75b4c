package socketio

import (
	"bytes"
	"context"
	"errors"

	"socketio/sio5"
)

// connect begins to let a client into a namespace. It reserves the place before it
// returns or anything waits, so that a second CONNECT finds it taken.
func (p *peer) connect(packet *sio5.Packet) {
	if !p.mayConnect() {
		return
	}
	name, auth := packet.Namespace, packet.Data
	if p.isVersion2() {
		if name, auth = splitQuery(name); len(name) > maxNamespaceName {
			p.violated(errors.New("socketio: a namespace whose name is too long"))
			return
		}
	}
	ns, known, err := p.srv.enter(name)
	if err != nil {
		p.srv.report(p.conn.Context(), nil, "OfFunc", err)
	}
	if !known {
		p.refuseUnknown(name)
		return
	}
	s := newSocket(ns, p, bytes.Clone(auth))
	if p.isVersion2() {
		s.id = p.socketID(ns)
	}
	s.inbox.busy = true
	p.mu.Lock()
	taken, crowded := p.holds(ns), len(p.sockets) >= p.srv.options.MaxNamespaces
	// Each of those holds a goroutine, which a client must not gather by coming and going.
	restless := p.ending >= p.srv.options.MaxNamespaces+maxEnding
	if !taken && !crowded && !restless && !p.closed {
		p.sockets = append(p.sockets, s)
	}
	closed := p.closed
	p.mu.Unlock()
	if taken || crowded || restless || closed {
		p.srv.exit(ns)
	}
	switch {
	case closed:
	case taken:
		p.violated(errors.New("socketio: a second CONNECT to a namespace"))
	case crowded:
		p.exceed(&p.srv.count.maxNamespaces, "namespaces")
	case restless:
		p.exceed(&p.srv.count.fixed, "namespaces left whose handlers still run")
	default:
		p.conn.MayWait()
		s.begin()
	}
}

// begin lets a client into a namespace where it has a place, and handles what comes
// after.
func (s *Socket) begin() {
	returned := false
	defer func() {
		if !returned {
			s.peer.srv.tasks.start(s.outliveAdmission)
		}
	}()
	s.admit()
	returned = true
	s.drain()
}

// outliveAdmission goes on when a middleware or an OnConnect hook has ended its goroutine.
func (s *Socket) outliveAdmission() {
	if s.at() == pending {
		s.turnAway(errExit)
	} else {
		s.peer.srv.report(s.Context(), s, "OnConnect", errExit)
	}
	s.drain()
}

// holds says whether a socket is in ns or about to be. The caller holds mu.
func (p *peer) holds(ns *Namespace) bool {
	for _, s := range p.sockets {
		if s.ns == ns {
			return true
		}
	}
	return false
}

// refuse answers a CONNECT with a refusal.
func (p *peer) refuse(namespace string, reason *ConnectError) {
	if p.isVersion2() {
		p.answerRefusal(namespace, p.refusalV2(reason))
		return
	}
	p.answerRefusal(namespace, p.refusal(reason))
}

// refuseUnknown refuses a CONNECT to a namespace that there is not. All versions are told
// in the same way.
func (p *peer) refuseUnknown(namespace string) {
	p.answerRefusal(namespace, p.refusal(&ConnectError{Message: "Invalid namespace"}))
}

// answerRefusal sends a refusal with its data, unless there have been too many.
func (p *peer) answerRefusal(namespace string, data []byte) {
	p.srv.count.rejected.Add(1)
	p.mu.Lock()
	p.refused++
	many := p.refused > maxRefused
	p.mu.Unlock()
	if many {
		p.exceed(&p.srv.count.fixed, "refused CONNECTs")
		return
	}
	p.send(sio5.Packet{Type: sio5.ConnectError, Namespace: namespace, Data: data})
}

// refusal is an object with the message and the data, if there is some.
func (p *peer) refusal(reason *ConnectError) []byte {
	text := appendString([]byte(`{"message":`), reason.Message)
	if reason.Data != nil {
		text = p.appendData(append(text, `,"data":`...), reason)
	}
	return append(text, '}')
}

// appendData appends the data of a refusal, or null if it cannot be encoded.
func (p *peer) appendData(text []byte, reason *ConnectError) []byte {
	text, err := appendContained(text, reason.Data)
	if err != nil {
		text = append(text, "null"...)
		p.srv.report(p.conn.Context(), nil, "ConnectError.Data", err)
	}
	return text
}

// appendContained is appendValue for a value whose encoder may panic. The text is as it was
// then.
func appendContained(text []byte, v any) (longer []byte, err error) {
	longer = text
	func() {
		defer contain(&err)
		longer, err = appendValue(text, v)
	}()
	return longer, err
}

// errRefused is all that a client learns of an error that was not meant for it.
var errRefused = &ConnectError{Message: "connection refused"}

// admit decides on a CONNECT: it runs the middleware, answers, and runs the OnConnect
// hooks. If the client or the connection has gone meanwhile it does nothing more.
func (s *Socket) admit() {
	if !s.resume() || s.peer.srv.options.Recovery.RunMiddleware {
		if err := s.authorize(); err != nil {
			s.turnAway(err)
			return
		}
	}
	if !s.join() {
		return
	}
	s.greet()
}

// welcome answers the CONNECT.
func (s *Socket) welcome() {
	s.peer.send(sio5.Packet{Type: sio5.Connect, Namespace: s.ns.name, Data: s.connectData()})
}

// connectData is what a client is told that has been let in: its id, unless it knows that
// without being told, as version 2 does, and the session that it may take up again.
func (s *Socket) connectData() []byte {
	if s.peer.isVersion2() {
		return nil
	}
	data := append([]byte(`{"sid":"`), s.id...)
	if s.session != nil {
		data = append(append(data, `","pid":"`...), s.session.pid...)
	}
	return append(data, `"}`...)
}

// authorize runs the middleware until one refuses.
func (s *Socket) authorize() error {
	if err := announceFor(s); err != nil {
		return err
	}
	for _, mw := range s.ns.hooks().middleware {
		ctx, err := s.runMiddleware(mw)
		if err != nil {
			return err
		}
		if err := s.gone(); err != nil {
			return err
		}
		if ctx != nil {
			s.adopt(ctx)
		}
	}
	return nil
}

func (s *Socket) runMiddleware(mw middleware) (ctx context.Context, err error) {
	defer contain(&err)
	return mw(s.Context(), s)
}

// turnAway ends a pending socket and tells the client, unless that has gone by
// itself. The place is free before the client can know.
func (s *Socket) turnAway(err error) {
	refusal, ok := errors.AsType[*ConnectError](err)
	if !ok {
		refusal = errRefused
		if !errors.Is(err, ErrDisconnected) {
			s.peer.srv.report(s.Context(), s, "Use", err)
		}
	}
	if was, _ := s.end(ReasonServerDisconnect, err); was == pending {
		s.peer.refuse(s.ns.name, refusal)
	}
}

// join makes a pending socket a connected one and tells the client, unless it has ended.
func (s *Socket) join() bool {
	p := s.peer
	if s.session == nil && !p.isVersion2() {
		switch {
		case p.srv.roaming != nil:
			p.srv.roaming.begin(s)
		case p.srv.recovery != nil:
			p.srv.recovery.begin(s)
		}
	}
	p.mu.Lock()
	if s.ended != nil {
		p.mu.Unlock()
		return false
	}
	s.state.Store(uint32(connected))
	p.joined++
	p.refused = 0
	p.stopDeadline()
	p.mu.Unlock()
	p.srv.count.connected.Add(1)
	s.ns.list()
	switch {
	case s.session != nil:
		if s.enter() {
			return true
		}
	case s.ns.rooms.add(s):
		s.welcome()
		return true
	}
	if p.srv.closed.Load() {
		s.end(ReasonServerShutdown, ErrServerClosed)
	} else {
		p.supersede() // if that has not happened: what the client missed has got lost
	}
	return false
}

// greet runs the OnConnect hooks. An error of one disconnects the socket.
func (s *Socket) greet() {
	s.greeted = true
	for _, hook := range s.ns.hooks().connect {
		err := s.runConnectHook(hook)
		if err == nil {
			continue
		}
		s.peer.srv.report(s.Context(), s, "OnConnect", err)
		if _, panicked := errors.AsType[*PanicError](err); !panicked {
			s.Disconnect()
			return
		}
	}
}

func (s *Socket) runConnectHook(hook connectHook) (err error) {
	defer contain(&err)
	return hook(s.Context(), s)
}
