package cluster

import (
	"sync"

	"socketio/adapter"
)

// maxArrived is how many bytes of messages may wait until the Bus has to wait.
const maxArrived = 16 << 20

// An inbox holds what has come from the Bus, in order, until a goroutine deals with it, which
// lives while it is not empty. So what comes while that is at work is dealt with together.
type inbox struct {
	mu      sync.Mutex // guards what follows
	space   sync.Cond  // what waits has become less
	queue   []arrival
	waiting int  // bytes in queue
	busy    bool // a goroutine deals with what comes
}

// An arrival is a message that has come, or without one the news that some were lost.
type arrival struct {
	message *adapter.Message
	at      adapter.Offset
	own     bool // it has come back to the node
	size    int
}

// take leaves what has come to the goroutine that deals with it, and starts that if need be.
func (n *Node) take(a arrival) {
	in := &n.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	a.size += overhead
	for in.waiting > 0 && in.waiting+a.size > maxArrived {
		in.space.Wait()
	}
	in.waiting += a.size
	in.queue = append(in.queue, a)
	if !in.busy {
		in.busy = true
		go n.receiveAll()
	}
}

// receiveAll deals with what has come until nothing is left.
func (n *Node) receiveAll() {
	in := &n.inbox
	var done []arrival
	for {
		in.mu.Lock()
		batch := in.queue
		in.queue, in.waiting = done[:0], 0
		in.busy = len(batch) > 0
		in.space.Broadcast()
		in.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		n.receiveBatch(batch)
		clear(batch)
		done = batch
	}
}

// receiveBatch deals with what has come together.
func (n *Node) receiveBatch(batch []arrival) {
	if n.hooks.Begin != nil {
		n.hooks.Begin()
		defer n.hooks.End()
	}
	for i := range batch {
		n.receive(&batch[i])
	}
}

// receive deals with one arrival.
func (n *Node) receive(a *arrival) {
	m := a.message
	if m == nil {
		n.tell(messagesLost, errMessagesLost)
		if n.hooks.Lost != nil {
			n.hooks.Lost()
		}
		return
	}
	n.mu.Lock()
	g := n.groups[m.Namespace]
	n.mu.Unlock()
	switch {
	case g == nil:
	case a.own:
		g.receive(m, a.at)
	default:
		g.hear(m, a.at)
	}
}
