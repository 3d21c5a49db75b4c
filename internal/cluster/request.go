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

	mu      sync.Mutex // guards what follows
	owing   map[string]*debt
	replies []*adapter.Message // not yet taken
	lost    []string           // nodes that went silent before they had answered
	forever int                // replies of clients that these have left open
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
	g.mu.Unlock()
	m.RequestID = r.id
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

// hear takes a response. A node that has joined after the question may answer as well.
func (r *Request) hear(m *adapter.Message) {
	r.mu.Lock()
	d := r.owing[m.UID]
	if d == nil {
		d = r.newDebt()
		r.owing[m.UID] = d
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
	r.mu.Unlock()
	r.tell()
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
	left = Left{Nodes: len(r.owing), Lost: len(r.lost), Clients: r.forever}
	for _, d := range r.owing {
		left.Clients += r.open(d)
	}
	return replies, left
}

// Silent returns the UIDs of the nodes that have not answered, or not in full.
func (r *Request) Silent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	silent := slices.Clone(r.lost)
	for uid := range r.owing {
		silent = append(silent, uid)
	}
	slices.Sort(silent)
	return silent
}
