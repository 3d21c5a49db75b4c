// Package cluster is what the servers of a cluster do together, over the Bus of package
// adapter: know which of them are there, ask each other, and publish without waiting.
//
// A [Node] is one server. It has a [Group] for each of its namespaces, since a namespace may
// exist on some servers only, and nodes count and ask those that have it. What a message
// means for sockets is up to the server.
//
// No goroutine of a node lives while nothing happens: one publishes while something
// waits to be published, one subscribes at the beginning, and a timer ticks.
package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"socketio/adapter"
)

// How a node does what it does. The times are those of the cluster adapters for Node.
const (
	heartbeatEvery = 5 * time.Second  // at the latest, since something else was published
	silentAfter    = 10 * time.Second // without a sign of life a node counts as gone
	tickEvery      = time.Second      // how often a node looks whether one is due, at the least
	tickSoonest    = 10 * time.Millisecond

	subscribeAgain = time.Second      // after Subscribe has failed
	publishTimeout = 5 * time.Second  // for one call of the Bus
	reportEvery    = 10 * time.Second // at most, the same kind of trouble
	maxWaiting     = 16 << 20         // bytes that wait to be published
)

var (
	// ErrClosed is returned by what a closed node is asked to do.
	ErrClosed = errors.New("cluster: closed")

	errMessagesLost = errors.New("cluster: the bus has lost messages")

	// ErrFull is returned if too much waits to be published.
	ErrFull = errors.New("cluster: too much waits to be published")
)

// A Node is one server of a cluster. Its methods may be called concurrently, and do not
// block but for Close.
type Node struct {
	bus     adapter.Bus
	batcher adapter.Batcher // the same; nil if it is none
	uid     string
	echoes  bool   // its own messages that are kept come back to it
	mark    []byte // how the end of the node's own messages begins
	hooks   Hooks
	outbox  outbox
	inbox   inbox
	counts  counts
	peers   peers

	ctx    context.Context // of all calls of the Bus
	cancel context.CancelFunc
	ready  chan struct{} // closed when the node is subscribed

	mu       sync.Mutex // guards what follows
	groups   map[string]*Group
	timer    *time.Timer
	closed   bool
	reported [troubles]time.Time // when it was last told of
}

// counts is what a node counts.
type counts struct {
	published, failed, dropped, received, malformed atomic.Uint64
}

// Counts is what a node has counted so far.
type Counts struct {
	Published uint64 // messages that the Bus has taken
	Failed    uint64 // messages that it has not taken
	Dropped   uint64 // messages that did not come to the Bus, as too much waited
	Received  uint64 // messages of other nodes
	Malformed uint64 // what arrived and was none
}

// trouble is a kind of what is reported.
type trouble int

const (
	notSubscribed trouble = iota
	notPublished
	notListening
	notCounted
	messagesLost
	queueFull
	malformed
	troubles // how many there are
)

// Hooks are what a node calls. They must not block.
type Hooks struct {
	// Report is told what is wrong with the bus, of each kind of trouble once in a while.
	Report func(error)

	// Lost is called when the bus says that it has lost messages that are kept. Unless it is
	// nil, the node's own messages of that kind come back to it.
	Lost func()

	// Begin and End, unless nil, are called around the messages of others that have come
	// together.
	Begin, End func()
}

// Start returns a node that begins to subscribe.
func Start(bus adapter.Bus, hooks *Hooks) *Node {
	n := &Node{bus: bus, uid: newID(), echoes: hooks.Lost != nil, hooks: *hooks, ready: make(chan struct{}), groups: map[string]*Group{}}
	n.batcher, _ = bus.(adapter.Batcher)
	n.inbox.space.L = &n.inbox.mu
	n.mark = []byte(`,"uid":"` + n.uid + `","nsp":"`)
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.mu.Lock()
	n.timer = time.AfterFunc(tickEvery, n.tick) // which may come before the assignment
	n.mu.Unlock()
	go n.subscribe()
	return n
}

// newID returns 16 random hexadecimal digits.
func newID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// UID returns the name by which the others know the node.
func (n *Node) UID() string { return n.uid }

// Ready returns a channel that is closed when the node has begun to hear the others.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Counts returns what the node has counted so far.
func (n *Node) Counts() Counts {
	c := &n.counts
	return Counts{
		Published: c.published.Load(), Failed: c.failed.Load(), Dropped: c.dropped.Load(),
		Received: c.received.Load(), Malformed: c.malformed.Load(),
	}
}

