package socketio

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// fanoutFrom is how many receivers a broadcast must have to be spread over cores:
	// with fewer, waking another core takes longer than it saves.
	fanoutFrom = 256

	// fanoutShare is how many receivers a goroutine takes at once.
	fanoutShare = 64
)

// crowd returns the sockets of a selection that may be reached by several goroutines, some
// of which may be the sender or no longer connected. It returns nil if they are not many,
// and for the sake of OnAnyOutgoing hooks, which are run one after the other.
func (b *Broadcast) crowd(ns *Namespace) []*Socket {
	if len(ns.hooks().anyOutgoing) > 0 {
		return nil
	}
	var listBuf [8][]*Socket
	var singleBuf [8]*Socket
	lists, singles := b.membersOf(ns, listBuf[:0], singleBuf[:0])
	most := len(singles)
	for _, list := range lists {
		most += len(list)
	}
	switch {
	case most < fanoutFrom:
		return nil
	case len(lists) == 1 && len(singles) == 0 && len(b.except) == 0:
		return lists[0]
	case runtime.GOMAXPROCS(0) == 1:
		return nil // they can as well be reached while they are looked for
	}
	crowd := make([]*Socket, 0, most)
	b.visit(ns, lists, singles, (*Socket).Connected, func(s *Socket) { crowd = append(crowd, s) })
	return crowd
}

// A fanout visits a list of sockets with several goroutines. Each takes a share of the list
// when it is done with the one before, and the caller is one of them: it waits for
// no more than the shares that others have begun, and a goroutine that comes too late, as no
// core was free, finds nothing left to do.
type fanout struct {
	list  []*Socket
	visit func(s *Socket)
	next  atomic.Int64   // the first of list that nobody has taken
	taken sync.WaitGroup // the shares that are not done yet
}

// spread calls visit for each socket of the list, once, in any order and from several
// goroutines at a time, and returns when all calls have. With few sockets or one core it
// does so itself.
//
// Since it waits, two broadcasts of one goroutine reach every socket in their order.
func spread(list []*Socket, visit func(s *Socket)) {
	helpers := min(runtime.GOMAXPROCS(0), len(list)/(fanoutFrom/2)) - 1
	if helpers < 1 {
		for _, s := range list {
			visit(s)
		}
		return
	}
	f := &fanout{list: list, visit: visit}
	shares := (len(list) + fanoutShare - 1) / fanoutShare
	f.taken.Add(shares)
	for range helpers {
		go f.work()
	}
	f.work()
	f.taken.Wait()
}

// work visits shares of the list until all are taken.
func (f *fanout) work() {
	for {
		end := int(f.next.Add(fanoutShare))
		start := end - fanoutShare
		if start >= len(f.list) {
			return
		}
		for _, s := range f.list[start:min(end, len(f.list))] {
			f.visit(s)
		}
		f.taken.Done()
	}
}
