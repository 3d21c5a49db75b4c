package engineio

import (
	"errors"
	"log/slog"
	"net"
	"net/http"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A socket is a WebSocket of a connection: the one that carries it, or one that is
// being probed. A stream of WebTransport is one as well, with other frames; what is said
// of WebSockets in this package holds for it.
type socket struct {
	ws.Conn
	conn     *Conn
	early    []byte // what came with the handshake, until serve
	upgraded bool   // it took over from polling; set before it carries the connection
	greeted  bool   // a message has come: the one that joins a namespace, usually
	form     binaryForm
}

// accept makes a WebSocket of the request, whose first frames are open, if any. It
// returns nil if none can be made; the response is written then, if anybody is left to
// read it.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, c *Conn, q *query, open []byte) *socket {
	s.addHeaders(w.Header(), r, open != nil)
	agreed := s.negotiate(w.Header(), r)
	nc, early, err := ws.TakeOver(w)
	if err == nil {
		err = s.answerSocket(nc, w, r, open)
	}
	if errors.Is(err, ws.ErrLost) {
		s.log.Info("engineio: a client left before its WebSocket was open", "error", err, "remote", r.RemoteAddr)
		return nil
	}
	if err != nil {
		w.Header().Del(extensions)
		s.writeStatus(w, r, &refusal{
			status: http.StatusInternalServerError, cause: "no WebSocket can be made of this request: " + err.Error(), level: slog.LevelError,
			advice: advice{onWriter, "middleware around the server hides the connection: its ResponseWriter needs Unwrap or Hijack, or leave it off this path"},
		})
		return nil
	}
	sock := &socket{conn: c, early: early, form: formOf(c, q.base64)}
	sock.Init(nc, &s.sockets, sock)
	sock.Compress(agreed)
	return sock
}

// answerSocket answers the handshake of a WebSocket. A new connection counts as opened
// before its client can know, and as closed at once if the client has left.
func (s *Server) answerSocket(nc net.Conn, w http.ResponseWriter, r *http.Request, open []byte) error {
	if open == nil { // of a connection that there is
		return ws.Answer(nc, r, w.Header(), nil)
	}
	s.countOpened()
	err := ws.Answer(nc, r, w.Header(), open)
	if err != nil {
		s.count.closing(&CloseError{Reason: reasonTransportError, Err: err})
	}
	return err
}

// serve reads until the end.
func (s *socket) serve() {
	early := s.early
	s.early = nil
	s.Serve(early)
}

// Message is called by the WebSocket's reader.
func (s *socket) Message(m ws.Message) {
	c := s.conn
	p, err := c.decode(m.Data, m.Op == ws.OpBinary)
	if c.socket.Load() != s {
		s.probed(p, err)
		return
	}
	if poll := c.poll.Load(); poll != nil {
		c.endPolling(poll)
	}
	c.mu.Lock()
	if err == nil && p.Type == eio4.Message && c.session.calm() {
		c.mu.Unlock()
	} else {
		e := event{input: inPacket, packet: p.Type}
		if err != nil {
			e = event{input: inBad, cause: err}
		}
		if c.stepLocked(e)&doDeliver == 0 {
			s.rest(p.Type)
			return
		}
	}
	if !s.greeted {
		s.greeted = true
		s.Renew()
	}
	c.server.count.in.add(1, len(p.Data))
	c.give(Message{Data: p.Data, Binary: p.Binary, Owned: m.Owned && p.Binary})
}

// rest lets the reader go on in a fresh goroutine after a pong. Handling messages, and
// the pong as well, makes a stack grow, and a parked one never shrinks; a connection at rest
// is to cost the smallest.
func (s *socket) rest(t eio4.Type) {
	if t == eio4.Pong {
		s.Renew()
	}
}

// probed takes a packet while polling still carries the connection.
func (s *socket) probed(p eio4.Packet, err error) {
	e := event{input: inProbed, packet: p.Type, probe: string(p.Data) == string(probe)}
	if err != nil || p.Binary {
		e.packet = eio4.Noop // anything that is not expected now
	}
	c := s.conn
	c.mu.Lock()
	poll := c.poll.Load()
	if poll == nil || poll.probing != s {
		c.mu.Unlock() // given up already
		return
	}
	done := c.stepLocked(e)
	if done&doAnswerProbe != 0 {
		s.answerProbe(poll, done)
	}
	if done&doSwitch != 0 {
		c.server.count.upgraded.Add(1)
		c.server.trace.upgraded(c)
	}
}

// answerProbe answers the probe and then releases the parked GET. In this order the
// client most likely pauses polling before its GET returns, and does not send another one
// that would have to wait for its release.
func (s *socket) answerProbe(poll *polling, done effects) {
	_ = s.Write(ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Pong), Keep: true, Data: probe}) // the first that it sends
	s.Flush()
	if done&doRelease != 0 {
		s.conn.mu.Lock()
		poll.answer(s.conn, s.conn.releaseBody())
		s.conn.mu.Unlock()
	}
}

// endPolling waits until the last POST is dealt with, lest what comes over the
// WebSocket overtakes it, and forgets what only polling needs.
func (c *Conn) endPolling(p *polling) {
	p.token <- struct{}{}
	c.poll.Store(nil)
	<-p.token
}

// Dropped is called by the WebSocket when Options.DropOldest has dropped messages.
func (s *socket) Dropped(frames int) { s.conn.dropped(frames) }

// Closed is called by the WebSocket's reader at its end.
func (s *socket) Closed(err error) {
	c := s.conn
	c.mu.Lock()
	if c.socket.Load() == s {
		c.stepLocked(s.ended(err))
		return
	}
	if p := c.poll.Load(); p != nil && p.probing == s {
		p.probing = nil // before the session lets another one in
		c.server.count.notUpgraded.Add(1)
		c.stepLocked(event{input: inProbeGone})
		return
	}
	c.mu.Unlock()
}

// ended is what the end of the WebSocket is to the session. What is no frame of a stream
// is no packet either ("WebTransport" of the protocol).
func (s *socket) ended(err error) event {
	var refused *ws.RefusedError
	if s.form == onStream && errors.As(err, &refused) {
		return event{input: inBad, cause: err}
	}
	return event{input: inGone, cause: err}
}

// send is Conn.Send for a connection on a WebSocket.
func (s *socket) send(ms []Message) error {
	if len(ms) == 1 {
		return s.Write(s.frame(&ms[0]))
	}
	return s.sendAll(ms)
}

// sendAll is send for several messages. Its frames are not to be on the stack of a fresh
// reader, which grows while it sends one.
//
//go:noinline
func (s *socket) sendAll(ms []Message) error {
	var some [11]ws.Frame // a packet with the most attachments that there are by default
	fs := some[:0]
	for i := range ms {
		fs = append(fs, s.frame(&ms[i]))
	}
	return s.Write(fs...)
}

func (s *socket) trySend(ms []Message) bool {
	var some [11]ws.Frame
	fs := some[:0]
	for i := range ms {
		fs = append(fs, s.frame(&ms[i]))
	}
	return s.TryWrite(fs...)
}
