package socketio

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/sio5"
)

// A Broadcast is a selection of the sockets of a namespace, and how to send to
// them. In a cluster it selects sockets of all servers. It is an immutable value: its
// methods return others, and it can be kept and shared. Who is in it is decided anew each
// time it is used.
type Broadcast struct {
	ns       *Namespace
	sender   *Socket // left out; nil if nobody is
	narrowed bool    // to the members of rooms, by To
	rooms    []string
	except   []string
	local    bool // of this server only

	volatile     bool
	uncompressed bool
}

// To narrows the selection to the members of rooms: of any of these, or of those that
// earlier calls of To named. Every socket is in the room of its ID. To without any
// rooms selects nobody.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.narrowed = true
	b.rooms = slices.Concat(b.rooms, rooms)
	return b
}

// Except leaves out sockets that are in any of the rooms, even if they are in others
// that To names.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = slices.Concat(b.except, rooms)
	return b
}

// Volatile makes messages be dropped for those sockets to which they cannot be sent
// at once, because something for them waits already.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Compress says whether the messages may be compressed, as they may be by default, on
// transports that compress what they carry.
func (b Broadcast) Compress(on bool) Broadcast {
	b.uncompressed = !on
	return b
}

// Local narrows the selection to the sockets of this server.
func (b Broadcast) Local() Broadcast {
	b.local = true
	return b
}

// Emit sends an event to the selected sockets, encoded once for all of them. If they are
// many it uses several cores. It does not block, and those of this server do not wait for
// other servers to be told.
//
// The error says that the payload cannot be encoded, has too many attachments, that
// the event name is reserved, [ErrServerClosed], or [ErrQueueFull] that too much waits for
// the bus of a cluster, so that only sockets of this server were reached. Whether a socket
// can take the message is not reported; one with too much to be sent ends. That the bus
// has failed [Options].OnError learns.
func (b Broadcast) Emit[T any](ev Event[T], v T) error {
	f := newFrame(b.ns)
	defer f.release()
	if err := encode(f, string(ev), v); err != nil {
		return err
	}
	return b.send(f)
}

// EmitArgs is [Broadcast.Emit] with any number of arguments of any types.
func (b Broadcast) EmitArgs(event string, args ...any) error {
	f := newFrame(b.ns)
	defer f.release()
	if err := f.encodeArgs(event, args); err != nil {
		return err
	}
	return b.send(f)
}

// send sends an encoded event.
func (b *Broadcast) send(f *frame) error {
	srv := b.ns.server
	// Servers that go on may be told by OnDisconnect hooks of one that shuts down.
	if srv.closed.Load() && !b.clustered() {
		return ErrServerClosed
	}
	if b.ns.family != nil {
		return f.forEach(b.ns.family.all(), b.sendTo)
	}
	return b.sendTo(b.ns, f)
}

// sendTo sends an encoded event to those of one namespace.
func (b *Broadcast) sendTo(ns *Namespace, f *frame) error {
	f.uncompressed = b.uncompressed
	if r := ns.server.roaming; r != nil && !b.volatile && !b.local {
		if b.nobody() {
			return nil
		}
		return r.send(ns, f, &adapter.Message{Targets: b.targets()})
	}
	var err error
	if ns.server.recovery != nil && !b.volatile {
		err = b.sendLogged(ns, f)
	} else {
		err = b.sendPlain(ns, f)
	}
	if err != nil {
		return err
	}
	if ns.group == nil || b.local {
		return nil
	}
	return b.publishTo(ns, &adapter.Message{Type: adapter.Broadcast, Event: f.json(), Attachments: f.attachments})
}

// sendPlain sends an event that nobody gets once more.
func (b *Broadcast) sendPlain(ns *Namespace, f *frame) error {
	if err := f.seal(sio5.Event, 0, false, ns.server.options.MaxAttachments); err != nil {
		return err
	}
	if crowd := b.crowd(ns); crowd != nil {
		prepared := engineio.Prepare(f.messages...)
		spread(crowd, func(s *Socket) {
			if s != b.sender && s.Connected() {
				_, _ = s.emitPrepared(f, prepared, b.volatile)
			}
		})
		return nil
	}
	var prepared *engineio.Prepared
	b.eachOf(ns, func(s *Socket) {
		if prepared == nil {
			prepared = engineio.Prepare(f.messages...)
		}
		// A receiver's trouble is not the sender's.
		_, _ = s.emitPrepared(f, prepared, b.volatile)
	})
	return nil
}

// sets are for finding sockets that are in several rooms, or left out.
var sets = sync.Pool{New: func() any { return map[*Socket]struct{}{} }}

// keepSet is how large a set is kept for later: clearing one takes as long as it once
// was large.
const keepSet = 1000

func putSet(set map[*Socket]struct{}) {
	if len(set) <= keepSet {
		clear(set)
		sets.Put(set)
	}
}

// each visits the selected sockets that are connected, each once, with no lock
// held.
func (b *Broadcast) each(visit func(s *Socket)) {
	if b.ns.family == nil {
		b.eachOf(b.ns, visit)
		return
	}
	for _, child := range b.ns.family.all() {
		b.eachOf(child, visit)
	}
}

// eachOf is each for one of the namespaces that the selection is about.
func (b *Broadcast) eachOf(ns *Namespace, visit func(s *Socket)) {
	var listBuf [8][]*Socket
	var singleBuf [8]*Socket
	lists, singles := b.membersOf(ns, listBuf[:0], singleBuf[:0])
	b.visit(ns, lists, singles, (*Socket).Connected, visit)
}

