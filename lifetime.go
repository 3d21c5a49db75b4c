package socketio

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// end is the one way in which a socket ends, whoever ended it: nothing is sent or
// received any more, who waits for it is told, and the OnDisconnect hooks become
// the last item of the inbox. Only the first call does anything; it says what state the
// socket was in, and whether the inbox is idle, so that the caller has to drain it.
func (s *Socket) end(reason Reason, cause error) (was state, idle bool) {
	p := s.peer
	p.mu.Lock()
	if s.ended != nil {
		p.mu.Unlock()
		return ended, false
	}
	was = s.at()
	s.ended = &DisconnectError{Reason: reason, Err: cause}
	atClient := s.ns.client
	if atClient != nil && was == connected {
		s.ended.Unsent, s.ended.InDoubt = int(atClient.unsent.Load()), atClient.settle()
	}
	s.state.Store(uint32(ended))
	p.drop(s, was)
	p.ending++
	// Whose connection was cut for the sake of memory shall not hold any.
	overBudget := p.srv.options.MemoryBudget > 0 && errors.Is(cause, ErrQueueFull)
	if was == pending || !s.ended.byPeer() && !s.comesBack() || overBudget {
		s.discard()
	}
	cancel, acks := s.cancel, s.acks
	s.acks = nil
	if was == connected {
		p.srv.count.ended(reason)
	}
	p.mu.Unlock()

	s.ns.rooms.evict(s)
	if atClient != nil {
		atClient.ended(s, s.ended)
	}
	if was == connected && s.session != nil && p.srv.recovery != nil {
		p.srv.recovery.lost(s, reason)
	}
	if cancel != nil {
		cancel(s.ended)
	}
	for _, w := range acks {
		w.abandon(s, s.ended)
	}

	// Not before: whoever runs the last item relies on all of that.
	p.mu.Lock()
	defer p.mu.Unlock()
	idle = !s.inbox.busy
	s.inbox.busy = true
	s.inbox.queue = append(s.inbox.queue, item{kind: itemEnd})
	return was, idle
}

// comesBack says whether an ended socket is that of a client which goes on, and asks for
// what came behind what it had got: that has to be handled then.
func (s *Socket) comesBack() bool {
	return s.ns.client != nil && s.ns.client.restores.Load() && s.ended.Reason == ReasonForcedClose
}

// drop removes an ended socket from p's. The caller holds mu.
func (p *peer) drop(s *Socket, was state) {
	if i := slices.Index(p.sockets, s); i >= 0 {
		p.sockets = slices.Delete(p.sockets, i, i+1)
	}
	if was != connected {
		return
	}
	if !slices.Contains(p.left, s.ns.name) {
		if len(p.left) == maxLeft {
			p.left = slices.Delete(p.left, 0, 1)
		}
		p.left = append(p.left, s.ns.name)
	}
	if p.joined--; p.joined == 0 {
		p.expectJoin()
	}
}

// leave ends the socket from anywhere but Receive. It never runs user code on
// the goroutine of the caller.
func (s *Socket) leave(reason Reason, cause error) (was state) {
	was, idle := s.end(reason, cause)
	switch {
	case !idle:
	case len(s.ns.hooks().disconnect)+len(s.registry.load().disconnect) == 0:
		s.drain()
	default:
		s.peer.srv.tasks.start(s.drain)
	}
	return was
}

// sayGoodbye runs the OnDisconnect hooks, if the socket was ever connected.
func (s *Socket) sayGoodbye() {
	defer s.part()
	if s.greeted {
		s.runDisconnectHooks(s.ns.hooks().disconnect)
		s.runDisconnectHooks(s.registry.load().disconnect)
	}
}

// part is the end of the socket's end, also if a hook has ended the goroutine.
func (s *Socket) part() {
	parked := false
	if s.session != nil {
		if r := s.peer.srv.roaming; r != nil {
			r.release(s)
		} else {
			parked = s.peer.srv.recovery.release(s)
		}
	}
	s.ns.rooms.forget(s)
	s.peer.mu.Lock()
	s.peer.ending--
	s.peer.wake()
	s.peer.mu.Unlock()
	if s.ns.client != nil {
		s.ns.client.left(s)
		return
	}
	if !parked { // whose session uses the namespace
		s.peer.srv.exit(s.ns)
	}
}

func (s *Socket) runDisconnectHooks(hooks []disconnectHook) {
	if len(hooks) == 0 {
		return
	}
	ctx := &farewell{context.WithoutCancel(s.Context()), s.peer.srv.lifetime}
	for _, hook := range hooks {
		if err := s.runDisconnectHook(ctx, hook); err != nil {
			s.peer.srv.report(ctx, s, "OnDisconnect", err)
		}
	}
}

func (s *Socket) runDisconnectHook(ctx context.Context, hook disconnectHook) (err error) {
	defer contain(&err)
	return hook(ctx, s, s.ended.Reason)
}

// tasks are goroutines that a server has started and waits for at its end.
type tasks struct {
	mu      sync.Mutex // guards what follows
	running int
	idle    chan struct{} // closed when running is 0; nil if nobody waits
}

func (t *tasks) start(f func()) {
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
	go func() {
		defer t.done()
		f()
	}()
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// wait returns when no task runs, or with the error of ctx.
func (t *tasks) wait(ctx context.Context) error {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
