package cluster

import (
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"socketio/adapter"
)

// mainNamespace is the one that every node has. What is told there is told to all.
const mainNamespace = "/"

const (
	// settleTime is how long it may take until all that are there know of a node that has
	// just begun to hear them, and it of them.
	settleTime = 2 * time.Second

	// forgetAfter is how long a node that is silent is remembered. It may be the broker
	// that is silent, so the node is tried until it cannot be reached either.
	forgetAfter = 10 * time.Minute
)

// peers are the nodes that take requests which others pass on to them. The zero value has
// none. Its methods may be called concurrently and do not block.
type peers struct {
	settled chan struct{} // closed when the others should be known, and know of this one; set with own

	mu     sync.Mutex // guards what follows
	own    string     // where this node takes them, "" if it does not
	known  []peer     // few
	timer  *time.Timer
	closed bool
}

// A peer is one of them.
type peer struct {
	uid, address string
	tag          uint32
	heard        time.Time
}

// Tag returns the 24 bits by which session ids name the node with that UID.
func Tag(uid string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(uid)) // never fails
	sum := h.Sum32()
	return sum>>24 ^ sum&0xffffff
}

// Advertise tells the others where the node takes requests that they pass on. It must be
// called before the first group joins.
func (n *Node) Advertise(address string) {
	p := &n.peers
	p.mu.Lock()
	p.own = address
	p.settled = make(chan struct{})
	p.mu.Unlock()
	n.mu.Lock()
	subscribed := n.subscribed()
	n.mu.Unlock()
	if subscribed { // before it could know that it would have to settle
		p.settleSoon()
	}
}

// address returns where this node takes requests, "" if it does not.
func (p *peers) address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.own
}

// Settled returns a channel that is closed when a node that advertises has known the others
// for a while, and they it, or when it is closed.
func (n *Node) Settled() <-chan struct{} { return n.peers.settled }

// Find returns where other nodes are that have the tag, several if it is no longer that of
// one alone.
func (n *Node) Find(tag uint32) (addresses []string) {
	p := &n.peers
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.known {
		if p.known[i].tag == tag {
			addresses = append(addresses, p.known[i].address)
		}
	}
	return addresses
}

// Doubt says that nobody answers at an address. A node that is silent as well is forgotten.
func (n *Node) Doubt(address string) {
	now := time.Now()
	n.peers.drop(func(p *peer) bool { return p.address == address && now.Sub(p.heard) > silentAfter })
}

// settleSoon is called when the node hears the others.
func (p *peers) settleSoon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.own != "" && !p.closed && p.timer == nil {
		p.timer = time.AfterFunc(settleTime, p.close)
	}
}

// close lets nobody wait any more. What is known stays: requests may still come.
func (p *peers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.own == "" || p.closed {
		return
	}
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
	close(p.settled)
}

// hear notes what another node says of itself.
func (p *peers) hear(m *adapter.Message) {
	switch {
	case p.address() == "":
	case m.Type == adapter.AdapterClose:
		p.drop(func(other *peer) bool { return other.uid == m.UID })
	case isHeartbeat(m.Type) && m.Address != "" && m.UID != adapter.EmitterUID:
		p.mu.Lock()
		defer p.mu.Unlock()
		now := peer{uid: m.UID, address: strings.Clone(m.Address), tag: Tag(m.UID), heard: time.Now()}
		i := slices.IndexFunc(p.known, func(other peer) bool { return other.uid == m.UID })
		if i < 0 {
			p.known = append(p.known, now)
		} else {
			p.known[i] = now
		}
	}
}

// forget drops those that have been silent for long.
func (p *peers) forget(now time.Time) {
	if p.address() != "" {
		p.drop(func(other *peer) bool { return now.Sub(other.heard) > forgetAfter })
	}
}

func (p *peers) drop(which func(*peer) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = slices.DeleteFunc(p.known, func(other peer) bool { return which(&other) })
}
