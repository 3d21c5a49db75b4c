package socketio

import (
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"sync"

	"socketio/engineio"
	"socketio/sio5"
)

// A clientConn is one connection of a client: a peer that knows whose it is. What is received
// on it goes through the same inboxes as at a server.
type clientConn struct {
	*peer
	client *Client
	fault  *DisconnectError // why it is us who end it, if the server is to blame; guarded by Client.mu
	main   mainState        // of a server of version 2; guarded by Client.mu
}

// Closed is called by the connection when it has ended.
func (l *clientConn) Closed(err *engineio.CloseError) {
	l.peer.Closed(err)
	l.client.lost(l, err)
}

// drop closes the connection. Its sockets have ended, or end with it.
func (l *clientConn) drop() {
	l.peer.shut(ReasonIOClientDisconnect, nil)
	_ = l.conn.Close() // always nil
}

// lost lets the client connect again, if some namespace wants that.
func (c *Client) lost(l *clientConn, why *engineio.CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upgraded = l.conn.Transport() == engineio.WebSocket
	if c.link != l {
		return
	}
	c.link = nil
	cause := l.fault
	if cause == nil {
		cause = &DisconnectError{Reason: Reason(why.Reason), Err: why.Err}
	}
	for _, s := range c.sockets {
		if s.socket != nil && s.socket.peer == l.peer {
			s.socket = nil // one that join was late for
		}
		if s.active {
			c.pursue(cause)
		}
	}
	c.signal()
}

// gaveUp notes why the connection of p is about to be closed by us: OnRetry is told.
func (c *Client) gaveUp(p *peer, fault *DisconnectError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil && c.link.peer == p {
		c.link.fault = fault
	}
}

// auth is what a CONNECT carries for the server's middleware, in JSON, or for a server of
// version 2 as a query; nil for nothing.
func (c *Client) auth(ctx context.Context) (auth []byte, err error) {
	v := c.options.Auth
	if c.options.AuthFunc != nil {
		func() {
			defer contain(&err)
			v, err = c.options.AuthFunc(ctx)
		}()
		if err != nil {
			return nil, fmt.Errorf("socketio: AuthFunc: %w", err)
		}
	}
	if v == nil {
		return nil, nil
	}
	if auth, err = appendValue(nil, v); err != nil {
		return nil, fmt.Errorf("socketio: encoding auth: %w", err)
	}
	if c.options.EIO3 {
		return encodeQuery(auth)
	}
	return auth, nil
}

// joinAll asks for all namespaces that are wanted and have not been asked for.
func (c *Client) joinAll(l *clientConn, auth []byte) {
	c.mu.Lock()
	var asked, in []*Socket
	var packets []sio5.Packet
	for _, s := range c.sockets {
		if !s.active || s.socket != nil || c.link != l {
			continue
		}
		s.socket = &Socket{ns: s.ns, peer: l.peer, inbox: inbox{busy: true}}
		s.replayed = 0
		asked = append(asked, s.socket)
		packet, asks, free := s.request(l, auth)
		if asks {
			packets = append(packets, packet)
		}
		if free {
			in = append(in, s.socket)
		}
	}
	c.mu.Unlock()
	l.mu.Lock()
	if !l.closed {
		l.sockets = append(l.sockets, asked...)
	}
	l.mu.Unlock()
	for _, packet := range packets {
		l.send(packet)
	}
	for _, socket := range in {
		if socket.ns.client.welcome(socket, l.socketID(socket.ns), "") {
			c.core.tasks.start(socket.drain)
		}
	}
}

// resume adds to auth what lets a server restore the last connection's state. The
// caller holds mu.
func (s *ClientSocket) resume(auth []byte) []byte {
	if s.pid == "" || auth != nil && auth[0] != '{' {
		return auth
	}
	data := appendString([]byte(`{"pid":`), s.pid)
	if offset := s.place.now(); offset != "" {
		data = appendString(append(data, `,"offset":`...), offset)
	}
	if len(auth) > len("{}") {
		return append(append(data, ','), auth[1:]...)
	}
	return append(data, '}')
}

