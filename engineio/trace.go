package engineio

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A Trace holds hooks, of a server or of what [DialOptions.Trace] dials. They are called on
// the goroutine where it happens, and must not block; nil ones cost nothing.
type Trace struct {
	Refused  func(r *http.Request, err *HandshakeError) // a request was answered with an error; a server's alone
	Opened   func(c *Conn)                              // before the receiver is attached
	Upgraded func(c *Conn)                              // from polling to a WebSocket or WebTransport
	Closed   func(c *Conn, err *CloseError)

	// Heartbeat is called when the peer has answered a ping, with how long that took, and
	// when we have answered one of the peer's, with 0.
	Heartbeat func(c *Conn, rtt time.Duration)

	// Dropped is called when Options.DropOldest has dropped messages. It may be called
	// within Send, by whoever sends.
	Dropped func(c *Conn, messages int)

	// OverBudget is called when Options.MemoryBudget was exceeded and so many connections
	// were cut for it, and says how many bytes were held before.
	OverBudget func(held, cut int)
}

// Trace adds hooks. Call it before serving; hooks add up.
func (s *Server) Trace(t *Trace) {
	if t.Heartbeat != nil {
		s.pulses.on.Store(true)
	}
	for {
		old := s.trace.list.Load()
		var list []*Trace
		if old != nil {
			list = append(list, *old...)
		}
		list = append(list, t)
		if s.trace.list.CompareAndSwap(old, &list) {
			return
		}
	}
}

// traces calls the hooks of all that were added.
type traces struct {
	list     atomic.Pointer[[]*Trace]
	panicked func(v any) // told of the panic of a hook, or with nil
}

func (t *traces) each(f func(*Trace)) {
	if list := t.list.Load(); list != nil {
		for _, trace := range *list {
			t.call(f, trace)
		}
	}
}

func (t *traces) call(f func(*Trace), trace *Trace) {
	defer func() { t.panicked(recover()) }()
	f(trace)
}

func (t *traces) refused(r *http.Request, err *HandshakeError) {
	t.each(func(t *Trace) {
		if t.Refused != nil {
			t.Refused(r, err)
		}
	})
}

func (t *traces) opened(c *Conn) {
	t.each(func(t *Trace) {
		if t.Opened != nil {
			t.Opened(c)
		}
	})
}

func (t *traces) upgraded(c *Conn) {
	t.each(func(t *Trace) {
		if t.Upgraded != nil {
			t.Upgraded(c)
		}
	})
}

func (t *traces) closed(c *Conn, err *CloseError) {
	t.each(func(t *Trace) {
		if t.Closed != nil {
			t.Closed(c, err)
		}
	})
}

// traceOpened tells that a client's session is open, unless there was an error.
func (cl *client) traceOpened(err *error) {
	if t := cl.options.Trace; *err == nil && t != nil && t.Opened != nil {
		t.Opened(cl.conn)
	}
}

// atClient tells what has come of a step of a client's session.
func (t *Trace) atClient(c *Conn, done clientEffects, why *CloseError) {
	if done&clSwitch != 0 && t.Upgraded != nil {
		t.Upgraded(c)
	}
	if done&clPong != 0 && t.Heartbeat != nil {
		t.Heartbeat(c, 0)
	}
	if why != nil && t.Closed != nil {
		t.Closed(c, why)
	}
}

func (t *traces) dropped(c *Conn, messages int) {
	t.each(func(t *Trace) {
		if t.Dropped != nil {
			t.Dropped(c, messages)
		}
	})
}

func (t *traces) overBudget(held, cut int) {
	t.each(func(t *Trace) {
		if t.OverBudget != nil {
			t.OverBudget(held, cut)
		}
	})
}
