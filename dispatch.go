package socketio

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"
	"sync"

	"socketio/sio5"
)

// An inbox runs what happens to one socket one item at a time, in order: its
// CONNECT with the middleware, its events, its end. The goroutine that brings an item
// runs it on the spot if the inbox is idle; otherwise it leaves the item to the
// goroutine that is at work, which goes on until the queue is empty. So a reader that
// gave the reading away because a handler waits is overtaken by nothing.
//
// An inbox is guarded by its peer's mu.
type inbox struct {
	busy  bool   // a goroutine runs an item
	queue []item // while busy: what comes next
}

// An item is what an inbox holds.
type item struct {
	kind   itemKind
	packet sio5.Packet // of an event
}

type itemKind uint8

const (
	itemEvent itemKind = iota
	itemEnd            // the last
	itemGreet          // of a client: its connection's OnConnect hooks
)

// size is what an item counts while it waits.
func (it *item) size() int {
	if it.kind != itemEvent {
		return 0
	}
	return itemOverhead + packetBytes(&it.packet)
}

// packetBytes returns how many bytes a packet has, without its header.
func packetBytes(p *sio5.Packet) int {
	n := len(p.Data)
	for _, attachment := range p.Attachments {
		n += len(attachment)
	}
	return n
}

// keep makes the packet of an item independent of the message it came in.
func (it *item) keep() {
	p := &it.packet
	if p.Type == sio5.BinaryEvent {
		return // the decoder has copied it
	}
	event := len(p.Event)
	b := append(bytes.Clone(p.Event), p.Args...)
	*p = sio5.Packet{
		Type: p.Type, Namespace: p.Namespace, ID: p.ID, HasID: p.HasID,
		Event: b[:event:event], Args: b[event:], Data: b,
	}
}

// deliver runs an event of s, or leaves it to the goroutine that runs s's events at
// the moment. It is called within Receive, on the goroutine that reads. If too much
// waits it returns only when there is room again; nothing is read meanwhile.
func (p *peer) deliver(s *Socket, packet *sio5.Packet) {
	if !p.mayEmit() {
		return
	}
	it := item{packet: *packet}
	p.mu.Lock()
	if s.ns.client != nil && s.ended == nil {
		s.ns.client.noteOffset(s, packet)
	}
	switch {
	case s.ended != nil || p.leaving:
		p.mu.Unlock()
	case !s.inbox.busy:
		s.inbox.busy = true
		p.mu.Unlock()
		// From here on others may read, as they find the inbox busy.
		p.conn.MayWait()
		s.perform(&it)
		s.drain()
	case s.at() == pending && len(s.inbox.queue) >= maxPending:
		p.mu.Unlock()
		p.exceed(&p.srv.count.fixed, "packets for a namespace whose CONNECT is not decided")
	default:
		it.keep()
		s.inbox.queue = append(s.inbox.queue, it)
		p.wait(it.size())
		p.mu.Unlock()
		p.throttle()
	}
}

// wait counts so many bytes more in the inboxes of p, or fewer. The caller holds mu.
func (p *peer) wait(bytes int) {
	p.waiting += bytes
	if p.srv.options.MemoryBudget > 0 {
		p.conn.Account(bytes) // which takes no lock
	}
}

// Held is how many bytes wait in the inboxes. [engineio.Conn.Account] says who calls it.
func (p *peer) Held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting
}

// throttle waits while too many bytes wait in the inboxes of p. It returns at half
// the limit, when a handler begins to wait for p itself to acknowledge something, and
// when the connection ends.
func (p *peer) throttle() {
	limit := p.srv.options.Inbox
	held := false
	p.mu.Lock()
	for full := p.waiting > limit; full && !p.closed; full = p.waiting > limit/2 {
		if p.awaited > 0 {
			over := p.waiting > 2*limit
			p.mu.Unlock()
			if over {
				p.exceed(&p.srv.count.inbox, "bytes in the inbox while a handler waits for an acknowledgement")
			}
			return
		}
		if !held {
			held = true
			p.srv.count.inbox.Add(1)
		}
		changed := p.change()
		p.mu.Unlock()
		p.conn.Flush() // the peer may wait for what was sent within this batch
		<-changed
		p.mu.Lock()
	}
	p.mu.Unlock()
}

// change returns what wake closes. The caller holds mu.
func (p *peer) change() <-chan struct{} {
	if p.room == nil {
		p.room = make(chan struct{})
	}
	return p.room
}

// wake lets those look again whom throttle or rest holds. The caller holds mu.
func (p *peer) wake() {
	if p.room != nil {
		close(p.room)
		p.room = nil
	}
}

// drain runs what has come to wait in the inbox, until it is idle.
func (s *Socket) drain() {
	for {
		it, more := s.next()
		if !more {
			return
		}
		s.perform(&it)
	}
}

// next takes the first item from the queue. Without one the inbox is idle.
func (s *Socket) next() (it item, more bool) {
	p := s.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	queue := s.inbox.queue
	if len(queue) == 0 {
		s.inbox = inbox{}
		p.wake()
		return it, false
	}
	it, queue[0] = queue[0], item{}
	s.inbox.queue = queue[1:]
	p.wait(-it.size())
	if p.waiting <= p.srv.options.Inbox/2 {
		p.wake()
	}
	return it, true
}

// discard drops the events that wait. The caller holds mu.
func (s *Socket) discard() {
	for i := range s.inbox.queue {
		s.peer.wait(-s.inbox.queue[i].size())
	}
	s.inbox.queue = nil
	s.peer.wake()
}