// handleAtClient does what a packet from a server asks for.
func (p *peer) handleAtClient(packet *sio5.Packet) {
	s, _ := p.socketIn(packet.Namespace)
	if s == nil && packet.Type == sio5.Connect && packet.Namespace == "/" && p.isVersion2() {
		s = p.srv.client.unclaimed(p)
	}
	if s == nil {
		return // it was on its way when the socket ended
	}
	switch cs := s.ns.client; packet.Type {
	case sio5.Connect:
		cs.connected(s, packet.Data)
	case sio5.ConnectError:
		cs.refused(s, packet.Data)
	case sio5.Disconnect:
		if _, idle := s.end(ReasonIOServerDisconnect, nil); idle {
			p.conn.MayWait()
			s.drain()
		}
		cs.client.closeIdle()
	case sio5.Ack, sio5.BinaryAck:
		s.resolve(packet)
	default:
		if s.at() == pending {
			cs.replay(s, packet)
			return
		}
		p.deliver(s, packet)
	}
}

var errOldServer = errors.New("socketio: a CONNECT without an id, as servers of version 2 send it; see EIO3 of the options")

// connected takes a server's answer to CONNECT.
func (s *ClientSocket) connected(socket *Socket, data []byte) {
	var reply struct {
		SID string `json:"sid"`
		PID string `json:"pid"`
	}
	if socket.peer.isVersion2() {
		reply.SID = socket.peer.socketID(s.ns)
	} else if json.Unmarshal(data, &reply, decodeOptions...) != nil {
		reply.SID = ""
	}
	if reply.SID == "" || socket.at() != pending {
		socket.peer.violated(errOldServer)
		return
	}
	if s.welcome(socket, reply.SID, reply.PID) {
		socket.peer.conn.MayWait()
		socket.drain()
	}
}

// welcome makes a pending socket the connected one, which sends what was kept. It says
// whether the caller is to drain its inbox.
func (s *ClientSocket) welcome(socket *Socket, id, pid string) (drain bool) {
	socket.greeted = true // nobody runs the inbox yet
	if !socket.arrive(id) {
		return false
	}
	c := s.client
	c.failures.Store(0)
	c.mu.Lock()
	s.recovered = pid != "" && pid == s.pid
	s.place.settle(socket, s.recovered)
	s.pid = pid
	s.restores.Store(s.pid != "")
	s.last = socket
	mine := s.running == nil
	if mine {
		s.running = socket
	} else {
		s.next = append(s.next, socket)
	}
	c.mu.Unlock()
	s.flush(socket)
	return mine
}

// arrive makes a pending socket of a client a connected one, whose OnConnect hooks come
// behind what the server has sent before. It says whether the socket has not ended.
func (s *Socket) arrive(id string) bool {
	p := s.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.ended != nil {
		return false
	}
	s.id = id
	s.state.Store(uint32(connected))
	p.joined++
	p.stopDeadline()
	for i := range s.inbox.queue {
		p.waiting += s.inbox.queue[i].size()
	}
	s.inbox.queue = append(s.inbox.queue, item{kind: itemGreet})
	return true
}

// maxReplay is how many bytes of events a server may send before it lets a client in.
const maxReplay = 16 << 20

// replay keeps an event that a server has sent before its answer to CONNECT: it
// restores the state of the last connection.
func (s *ClientSocket) replay(socket *Socket, packet *sio5.Packet) {
	it := item{packet: *packet}
	it.keep()
	if s.replayed += it.size(); s.replayed > maxReplay {
		socket.peer.exceed(&socket.peer.srv.count.inbox, "bytes before the answer to CONNECT")
		return
	}
	socket.peer.mu.Lock()
	defer socket.peer.mu.Unlock()
	if socket.ended == nil {
		s.noteOffset(socket, packet)
		socket.inbox.queue = append(socket.inbox.queue, it)
	}
}

