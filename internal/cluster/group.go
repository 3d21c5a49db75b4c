package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"socketio/adapter"
)

// A Group is the nodes that have a namespace, as one of them sees it. Its methods may be
// called concurrently and do not block.
type Group struct {
	node    *Node
	name    string
	receive func(m *adapter.Message, at adapter.Offset)

	mu       sync.Mutex           // guards what follows
	others   map[string]time.Time // UID to when it was last heard
	sent     time.Time            // when something was last published to all
	beaten   time.Time            // when a heartbeat was
	requests map[string]*Request
	changed  func() // called without mu when others has got or lost a node; nil if nobody wants to know
	left     bool
}

// Join makes the node hear the others of the group, and the others know of it.
func (g *Group) Join() {
	n := g.node
	n.mu.Lock()
	n.groups[g.name] = g
	subscribed := n.subscribed()
	n.mu.Unlock()
	if subscribed {
		g.introduce()
	}
}

// Size returns how many nodes there are, this one included.
func (g *Group) Size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return 1 + len(g.others)
}

// Others returns the UIDs of the other nodes that are known, in no order.
func (g *Group) Others() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Keys(g.others))
}

// Watch makes changed be called whenever Others returns another node, or one less. It must
// not block.
func (g *Group) Watch(changed func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changed = changed
}

// Count returns how many nodes there are, this one included, also those that only the Bus
// knows of. It blocks if that has to be asked.
func (g *Group) Count(ctx context.Context) (int, error) {
	counter, ok := g.node.bus.(adapter.Counter)
	if !ok {
		return g.Size(), ctx.Err()
	}
	n, err := counter.Count(ctx, g.name)
	return max(n, g.Size()), err
}

// introduce begins to listen and makes the others known.
func (g *Group) introduce() {
	g.Listen("")
	g.listen(listen, adapter.Topic{Namespace: g.name, Node: g.node.uid})
	g.say(adapter.InitialHeartbeat)
}

// Listen makes the Bus deliver what is for a room, or with "" for the namespace, if it
// is one that has to be told.
func (g *Group) Listen(room string) { g.listen(listen, adapter.Topic{Namespace: g.name, Room: room}) }

// Unlisten takes Listen back.
func (g *Group) Unlisten(room string) {
	g.listen(unlisten, adapter.Topic{Namespace: g.name, Room: room})
}

func (g *Group) listen(kind errandKind, to adapter.Topic) {
	if _, ok := g.node.bus.(adapter.Listener); !ok {
		return
	}
	if err := g.node.run(errand{kind: kind, to: to}); err != nil {
		g.node.tell(notListening, fmt.Errorf("cluster: not listening to what was asked for: %w", err))
	}
}

// say publishes a message that is nothing but its type. It is the node's own business
// whether it can be, so the error is not returned.
func (g *Group) say(t adapter.MessageType) {
	m := adapter.Message{Type: t}
	if isHeartbeat(t) {
		if g.advertises() {
			m.Address = g.node.peers.address()
		}
		g.mu.Lock()
		g.beaten = time.Now()
		g.mu.Unlock()
	}
	_ = g.Publish(&m)
}

// advertises says whether the group's heartbeats tell where the node is: one group's are
// enough.
func (g *Group) advertises() bool { return g.name == mainNamespace && g.node.peers.address() != "" }

func isHeartbeat(t adapter.MessageType) bool {
	return t == adapter.InitialHeartbeat || t == adapter.Heartbeat
}

// Publish publishes m, which it completes, to the group. The error is that it will not:
// ErrFull or ErrClosed.
func (g *Group) Publish(m *adapter.Message) error { return g.PublishOr(m, nil) }

// PublishOr is Publish, and calls failed if the Bus does not take the message after all.
// Failed must not block.
func (g *Group) PublishOr(m *adapter.Message, failed func()) error {
	g.mu.Lock()
	left := g.left
	g.sent = time.Now()
	g.mu.Unlock()
	if left {
		return ErrClosed
	}
	m.Namespace = g.name
	return g.publish(m.Topic(), m, failed)
}

