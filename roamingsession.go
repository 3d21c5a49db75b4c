package socketio

import (
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"slices"
	"time"

	"socketio/adapter"
	"socketio/engineio"
)

// roamingTimeout is how long the bus has for one session.
const roamingTimeout = 5 * time.Second

// A roamer is what a session has besides that may be taken up on another server. It is
// guarded by the session's mu, but for what says otherwise.
type roamer struct {
	entered  bool                        // the socket has been let in, and has got what it missed
	ahead    map[adapter.Offset]struct{} // events that it has got before the bus brings them
	sent     adapter.Offset              // the last event that it was sent
	begin    adapter.Offset              // where it was let in
	failed   bool                        // an event for it was not sent
	disorder uint64                      // the server's, when it was let in

	// Of a session that has been taken up.
	saved  []byte // as it was, until the socket has been let in
	missed []roamingEntry
	gap    *gap
}

// A roamingEntry is an event that the bus has kept.
type roamingEntry struct {
	message *adapter.Message
	at      adapter.Offset
}

// A gap collects the events that the bus brings while a session is being taken up, between
// what the history has told and the moment when the socket gets them by itself. It is
// guarded by the mu of roaming.
type gap struct {
	ns      *Namespace
	from    adapter.Offset // the last event that the client has got
	before  adapter.Offset // the last event in front of the gap
	entries []roamingEntry
	bytes   int
	hole    bool // there is one in the history that the client stands in front of
}

func (g *gap) note(ns *Namespace, m *adapter.Message, at adapter.Offset) {
	if g.ns == ns {
		g.entries = append(g.entries, roamingEntry{m, at})
		g.bytes += entryOverhead + len(m.Event)
		for _, attachment := range m.Attachments {
			g.bytes += len(attachment)
		}
	}
}

// savedSession is what a server leaves for others of a session. The first four are what
// servers for Node know.
type savedSession struct {
	SID   string         `json:"sid"`
	PID   string         `json:"pid"`
	Rooms []string       `json:"rooms"` // the id among them
	Data  jsontext.Value `json:"data"`

	Namespace   string         `json:"nsp,omitzero"`
	Attachments [][]byte       `json:"attachments,omitzero"` // of Data
	Begin       adapter.Offset `json:"begin,omitzero"`       // where the socket was let in
	Sent        adapter.Offset `json:"sent,omitzero"`        // the last event that it was sent
	Cut         adapter.Offset `json:"cut,omitzero"`         // up to here nothing but Sent was for it
}

// Why a session is not recovered that was there.
var (
	errNowhere  = errors.New("socketio: a client whose place among the events is not known")
	errOversize = errors.New("socketio: a client that has missed more than may wait for a connection")
)

// begin gives a socket that is about to be let in a new session.
func (r *roaming) begin(s *Socket) {
	s.setSession(&session{ns: s.ns, id: s.id, pid: newID(), roamer: new(roamer)})
}

// resume takes up the session that the client asks for, wherever that was left, and says
// whether it is to be recovered.
func (r *roaming) resume(s *Socket) bool {
	pid, offset := s.claim()
	if pid == "" {
		return false
	}
	if offset == "" && !r.options.WithoutOffset {
		r.counts.incomplete.Add(1)
		return false
	}
	ctx, cancel := context.WithTimeout(s.Context(), roamingTimeout)
	defer cancel()
	content, err := r.take(ctx, s.ns, pid)
	if err != nil {
		r.counts.unknown.Add(1)
		r.reportUnlessNotKept(err)
		return false
	}
	saved := new(savedSession)
	if err := json.Unmarshal(content, saved); err != nil || saved.SID == "" || saved.PID != pid {
		r.counts.unknown.Add(1)
		r.srv.reportBus(fmt.Errorf("socketio: what the bus has kept is no session: %w", err))
		return false
	}
	if saved.Namespace != "" && saved.Namespace != s.ns.name {
		r.counts.unknown.Add(1)
		return false
	}
	x := &session{ns: s.ns, id: saved.SID, pid: pid, rooms: saved.Rooms, roamer: &roamer{saved: content}}
	if err := r.collect(ctx, x, saved.position(adapter.Offset(offset))); err != nil {
		if !errors.Is(err, errOversize) {
			r.counts.incomplete.Add(1)
		}
		r.reportUnlessNotKept(err)
		return false
	}
	s.id, s.recovered = saved.SID, true
	s.setSession(x)
	s.ns.rooms.join(s, slices.DeleteFunc(slices.Clone(saved.Rooms), func(room string) bool { return room == s.id }), r.srv.options.MaxRooms)
	if string(saved.Data) != string(emptyObject) && saved.Data != nil {
		s.SetData(encodedData{saved.Data, saved.Attachments})
	}
	return true
}

// letGoWaits are how long is waited for a server that has the socket of a session still,
// since it has not noticed that the connection was lost.
var letGoWaits = [...]time.Duration{
	10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond,
	150 * time.Millisecond, 300 * time.Millisecond,
}

