package cluster

import (
	"slices"
	"sync"

	"socketio/adapter"
)

// A Request waits for what the other nodes of a group answer.
type Request struct {
	group *Group
	id    string
	polls bool            // clients, not nodes
	news  chan<- struct{} // gets an element after a change of what follows, if there is room

	mu       sync.Mutex // guards what follows
	owing    map[string]*debt
	counting bool               // the Bus is being asked how many nodes there are
	unnamed  int                // nodes that owe an answer and have not been heard of
	pool     int                // answers that clients owe of nodes that do not say who they are
	replies  []*adapter.Message // not yet taken
	lost     []string           // nodes that went silent before they had answered
	forever  int                // replies of clients that these have left open
}

// A debt is what a node has not answered yet: one response, or to a Broadcast first the
// number of clients that it has asked, and then one response for each.
type debt struct {
	counted   bool
	responses int
}

// Left is what a request still waits for, and what it will not get.
type Left struct {
	Nodes   int // that have not answered, or not in full
	Lost    int // nodes that went silent before
	Clients int // of both, whose answers are open as far as their nodes have counted
}

// unnamedNode stands for a node whose UID is not known.
const unnamedNode = "unknown"

// Ask publishes m, which it completes, as a request to all nodes of the group, and puts
// an element into news, if there is room, whenever Take may have something new. After Ask
// has returned a Request, the caller has to call End.
func (g *Group) Ask(m *adapter.Message, news chan<- struct{}) (*Request, error) {
	r := &Request{
		group: g, id: newID(), polls: m.Type == adapter.Broadcast,
		news: news, owing: map[string]*debt{},
	}
	g.mu.Lock()
	for uid := range g.others {
		r.owing[uid] = r.newDebt()
	}
	g.requests[r.id] = r
	_, r.counting = g.node.bus.(adapter.Counter)
	g.mu.Unlock()
	m.RequestID = r.id
	if r.counting {
		// If this cannot be done, the next cannot either.
		_ = g.node.run(errand{kind: count, to: adapter.Topic{Namespace: g.name}, counted: r.expect})
	}
	if err := g.Publish(m); err != nil {
		r.End()
		return nil, err
	}
	return r, nil
}

func (r *Request) newDebt() *debt {
	if r.polls {
		return new(debt)
	}
	return &debt{counted: true, responses: 1}
}

// End stops waiting. What comes later is ignored.
func (r *Request) End() {
	r.group.mu.Lock()
	defer r.group.mu.Unlock()
	delete(r.group.requests, r.id)
}

// expect is told how many nodes there are, before they are asked. Those that are known by
// heartbeats are among them. If the number is not to be had, nobody knows what is missing.
func (r *Request) expect(nodes int, err error) {
	r.mu.Lock()
	r.counting = false
	if err != nil {
		r.lost = append(r.lost, unnamedNode)
	}
	r.unnamed = max(nodes-1-len(r.owing), 0)
	r.mu.Unlock()
	r.tell()
}

// hear takes a response. A node that has joined after the question may answer as well.
func (r *Request) hear(m *adapter.Message) {
	r.mu.Lock()
	if m.UID == "" {
		r.hearUnnamed(m)
	} else {
		r.hearNamed(m)
	}
	r.mu.Unlock()
	r.tell()
}

// hearUnnamed is hear for the answer of a node that does not say who it is. The caller
// holds mu.
func (r *Request) hearUnnamed(m *adapter.Message) {
	switch {
	case m.Type == adapter.BroadcastClientCount:
		r.unnamed--
		r.pool += m.Clients
		return
	case r.polls:
		r.pool--
	default:
		r.unnamed--
	}
	r.replies = append(r.replies, m)
}

// hearNamed is hear for the answer of a node that does. The caller holds mu.
func (r *Request) hearNamed(m *adapter.Message) {
	d := r.owing[m.UID]
	if d == nil {
		d = r.newDebt()
		r.owing[m.UID] = d
		r.unnamed--
	}
	if m.Type == adapter.BroadcastClientCount {
		d.counted = true
		d.responses += m.Clients
	} else {
		d.responses--
		if !m.Gone {
			r.replies = append(r.replies, m)
		}
	}
	if d.counted && d.responses <= 0 {
		delete(r.owing, m.UID)
	}
}

// excuse does not wait for a node any longer. Of one that has said goodbye nothing is
// missing, as its clients are gone too.
func (r *Request) excuse(uid string, silent bool) {
	r.mu.Lock()
	if d := r.owing[uid]; d != nil {
		delete(r.owing, uid)
		if silent {
			r.lost = append(r.lost, uid)
			r.forever += r.open(d)
		}
	}
	r.mu.Unlock()
	r.tell()
}

// open returns how many clients of a node are known not to have answered.
func (r *Request) open(d *debt) int {
	if !r.polls {
		return 0
	}
	return max(d.responses, 0)
}

func (r *Request) tell() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// Take returns the responses that came since the last call, and what is left.
func (r *Request) Take() (replies []*adapter.Message, left Left) {
	r.mu.Lock()
	defer r.mu.Unlock()
	replies, r.replies = r.replies, nil
	left = Left{Nodes: len(r.owing) + r.strangers(), Lost: len(r.lost), Clients: r.forever + max(r.pool, 0)}
	for _, d := range r.owing {
		left.Clients += r.open(d)
	}
	return replies, left
}

// strangers returns how many nodes owe something that are not known by name. The caller
// holds mu.
func (r *Request) strangers() int {
	if n := max(r.unnamed, 0); n > 0 || !r.counting && r.pool <= 0 {
		return n
	}
	return 1 // at least
}

// Silent returns the UIDs of the nodes that have not answered, or not in full; "unknown" for
// each that only the Bus knows of.
func (r *Request) Silent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	silent := slices.Clone(r.lost)
	for uid := range r.owing {
		silent = append(silent, uid)
	}
	for range r.strangers() {
		silent = append(silent, unnamedNode)
	}
	slices.Sort(silent)
	return silent
}
