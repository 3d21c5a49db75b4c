package socketio

import (
	"time"

	"socketio/adapter"
)

// digAgain is how soon another hole is marked, and how soon one again that the bus has not taken.
const digAgain = time.Second

// dig marks a hole in the history: an event of the namespace has been sent, or will be, to the
// clients of this server that are here, and the bus does not have it. Whoever is away cannot get
// it any more, and is told when they come back. Of several events that are lost together one
// hole tells; it is tried until the bus takes it.
func (r *roaming) dig(ns *Namespace) {
	r.mu.Lock()
	if _, busy := r.holes[ns]; busy || r.closed {
		r.holes[ns] = true
		r.mu.Unlock()
		return
	}
	r.holes[ns] = false
	r.mu.Unlock()
	time.AfterFunc(digAgain, func() { r.digOn(ns) })
	again := func() { r.dig(ns) }
	if ns.group.PublishOr(adapter.NewHole("", ns.name), again) != nil {
		again()
	}
}

// digOn marks another hole if there has been a reason since the last one was.
func (r *roaming) digOn(ns *Namespace) {
	r.mu.Lock()
	again := r.holes[ns]
	delete(r.holes, ns)
	r.mu.Unlock()
	if again {
		r.dig(ns)
	}
}

// holeConcerns says whether a hole in a namespace is one for clients of another.
func holeConcerns(hole string, ns *Namespace) bool { return hole == ns.name || hole == "/" }

// fallThrough lets those who are about to be let in know that there is a hole.
func (r *roaming) fallThrough(ns *Namespace) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for g := range r.gaps {
		if holeConcerns(ns.name, g.ns) {
			g.hole = true
		}
	}
}
