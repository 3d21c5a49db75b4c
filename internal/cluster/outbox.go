package cluster

import (
	"context"
	"fmt"
	"sync"

	"socketio/adapter"
)

// An outbox holds what waits for the Bus, in order. A goroutine works on it while it is
// not empty, from the moment when the node is subscribed.
type outbox struct {
	mu      sync.Mutex // guards what follows
	queue   []errand
	waiting int           // bytes in queue, and of the errand under way
	open    bool          // errands are run
	busy    bool          // a goroutine runs them
	idle    chan struct{} // closed when it ends; nil if nobody waits
	closed  bool
}

// An errand is one call of the Bus.
type errand struct {
	kind    errandKind
	to      adapter.Topic
	message []byte
	failed  func() // called if the Bus does not take the message, unless nil
	counted func(nodes int, err error)
}

type errandKind uint8

const (
	publish errandKind = iota
	listen
	unlisten
	count
)

// overhead is what an errand counts beside its bytes.
const overhead = 128

func (e *errand) size() int { return overhead + len(e.message) }

// run leaves an errand to the goroutine that runs them, and starts it if need be.
func (n *Node) run(e errand) error {
	o := &n.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.waiting+e.size() > maxWaiting && o.waiting > 0:
		return ErrFull
	}
	o.waiting += e.size()
	o.queue = append(o.queue, e)
	n.work()
	return nil
}

// open begins to run errands.
func (n *Node) open() {
	n.outbox.mu.Lock()
	defer n.outbox.mu.Unlock()
	n.outbox.open = true
	n.work()
}

// work starts the goroutine that runs errands, unless it runs or there are none. The
// caller holds mu.
func (n *Node) work() {
	if o := &n.outbox; o.open && !o.busy && len(o.queue) > 0 {
		o.busy = true
		go n.runAll()
	}
}

// runAll runs errands until there are none.
func (n *Node) runAll() {
	for {
		batch := n.outbox.take()
		if batch == nil {
			return
		}
		for len(batch) > 0 {
			first := batch[:n.together(batch)]
			if len(first) > 1 {
				n.publishAll(first)
			} else {
				n.perform(&first[0])
			}
			n.outbox.done(first)
			batch = batch[len(first):]
		}
	}
}

// take returns what waits. If that is nothing, the caller has to end.
func (o *outbox) take() []errand {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch := o.queue
	o.queue = nil
	if batch == nil {
		o.busy = false
		if o.idle != nil {
			close(o.idle)
			o.idle = nil
		}
	}
	return batch
}

func (o *outbox) done(errands []errand) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range errands {
		o.waiting -= errands[i].size()
		errands[i].message = nil
	}
}

// close lets nothing in any more.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// wait returns when nothing waits, or with the error of ctx.
func (o *outbox) wait(ctx context.Context) error {
	o.mu.Lock()
	if !o.busy {
		o.mu.Unlock()
		return nil
	}
	if o.idle == nil {
		o.idle = make(chan struct{})
	}
	idle := o.idle
	o.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// perform runs one errand.
func (n *Node) perform(e *errand) {
	ctx, cancel := context.WithTimeout(n.ctx, publishTimeout)
	defer cancel()
	switch e.kind {
	case publish:
		n.publish(ctx, e)
	case count:
		nodes, err := n.bus.(adapter.Counter).Count(ctx, e.to.Namespace) // else there are no such errands
		if err != nil {
			n.tell(notCounted, fmt.Errorf("cluster: how many nodes there are is not known: %w", err))
		}
		e.counted(nodes, err)
	default:
		n.listen(ctx, e)
	}
}

// How much is published together at most.
const (
	batchMessages = 256
	batchBytes    = 1 << 20
)

// together returns how many of the first errands, which is at least one, can be run by one
// call of the Bus.
func (n *Node) together(errands []errand) int {
	size := 0
	for i := range errands {
		size += len(errands[i].message)
		switch {
		case n.batcher == nil, errands[i].kind != publish, i == batchMessages, size > batchBytes:
			return max(i, 1)
		}
	}
	return len(errands)
}

// publishAll publishes several messages together.
func (n *Node) publishAll(errands []errand) {
	ctx, cancel := context.WithTimeout(n.ctx, publishTimeout)
	defer cancel()
	all := make([]adapter.Outgoing, len(errands))
	for i := range errands {
		all[i] = adapter.Outgoing{To: errands[i].to, Message: errands[i].message}
	}
	failures := n.batcher.PublishAll(ctx, all)
	for i := range errands {
		if failures == nil {
			n.published(&errands[i], nil)
		} else {
			n.published(&errands[i], failures[i])
		}
	}
}

func (n *Node) publish(ctx context.Context, e *errand) {
	_, err := n.bus.Publish(ctx, e.to, e.message)
	n.published(e, err)
}

// published is told what came of publishing a message.
func (n *Node) published(e *errand, err error) {
	if err != nil {
		n.counts.failed.Add(1)
		n.tell(notPublished, fmt.Errorf("cluster: a message was not published: %w", err))
		if e.failed != nil {
			e.failed()
		}
		return
	}
	n.counts.published.Add(1)
}

// listen begins or ends to listen.
func (n *Node) listen(ctx context.Context, e *errand) {
	bus := n.bus.(adapter.Listener) // else there are no such errands
	err := error(nil)
	if e.kind == listen {
		err = bus.Listen(ctx, e.to)
	} else {
		err = bus.Unlisten(ctx, e.to)
	}
	if err != nil {
		n.tell(notListening, fmt.Errorf("cluster: not listening to what was asked for: %w", err))
	}
}
