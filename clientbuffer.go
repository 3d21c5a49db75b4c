package socketio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"socketio/sio5"
)

// A kept is an event that waits for a connection.
type kept struct {
	frame *frame    // its own
	ask   *question // nil if no answer is wanted
	id    uint64    // of the acknowledgement

	withdrawn atomic.Bool // nobody waits for the answer any more

	socket *Socket // to which it was sent; guarded by Client.mu
}

// detached returns a copy of f, encoded but not sealed, that shares nothing with f or
// its user.
func (f *frame) detached() *frame {
	d := &frame{ns: f.ns, buf: bytes.Clone(f.buf), headroom: f.headroom, event: f.event, uncompressed: f.uncompressed}
	for _, attachment := range f.attachments {
		d.attachments = append(d.attachments, bytes.Clone(attachment))
	}
	return d
}

// cost is what a frame counts in the buffer.
func (f *frame) cost() int {
	n := itemOverhead + len(f.buf)
	for _, attachment := range f.attachments {
		n += len(attachment)
	}
	return n
}

// send sends an encoded event, or keeps it while there is no connection.
func (s *ClientSocket) send(f *frame, volatile bool) error {
	if s.client.options.Retries > 0 && !volatile {
		return s.enqueue(f, nil)
	}
	for {
		if socket := s.current.Load(); socket != nil {
			err := Sender{socket: socket, volatile: volatile}.send(f)
			if err == nil && !volatile {
				s.sent.Add(1)
			}
			if err == nil || !errors.Is(err, ErrDisconnected) {
				return err
			}
			s.current.CompareAndSwap(socket, nil)
		}
		if volatile {
			return nil
		}
		if k, err := s.keep(f, nil); k != nil || err != nil {
			return err
		}
	}
}

// keep puts a copy of f into the buffer. It returns nil if there is a connection.
func (s *ClientSocket) keep(f *frame, q *question) (*kept, error) {
	c := s.client
	if err := f.seal(sio5.Event, 0, q != nil, c.core.options.MaxAttachments); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.current.Load() != nil {
		return nil, nil //nolint:nilnil // told by the comment
	}
	if err := s.room(f); err != nil {
		return nil, err
	}
	k := &kept{frame: f.detached(), ask: q}
	if q != nil {
		k.id = s.ns.nextID()
	}
	s.buffer = append(s.buffer, k)
	s.buffered += k.frame.cost()
	s.unsent.Add(1)
	return k, nil
}

// room says why f cannot be kept, if it cannot. The caller holds mu.
func (s *ClientSocket) room(f *frame) error {
	limit := s.client.options.Buffer
	switch {
	case s.client.closed:
		return ErrClientClosed
	case limit < 0:
		return ErrDisconnected
	case s.buffered > 0 && s.buffered+f.cost() > limit:
		return fmt.Errorf("socketio: ClientOptions.Buffer: %w", ErrQueueFull)
	}
	return nil
}

// flush sends what was kept, and makes socket the one that is sent to.
func (s *ClientSocket) flush(socket *Socket) {
	c := s.client
	for {
		c.mu.Lock()
		if s.socket != socket {
			c.mu.Unlock() // it has ended, or another one has come
			return
		}
		batch := s.buffer
		s.buffer, s.buffered = nil, 0
		if len(batch) == 0 {
			s.current.Store(socket)
			c.signal()
			c.mu.Unlock()
			s.advance()
			return
		}
		for _, k := range batch {
			k.socket = socket
		}
		c.mu.Unlock()
		for i, k := range batch {
			if !s.sendKept(k, socket) {
				s.putBack(batch[i:])
				return
			}
		}
	}
}

// sendKept sends what was kept, and says whether the socket has not ended.
func (s *ClientSocket) sendKept(k *kept, socket *Socket) bool {
	var err error
	if k.ask != nil {
		if k.withdrawn.Load() {
			s.unsent.Add(-1)
			return true
		}
		err = socket.expect(k.id, k.ask)
	}
	if err == nil {
		if err = k.frame.seal(sio5.Event, k.id, k.ask != nil, socket.peer.srv.options.MaxAttachments); err == nil {
			_, err = socket.emit(k.frame, false)
		}
		if err != nil && k.ask != nil && socket.take(k.id) == nil {
			err = nil // it was told of the end already
		}
	}
	if err != nil && errors.Is(err, ErrDisconnected) {
		return false
	}
	s.unsent.Add(-1)
	s.sent.Add(1)
	if err != nil && k.ask != nil {
		k.ask.abandon(nil, err)
	}
	return true
}

