package engineio

import (
	"sync"
	"sync/atomic"
	"time"

	"socketio/eio4"
)

// pulses are the pings of a server that have no pong yet. They are kept only where
// Trace.Heartbeat asks for them: a connection has no room for one.
type pulses struct {
	on atomic.Bool // somebody asks

	mu   sync.Mutex // guards what follows
	sent map[*Conn]time.Duration
}

// note keeps when a ping is sent, until the connection ends. The caller holds the
// connection's mu.
func (p *pulses) note(c *Conn, now time.Duration, done effects) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case done&doEnd != 0:
		delete(p.sent, c)
	case p.sent == nil:
		p.sent = map[*Conn]time.Duration{c: now}
	default:
		p.sent[c] = now
	}
}

// take returns when the ping was sent that is answered now, if there is one.
func (p *pulses) take(c *Conn) (sent time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent, ok = p.sent[c]
	delete(p.sent, c)
	return sent, ok
}

// pulsed tells of a heartbeat, if the packet that was stepped was one.
func (c *Conn) pulsed(now time.Duration, t eio4.Type, done effects) {
	rtt := time.Duration(0)
	switch {
	case done&doPong != 0:
	case t == eio4.Pong && done&doEnd == 0:
		sent, ok := c.server.pulses.take(c)
		if !ok {
			return
		}
		rtt = now - sent
	default:
		return
	}
	c.server.trace.each(func(t *Trace) {
		if t.Heartbeat != nil {
			t.Heartbeat(c, rtt)
		}
	})
}
