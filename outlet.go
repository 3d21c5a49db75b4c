package socketio

import (
	"sync"

	"socketio/engineio"
)

// outletMost is how many connections may have something that waits to be written.
const outletMost = 4096

// An outlet is where events for many sockets leave on a server of a cluster. What is for one
// connection leaves together: that of several events which the bus brings at once, and that of
// several which are emitted before a goroutine comes to write them. It makes a system call of
// what would be one for each event and receiver.
type outlet struct {
	mu      sync.Mutex // guards what follows
	waiting []*Socket  // whose connections have to be flushed
	holds   int        // nothing is written meanwhile, as more is to come
	busy    bool       // somebody writes
}

// sendPrepared sends what is prepared for many to one of them.
func (srv *Server) sendPrepared(s *Socket, p *engineio.Prepared) error {
	o := srv.outlet
	if o == nil || o.full() {
		return s.peer.conn.SendPrepared(p)
	}
	flush, err := s.peer.conn.Postpone(p)
	if flush {
		o.add(srv, s)
	}
	return err
}

func (o *outlet) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting) >= outletMost
}

// add makes a socket's connection be flushed soon.
func (o *outlet) add(srv *Server, s *Socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, s)
	if !o.busy && o.holds == 0 {
		o.busy = true
		srv.tasks.start(o.drain)
	}
}

// hold lets what is sent wait, until release.
func (o *outlet) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holds++
}

func (o *outlet) release() {
	o.mu.Lock()
	o.holds--
	begin := o.holds == 0 && !o.busy
	o.busy = o.busy || begin
	o.mu.Unlock()
	if begin {
		o.drain()
	}
}

// drain flushes connections until none is left, or more is to come for them.
func (o *outlet) drain() {
	for {
		o.mu.Lock()
		batch := o.waiting
		if len(batch) == 0 || o.holds > 0 {
			o.busy = false
			o.mu.Unlock()
			return
		}
		o.waiting = nil
		o.mu.Unlock()
		spread(batch, func(s *Socket) { s.peer.conn.SendPostponed() })
	}
}