// putBack keeps events for the next connection that were not sent.
func (s *ClientSocket) putBack(rest []*kept) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	for _, k := range rest {
		k.socket = nil
		s.buffered += k.frame.cost()
	}
	s.buffer = append(slices.Clone(rest), s.buffer...)
}

// ask is Sender.ask for a client's socket: while there is no connection the question waits
// as well. It releases f.
func (s *ClientSocket) ask(ctx context.Context, f *frame, volatile bool) (answer, error) {
	for {
		if socket := s.current.Load(); socket != nil && (volatile || s.client.options.Retries <= 0) {
			n := s.sent.Add(1)
			a, sent, err := Sender{socket: socket, volatile: volatile}.put(ctx, f)
			if err == nil {
				s.confirm(n)
			}
			if sent {
				return a, err
			}
			if volatile || !errors.Is(err, ErrDisconnected) {
				f.release()
				return a, err
			}
			if s.confirmed.Load() < n { // settle has not counted it yet
				s.sent.Add(^uint64(0))
			}
			s.current.CompareAndSwap(socket, nil)
		}
		if volatile {
			f.release()
			return answer{}, errDropped
		}
		q := &question{done: make(chan struct{})}
		event := f.event
		forget, err := s.putOff(f, q)
		if err == nil && forget == nil {
			continue // there is a connection
		}
		f.release()
		if err != nil {
			return answer{}, err
		}
		a, err := s.client.waitForAnswer(ctx, q, event)
		forget()
		return a, err
	}
}

// putOff keeps a question until there is a connection, or has it sent by Retries. Forget
// takes it back; it is nil if there is a connection.
func (s *ClientSocket) putOff(f *frame, q *question) (forget func(), err error) {
	if s.client.options.Retries > 0 {
		return func() { s.unqueue(q) }, s.enqueue(f, q)
	}
	k, err := s.keep(f, q)
	if k == nil {
		return nil, err
	}
	return func() { s.withdraw(k) }, nil
}

// waitForAnswer waits for the answer to a question that was put off.
func (c *Client) waitForAnswer(ctx context.Context, q *question, event string) (answer, error) {
	defer beginWait(ctx, nil)()
	timeout := c.core.options.AckTimeout
	if c.options.Retries > 0 {
		timeout = -1 // which has its own
	}
	patience := newPatience(ctx, timeout)
	defer patience.stop()
	select {
	case <-q.done:
		return q.reply, q.err
	case <-ctx.Done():
	case <-patience.over:
	}
	return answer{}, fmt.Errorf("socketio: no acknowledgement of %q: %w", event, patience.err(ctx))
}

// withdraw takes a question back that nobody waits for any more.
func (s *ClientSocket) withdraw(k *kept) {
	k.withdrawn.Store(true)
	s.client.mu.Lock()
	if i := slices.Index(s.buffer, k); i >= 0 {
		s.buffer = slices.Delete(s.buffer, i, i+1)
		s.buffered -= k.frame.cost()
		s.unsent.Add(-1)
	}
	socket := k.socket
	s.client.mu.Unlock()
	if socket != nil {
		socket.take(k.id)
	}
}

// confirm notes that the server has had the event sent as the n-th, and so all before.
func (s *ClientSocket) confirm(n uint64) {
	for {
		old := s.confirmed.Load()
		if n <= old || s.confirmed.CompareAndSwap(old, n) {
			return
		}
	}
}

// inDoubt is how many events were sent of which nothing says that they have arrived.
func (s *ClientSocket) inDoubt() int {
	if sent, confirmed := s.sent.Load(), s.confirmed.Load(); sent > confirmed {
		return int(sent - confirmed)
	}
	return 0
}

// settle counts anew, for the next connection.
func (s *ClientSocket) settle() (inDoubt int) {
	inDoubt = s.inDoubt()
	s.confirm(s.sent.Load())
	return inDoubt
}

// forgetAll drops what waits, and tells who waits for answers to it.
func (s *ClientSocket) forgetAll(why error) {
	s.client.mu.Lock()
	dropped := s.buffer
	s.buffer, s.buffered = nil, 0
	queue := s.queue
	s.queue = nil
	s.unsent.Store(0)
	s.client.mu.Unlock()
	for _, k := range dropped {
		if k.ask != nil {
			k.ask.abandon(nil, why)
		}
	}
	for _, r := range queue {
		r.finish(answer{}, why)
	}
}