// take takes a session from the bus. If it is not there, whoever has its socket is made to
// leave it there.
func (r *roaming) take(ctx context.Context, ns *Namespace, pid string) ([]byte, error) {
	content, err := r.sessions.Take(ctx, pid)
	if !errors.Is(err, adapter.ErrNotKept) || !r.letGo(pid) && ns.group.Size() == 1 {
		return content, err
	}
	_ = ns.group.Publish(&adapter.Message{Type: adapter.LetGo, Session: pid}) // if it cannot be, the waiting is in vain
	for _, wait := range letGoWaits {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if content, err = r.sessions.Take(ctx, pid); !errors.Is(err, adapter.ErrNotKept) {
			break
		}
	}
	return content, err
}

// letGo ends the socket that has a session, and says whether there was one.
func (r *roaming) letGo(pid string) bool {
	r.mu.Lock()
	s := r.owners[pid]
	r.mu.Unlock()
	if s == nil {
		return false
	}
	s.peer.supersede()
	return true
}

func (r *roaming) reportUnlessNotKept(err error) {
	if !errors.Is(err, adapter.ErrNotKept) && !errors.Is(err, errNowhere) && !errors.Is(err, errOversize) {
		r.srv.reportBus(err)
	}
}

// position returns behind which event a client has missed some, whose last event is at
// offset. That of a client for which there was nothing for long may be gone from the
// history, but then it is known up to where there was nothing.
func (v *savedSession) position(offset adapter.Offset) adapter.Offset {
	if offset == "" {
		offset = v.Begin
	}
	if offset == orDefault(v.Sent, v.Begin) && v.Cut != "" {
		return v.Cut
	}
	return offset
}

// collect finds out what a client has missed, and begins to note what comes now.
func (r *roaming) collect(ctx context.Context, x *session, from adapter.Offset) error {
	if from == "" {
		return errNowhere
	}
	g := &gap{ns: x.ns, from: from}
	r.mu.Lock()
	g.before = r.reached
	r.gaps[g] = struct{}{}
	r.mu.Unlock()
	missed, err := r.missed(ctx, x, from)
	if err != nil {
		r.endGap(g)
		return err
	}
	x.roamer.missed, x.roamer.gap = missed, g
	return nil
}

func (r *roaming) missed(ctx context.Context, x *session, from adapter.Offset) ([]roamingEntry, error) {
	var missed []roamingEntry
	most := orDefault(r.srv.options.QueueBytes, 16_000_000) / 2
	for e, err := range r.history.Since(ctx, from) {
		if err != nil {
			return nil, err
		}
		m, err := adapter.Decode(e.Message)
		if err == nil && m.IsHole() && holeConcerns(m.Namespace, x.ns) {
			return nil, adapter.ErrNotKept
		}
		if err != nil || m.Namespace != x.ns.name || !m.Kept() {
			continue // the node has counted it
		}
		if most -= entryOverhead + len(e.Message); most < 0 {
			r.counts.oversize.Add(1)
			return nil, errOversize
		}
		missed = append(missed, roamingEntry{m, e.At})
	}
	return missed, nil
}

// endGap ends a gap.
func (r *roaming) endGap(g *gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.gaps, g)
}

// enter is [Socket.enter] for sessions that roam.
func (r *roaming) enter(s *Socket) bool {
	x := s.session
	x.mu.Lock()
	defer x.mu.Unlock()
	missed, entered := r.add(s)
	if !entered {
		return false
	}
	o := x.roamer
	x.socket, o.saved, o.missed, o.gap = s, nil, nil, nil
	if s.recovered {
		r.counts.recovered.Add(1)
	}
	rooms := x.roomSet()
	for _, e := range missed {
		if e.concerns(rooms) {
			r.replay(s, e)
		}
	}
	o.entered = true
	s.welcome()
	return true
}

