package engineio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/internal/ws"
)

// allowTimeout is how long Options.Allow may take.
const allowTimeout = 10 * time.Second

// open begins a session (Engine.IO v4, "Handshake").
func (s *Server) open(w http.ResponseWriter, r *http.Request, q *query) {
	if err := s.admit(s.newcomer(r)); err != nil {
		s.turnAway(w, r, err)
		return
	}
	defer s.release()
	if q.transport == WebSocket {
		if err := ws.Check(r); err != nil {
			s.refuseSocket(w, r, err)
			return
		}
	}
	if !s.allow(w, r) {
		return
	}
	via := viaPolling
	if q.transport == WebSocket {
		via = viaWebSocket
	}
	c, err := s.newConn(r, q, via)
	if err != nil {
		s.refuse(w, r, badRequest("ID_GENERATION_ERROR: "+err.Error()))
		return
	}
	if q.transport == WebSocket {
		s.openWebSocket(w, r, c, q)
	} else {
		s.openPolling(w, r, c, q)
	}
}

// allow asks Options.Allow, and answers the request if that refuses it.
func (s *Server) allow(w http.ResponseWriter, r *http.Request) bool {
	switch refused, failed := s.askAllow(r); {
	case refused == nil:
		return true
	case failed:
		s.refused(r, refused)
		s.writeStatus(w, r, &refusal{status: http.StatusInternalServerError, cause: refused.cause()})
	default:
		s.refuse(w, r, refused)
	}
	return false
}

// askAllow asks Options.Allow. It returns what refuses the request, nil if nothing does,
// and whether that is because Allow itself has failed.
func (s *Server) askAllow(r *http.Request) (refused *HandshakeError, failed bool) {
	if s.options.Allow == nil {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(r.Context(), allowTimeout)
	defer cancel()
	// On a goroutine of its own, since it may take no notice of the time.
	decided := make(chan error, 1)
	s.goroutines.Go(func() {
		var err error = panicError{value: errExit} // if Allow ends the goroutine
		defer func() { decided <- err }()
		err = contained(func() error { return s.options.Allow(r.WithContext(ctx)) })
	})
	var err error
	select {
	case err = <-decided:
	case <-ctx.Done():
		err = ctx.Err()
	}
	var panicked panicError
	switch {
	case err == nil:
		return nil, false
	case ctx.Err() != nil, errors.As(err, &panicked):
		s.log.Error("engineio: Options.Allow failed", "error", err)
		if panicked.value != nil {
			s.count.panicked.Add(1)
		}
		return forbidden("Forbidden", "MIDDLEWARE_FAILURE"), true
	default:
		return forbidden(err.Error(), ""), false
	}
}

// newConn makes a connection that nobody knows of yet.
func (s *Server) newConn(r *http.Request, q *query, via carrier) (*Conn, error) {
	id := ""
	if s.options.GenerateID == nil {
		id = newID()
	} else {
		err := contained(func() (err error) { id, err = s.options.GenerateID(r); return })
		if err != nil {
			if e, ok := errors.AsType[panicError](err); ok {
				s.count.panicked.Add(1)
				s.log.Error("engineio: Options.GenerateID panicked", "panic", fmt.Sprint(e.value))
			}
			return nil, err
		}
		if id == "" || len(id) > maxID {
			return nil, protocolError("the session id is empty or too long")
		}
	}
	c := &Conn{
		server:  s,
		id:      id,
		request: newRecord(r, s.options.ClientIP(r), s.options.isSecure(r)),
		values:  valuesOf(r),
		session: session{timing: &s.timings[0], via: via},
	}
	if s.options.revision(q) == eio3.Revision {
		c.session.timing = &s.timings[1]
	}
	c.timer.Task = c
	return c, nil
}

// countOpened counts a connection and what the server says first on it.
func (s *Server) countOpened() {
	s.count.opened.Add(1)
	if first := s.options.InitialMessage; first != nil {
		s.count.out.add(1, len(first))
	}
}

// begin starts the heart of a connection that has been added, and has the program
// handle it, on the goroutine that add has counted. It says whether the connection is
// still open: it may be closed at any time once it has been added.
func (s *Server) begin(c *Conn) bool {
	s.trace.opened(c)
	now := s.now()
	c.mu.Lock()
	c.session.start(now)
	c.schedule(now)
	open := c.session.state == stateOpen
	c.mu.Unlock()
	go func() {
		defer s.goroutines.Done()
		s.serveConn(c)
	}()
	return open
}

// serveConn has the program handle a connection, which ends with it if that panics or ends
// the goroutine.
func (s *Server) serveConn(c *Conn) {
	returned := false
	defer func() {
		s.contain("the function given to NewServer", recover())
		if !returned {
			c.forsake()
		}
	}()
	s.handle(c)
	returned = true
	c.handled()
}

// handshake returns the open packet, whose data both revisions have in common.
func (s *Server) handshake(c *Conn, transport string) []byte {
	b := append(make([]byte, 0, usualHandshake), byte(eio4.Open))
	return eio4.AppendHandshake(b, eio4.Handshake{
		SID:          c.id,
		Upgrades:     s.options.upgrades(transport),
		PingInterval: s.options.PingInterval,
		PingTimeout:  s.options.PingTimeout,
		MaxPayload:   s.options.MaxPayload,
	})
}

// usualHandshake is room for an open packet with the ids that we make.
const usualHandshake = 160

func (s *Server) openPolling(w http.ResponseWriter, r *http.Request, c *Conn, q *query) {
	s.warnOfLimit(r)
	p := newPolling()
	p.base64 = q.base64
	c.poll.Store(p)
	ready := make(chan struct{})
	c.ready = ready
	if err := s.add(c); err != nil {
		s.turnAway(w, r, err)
		return
	}
	s.countOpened()
	s.begin(c)
	<-ready // what the client sends from now on has a receiver
	if t := s.options.Cookie; t != nil {
		cookie := *t
		cookie.Value = c.id
		http.SetCookie(w, &cookie)
	}
	s.writePayload(w, r, q, payload{body: c.opening(s.handshake(c, Polling)), first: true})
}

func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, c *Conn, q *query) {
	if err := s.add(c); err != nil { // while it can still be answered
		s.turnAway(w, r, err)
		return
	}
	open := ws.AppendFrame(nil, ws.OpText, s.handshake(c, WebSocket))
	if first := s.options.InitialMessage; first != nil {
		open = ws.AppendFrame(open, ws.OpText, append([]byte{byte(eio4.Message)}, first...))
	}
	begun := false
	defer func() {
		if !begun { // refused, or a hook has panicked
			s.remove(c)
			s.release()
		}
	}()
	sock := s.accept(w, r, c, q, open)
	if sock == nil {
		return
	}
	begun = true
	s.beginOn(c, sock)
}

// beginOn is begin for a connection that begins on a socket.
func (s *Server) beginOn(c *Conn, sock *socket) {
	c.socket.Store(sock)
	if !s.begin(c) { // whoever closed it may not have known of the socket
		sock.Close(ws.StatusNoStatus, "")
		s.leave(sock)
	}
}