// Respond publishes m, which it completes, to the node with that UID.
func (g *Group) Respond(uid string, m *adapter.Message) error {
	return g.publish(adapter.Topic{Namespace: g.name, Node: uid}, m, nil)
}

func (g *Group) publish(to adapter.Topic, m *adapter.Message, failed func()) error {
	m.UID, m.Namespace = g.node.uid, g.name
	err := g.node.run(errand{to: to, message: m.Append(nil), failed: failed})
	if errors.Is(err, ErrFull) {
		g.node.counts.dropped.Add(1)
		g.node.tell(queueFull, err)
	}
	return err
}

// hear takes a message of another node or of an emitter.
func (g *Group) hear(m *adapter.Message, at adapter.Offset) {
	g.meet(m)
	if g.name == mainNamespace {
		g.node.peers.hear(m)
	}
	switch m.Type {
	case adapter.InitialHeartbeat:
		g.say(adapter.Heartbeat)
	case adapter.Heartbeat, adapter.AdapterClose:
	case adapter.FetchSocketsResponse, adapter.ServerSideEmitResponse, adapter.BroadcastClientCount, adapter.BroadcastAck:
		g.mu.Lock()
		r := g.requests[m.RequestID]
		g.mu.Unlock()
		if r != nil {
			r.hear(m)
		}
	default:
		g.receive(m, at)
	}
}

// meet notes who is there.
func (g *Group) meet(m *adapter.Message) {
	if m.UID == "" || m.UID == adapter.EmitterUID {
		return
	}
	if m.Type == adapter.AdapterClose {
		g.part(m.UID, false)
		return
	}
	changed := (func())(nil)
	g.mu.Lock()
	_, known := g.others[m.UID]
	if known || g.beats(m.Type) {
		g.others[m.UID] = time.Now()
	}
	if _, knows := g.others[m.UID]; knows != known {
		changed = g.changed
	}
	g.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// beats says whether a node that sends a message of that type is known to send heartbeats,
// so that its silence means something. Where the Bus counts the nodes, some do not.
func (g *Group) beats(t adapter.MessageType) bool { return !g.counted() || isHeartbeat(t) }

func (g *Group) counted() bool {
	_, counted := g.node.bus.(adapter.Counter)
	return counted
}

// part forgets a node that has said goodbye, or has gone silent.
func (g *Group) part(uid string, silent bool) {
	changed := (func())(nil)
	g.mu.Lock()
	if _, known := g.others[uid]; known {
		delete(g.others, uid)
		changed = g.changed
	}
	requests := make([]*Request, 0, len(g.requests))
	for _, r := range g.requests {
		requests = append(requests, r)
	}
	g.mu.Unlock()
	for _, r := range requests {
		r.excuse(uid, silent)
	}
	if changed != nil {
		changed()
	}
}

// tick sends a heartbeat if it is due and parts from nodes that have gone silent. It returns
// when the next of that will be due, as far as is known now.
func (g *Group) tick(now time.Time) (next time.Time) {
	next = now.Add(heartbeatEvery)
	var silent []string
	g.mu.Lock()
	last := g.sent
	if g.advertises() || g.counted() { // lest others know of the node, but not where it is, or take it for one that sends none
		last = g.beaten
	}
	beats := !g.left && !last.IsZero()
	due := beats && now.Sub(last) >= heartbeatEvery
	if beats && !due {
		next = last.Add(heartbeatEvery)
	}
	for uid, heard := range g.others {
		gone := heard.Add(silentAfter)
		switch {
		case !gone.After(now):
			silent = append(silent, uid)
		case gone.Before(next):
			next = gone
		}
	}
	g.mu.Unlock()
	for _, uid := range silent {
		g.part(uid, true)
	}
	if due {
		g.say(adapter.Heartbeat)
	}
	return next
}

// Leave says goodbye to the others. Nothing can be published any more.
func (g *Group) Leave() {
	g.mu.Lock()
	known := !g.sent.IsZero()
	g.mu.Unlock()
	if known {
		g.say(adapter.AdapterClose)
	}
	g.mu.Lock()
	g.left = true
	g.mu.Unlock()
	g.Unlisten("")
	g.listen(unlisten, adapter.Topic{Namespace: g.name, Node: g.node.uid})
	g.node.forget(g)
}
