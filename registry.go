package socketio

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"socketio/sio5"
)

// A Handler handles a message undecoded, whatever its arguments are; see
// [Namespace.Handle] and [Namespace.Wrap]. Its error goes to [Options].OnError.
type Handler func(ctx context.Context, s *Socket, m *Message) error

// The kinds of hooks that add up.
type (
	middleware     = func(ctx context.Context, s *Socket) (context.Context, error)
	connectHook    = func(ctx context.Context, s *Socket) error
	disconnectHook = func(ctx context.Context, s *Socket, why Reason) error
)

// A handler is what is registered for an event.
type handler struct {
	event string
	run   Handler

	// typed says that run does not let the user have the Message, which
	// therefore can be used again.
	typed bool
}

// hooks is everything registered on a namespace, or on a socket for itself. It
// does not change once it is in a registry.
type hooks struct {
	handlers    map[string]handler
	middleware  []middleware
	connect     []connectHook
	disconnect  []disconnectHook
	any         []Handler
	anyOutgoing []Handler

	// wrapped is the outermost of what Wrap has composed, and innermost is
	// where the next Wrap goes. Both are nil without any.
	wrapped   Handler
	innermost *link
}

// A registry holds hooks, to which more can be added while others use them. The
// zero value is empty.
type registry struct {
	mu      sync.Mutex // serialises changes
	current atomic.Pointer[hooks]
}

var noHooks hooks

// load returns the hooks at this moment. They must not be modified.
func (r *registry) load() *hooks {
	if h := r.current.Load(); h != nil {
		return h
	}
	return &noHooks
}

// change replaces the hooks by a copy that edit has modified. Edit must not write
// to slices and maps that it has not made itself.
func (r *registry) change(edit func(h *hooks)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.load()
	edit(&next)
	r.current.Store(&next)
}

// handle registers h. It panics if that makes no sense; owner names the registry's
// owner in the message.
func (r *registry) handle(owner string, h handler) {
	switch h.event {
	case "connect":
		panic(`socketio: "connect" is no event that a client can send; use OnConnect`)
	case "disconnect", "disconnecting":
		panic(fmt.Sprintf("socketio: %q is no event that a client can send; use OnDisconnect", h.event))
	case "connect_error":
		panic(`socketio: "connect_error" is no event that a client can send; return a *ConnectError from Use`)
	}
	if sio5.Reserved(h.event) {
		panic(fmt.Sprintf("socketio: %q is a reserved event name", h.event))
	}
	r.change(func(next *hooks) {
		if _, taken := next.handlers[h.event]; taken {
			panic(fmt.Sprintf("socketio: %s has a handler for %q already; use Wrap or OnAny to add to it", owner, h.event))
		}
		handlers := maps.Clone(next.handlers)
		if handlers == nil {
			handlers = map[string]handler{}
		}
		handlers[h.event] = h
		next.handlers = handlers
	})
}

// off removes the handler of an event.
func (r *registry) off(event string) {
	r.change(func(next *hooks) {
		next.handlers = maps.Clone(next.handlers)
		delete(next.handlers, event)
	})
}

// added returns hooks with one more, leaving the array of hooks alone.
func added[H any](hooks []H, h H) []H { return append(slices.Clip(hooks), h) }

// mustHave panics if a hook or handler given to method is nil.
func mustHave(given bool, method string) {
	if !given {
		panic("socketio: " + method + " of nil")
	}
}

// A link is the next that a Wrap was given: what comes after it at the moment.
type link struct{ next atomic.Pointer[Handler] }

func (l *link) run(ctx context.Context, s *Socket, m *Message) error {
	return (*l.next.Load())(ctx, s, m)
}

// wrap composes mw around last, within the wraps before it. Mw is called once.
func (r *registry) wrap(mw func(next Handler) Handler, last Handler) {
	inner := new(link)
	inner.next.Store(&last)
	outer := mw(inner.run)
	mustHave(outer != nil, "Wrap: a Handler")
	r.change(func(next *hooks) {
		if next.innermost == nil {
			next.wrapped = outer
		} else {
			next.innermost.next.Store(&outer)
		}
		next.innermost = inner
	})
}

// decoding makes the handler of an event out of that of its payload.
func decoding[T any](h func(ctx context.Context, s *Socket, v T) error) Handler {
	return func(ctx context.Context, s *Socket, m *Message) error {
		v, err := decodeMessage[T](m)
		if err != nil {
			return err
		}
		if err = h(ctx, s, v); err != nil {
			return err
		}
		return reply(m, None{})
	}
}

// answering is decoding for a handler that has something to reply.
func answering[Q, R any](h func(ctx context.Context, s *Socket, q Q) (R, error)) Handler {
	return func(ctx context.Context, s *Socket, m *Message) error {
		q, err := decodeMessage[Q](m)
		if err != nil {
			return err
		}
		r, err := h(ctx, s, q)
		if err != nil {
			return err
		}
		return reply(m, r)
	}
}
