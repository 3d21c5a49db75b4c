package socketio

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketio/engineio"
	"socketio/sio5"
)

// A peer is one connection with its sockets, one for each namespace that was joined.
// It receives what the connection reads, takes packets apart and hands them to the
// inboxes; acknowledgements are resolved on the spot.
//
// Receive is called by one goroutine at a time as far as the decoder goes: the next
// one comes only after deliver has said that a handler may wait.
type peer struct {
	srv  *Server
	conn *engineio.Conn

	// What follows belongs to the goroutine that reads.
	decoder sio5.Decoder
	lateSet bool // late has a time

	rates *rates // nil without limits

	// mu guards what follows, and the fields of sockets marked so. No user code
	// and no method of conn is called with it.
	mu       sync.Mutex
	sockets  []*Socket     // pending and connected
	left     []string      // namespaces that were
	joined   int           // how many of sockets are connected
	refused  int           // CONNECTs since the last that was accepted
	ending   int           // sockets that have ended, but still have something to run
	deadline *time.Timer   // for joining a namespace; nil while one is joined
	late     *lateness     // of attachments; nil before the first
	waiting  int           // bytes in all inboxes
	awaited  int           // handlers of this peer that wait for its acknowledgement
	room     chan struct{} // closed when throttle or rest should look again; nil if nobody waits
	leaving  bool          // what comes from now on is not handled; it ends when it is at rest
	closed   bool
}

// newPeer begins to serve a connection.
func newPeer(srv *Server, conn *engineio.Conn) *peer {
	p := &peer{srv: srv, conn: conn, rates: srv.rates.newRates()}
	p.decoder.MaxAttachments = srv.options.MaxAttachments
	p.decoder.MaxPayload = srv.options.MaxPayload
	if p.isVersion2() {
		p.decoder.MaxNamespace = maxNamespaceQuery
	}
	p.mu.Lock()
	p.expectJoin()
	p.mu.Unlock()
	return p
}

// Receive is called by the connection for each message.
func (p *peer) Receive(m engineio.Message) {
	if !p.maySend(len(m.Data)) {
		return
	}
	if codec := p.srv.options.Codec; codec != nil {
		p.receiveCoded(codec, m)
		return
	}
	var packet sio5.Packet
	var complete bool
	var err error
	if m.Binary {
		packet, complete, err = p.decoder.Binary(m.Data, m.Owned)
	} else {
		packet, complete, err = p.decoder.Text(m.Data)
	}
	if err != nil {
		p.violated(err)
		return
	}
	p.expectAttachments()
	switch {
	case complete:
		p.handle(&packet)
	case !m.Binary && !p.knows(packet.Namespace):
		// Nothing is kept for somebody who has not been let in.
		p.violated(errNotJoined)
	}
}

var errNotJoined = errors.New("socketio: a packet for a namespace that was not joined")

// knows says whether there is a socket in a namespace, or has been one.
func (p *peer) knows(namespace string) bool {
	s, left := p.socketIn(namespace)
	return s != nil || left
}

// A lateness ends a connection whose attachments do not come in time. Its timer is not
// stopped when they have come: to find, later, that nothing is due costs less.
type lateness struct {
	timer *time.Timer
	runs  bool
	by    time.Time // when those that are due must have come; zero if none are
}

// expectAttachments sees to it that the connection ends if attachments that are due
// do not come.
func (p *peer) expectAttachments() {
	pending := p.decoder.Pending()
	if pending == p.lateSet {
		return
	}
	p.lateSet = pending
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed: // which has stopped it
	case !pending:
		p.late.by = time.Time{}
	case p.late == nil:
		p.late = &lateness{by: time.Now().Add(attachmentTimeout), runs: true}
		p.late.timer = time.AfterFunc(attachmentTimeout, p.checkAttachments)
	default:
		p.late.by = time.Now().Add(attachmentTimeout)
		if !p.late.runs {
			p.late.runs = true
			p.late.timer.Reset(attachmentTimeout)
		}
	}
}

