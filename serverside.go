package socketio

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"socketio/adapter"
	"socketio/sio5"
)

// A serverSide is a namespace's handlers of events that other servers send, and the
// events that wait for them. They run one at a time, in order, on a goroutine that lives
// as long as there are any. The zero value has no handlers.
type serverSide struct {
	mu       sync.Mutex // guards what follows
	handlers map[string]serverHandler
	queue    []*adapter.Message
	waiting  int  // bytes in queue
	busy     bool // a goroutine handles events
}

// A serverHandler handles the arguments of an event. If asked, it returns its reply as an
// array of JSON.
type serverHandler func(ctx context.Context, event string, in incoming) (reply []byte, att [][]byte, err error)

// ServerSideEmit sends an event to the other servers that have the namespace, each of
// which handles it as [Namespace.OnServerSide] says. It does not block. Without other
// servers it does nothing.
//
// The error is that the payload cannot be encoded, that the event name is reserved,
// [ErrQueueFull] that too much waits for the bus, or [ErrServerClosed].
func (ns *Namespace) ServerSideEmit[T any](ev Event[T], v T) error {
	f := newFrame(ns)
	defer f.release()
	if err := encodeForServers(f, string(ev), v); err != nil || ns.group == nil {
		return err
	}
	return published(ns.group.Publish(f.forServers()))
}

// ServerSideEmitAcks sends a call to the other servers that have the namespace and returns
// what [Namespace.OnServerSideAck] makes them answer, as it comes. It sends when the loop over
// it begins.
//
// An answer that cannot be decoded comes as an error. If some have not answered when ctx
// ends, or without a deadline in ctx within five seconds, or have died, the last pair is
// a zero R and a [*PartialError] that names them. Errors of [Namespace.ServerSideEmit] are
// the only pair. An answer has at most one argument.
func (ns *Namespace) ServerSideEmitAcks[R, Q any](ctx context.Context, c Call[Q, R], q Q) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		f := newFrame(ns)
		err := encodeForServers(f, string(c), q)
		if err != nil || ns.group == nil {
			f.release()
			if err != nil {
				yield(none, err)
			}
			return
		}
		news := make(chan struct{}, 1)
		r, err := ns.group.Ask(f.forServers(), news)
		f.release()
		if err != nil {
			yield(none, published(err))
			return
		}
		err = ns.gather(ctx, r, news, func(m *adapter.Message) bool {
			return yield(decodePayload[R]("", sio5.Args(m.Reply), m.Attachments))
		})
		if err != nil {
			yield(none, err)
		}
	}
}

// encodeForServers is encode for an event that no client will get.
func encodeForServers[T any](f *frame, event string, v T) error {
	if reservedServerSide(event) {
		return fmt.Errorf("socketio: %q is a reserved event name", event)
	}
	return encode(f, event, v)
}

// forServers returns the message for the event in f, valid until f is released.
func (f *frame) forServers() *adapter.Message {
	return &adapter.Message{Type: adapter.ServerSideEmit, Event: f.json(), Attachments: f.attachments}
}

// reservedServerSide says whether servers for Node refuse a name beyond those that all
// events refuse.
func reservedServerSide(event string) bool {
	return event == "connection" || event == "new_namespace"
}

// OnServerSide registers the handler of an event that other servers send by
// [Namespace.ServerSideEmit]. There is one for each event, and a second panics.
//
// The events of a namespace are handled one at a time, in order, beside those of clients;
// a handler that waits delays the next. Its context ends when the server does not wait any
// longer, see [Server.Shutdown]. Errors and panics go to [Options].OnError. If the other
// server waits for an answer it gets an empty one when the handler has returned nil.
func (ns *Namespace) OnServerSide[T any](ev Event[T], h func(ctx context.Context, v T) error) {
	mustHave(h != nil, "OnServerSide: a handler")
	ns.side.handle(ns, string(ev), func(ctx context.Context, event string, in incoming) ([]byte, [][]byte, error) {
		v, err := decodePayload[T](event, in.args, in.att)
		if err == nil {
			err = h(ctx, v)
		}
		return nil, nil, err
	})
}

