package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"socketio/adapter"
)

const (
	// inbox is how many messages may wait to be delivered, which does not block. What
	// comes then the connection drops, and tells its ErrorHandler.
	inbox = 16 << 10

	// flushTimeout is how long the broker has to confirm a subscription, unless the
	// caller's context says so.
	flushTimeout = 10 * time.Second
)

var errAway = errors.New("nats: the broker is away")

// subscriptions are the subscribers of a Bus, and the subjects that it listens to. All of
// these lead to one channel, in which the order of what arrives is kept.
type subscriptions struct {
	conn   *natsgo.Conn
	report func(error)

	delivering sync.Mutex // held while a message is being delivered

	mu          sync.Mutex // guards what follows
	subscribers []*subscriber
	wanted      map[string]*interest // by subject
	arrived     chan *natsgo.Msg
	cancel      context.CancelFunc // ends it all; nil without a subscriber
}

// A subscriber is one whom a Bus delivers to.
type subscriber struct {
	ctx     context.Context
	deliver func(m []byte, at adapter.Offset)
}

// An interest is in one subject.
type interest struct {
	listeners int
	sub       *natsgo.Subscription // nil without a subscriber
	confirmed bool
}

func newSubscriptions(conn *natsgo.Conn, onError func(error)) *subscriptions {
	if onError == nil {
		onError = func(err error) { slog.With("component", "nats").Error(err.Error()) }
	}
	return &subscriptions{conn: conn, report: onError, wanted: map[string]*interest{}}
}

// health returns why nothing is sent or heard at the moment, nil if that is not so.
func (s *subscriptions) health() error {
	if s.conn.IsConnected() {
		return nil
	}
	if err := s.conn.LastError(); err != nil {
		return fmt.Errorf("%w: %w", errAway, err)
	}
	return errAway
}

// subscribe adds a subscriber, which stays until ctx ends.
func (s *subscriptions) subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	if err := firstError(ctx.Err(), s.health()); err != nil {
		return err
	}
	one := &subscriber{ctx: ctx, deliver: deliver}
	s.mu.Lock()
	if s.cancel == nil {
		s.startLocked()
	}
	s.subscribers = append(slices.Clip(s.subscribers), one)
	s.mu.Unlock()
	if err := s.flush(ctx); err != nil {
		s.remove(one)
		return err
	}
	context.AfterFunc(ctx, func() { s.remove(one) })
	return nil
}

// firstError returns the first error that there is.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// startLocked begins to listen to what is wanted.
func (s *subscriptions) startLocked() {
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	s.arrived = make(chan *natsgo.Msg, inbox)
	go s.run(ctx, s.arrived, s.conn.StatusChanged(natsgo.RECONNECTING, natsgo.CLOSED))
	for subject, i := range s.wanted {
		if err := s.joinLocked(subject, i); err != nil {
			s.report(err)
		}
	}
}

// remove takes a subscriber out. With the last one all subscriptions end.
func (s *subscriptions) remove(one *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.subscribers)
	s.subscribers = slices.DeleteFunc(slices.Clone(s.subscribers), func(other *subscriber) bool { return other == one })
	if len(s.subscribers) > 0 || before == 0 {
		return
	}
	s.cancel()
	s.cancel = nil
	for _, i := range s.wanted {
		_ = s.leaveLocked(i) // on a connection that is closed there is nothing to end
	}
}

// run delivers what arrives, and tells when the broker is lost, until ctx ends.
func (s *subscriptions) run(ctx context.Context, arrived chan *natsgo.Msg, lost chan natsgo.Status) {
	defer s.conn.RemoveStatusListener(lost)
	var parts assembler
	for {
		select {
		case m := <-arrived:
			s.take(&parts, m.Data)
		case status := <-lost:
			// A connection that its owner has closed has no error.
			if err := s.conn.LastError(); err != nil || status != natsgo.CLOSED {
				s.report(fmt.Errorf("nats: what is published is not heard for now: %w", firstError(err, errAway)))
			}
		case <-ctx.Done():
			return
		}
	}
}

// take takes what has arrived. What is neither a message nor a part of one is delivered as
// it is, for the node to count and to report it.
func (s *subscriptions) take(parts *assembler, b []byte) {
	if len(b) > 0 && b[0] == partMark {
		whole, err := parts.take(b, time.Now())
		if err == nil && whole == nil {
			return
		}
		if err == nil {
			b = whole
		}
	}
	s.deliver(b, "")
}

// deliver gives a message to all subscribers. One of no bytes is none, but nothing is lost
// either, which nil would say.
func (s *subscriptions) deliver(m []byte, at adapter.Offset) {
	if m == nil {
		m = []byte{}
	}
	s.mu.Lock()
	subscribers := s.subscribers
	s.mu.Unlock()
	s.delivering.Lock()
	defer s.delivering.Unlock()
	for _, one := range subscribers {
		if one.ctx.Err() == nil {
			one.deliver(m, at)
		}
	}
}

// listen begins to listen to a subject, and returns when the broker knows. While the broker
// is away nothing can be missed, and it will be told before anything else.
func (s *subscriptions) listen(ctx context.Context, subject string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	i := s.wanted[subject]
	if i == nil {
		i = new(interest)
		s.wanted[subject] = i
	}
	i.listeners++
	err := s.joinLocked(subject, i)
	known := i.confirmed || s.cancel == nil
	s.mu.Unlock()
	if err != nil || known {
		return err
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	i.confirmed = i.sub != nil
	s.mu.Unlock()
	return nil
}

// unlisten takes listen back.
func (s *subscriptions) unlisten(ctx context.Context, subject string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.wanted[subject]
	if i == nil {
		return ctx.Err()
	}
	if i.listeners--; i.listeners > 0 {
		return ctx.Err()
	}
	delete(s.wanted, subject)
	return s.leaveLocked(i)
}

// joinLocked subscribes to a subject if there is somebody to deliver to.
func (s *subscriptions) joinLocked(subject string, i *interest) (err error) {
	if i.sub == nil && s.cancel != nil {
		i.sub, err = s.conn.ChanSubscribe(subject, s.arrived)
	}
	return err
}

// leaveLocked ends the subscription to a subject.
func (s *subscriptions) leaveLocked(i *interest) error {
	if i.sub == nil {
		return nil
	}
	err := i.sub.Unsubscribe()
	i.sub, i.confirmed = nil, false
	return err
}

// flush returns when the broker has done what it was sent, or is away.
func (s *subscriptions) flush(ctx context.Context) error {
	if !s.conn.IsConnected() {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	err := s.conn.FlushWithContext(limited)
	if err != nil && ctx.Err() == nil && s.conn.IsReconnecting() {
		return nil
	}
	return err
}