// checkAttachments ends the connection if attachments have not come in time.
func (p *peer) checkAttachments() {
	p.mu.Lock()
	if p.closed || p.late.by.IsZero() {
		p.late.runs = false
		p.mu.Unlock()
		return
	}
	if left := time.Until(p.late.by); left > 0 {
		p.late.timer.Reset(left)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.violated(errors.New("socketio: attachments did not arrive in time"))
}

// handle does what a packet asks for.
func (p *peer) handle(packet *sio5.Packet) {
	if p.srv.client != nil {
		p.handleAtClient(packet)
		return
	}
	if packet.Type == sio5.Connect {
		p.connect(packet)
		return
	}
	s, left := p.socketIn(packet.Namespace)
	switch {
	case packet.Type == sio5.ConnectError:
		p.violated(errors.New("socketio: a CONNECT_ERROR from a client"))
	case left:
		// It was on its way when the socket ended.
	case s == nil:
		p.violated(errNotJoined)
	case packet.Type == sio5.Disconnect:
		if _, idle := s.end(ReasonClientDisconnect, nil); idle {
			p.conn.MayWait()
			s.drain()
		}
	case packet.Type == sio5.Ack || packet.Type == sio5.BinaryAck:
		s.resolve(packet)
	default:
		p.deliver(s, packet)
	}
}

// socketIn returns the socket in a namespace. If there is none it says whether
// there has been one.
func (p *peer) socketIn(namespace string) (s *Socket, left bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, true
	}
	for _, s := range p.sockets {
		if s.ns.name == namespace {
			return s, false
		}
	}
	return nil, slices.Contains(p.left, namespace)
}

// Closed is called by the connection when it has ended.
func (p *peer) Closed(err *engineio.CloseError) {
	p.shut(Reason(err.Reason), err.Err)
}

// shut ends all sockets, as the connection has ended or is about to. Later calls do
// nothing.
func (p *peer) shut(reason Reason, cause error) {
	sockets, _ := p.close()
	leaveAll(sockets, reason, cause)
}

func leaveAll(sockets []*Socket, reason Reason, cause error) {
	for _, s := range sockets {
		s.leave(reason, cause)
	}
}

// close makes p take nothing more, and returns the sockets that are to be ended. Only
// the first call does anything.
func (p *peer) close() (sockets []*Socket, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	p.closed = true
	p.stopDeadline()
	if p.late != nil {
		p.late.timer.Stop() // it holds what has come of a message
	}
	p.wake()
	return slices.Clone(p.sockets), true
}

// violated ends a connection whose peer broke the protocol.
func (p *peer) violated(err error) {
	reason := err.Error()
	if e, ok := errors.AsType[*sio5.DecodeError](err); ok {
		reason = e.Reason // without the excerpt of the packet
	}
	p.endCounted(slog.LevelDebug, ReasonForcedClose, err, reason, func() { p.srv.count.violated(err) })
}

// supersede ends a connection whose client is somewhere else by now, or has to come again.
func (p *peer) supersede() {
	const why = "the client has to take up its session on another connection"
	p.end(slog.LevelDebug, ReasonTransportClose, errors.New("socketio: "+why), why)
}

// exceed ends a connection whose peer went beyond a limit, and counts that once.
func (p *peer) exceed(hits *atomic.Uint64, what string) {
	what = "too many " + what
	p.endCounted(slog.LevelWarn, ReasonForcedServerClose, errors.New("socketio: "+what), what, func() { hits.Add(1) })
}

// end ends a connection and says in the log why, unless it had ended before.
func (p *peer) end(level slog.Level, reason Reason, cause error, why string) {
	p.endCounted(level, reason, cause, why, func() {})
}

// endCounted is end for what is counted, which count does before any hook of the program
// runs.
func (p *peer) endCounted(level slog.Level, reason Reason, cause error, why string, count func()) {
	client := p.srv.client
	if client != nil {
		reason = reason.atClient()
	}
	sockets, first := p.close()
	if !first {
		return
	}
	count()
	leaveAll(sockets, reason, cause)
	if client != nil {
		client.gaveUp(p, &DisconnectError{Reason: reason, Err: cause})
	}
	_ = p.conn.Close() // its only error says that it had ended before
	p.srv.log.LogAttrs(context.Background(), level, "socketio: connection closed", slog.String("why", why))
}

// expectJoin sets the time by which a namespace must have been joined. The caller
// holds mu.
func (p *peer) expectJoin() {
	if d := p.srv.options.ConnectTimeout; d > 0 && !p.closed {
		p.deadline = time.AfterFunc(d, p.notJoined)
	}
}

// stopDeadline takes back what expectJoin did. The caller holds mu.
func (p *peer) stopDeadline() {
	if p.deadline != nil {
		p.deadline.Stop()
		p.deadline = nil
	}
}

// notJoined ends a connection that has no namespace at its deadline.
func (p *peer) notJoined() {
	p.mu.Lock()
	idle := p.joined == 0 && !p.closed
	p.mu.Unlock()
	if idle {
		const why = "no namespace joined in time"
		p.endCounted(slog.LevelDebug, ReasonForcedServerClose, errors.New("socketio: "+why), why, func() { p.srv.count.connectTimeout.Add(1) })
	}
}

// beginAwait says that a handler waits for an acknowledgement by its own peer, so
// that reading goes on until endAwait.
func (p *peer) beginAwait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaited++
	p.wake()
}

func (p *peer) endAwait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaited--
}
