package socketio

import (
	"encoding/json/v2"
	"slices"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/sio5"
)

// Recovered says whether the client was let in with the state of a socket whose
// connection had been lost: with its id, rooms and data, and after everything that it had
// missed. That holds from the middleware on; see [Recovery].
func (s *Socket) Recovered() bool { return s.recovered }

// resume takes up the session that the client asks for, and says whether it is to be
// recovered. If something that it missed is gone the session is over.
func (s *Socket) resume() bool {
	if s.peer.isVersion2() {
		return false
	}
	if r := s.peer.srv.roaming; r != nil {
		return r.resume(s)
	}
	r := s.peer.srv.recovery
	if r == nil {
		return false
	}
	pid, offset := s.claim()
	if pid == "" {
		return false
	}
	number, known := r.history.number(offset)
	if offset == "" && !r.options.WithoutOffset || offset != "" && !known {
		r.counts.incomplete.Add(1)
		return false
	}
	x := r.take(pid, s)
	if x == nil {
		r.counts.unknown.Add(1)
		return false
	}
	if !r.complete(x, number) {
		r.abandon(x)
		return false
	}
	s.id, s.recovered, s.offset = x.id, true, number
	s.setSession(x)
	s.ns.rooms.join(s, x.rooms, s.peer.srv.options.MaxRooms)
	s.SetData(x.data)
	return true
}

// setSession gives a pending socket its session. That does not change any more.
func (s *Socket) setSession(x *session) {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.session = x
}

// awaits says whether an event of the log is for the socket: it is connected, or its session
// has to know that the event has not been sent.
func (s *Socket) awaits() bool {
	switch s.at() {
	case pending:
		return false // what it misses it gets when it enters
	case connected:
		return true
	default:
		s.peer.mu.Lock()
		defer s.peer.mu.Unlock()
		return s.session != nil
	}
}

// claim returns the session and the offset that the client has put into its auth object.
func (s *Socket) claim() (pid, offset string) {
	var auth struct {
		PID    any `json:"pid"`
		Offset any `json:"offset"`
	}
	if s.auth == nil || json.Unmarshal(s.auth, &auth) != nil {
		return "", ""
	}
	pid, _ = auth.PID.(string)
	offset, _ = auth.Offset.(string)
	return pid, offset
}

// complete says whether everything is there that the client has missed, and no more than
// may wait for a connection.
func (r *recovery) complete(x *session, number uint64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	at, known := x.position(number)
	if !known {
		r.counts.incomplete.Add(1)
		return false
	}
	events, complete := x.missed(r.history, at, r.history.end(), x.roomSet())
	if !complete {
		r.counts.incomplete.Add(1)
		return false
	}
	waiting := 0
	for _, e := range events {
		waiting += e.bytes
	}
	if waiting > orDefault(r.srv.options.QueueBytes, 16_000_000)/2 {
		r.counts.oversize.Add(1)
		return false
	}
	return true
}

// roomSet returns the rooms of a parked session, its id among them.
func (x *session) roomSet() map[string]struct{} {
	set := map[string]struct{}{x.id: {}}
	for _, room := range x.rooms {
		set[room] = struct{}{}
	}
	return set
}

// enter makes a socket one of its namespace's, sends what it has missed, and tells the
// client that it is let in, before anything else is sent to it. It returns false if the
// socket has ended or something has got lost since resume.
func (s *Socket) enter() bool {
	if r := s.peer.srv.roaming; r != nil {
		return r.enter(s)
	}
	r, x := s.peer.srv.recovery, s.session
	x.mu.Lock()
	defer x.mu.Unlock()
	end, entered := s.ns.rooms.addAt(s, r.history)
	if !entered {
		return false
	}
	events := x.unsent
	if s.recovered {
		var at position
		if at, events, entered = x.rewind(s, r.history, end); !entered {
			return false
		}
		x.high, x.late, x.blind = at.reached, slices.Clone(at.itself), 0
		r.counts.recovered.Add(1)
	} else {
		x.begin, x.high = end, end
	}
	x.socket, x.unsent = s, nil
	x.replay(events)
	s.welcome()
	return true
}

// rewind returns how far the client came, and what it has to get to come up to end. The
// caller holds the session's mu.
func (x *session) rewind(s *Socket, h *history, end uint64) (at position, events []*logged, ok bool) {
	if at, ok = x.position(s.offset); !ok {
		return at, nil, false
	}
	if events, ok = x.missed(h, at, end, x.roomSet()); !ok {
		return at, nil, false
	}
	return at, events, true
}

// replay sends events. The caller holds mu.
func (d *delivery) replay(events []*logged) {
	d.ahead = slices.DeleteFunc(d.ahead, func(e *logged) bool { return e.settled.Load() })
	for _, e := range events {
		messages := e.content()
		if messages == nil {
			continue
		}
		if !e.settled.Load() && !slices.Contains(d.ahead, e) {
			d.ahead = append(d.ahead, e)
		}
		switch {
		case d.socket.peer.conn.Send(messages...) != nil:
			d.unsent = append(d.unsent, e)
		default:
			d.record(e.number)
			d.socket.peer.srv.traceSent(d.socket, e.event, e.bytes-entryOverhead)
		}
	}
}

