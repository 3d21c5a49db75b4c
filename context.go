package socketio

import (
	"context"
	"time"
)

// values is a Socket as the root of its contexts: it has the values of the first
// request and an entry by which the socket is found, but no end.
type values Socket

func (*values) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (*values) Done() <-chan struct{}                   { return nil }
func (*values) Err() error                              { return nil }

func (v *values) Value(key any) any {
	if key == (socketKey{}) {
		return (*Socket)(v)
	}
	return v.peer.conn.Context().Value(key)
}

// A socketKey is asked of a context to learn whose it is.
type socketKey struct{}

// socketOf returns the socket to whose handlers ctx was given, or nil.
func socketOf(ctx context.Context) *Socket {
	s, _ := ctx.Value(socketKey{}).(*Socket)
	return s
}

// peerOf returns the peer to whose handlers ctx was given, or nil.
func peerOf(ctx context.Context) *peer {
	if s := socketOf(ctx); s != nil {
		return s.peer
	}
	return nil
}

// adopt makes ctx, which a middleware has returned, the context of the socket. Of
// one that may end otherwise than with the socket it takes only the values.
func (s *Socket) adopt(ctx context.Context) {
	own := s.Context()
	if _, limited := ctx.Deadline(); socketOf(ctx) != s || limited || ctx.Err() != nil {
		fresh, cancel := context.WithCancelCause(&adopted{context.WithoutCancel(ctx), s})
		context.AfterFunc(own, func() { cancel(context.Cause(own)) })
		ctx = fresh
	}
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.ctx = ctx
}

// adopted is a context whose values may be those of another socket.
type adopted struct {
	context.Context
	socket *Socket
}

func (a *adopted) Value(key any) any {
	if key == (socketKey{}) {
		return a.socket
	}
	return a.Context.Value(key)
}

// A farewell is the context of OnDisconnect hooks: it has the socket's values, but
// ends with the server only.
type farewell struct {
	context.Context
	server context.Context
}

func (f *farewell) Done() <-chan struct{} { return f.server.Done() }
func (f *farewell) Err() error            { return f.server.Err() }