// A place is where in a server's stream of events a client is, for a server that restores
// states. What has been taken in is handled, whatever becomes of its connection, except for
// what came before the answer to CONNECT: that counts when the answer has come.
type place struct {
	mu      sync.Mutex // guards what follows; held while no other one is taken
	offset  string     // of the last event that counts
	ahead   string     // of the last that came before the answer to CONNECT
	aheadOf *Socket    // on which it came
}

// settle decides, at the answer to CONNECT, what came before.
func (p *place) settle(socket *Socket, recovered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !recovered:
		p.offset = ""
	case p.aheadOf == socket:
		p.offset = p.ahead
	}
	p.ahead, p.aheadOf = "", nil
}

func (p *place) now() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offset
}

// noteOffset remembers where in the server's stream an event stands, if it restores
// states: that is its last argument. The caller holds the peer's mu, so that an event is
// either noted and handled, or neither.
func (s *ClientSocket) noteOffset(socket *Socket, packet *sio5.Packet) {
	if !s.restores.Load() {
		return
	}
	var last []byte
	for arg := range packet.Args.All() {
		last = arg
	}
	var offset string
	if len(last) == 0 || last[0] != '"' || json.Unmarshal(last, &offset, decodeOptions...) != nil {
		return
	}
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	if socket.at() == pending {
		s.place.ahead, s.place.aheadOf = offset, socket
	} else {
		s.place.offset = offset
	}
}

// refused takes a server's refusal. The namespace is not asked for again.
func (s *ClientSocket) refused(socket *Socket, data []byte) {
	if socket.peer.isVersion2() {
		s.refusedV2(socket, data)
		return
	}
	if socket.at() != pending {
		socket.peer.violated(errors.New("socketio: a CONNECT_ERROR for a namespace that was joined"))
		return
	}
	var reply struct {
		Message string `json:"message"`
		Data    any    `json:"data"`
	}
	if json.Unmarshal(data, &reply, decodeOptions...) != nil {
		_ = json.Unmarshal(data, &reply.Message, decodeOptions...) // as servers of version 2 say it
	}
	s.turnAway(socket, &ConnectError{Message: reply.Message, Data: reply.Data})
}

// turnAway ends a pending socket that the server has refused.
func (s *ClientSocket) turnAway(socket *Socket, refusal *ConnectError) {
	c := s.client
	c.mu.Lock()
	s.err = refusal
	alone := s.awaited == 0
	c.mu.Unlock()
	socket.end(ReasonIOServerDisconnect, refusal)
	if alone {
		c.core.report(socket.Context(), socket, "Connect", refusal)
	}
	c.closeIdle()
}

// ended takes note of the end of a socket, which has just been decided on.
func (s *ClientSocket) ended(socket *Socket, why *DisconnectError) {
	s.current.CompareAndSwap(socket, nil)
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.socket != socket {
		return
	}
	s.socket = nil
	if why.Reason == ReasonIOServerDisconnect || why.Reason == ReasonIOClientDisconnect {
		if s.active && s.err == nil {
			s.err = why
		}
		s.active = false
	}
	c.signal()
}

// greet runs the OnConnect hooks.
func (s *ClientSocket) greet(socket *Socket) {
	for _, hook := range s.ns.registry.load().connect {
		if err := socket.runConnectHook(hook); err != nil {
			s.client.core.report(socket.Context(), socket, "OnConnect", err)
		}
	}
}

// left lets the next connection's events be handled, when the last one's all have been.
func (s *ClientSocket) left(socket *Socket) {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.running != socket {
		return
	}
	s.running = nil
	if len(s.next) > 0 {
		next := s.next[0]
		s.next = s.next[1:]
		s.running = next
		c.core.tasks.start(next.drain)
	}
}

// atClient is the reason, as a client calls it, for which a peer ends its sockets.
func (r Reason) atClient() Reason {
	switch r {
	case ReasonForcedClose:
		return ReasonParseError
	case ReasonForcedServerClose:
		return ReasonTransportError
	default:
		return r
	}
}
