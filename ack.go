package socketio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socketio/sio5"
)

// A waiter awaits acknowledgements. Its methods are called with no lock held, by
// whoever reads the connection or ends the socket, and at most one of them, once
// for each time that it was registered.
type waiter interface {
	answer(s *Socket, a answer)
	abandon(s *Socket, why error)
}

// expect registers w for the acknowledgement of that id.
func (s *Socket) expect(id uint64, w waiter) error {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	if s.ended != nil {
		return s.ended
	}
	if limit := s.peer.srv.options.MaxAcks; len(s.acks) >= limit {
		s.peer.srv.count.maxAcks.Add(1)
		return fmt.Errorf("socketio: %d acknowledgements awaited: %w", limit, ErrQueueFull)
	}
	if s.acks == nil {
		s.acks = map[uint64]waiter{}
	}
	s.acks[id] = w
	return nil
}

// take returns the waiter for an id, nil if there is none, and forgets it.
func (s *Socket) take(id uint64) waiter {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	w := s.acks[id]
	delete(s.acks, id)
	if len(s.acks) == 0 {
		s.acks = nil
		s.peer.wake()
	}
	return w
}

// resolve gives an acknowledgement to who waits for it. One that nobody waits for, for
// instance because it is late, is ignored.
func (s *Socket) resolve(packet *sio5.Packet) {
	if !packet.HasID {
		return
	}
	if w := s.take(packet.ID); w != nil {
		w.answer(s, answerOf(packet))
		return
	}
	s.peer.srv.count.acksUnwanted.Add(1)
}

// A question waits for the acknowledgement of one socket.
type question struct {
	done  chan struct{} // closed when one of the others is set
	reply answer
	err   error
}

func (q *question) answer(_ *Socket, a answer) {
	q.reply = a
	close(q.done)
}

func (q *question) abandon(_ *Socket, why error) {
	q.err = why
	close(q.done)
}

// errDropped is what asking by a volatile message gives that was dropped.
var errDropped = fmt.Errorf("socketio: a volatile message was dropped: %w", ErrQueueFull)

// ask sends the event in f, releases f, and waits for the answer.
func (p Sender) ask(ctx context.Context, f *frame) (answer, error) {
	f.uncompressed = f.uncompressed || p.uncompressed
	if p.client != nil {
		f.uncompressed = f.uncompressed || p.uncompressed
		return p.client.ask(ctx, f, p.volatile)
	}
	a, sent, err := p.put(ctx, f)
	if !sent {
		f.release()
	}
	return a, err
}

// put sends f as a question to a socket, releases it and waits for the answer. It says
// whether f was sent; if not, f is still the caller's.
func (p Sender) put(ctx context.Context, f *frame) (a answer, sent bool, err error) {
	s := p.socket
	id := s.ns.nextID()
	q := &question{done: make(chan struct{})}
	if err = s.expect(id, q); err == nil {
		err = p.sendQuestion(f, id)
	}
	if err != nil {
		s.take(id)
		return answer{}, false, err
	}
	event := f.event
	f.release()
	a, err = s.answerTo(ctx, q, id, event)
	return a, true, err
}

// answerTo waits for the answer to a question that was sent.
func (s *Socket) answerTo(ctx context.Context, q *question, id uint64, event string) (answer, error) {
	defer s.take(id)
	defer beginWait(ctx, s.peer)()
	patience := newPatience(ctx, s.peer.srv.options.AckTimeout)
	defer patience.stop()
	select {
	case <-q.done:
		return q.reply, q.err
	case <-ctx.Done():
	case <-patience.over:
	}
	if gone := s.gone(); gone != nil {
		return answer{}, gone
	}
	if errors.Is(patience.err(ctx), context.DeadlineExceeded) {
		s.peer.srv.count.ackTimeouts.Add(1)
	}
	return answer{}, fmt.Errorf("socketio: no acknowledgement of %q: %w", event, patience.err(ctx))
}

// sendQuestion sends f with an id.
func (p Sender) sendQuestion(f *frame, id uint64) error {
	if err := f.seal(sio5.Event, id, true, p.socket.peer.srv.options.MaxAttachments); err != nil {
		return err
	}
	sent, err := p.socket.emit(f, p.volatile)
	if err == nil && !sent {
		err = errDropped
	}
	return err
}

// beginWait is called before a method with ctx waits for s's peer, or for many peers if
// that is nil: it lets the connections be read whose handlers would wait. What it
// returns is to be called when the waiting is over.
func beginWait(ctx context.Context, asked *peer) (end func()) {
	handler := peerOf(ctx)
	if handler != nil {
		handler.conn.HandOver()
	}
	if asked != nil && asked != handler {
		asked.conn.HandOver()
		return func() {}
	}
	if handler == nil {
		return func() {}
	}
	handler.beginAwait()
	return handler.endAwait
}

// patience is how long acknowledgements are waited for: as long as the context
// allows, or for the AckTimeout if that sets no deadline.
type patience struct {
	over  <-chan time.Time // nil if only the context matters
	timer *time.Timer
}

func newPatience(ctx context.Context, timeout time.Duration) patience {
	if _, limited := ctx.Deadline(); limited || timeout < 0 {
		return patience{}
	}
	timer := time.NewTimer(timeout)
	return patience{timer.C, timer}
}

func (p patience) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// err returns why it is over.
func (p patience) err(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return context.DeadlineExceeded
	}
	if cause := context.Cause(ctx); !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
