package forward

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// A relay carries the bytes of a WebSocket between its client and its owner. Each direction
// has a goroutine, which reads no more than the other end takes.
type relay struct {
	f         *Forwarder
	passage   *passage
	near, far net.Conn     // to the client, and to the owner
	running   atomic.Int32 // directions
	linger    *time.Timer  // set when one of them has ended
}

// relay begins to carry the bytes of a WebSocket, of which its client has sent the early
// ones.
func (f *Forwarder) relay(p *passage, near, far net.Conn, early []byte) {
	s := &relay{f: f, passage: p, near: near, far: far}
	s.running.Store(2)
	s.linger = time.AfterFunc(time.Hour, s.close)
	s.linger.Stop() // which it cannot have come before
	f.mu.Lock()
	p.cut = s.close
	f.mu.Unlock()
	f.count.relayed.Add(1)
	f.relays.Go(func() { s.carry(&direction{from: near, to: far}, early) })
	// Heartbeats come this way, so silence means something.
	f.relays.Go(func() { s.carry(&direction{from: far, to: near, silence: f.Patience, stall: f.WriteTimeout}, nil) })
}

// close ends both directions at once. It may be called several times.
func (s *relay) close() {
	s.near.Close()
	s.far.Close()
}

// carry carries what comes from one end to the other until that ends. A regular end is
// passed on, so that what comes the other way can still arrive: the answer to a WebSocket's
// goodbye.
func (s *relay) carry(d *direction, first []byte) {
	if d.run(first) == nil && endWriting(d.to) {
		s.linger.Reset(lingerTimeout)
	} else {
		s.close()
	}
	if s.running.Add(-1) > 0 {
		return
	}
	s.linger.Stop()
	s.close()
	s.f.count.relayed.Add(-1)
	s.f.exit(s.passage)
}

// endWriting says to an end that there is no more, if it can be told so.
func endWriting(conn net.Conn) bool {
	half, ok := conn.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}

// A direction is one of a relay's two.
type direction struct {
	from, to net.Conn
	silence  time.Duration // how long nothing may come; 0 is for ever
	stall    time.Duration // how long nothing may be taken; 0 is for ever

	// small is all the room that a direction needs while little is said.
	small [512]byte
}

// run carries bytes until there are no more; then the error is nil.
func (d *direction) run(first []byte) error {
	if len(first) > 0 {
		if err := d.write(first); err != nil {
			return err
		}
	}
	for {
		full, err := d.step(d.small[:])
		if full && err == nil {
			err = d.runLarge()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// runLarge carries what is there already, with more room.
func (d *direction) runLarge() error {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		if full, err := d.step(buf[:]); err != nil || !full {
			return err
		}
	}
}

// step carries what one read gives, and says whether there may be more of it.
func (d *direction) step(buf []byte) (full bool, err error) {
	if d.silence > 0 {
		d.from.SetReadDeadline(time.Now().Add(d.silence))
	}
	n, err := d.from.Read(buf)
	if n > 0 {
		if failed := d.write(buf[:n]); failed != nil {
			return false, failed
		}
	}
	return n == len(buf), err
}

// write waits until the other end has taken b.
func (d *direction) write(b []byte) error {
	if d.stall > 0 {
		d.to.SetWriteDeadline(time.Now().Add(d.stall))
	}
	_, err := d.to.Write(b)
	return err
}