// OnServerSideAck registers the handler of a call that other servers make by
// [Namespace.ServerSideEmitAcks], whose result is the answer. It is as
// [Namespace.OnServerSide] otherwise. Of an error the other server learns nothing, and waits
// until its time is over, unless the error has a method AckArgs; see [Namespace.On].
func (ns *Namespace) OnServerSideAck[Q, R any](c Call[Q, R], h func(ctx context.Context, q Q) (R, error)) {
	mustHave(h != nil, "OnServerSideAck: a handler")
	ns.side.handle(ns, string(c), func(ctx context.Context, event string, in incoming) ([]byte, [][]byte, error) {
		q, err := decodePayload[Q](event, in.args, in.att)
		if err != nil {
			return nil, nil, err
		}
		r, err := h(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		return appendReply(nil, r)
	})
}

// handle registers a handler. It panics if that makes no sense.
func (side *serverSide) handle(ns *Namespace, event string, h serverHandler) {
	if sio5.Reserved(event) || reservedServerSide(event) {
		panic(fmt.Sprintf("socketio: %q is no event that a server can send", event))
	}
	side.mu.Lock()
	defer side.mu.Unlock()
	if _, taken := side.handlers[event]; taken {
		panic(fmt.Sprintf("socketio: %s has a server-side handler for %q already", ns.owner(), event))
	}
	if side.handlers == nil {
		side.handlers = map[string]serverHandler{}
	}
	side.handlers[event] = h
}

// handlerOf returns the handler of an event, the namespace's own before its parent's, or
// nil.
func (side *serverSide) handlerOf(ns *Namespace, event string) serverHandler {
	side.mu.Lock()
	h := side.handlers[event]
	side.mu.Unlock()
	if h == nil && ns.lineage != nil {
		parent := ns.lineage.parent
		return parent.side.handlerOf(parent, event)
	}
	return h
}

// enqueue leaves an event to the goroutine that handles them, and starts it if need be.
// An event that nobody handles is dropped, and one beyond Options.Inbox is an error.
func (side *serverSide) enqueue(ns *Namespace, m *adapter.Message) {
	event, _ := m.EventName() // Decode has looked
	size := itemOverhead + len(m.Event)
	for _, attachment := range m.Attachments {
		size += len(attachment)
	}
	found := side.handlerOf(ns, event) != nil
	side.mu.Lock()
	full := side.waiting > 0 && side.waiting+size > ns.server.options.Inbox
	start := found && !full && !side.busy
	if found && !full {
		side.busy = true
		side.waiting += size
		side.queue = append(side.queue, m)
	}
	side.mu.Unlock()
	switch {
	case found && full:
		ns.server.reportBus(fmt.Errorf("socketio: the event %q of another server was dropped: %w", event, ErrQueueFull))
	case start:
		ns.server.tasks.start(func() { side.drain(ns) })
	}
}

// drain handles events until there are none.
func (side *serverSide) drain(ns *Namespace) {
	for {
		side.mu.Lock()
		queue := side.queue
		side.queue, side.waiting = nil, 0
		side.busy = queue != nil
		side.mu.Unlock()
		if queue == nil {
			return
		}
		for _, m := range queue {
			side.perform(ns, m)
		}
	}
}

// perform handles an event and answers if that is asked for.
func (side *serverSide) perform(ns *Namespace, m *adapter.Message) {
	event, _ := m.EventName()
	h := side.handlerOf(ns, event)
	_, args := arrayElements(m.Event).Next()
	reply, att, err := callServerSide(ns.server.lifetime, h, event, incoming{args: args, att: m.Attachments})
	if err != nil {
		ns.server.report(ns.server.lifetime, nil, event, err)
		var answered bool
		if reply, att, answered = ns.answerServer(err); !answered {
			return
		}
	}
	if m.RequestID == "" {
		return
	}
	a := answer{att: att}
	if reply != nil {
		a.args = arrayElements(reply)
	}
	response := &adapter.Message{Type: adapter.ServerSideEmitResponse}
	response.Reply, response.Attachments = a.first()
	ns.respond(m, response)
}

func callServerSide(ctx context.Context, h serverHandler, event string, in incoming) (reply []byte, att [][]byte, err error) {
	defer contain(&err)
	return h(ctx, event, in)
}

// answerServer returns the answer that an error of a handler is, if it is one.
func (ns *Namespace) answerServer(err error) (reply []byte, att [][]byte, answered bool) {
	var args []any
	failure := func() (failure error) {
		defer contain(&failure)
		args, answered = answerTo(err)
		return nil
	}()
	if failure == nil && answered {
		reply, att, failure = appendReplyArgs(nil, args)
	}
	if failure != nil {
		ns.server.report(ns.server.lifetime, nil, "AckArgs", failure)
		return nil, nil, false
	}
	return reply, att, answered
}
