package engineio

import (
	"errors"

	"socketio/internal/ws"
)

// Send queues messages, which stay together and in order, and writes what the
// network takes at once. It never blocks; the bytes are the caller's again when it
// returns. What is sent within a Receive of this connection leaves when the batch of
// input that was read has been handled, or handed over.
//
// Errors: ErrClosed; ErrQueueFull, which also ends the connection. That something was
// dropped, where [Options].DropOldest says so, is none.
func (c *Conn) Send(ms ...Message) error {
	if s := c.socket.Load(); s != nil {
		return c.sendOver(s, ms)
	}
	c.mu.Lock()
	if s := c.socket.Load(); s != nil {
		c.mu.Unlock()
		return c.sendOver(s, ms)
	}
	if c.client != nil {
		return c.client.send(ms)
	}
	if c.closed != nil {
		c.mu.Unlock()
		return ErrClosed
	}
	p := c.poll.Load()
	dropped, ok := p.put(ms, &c.server.options)
	if !ok {
		c.stepLocked(event{input: inFull})
		return ErrQueueFull
	}
	p.flush(c)
	c.accountPoll()
	c.mu.Unlock()
	c.dropped(dropped)
	c.countSent(len(ms), size(ms))
	return nil
}

// sendOver is Send for a connection on a WebSocket.
func (c *Conn) sendOver(s *socket, ms []Message) error {
	if err := c.sent(s.send(ms)); err != nil {
		return err
	}
	c.countSent(len(ms), size(ms))
	return nil
}

// TrySend is Send for messages that may be dropped: it sends them only if nothing
// of this connection waits, and, while the connection is polling, only if a GET
// waits for them. It says whether it did.
func (c *Conn) TrySend(ms ...Message) bool {
	if s := c.socket.Load(); s != nil {
		return c.tried(c.mayTry() && s.trySend(ms), len(ms), size(ms))
	}
	c.mu.Lock()
	if c.client != nil {
		defer c.mu.Unlock()
		return c.client.trySend(ms)
	}
	p := c.poll.Load()
	free := c.closed == nil && p != nil && p.get != nil && p.queue.packets == 0 && !c.server.budget.scarce()
	if free {
		p.queue.addMessages(ms)
		p.flush(c)
	}
	c.mu.Unlock()
	return c.tried(free, len(ms), size(ms))
}

// SendPrepared is Send for messages that were prepared for many connections.
func (c *Conn) SendPrepared(p *Prepared) error {
	if s := c.socket.Load(); s != nil && c.client == nil && s.takes(p) {
		if err := c.sent(s.sendPrepared(p)); err != nil {
			return err
		}
		c.countSent(len(p.messages), p.size)
		return nil
	}
	return c.Send(p.messages...)
}

// Postpone is SendPrepared for who sends several things to many connections: what is sent
// may wait for SendPostponed, so that it leaves in one piece, unless something else that is sent
// takes it along. Flush says whether [Conn.SendPostponed] has to be called; it must be soon.
func (c *Conn) Postpone(p *Prepared) (flush bool, err error) {
	s := c.socket.Load()
	if s == nil || c.client != nil || !s.takes(p) {
		return false, c.SendPrepared(p)
	}
	flush, err = s.postpone(p)
	if err = c.sent(err); err != nil {
		return false, err
	}
	c.countSent(len(p.messages), p.size)
	return flush, nil
}

// SendPostponed lets leave what [Conn.Postpone] has left.
func (c *Conn) SendPostponed() {
	if s := c.socket.Load(); s != nil {
		s.WritePostponed()
	}
}

// TrySendPrepared is TrySend for messages that were prepared for many connections.
func (c *Conn) TrySendPrepared(p *Prepared) bool {
	if s := c.socket.Load(); s != nil && c.client == nil && s.takes(p) {
		return c.tried(c.mayTry() && s.trySendPrepared(p), len(p.messages), p.size)
	}
	return c.TrySend(p.messages...)
}

// mayTry says whether there is memory for messages that may be dropped.
func (c *Conn) mayTry() bool { return c.server == nil || !c.server.budget.scarce() }

// dropped counts and shows messages that Options.DropOldest has dropped.
func (c *Conn) dropped(messages int) {
	if messages > 0 {
		c.server.count.oldestDropped.Add(uint64(messages))
		c.server.trace.dropped(c, messages)
	}
}

// countSent counts messages that a server has sent.
func (c *Conn) countSent(messages, bytes int) {
	if c.server != nil {
		c.server.count.out.add(messages, bytes)
	}
}

// tried counts messages that a server has sent, or dropped.
func (c *Conn) tried(sent bool, messages, bytes int) bool {
	switch {
	case c.server == nil:
	case sent:
		c.server.count.out.add(messages, bytes)
	default:
		c.server.count.volatileDropped.Add(uint64(messages))
	}
	return sent
}

// sent translates the error of a WebSocket's write, and ends a connection whose
// queue is full.
func (c *Conn) sent(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ws.ErrQueueFull) && c.client != nil:
		c.client.step(clientEvent{input: clFull})
		return ErrQueueFull
	case errors.Is(err, ws.ErrQueueFull):
		c.step(event{input: inFull})
		return ErrQueueFull
	default:
		return ErrClosed
	}
}

func size(ms []Message) int {
	n := 0
	for i := range ms {
		n += len(ms[i].Data)
	}
	return n
}
