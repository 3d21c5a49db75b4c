package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"socketio/sio5"
)

// A retried is an event that is sent until it is acknowledged, or has had its tries.
// They are sent one after the other.
type retried struct {
	owner *ClientSocket
	frame *frame
	ask   *question // who waits for the answer, if anybody does
	id    uint64
	done  atomic.Bool

	// Guarded by Client.mu.
	tries  int
	socket *Socket // to which it was sent; nil while it waits for a connection
	timer  *time.Timer
}

// enqueue puts a copy of f behind the events that are to be acknowledged.
func (s *ClientSocket) enqueue(f *frame, q *question) error {
	c := s.client
	if err := f.seal(sio5.Event, 0, true, c.core.options.MaxAttachments); err != nil {
		return err
	}
	c.mu.Lock()
	if err := s.room(f); err != nil {
		c.mu.Unlock()
		return err
	}
	r := &retried{owner: s, frame: f.detached(), ask: q, id: s.ns.nextID()}
	s.queue = append(s.queue, r)
	s.buffered += r.frame.cost()
	s.unsent.Add(1)
	c.mu.Unlock()
	s.advance()
	return nil
}

// advance sends the first event of the queue, if it is not under way and there is a
// connection.
func (s *ClientSocket) advance() {
	c := s.client
	c.mu.Lock()
	socket := s.current.Load()
	// One that is about to be replaced would use up the tries.
	if socket == nil || !socket.Connected() || len(s.queue) == 0 || s.queue[0].socket != nil {
		c.mu.Unlock()
		return
	}
	r := s.queue[0]
	r.tries++
	r.socket = socket
	if timeout := c.core.options.AckTimeout; timeout > 0 {
		r.timer = time.AfterFunc(timeout, func() { r.expire(socket) })
	}
	c.mu.Unlock()
	err := socket.expect(r.id, r)
	if err != nil {
		r.undo(socket, err)
		return
	}
	f := r.frame.detached() // the next try may begin while this one is still being sent
	if err = f.seal(sio5.Event, r.id, true, c.core.options.MaxAttachments); err == nil {
		_, err = socket.emit(f, false)
	}
	if err != nil && socket.take(r.id) != nil {
		r.undo(socket, err)
	}
}

// undo is called when a try has not even been sent. If that is because the connection has
// ended, which the socket may not have been told of yet, it was none: another one follows on
// the next connection.
func (r *retried) undo(socket *Socket, why error) {
	if !errors.Is(why, ErrDisconnected) {
		r.failed(socket, why)
		return
	}
	c := r.owner.client
	c.mu.Lock()
	if r.socket == socket {
		r.socket = nil
		r.tries--
		if r.timer != nil {
			r.timer.Stop()
		}
	}
	c.mu.Unlock()
	if r.owner.current.Load() != socket {
		r.owner.advance() // the next connection has come meanwhile
	}
}

// answer is called with the acknowledgement.
func (r *retried) answer(_ *Socket, a answer) { r.finish(a, nil) }

// abandon is called when the connection has ended.
func (r *retried) abandon(socket *Socket, why error) { r.failed(socket, why) }

// expire ends a try that has taken too long.
func (r *retried) expire(socket *Socket) {
	if socket.take(r.id) != nil {
		r.failed(socket, context.DeadlineExceeded)
	}
}

// failed ends a try; another one follows unless that was the last.
func (r *retried) failed(socket *Socket, why error) {
	c := r.owner.client
	c.mu.Lock()
	if r.socket != socket {
		c.mu.Unlock()
		return
	}
	r.socket = nil
	if r.timer != nil {
		r.timer.Stop()
	}
	last := r.tries > c.options.Retries
	c.mu.Unlock()
	if last {
		r.finish(answer{}, fmt.Errorf("socketio: %q was not acknowledged in %d tries: %w", r.frame.event, r.tries, why))
		return
	}
	r.owner.advance()
}

// finish takes the event out of the queue, tells who waits for it, and goes on with the
// next.
func (r *retried) finish(a answer, err error) {
	if !r.done.CompareAndSwap(false, true) {
		return
	}
	s := r.owner
	s.dequeue(r)
	switch {
	case r.ask != nil && err != nil:
		r.ask.abandon(nil, err)
	case r.ask != nil:
		r.ask.answer(nil, a)
	case err != nil:
		s.client.core.report(s.Context(), s.lastSocket(), "Retries", err)
	}
	s.advance()
}

// dequeue takes an event out of the queue.
func (s *ClientSocket) dequeue(r *retried) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	if i := slices.Index(s.queue, r); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.buffered -= r.frame.cost()
		s.unsent.Add(-1)
	}
}

// unqueue takes back the event whose answer nobody waits for any more.
func (s *ClientSocket) unqueue(q *question) {
	s.client.mu.Lock()
	i := slices.IndexFunc(s.queue, func(r *retried) bool { return r.ask == q })
	if i < 0 {
		s.client.mu.Unlock()
		return
	}
	r := s.queue[i]
	socket := r.socket
	s.client.mu.Unlock()
	if socket != nil {
		socket.take(r.id)
	}
	r.done.Store(true)
	s.dequeue(r)
	s.advance()
}