// addAt is add for a socket that events are logged for. It returns the log's end at which
// the socket was added: events behind it find the socket, those before do not.
func (x *roomIndex) addAt(s *Socket, h *history) (end uint64, added bool) {
	x.mu.Lock()
	defer x.unlock()
	if !x.addLocked(s) {
		return 0, false
	}
	s.entered = true
	return h.end(), true
}

// log appends an event for a single socket, unless that has left.
func (x *roomIndex) log(s *Socket, e *logged, h *history) bool {
	x.mu.Lock()
	defer x.unlock()
	if s.evicted {
		return false
	}
	h.append(e)
	return true
}

// logMembers appends an event and returns snapshots of those it is for, as members does.
func (x *roomIndex) logMembers(e *logged, h *history, lists [][]*Socket, singles []*Socket) ([][]*Socket, []*Socket) {
	x.mu.Lock()
	defer x.unlock()
	h.append(e)
	if !e.narrowed {
		return append(lists, x.everyone.snapshot()), singles
	}
	return x.membersLocked(e.rooms, lists, singles)
}

// toLog returns the entry of the log for the event in f. Whoever appends it calls sealAt,
// and settle when it has been given to all whom it is for.
func (f *frame) toLog(ns *Namespace) *logged {
	e := &logged{ns: ns, event: f.event, bytes: entryOverhead + len(f.buf) - f.headroom}
	for _, attachment := range f.attachments {
		e.bytes += len(attachment)
	}
	e.mu.Lock()
	return e
}

// sealAt seals f with the offset of e, which has been appended, as its last argument, and
// completes e.
func (f *frame) sealAt(e *logged, h *history) error {
	defer e.mu.Unlock()
	f.bare = len(f.buf)
	f.buf = append(append(f.buf[:f.bare-1], `,"`...), h.offset(e.number)...)
	f.buf = append(f.buf, `"]`...)
	if err := f.seal(sio5.Event, 0, false, f.ns.server.options.MaxAttachments); err != nil {
		return err
	}
	messages := make([]engineio.Message, len(f.messages))
	for i, m := range f.messages {
		m.Data = slices.Clone(m.Data)
		messages[i] = m
	}
	e.messages = messages
	return nil
}

// dropOffset takes back what sealAt did to the event.
func (f *frame) dropOffset() {
	f.buf = append(f.buf[:f.bare-1], ']')
}

// emitLogged sends an event that can be sent once more.
func (s *Socket) emitLogged(f *frame) error {
	if r := s.peer.srv.roaming; r != nil {
		return r.send(s.ns, f, &adapter.Message{Targets: adapter.Targets{
			Rooms: []string{s.id}, Uncompressed: f.uncompressed,
		}})
	}
	r := s.peer.srv.recovery
	e := f.toLog(s.ns)
	e.narrowed, e.rooms = true, []string{s.id}
	if !s.ns.rooms.log(s, e, r.history) {
		e.mu.Unlock()
		return s.notSent(ErrDisconnected)
	}
	defer e.settle()
	r.wake()
	if err := f.sealAt(e, r.history); err != nil {
		return err
	}
	s.showOutgoing(f)
	to, err := s.session.deliver(e, func(c *engineio.Conn) error { return c.Send(e.messages...) })
	return s.delivered(f, to, err)
}

// delivered reports what became of an event that was for s.
func (s *Socket) delivered(f *frame, to *Socket, err error) error {
	switch {
	case err != nil:
		return s.notSent(err)
	case to != nil:
		to.peer.srv.traceEmitted(to, f)
	}
	return nil
}

// sendLogged sends an event that can be sent once more to those of one namespace.
func (b *Broadcast) sendLogged(ns *Namespace, f *frame) error {
	r := ns.server.recovery
	e := f.toLog(ns)
	e.narrowed, e.rooms, e.except = b.narrowed, cloned(b.rooms), cloned(b.except)
	if b.sender != nil {
		e.except = append(e.except, b.sender.id)
	}
	for _, name := range slices.Concat(e.rooms, e.except) {
		e.bytes += len(name)
	}
	lists, singles := ns.rooms.logMembers(e, r.history, nil, nil)
	defer e.settle()
	r.wake()
	if err := f.sealAt(e, r.history); err != nil {
		return err
	}
	defer f.dropOffset()
	var prepared *engineio.Prepared
	send := func(c *engineio.Conn) error { return c.SendPrepared(prepared) }
	b.visit(ns, lists, singles, (*Socket).awaits, func(s *Socket) {
		if prepared == nil {
			prepared = engineio.Prepare(e.messages...)
		}
		if s.session == nil {
			_, _ = s.emitPrepared(f, prepared, false) // of a client that knows no recovery
			return
		}
		if s.Connected() {
			s.showOutgoing(f)
		}
		to, err := s.session.deliver(e, send)
		_ = s.delivered(f, to, err) // a receiver's trouble is not the sender's
	})
	return nil
}
