package socketio

import (
	"context"
	"log/slog"
	"time"
)

// Drain empties the server without haste, before Shutdown: it refuses newcomers with 503,
// and ends the connections that there are one after the other, in random order and spread
// over a time, with [ReasonServerShutdown]. So clients come to the other servers one after
// the other as well. Those that are still here are served as ever.
//
// A connection whose turn has come ends when its handlers have returned that run or wait to,
// and when the acknowledgements have come that are awaited of it; events that come
// meanwhile are not handled, nor acknowledged. Events that have been emitted are sent. With
// [Options].Recovery its session is kept like that of one that was cut off. WebSockets of
// other servers that come through this one, see [Options].Advertise, end in the same way.
//
// Drain returns when the last connection has been ended and its OnDisconnect hooks have
// returned, or with the error of ctx: connections whose turn has come end at once then, and
// the others go on. Call Shutdown after it. A handler that calls Drain waits for itself.
func (srv *Server) Drain(ctx context.Context, over time.Duration) error {
	defer beginWait(ctx, nil)()
	if err := srv.drainConnections(ctx, over); err != nil {
		return err
	}
	return srv.tasks.wait(ctx)
}

// Drain ends the connection, as soon as nothing of it is under way: [engineio.Server.Drain]
// calls it.
func (p *peer) Drain(ctx context.Context) {
	p.mu.Lock()
	p.leaving = true
	resting := p.resting()
	p.mu.Unlock()
	if resting {
		p.depart()
		return
	}
	p.srv.tasks.start(func() {
		p.rest(ctx)
		p.depart()
	})
}

func (p *peer) depart() {
	p.end(slog.LevelDebug, ReasonServerShutdown, ErrServerClosed, "the server drains")
}

// resting says whether no handler of p runs or waits to, and no acknowledgement is
// awaited. The caller holds mu.
func (p *peer) resting() bool {
	for _, s := range p.sockets {
		if s.inbox.busy || len(s.acks) > 0 {
			return false
		}
	}
	return p.ending == 0
}

// rest waits until p is at rest or has ended, or until ctx ends.
func (p *peer) rest(ctx context.Context) {
	for {
		p.mu.Lock()
		if p.closed || p.resting() {
			p.mu.Unlock()
			return
		}
		changed := p.change()
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