// subscribe tries until the node is subscribed, and then introduces it.
func (n *Node) subscribe() {
	for {
		err := n.bus.Subscribe(n.ctx, n.deliver)
		if err == nil {
			break
		}
		if n.ctx.Err() != nil {
			return
		}
		n.tell(notSubscribed, fmt.Errorf("cluster: not subscribed to the bus: %w", err))
		select {
		case <-time.After(subscribeAgain):
		case <-n.ctx.Done():
			return
		}
	}
	n.mu.Lock()
	close(n.ready)
	n.mu.Unlock()
	n.peers.settleSoon()
	for _, g := range n.allGroups() {
		g.introduce()
	}
	n.open()
}

// subscribed reports whether the node hears the others. The caller holds mu.
func (n *Node) subscribed() bool {
	select {
	case <-n.ready:
		return true
	default:
		return false
	}
}

// Group returns the group of that name, of which the node is to become a member by
// [Group.Join]. Receive is called with what others want of its sockets and handlers, and with
// what comes back to the node, one message at a time; it must not block.
func (n *Node) Group(name string, receive func(m *adapter.Message, at adapter.Offset)) *Group {
	return &Group{
		node: n, name: name, receive: receive,
		others: map[string]time.Time{}, requests: map[string]*Request{},
	}
}

func (n *Node) allGroups() []*Group {
	n.mu.Lock()
	defer n.mu.Unlock()
	groups := make([]*Group, 0, len(n.groups))
	for _, g := range n.groups {
		groups = append(groups, g)
	}
	return groups
}

// forget takes a group out, unless a new one has its name.
func (n *Node) forget(g *Group) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.groups[g.name] == g {
		delete(n.groups, g.name)
	}
}

// deliver is called with what arrives. It only waits if too much waits already.
func (n *Node) deliver(b []byte, at adapter.Offset) {
	if b == nil {
		n.take(arrival{})
		return
	}
	echoed := n.echoes && at != ""
	if !echoed && n.isOwn(b) {
		return
	}
	m, err := adapter.Decode(b)
	if err != nil {
		n.counts.malformed.Add(1)
		n.tell(malformed, fmt.Errorf("cluster: from the bus came what is no message: %w", err))
		return
	}
	own := m.UID == n.uid
	if own && !echoed {
		return // with attachments
	}
	if !own {
		n.counts.received.Add(1)
	}
	n.take(arrival{message: m, at: at, own: own, size: len(b)})
}

// isOwn reports whether b is a message of JSON that the node itself has published. Many
// buses give that back, so it is found out before b is decoded: by how it ends. Within
// another's message, the same text would have the other's UID behind it.
func (n *Node) isOwn(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	i := bytes.LastIndex(b, n.mark)
	if i < 0 {
		return false
	}
	namespace, whole := bytes.CutSuffix(b[i+len(n.mark):], []byte(`"}`))
	return whole && bytes.IndexByte(namespace, '"') < 0
}

// tick sends heartbeats that are due and looks for nodes that have gone silent. It comes again
// when the next of that is due, so that whoever is silent is not missed for longer than need be.
func (n *Node) tick() {
	now := time.Now()
	next := now.Add(tickEvery)
	for _, g := range n.allGroups() {
		if due := g.tick(now); due.Before(next) {
			next = due
		}
	}
	n.peers.forget(now)
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.timer.Reset(max(time.Until(next), tickSoonest))
	}
}

// tell reports trouble, unless it has just reported the same kind.
func (n *Node) tell(kind trouble, err error) {
	now := time.Now()
	n.mu.Lock()
	last := n.reported[kind]
	again := last.IsZero() || now.Sub(last) >= reportEvery
	if again {
		n.reported[kind] = now
	}
	n.mu.Unlock()
	if again {
		n.hooks.Report(err)
	}
}

// Close says goodbye to the other nodes, publishes what waits until ctx ends, and ends
// the node. Later calls wait as well.
func (n *Node) Close(ctx context.Context) error {
	n.mu.Lock()
	first := !n.closed
	n.closed = true
	n.timer.Stop()
	n.mu.Unlock()
	if first {
		for _, g := range n.allGroups() {
			g.Leave()
		}
		n.outbox.close()
	}
	err := n.outbox.wait(ctx)
	n.peers.close()
	n.cancel()
	return err
}