// membersOf appends the lists of those who are in the rooms of the selection, and the
// sockets that it names by their ids. Whom it leaves out is among them.
func (b *Broadcast) membersOf(ns *Namespace, lists [][]*Socket, singles []*Socket) ([][]*Socket, []*Socket) {
	if b.narrowed {
		return ns.rooms.members(b.rooms, lists, singles)
	}
	return append(lists, ns.rooms.all()), singles
}

// visit visits the sockets of lists, and those by their ids, that are not left out and of
// the kind that is wanted, each once.
func (b *Broadcast) visit(
	ns *Namespace, lists [][]*Socket, singles []*Socket, wanted func(s *Socket) bool, visit func(s *Socket),
) {
	if len(singles) > 0 {
		lists = append(lists, singles)
	}
	var skip map[*Socket]struct{}
	if len(lists) > 1 || len(singles) > 1 || len(b.except) > 0 {
		skip = sets.Get().(map[*Socket]struct{})
		defer putSet(skip)
		b.addExcept(ns, skip)
	}
	for _, list := range lists {
		for _, s := range list {
			if s == b.sender || !wanted(s) {
				continue
			}
			if skip != nil {
				if _, skipped := skip[s]; skipped {
					continue
				}
				skip[s] = struct{}{}
			}
			visit(s)
		}
	}
}

// addExcept adds the sockets that Except leaves out to skip.
func (b *Broadcast) addExcept(ns *Namespace, skip map[*Socket]struct{}) {
	lists, singles := ns.rooms.members(b.except, nil, nil)
	for _, list := range append(lists, singles) {
		for _, s := range list {
			skip[s] = struct{}{}
		}
	}
}

// sockets returns the selected sockets that are connected.
func (b *Broadcast) sockets() []*Socket {
	var selected []*Socket
	b.each(func(s *Socket) { selected = append(selected, s) })
	return selected
}

// SocketsJoin makes the selected sockets join rooms. It does not block; those of other
// servers join a moment later. The error is one of the bus of a cluster, as of
// [Broadcast.Emit].
func (b Broadcast) SocketsJoin(rooms ...string) error {
	b.each(func(s *Socket) { s.Join(rooms...) })
	return b.publish(&adapter.Message{Type: adapter.SocketsJoin, Rooms: rooms})
}

// SocketsLeave makes the selected sockets leave rooms, as [Broadcast.SocketsJoin] makes
// them join.
func (b Broadcast) SocketsLeave(rooms ...string) error {
	b.each(func(s *Socket) { s.Leave(rooms...) })
	return b.publish(&adapter.Message{Type: adapter.SocketsLeave, Rooms: rooms})
}

// DisconnectSockets makes the selected sockets leave the namespace, or closes their
// connections, which ends the client's sockets in other namespaces as well. Otherwise
// it is as [Broadcast.SocketsJoin].
func (b Broadcast) DisconnectSockets(closeConn bool) error {
	b.disconnect(closeConn)
	return b.publish(&adapter.Message{Type: adapter.DisconnectSockets, Close: closeConn})
}

// disconnect is DisconnectSockets for this server.
func (b *Broadcast) disconnect(closeConn bool) {
	b.each(func(s *Socket) {
		if closeConn {
			_ = s.Close() // fails only if the connection has ended
			return
		}
		s.Disconnect()
	})
}

// A SocketInfo describes a socket as it was when [Broadcast.FetchSockets] was called.
// To do something with it, broadcast to its ID: ns.To(info.ID).
type SocketInfo struct {
	ID        string
	Handshake Handshake
	Rooms     []string // its ID first

	data any

	// Of a socket of another server: its data instead.
	encoded []byte
	att     [][]byte
}

// Data returns what [Socket.SetData] set. It is an error if that is no T, or, of a
// socket of another server, if what it was encoded to does not decode into one by the
// rules of [Event]. A socket without data gives what an empty JSON object decodes to.
func (i *SocketInfo) Data[T any]() (T, error) {
	if i.encoded != nil {
		return decodeArg[T](i.encoded, i.att)
	}
	if v, ok := i.data.(T); ok {
		return v, nil
	}
	var v T
	if i.data == nil {
		return v, decodeValue(emptyObject, nil, &v)
	}
	return v, fmt.Errorf("socketio: the data is a %T, not a %T", i.data, v)
}

// FetchSockets describes the selected sockets. In a cluster it asks the other servers and
// waits for them until ctx ends, or without a deadline in ctx for five seconds; if some do
// not answer, what the others have said comes with a [*PartialError].
func (b Broadcast) FetchSockets(ctx context.Context) ([]SocketInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b.fetchOthers(ctx, b.infos())
}

// infos describes the selected sockets of this server.
func (b *Broadcast) infos() []SocketInfo {
	selected := b.sockets()
	infos := make([]SocketInfo, len(selected))
	for i, s := range selected {
		infos[i] = s.info()
	}
	return infos
}

// info describes a socket.
func (s *Socket) info() SocketInfo {
	info := SocketInfo{ID: s.id, Handshake: *s.Handshake(), Rooms: s.ns.rooms.names(s), data: s.anyData()}
	if e, ok := info.data.(encodedData); ok {
		info.data, info.encoded, info.att = nil, e.text, e.att
	}
	return info
}
