package redis

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// subscriptions are the subscribers of a Bus, and the channels that they listen to. The
// connections for these last as long as there is a subscriber.
type subscriptions struct {
	client  rueidis.Client
	sharded bool // of the channels that are no patterns each belongs to one node of a Redis Cluster
	report  func(error)
	handle  func(c channel, message string) // called with what arrives, and what was subscribed to for it

	delivering sync.Mutex // held while a message is being delivered

	mu          sync.Mutex // guards what follows
	subscribers []*subscriber
	topics      map[adapter.Topic]int // how many listen
	wanted      map[channel]int       // by how many topics
	lines       map[string]*line      // by the address of the node; in no Redis Cluster the one at ""
	moved       map[channel]string    // where a channel is, as Redis has told
	ctx         context.Context       // of the connections; nil without a subscriber
	cancel      context.CancelFunc
}

// A subscriber is one whom a Bus delivers to.
type subscriber struct {
	ctx     context.Context
	deliver func(m []byte, at adapter.Offset)
}

// A channel is what can be subscribed to: the channel of that name, or all whose names match
// the pattern.
type channel struct {
	name    string
	pattern bool
}

// subscribe adds a subscriber, which stays until ctx ends. The error is that Redis cannot be
// reached.
func (s *subscriptions) subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	if err := s.client.Do(ctx, s.client.B().Ping().Build()).Error(); err != nil {
		return err
	}
	one := &subscriber{ctx: ctx, deliver: deliver}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		s.start()
	}
	s.subscribers = append(slices.Clip(s.subscribers), one)
	context.AfterFunc(ctx, func() { s.remove(one) })
	return nil
}

// start opens connections for what is wanted. The caller holds mu.
func (s *subscriptions) start() {
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.lines, s.moved = map[string]*line{}, map[channel]string{}
	for c := range s.wanted {
		s.lineOf(c)
	}
}

func (s *subscriptions) remove(one *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = slices.DeleteFunc(slices.Clone(s.subscribers), func(other *subscriber) bool { return other == one })
	if len(s.subscribers) == 0 {
		s.cancel()
		s.ctx, s.lines = nil, nil
	}
}

// deliver gives a message to all subscribers.
func (s *subscriptions) deliver(m []byte, at adapter.Offset) {
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

// receive is called with what arrives on a connection.
func (s *subscriptions) receive(m rueidis.PubSubMessage) {
	c := channel{name: m.Channel}
	if m.Pattern != "" {
		c = channel{name: m.Pattern, pattern: true}
	}
	s.mu.Lock()
	wanted := s.wanted[c] > 0
	s.mu.Unlock()
	if wanted {
		s.handle(c, m.Message)
	}
}

// listen begins to listen to a topic, which is done by listening to channels. It blocks
// until all of them are subscribed to.
func (s *subscriptions) listen(ctx context.Context, to adapter.Topic, channels ...channel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	s.topics[to]++
	if s.topics[to] == 1 {
		for _, c := range channels {
			s.wanted[c]++
		}
	}
	running := s.ctx != nil
	s.mu.Unlock()
	if !running {
		return nil // the first subscriber will
	}
	for _, c := range channels {
		if err := s.join(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// unlisten takes listen back.
func (s *subscriptions) unlisten(ctx context.Context, to adapter.Topic, channels ...channel) error {
	s.mu.Lock()
	var idle []channel
	switch s.topics[to] {
	case 0:
	case 1:
		delete(s.topics, to)
		for _, c := range channels {
			if s.wanted[c]--; s.wanted[c] == 0 {
				delete(s.wanted, c)
				idle = append(idle, c)
			}
		}
	default:
		s.topics[to]--
	}
	s.mu.Unlock()
	for _, c := range idle {
		if err := s.leave(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// join subscribes to a channel, wherever that is, and tries until ctx ends or Redis refuses.
func (s *subscriptions) join(ctx context.Context, c channel) error {
	for {
		s.mu.Lock()
		if s.ctx == nil {
			s.mu.Unlock()
			return nil
		}
		l := s.lineOf(c)
		s.mu.Unlock()
		conn, err := l.connection(ctx)
		if err != nil {
			return err
		}
		if conn == nil {
			continue
		}
		err = conn.Do(ctx, l.command(conn.B(), c)).Error()
		refusal, refused := rueidis.IsRedisErr(err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case refused && s.move(refusal, c):
		case refused:
			return err
		default:
			l.drop(conn)
		}
	}
}

// rejoin subscribes to channels that were found not to be where they had been.
func (s *subscriptions) rejoin(ctx context.Context, channels ...channel) {
	for _, c := range channels {
		s.mu.Lock()
		wanted := s.wanted[c] > 0
		s.mu.Unlock()
		if !wanted {
			continue
		}
		if err := s.join(ctx, c); err != nil && ctx.Err() == nil {
			s.report(fmt.Errorf("redis: not subscribed to %q: %w", c.name, err))
		}
	}
}

// leave ends the subscription to a channel, if there is a connection.
func (s *subscriptions) leave(ctx context.Context, c channel) error {
	s.mu.Lock()
	if s.ctx == nil {
		s.mu.Unlock()
		return nil
	}
	l := s.lineOf(c)
	delete(s.moved, c)
	delete(l.channels, c)
	conn := l.conn
	s.mu.Unlock()
	if conn == nil {
		return nil
	}
	return conn.Do(ctx, l.farewell(conn.B(), c)).Error()
}

// move notes where a channel is if Redis has said so.
func (s *subscriptions) move(refusal *rueidis.RedisError, c channel) bool {
	addr, moved := refusal.IsMoved()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !moved || s.ctx == nil {
		return false
	}
	delete(s.lineOf(c).channels, c)
	s.moved[c] = addr
	return true
}

// lineOf returns the connection that a channel is to be subscribed to on. The caller holds
// mu, and there is a subscriber.
func (s *subscriptions) lineOf(c channel) *line {
	addr := s.moved[c]
	l := s.lines[addr]
	if l == nil {
		l = &line{subscriptions: s, addr: addr, channels: map[channel]struct{}{}, up: make(chan struct{})}
		s.lines[addr] = l
		go l.run(s.ctx)
	}
	l.channels[c] = struct{}{}
	return l
}