// add makes a socket one of its namespace's, and returns what has come for the namespace
// until this moment. What comes afterwards finds the socket. The caller holds the session's
// mu.
func (r *roaming) add(s *Socket) (missed []roamingEntry, added bool) {
	x, o := s.ns.rooms, s.session.roamer
	x.mu.Lock()
	defer x.unlock()
	if !x.addLocked(s) {
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o.disorder, o.begin = r.disorder, r.reached
	r.owners[s.session.pid] = s
	if o.gap == nil {
		return nil, true
	}
	delete(r.gaps, o.gap)
	if o.gap.hole || o.gap.bytes > orDefault(r.srv.options.QueueBytes, 16_000_000)/2 {
		return nil, false
	}
	missed, o.ahead = o.gap.join(o.missed)
	return missed, true
}

// join returns the events that the history has told and those that came since, each once,
// and which of them are still to come from the bus. What came up to the client's last event,
// on a server that was behind the client's own, the client has.
func (g *gap) join(told []roamingEntry) (all []roamingEntry, ahead map[adapter.Offset]struct{}) {
	ahead = map[adapter.Offset]struct{}{}
	known := map[adapter.Offset]struct{}{}
	for _, e := range told {
		known[e.at] = struct{}{}
		ahead[e.at] = struct{}{}
		if e.at == g.before {
			clear(ahead)
		}
	}
	all = told
	behind := 1 + slices.IndexFunc(g.entries, func(e roamingEntry) bool { return e.at == g.from })
	for i, e := range g.entries {
		if _, twice := known[e.at]; !twice && i >= behind {
			all = append(all, e)
		}
		delete(ahead, e.at)
		if i == len(g.entries)-1 {
			ahead[e.at] = struct{}{} // it may be on its way to members of the rooms
		}
	}
	return all, ahead
}

// concerns says whether an event was for a socket in those rooms, its id among them.
func (e *roamingEntry) concerns(rooms map[string]struct{}) bool {
	t := &e.message.Targets
	return (len(t.Rooms) == 0 || anyIn(t.Rooms, rooms)) && !anyIn(t.Except, rooms)
}

// replay sends an event that the client has missed. The caller holds the session's mu.
func (r *roaming) replay(s *Socket, e roamingEntry) {
	f := newFrame(s.ns)
	defer f.release()
	f.uncompressed = e.message.Targets.Uncompressed
	if err := f.adoptAt(e.message, e.at); err != nil {
		r.srv.reportBus(err)
		return
	}
	if s.peer.conn.Send(f.messages...) != nil {
		s.session.roamer.failed = true
		return
	}
	s.session.roamer.sent = e.at
	s.peer.srv.traceSent(s, f.event, f.bytes())
}

// hasBeenLetIn says whether the socket has been let in, which it may have left since.
func (s *Socket) hasBeenLetIn() bool { return s.at() != pending }

// takeRoaming sends a socket an event from the bus, or, without an offset, one past it.
func (s *Socket) takeRoaming(f *frame, prepared *engineio.Prepared, at adapter.Offset) {
	if s.session == nil || at == "" {
		if s.Connected() {
			_, _ = s.emitPrepared(f, prepared, false) // a receiver's trouble is not the sender's
		}
		return
	}
	if !s.session.isDue(s, at) {
		return
	}
	sent, _ := s.emitPrepared(f, prepared, false)
	s.session.took(at, sent)
}

// isDue says whether an event from the bus is to be sent to s now.
func (x *session) isDue(s *Socket, at adapter.Offset) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.roamer
	if _, got := o.ahead[at]; got {
		delete(o.ahead, at)
		return false
	}
	if !s.Connected() {
		o.failed = true
	}
	return o.entered && s.Connected() // else it gets the event when it enters
}

// took notes whether an event that was due has been sent.
func (x *session) took(at adapter.Offset, sent bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if sent {
		x.roamer.sent = at
	} else {
		x.roamer.failed = true
	}
}

// release is called when a socket has said goodbye. It leaves the session to whichever
// server the client comes back to, if it may come back.
func (r *roaming) release(s *Socket) {
	x, o := s.session, s.session.roamer
	if o.gap != nil {
		r.endGap(o.gap)
	}
	r.mu.Lock()
	if r.owners[x.pid] == s {
		delete(r.owners, x.pid)
	}
	r.mu.Unlock()
	if !s.ended.Reason.recoverable() {
		return
	}
	content := o.saved // of a socket that has not been let in
	if content == nil {
		content = r.save(s)
	}
	if content == nil {
		return
	}
	r.srv.tasks.start(func() {
		ctx, cancel := context.WithTimeout(context.Background(), roamingTimeout)
		defer cancel()
		if err := r.sessions.Save(ctx, x.pid, content, r.options.Window); err != nil {
			r.srv.reportBus(fmt.Errorf("socketio: a session was not saved: %w", err))
		}
	})
}

// save returns what is to be saved of a socket's session, nil if it cannot be recovered.
func (r *roaming) save(s *Socket) []byte {
	x := s.session
	r.mu.Lock()
	cut, disorder := r.reached, r.disorder
	r.mu.Unlock()
	x.mu.Lock()
	o := x.roamer
	saved := savedSession{
		SID: s.id, PID: x.pid, Rooms: s.ns.rooms.names(s), Namespace: s.ns.name,
		Data: emptyObject, Begin: o.begin, Sent: o.sent, Cut: cut,
	}
	lost := o.disorder != disorder || !o.entered
	if o.failed {
		saved.Cut = ""
	}
	x.mu.Unlock()
	if lost {
		return nil
	}
	if err := saved.encodeData(s.anyData()); err != nil {
		r.srv.reportBus(fmt.Errorf("socketio: the data of a session: %w", err))
		return nil
	}
	content, err := json.Marshal(&saved)
	if err != nil {
		r.srv.reportBus(fmt.Errorf("socketio: a session: %w", err))
		return nil
	}
	return content
}

func (v *savedSession) encodeData(data any) (err error) {
	switch data := data.(type) {
	case nil:
	case encodedData:
		v.Data, v.Attachments = data.text, data.att
	default:
		var text []byte
		text, v.Attachments, err = appendTree(nil, nil, data, 1)
		v.Data = text
	}
	return err
}

// encodedData is the data of a socket that has come from another server, until somebody
// asks for it as what it was.
type encodedData struct {
	text []byte
	att  [][]byte
}