// perform runs an item. If that ends the goroutine, as testing.T.FailNow does, another one
// goes on with the inbox.
func (s *Socket) perform(it *item) {
	returned := false
	defer func() {
		if !returned {
			s.outlive(string(it.packet.Event))
		}
	}()
	switch it.kind {
	case itemEvent:
		if s.greeted { // else it ended in the moment in which it was let in
			s.handle(&it.packet)
		}
	case itemGreet:
		s.ns.client.greet(s)
	case itemEnd:
		s.sayGoodbye()
	}
	returned = true
}

// errExit is what is reported where a handler has ended its goroutine.
var errExit = errors.New("socketio: runtime.Goexit was called")

// outlive goes on with the inbox on another goroutine, as this one ends.
func (s *Socket) outlive(event string) {
	s.peer.srv.tasks.start(func() {
		s.peer.srv.report(s.Context(), s, event, errExit)
		s.drain()
	})
}

// messages are Messages for handlers that do not let go of them.
var messages = sync.Pool{New: func() any { return new(Message) }}

// handle runs the handlers of an event and reports what they return.
func (s *Socket) handle(packet *sio5.Packet) {
	h, found := s.handlerOf(packet.Event)
	var m *Message
	plain := found && h.typed && !s.observed()
	switch {
	case plain:
		m = messages.Get().(*Message)
		m.Event = h.event
	case found:
		m = &Message{Event: h.event}
	case s.observed() || s.peer.srv.traces != nil:
		m = &Message{Event: string(packet.Event)}
	default:
		return // nobody listens
	}
	m.args, m.att = packet.Args, packet.Attachments
	m.socket, m.id, m.wantsAck = s, packet.ID, packet.HasID

	began := s.peer.srv.traceReceived(s, m.Event, packet)
	s.peer.srv.peekReceived(s, m)
	ctx, done := s.peer.srv.traceHandling(s.Context(), s, m.Event)
	var err error
	if plain {
		err = call(ctx, h.run, s, m)
	} else {
		err = s.dispatch(ctx, m)
	}
	if done != nil {
		s.peer.srv.leave(s, done, orUnhandled(err, found))
	}
	if err != nil {
		err = s.answerError(ctx, m, err)
	}
	err = orUnhandled(err, found)
	s.peer.srv.traceHandled(s, m.Event, began, err)
	if plain {
		*m = Message{}
		messages.Put(m)
		return
	}
	m.expire()
}

// orUnhandled is what hooks are told of an event.
func orUnhandled(err error, found bool) error {
	if err == nil && !found {
		return ErrNoHandler
	}
	return err
}

// observed says whether anybody sees the events of s besides their handlers.
func (s *Socket) observed() bool {
	ns := s.ns.hooks()
	return ns.wrapped != nil || len(ns.any) > 0 || len(s.registry.load().any) > 0
}

// handlerOf returns the handler of an event, the socket's own before the
// namespace's.
func (s *Socket) handlerOf(event []byte) (h handler, found bool) {
	if h, found = s.registry.load().handlers[string(event)]; found {
		return h, true
	}
	h, found = s.ns.hooks().handlers[string(event)]
	return h, found
}

// dispatch lets all see an event who want to, and then runs its handler. An error
// of a hook is reported here, as it does not keep the others from running.
func (s *Socket) dispatch(ctx context.Context, m *Message) error {
	ns := s.ns.hooks()
	s.observe(ctx, m, ns.any)
	s.observe(ctx, m, s.registry.load().any)
	if ns.wrapped != nil {
		return call(ctx, ns.wrapped, s, m)
	}
	return call(ctx, callHandler, s, m)
}

// observe runs hooks that see an event.
func (s *Socket) observe(ctx context.Context, m *Message, hooks []Handler) {
	for _, hook := range hooks {
		if err := call(ctx, hook, s, m); err != nil {
			s.peer.srv.report(ctx, s, "OnAny", err)
		}
	}
}

// callHandler is the Handler that runs the one registered for the event, if any.
func callHandler(ctx context.Context, s *Socket, m *Message) error {
	if h, found := s.handlerOf([]byte(m.Event)); found {
		return h.run(ctx, s, m)
	}
	return nil
}

// answerError sends the reply that an error of a handler asks for, reports the
// error, and returns it.
func (s *Socket) answerError(ctx context.Context, m *Message, err error) error {
	s.peer.srv.report(ctx, s, m.Event, err)
	if failure := m.ackError(err); failure != nil {
		s.peer.srv.report(ctx, s, m.Event, failure)
	}
	return err
}

// ackError replies with an error that says how: by a method AckArgs, or because
// it is what a payload's Validate method said.
func (m *Message) ackError(err error) (failure error) {
	defer contain(&failure)
	if args, ok := answerTo(err); ok {
		return m.Ack(args...)
	}
	return nil
}

// An answeringError says itself what the one who asked is told of it.
type answeringError interface {
	error
	AckArgs() []any
}

// answerTo returns the arguments of the reply that an error asks for, if it does.
func answerTo(err error) (args []any, ok bool) {
	if answer, ok := errors.AsType[answeringError](err); ok {
		return answer.AckArgs(), true
	}
	if e, ok := errors.AsType[*DecodeError](err); ok && e.refused {
		return []any{map[string]string{"error": e.Err.Error()}}, true
	}
	return nil, false
}

// call runs h and turns a panic into an error.
func call(ctx context.Context, h Handler, s *Socket, m *Message) (err error) {
	defer contain(&err)
	return h(ctx, s, m)
}

// contain is deferred around everything that belongs to the user and is not called by
// the user. It is the only place where a panic ends.
func contain(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{Value: v, Stack: debug.Stack()}
	}
}
