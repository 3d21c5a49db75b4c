package engineio

import (
	"net/http"
	"sync/atomic"
)

// A Trace holds hooks. They are called on the goroutine where it happens, and must
// not block; nil ones cost nothing.
type Trace struct {
	Refused  func(r *http.Request, err *HandshakeError) // a request was answered with an error
	Opened   func(c *Conn)                              // before the receiver is attached
	Upgraded func(c *Conn)                              // from polling to a WebSocket or WebTransport
	Closed   func(c *Conn, err *CloseError)
}

// Trace adds hooks. Call it before serving; hooks add up.
func (s *Server) Trace(t *Trace) {
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
	list atomic.Pointer[[]*Trace]
}

func (t *traces) each(f func(*Trace)) {
	if list := t.list.Load(); list != nil {
		for _, trace := range *list {
			f(trace)
		}
	}
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
