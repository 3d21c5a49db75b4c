package chaos

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// A Fault is what a [Link] does to what it forwards, in either direction. The zero value
// is none.
type Fault struct {
	// Delay is by how much everything arrives later, and Jitter up to how much later
	// still, by chance. The order is kept.
	Delay, Jitter time.Duration

	// Rate is how many bytes are forwarded per second; 0 is no limit.
	Rate int

	// Silent keeps everything back, also that one side has closed, as a network does
	// that drops all packets. It is forwarded when the fault is over.
	Silent bool
}

// A Side is one of the two ends of a [Link].
type Side int

// The sides of a link.
const (
	Client Side = iota + 1
	Server
)

// A Link is a connection of a client to a [Proxy] and that of the proxy to the server.
// All methods may be called concurrently; on a link that has ended they do nothing.
type Link struct {
	client, server net.Conn
	over           chan struct{} // closed when it has ended

	mu      sync.Mutex // guards what follows
	random  *rand.Rand
	fault   Fault
	gone    Side          // which side has gone without the other's being told; 0 is none
	changed chan struct{} // closed when the fault changes
	ended   bool
}

const (
	// pieceSize is how much is forwarded at a time at first, and maxPieceSize where more
	// comes at a time, as it does if there is a delay: each piece waits for the one before.
	pieceSize, maxPieceSize = 4 << 10, 64 << 10

	// kernelBytes bounds what waits in the kernel on each side, so that a peer that
	// does not read is felt soon.
	kernelBytes = 64 << 10
)

// Set gives the link a fault, in place of the one it had.
func (l *Link) Set(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
	close(l.changed)
	l.changed = make(chan struct{})
}

// Cut closes both sides in good order. What is on its way in the link is lost.
func (l *Link) Cut() { l.end(net.Conn.Close) }

// Reset closes both sides by RST. What is on its way is lost.
func (l *Link) Reset() { l.end(reset) }

// HalfOpen closes one side. The other one is told nothing, and what it sends disappears.
func (l *Link) HalfOpen(gone Side) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.gone != 0 {
		return
	}
	l.gone = gone
	if gone == Client {
		l.client.Close()
	} else {
		l.server.Close()
	}
}

func (l *Link) end(hangUp func(net.Conn) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	close(l.over)
	_ = hangUp(l.client) // whoever has closed already needs no more
	_ = hangUp(l.server)
}

// run forwards both ways until both are done.
func (l *Link) run() {
	var up sync.WaitGroup
	up.Go(func() { l.forward(l.client, l.server) })
	l.forward(l.server, l.client)
	up.Wait()
	l.Cut()
}

// forward forwards one way, the end of what comes included.
func (l *Link) forward(from, to net.Conn) {
	piece := make([]byte, pieceSize)
	for {
		n, err := from.Read(piece)
		if !l.wait() {
			return
		}
		if err == nil {
			err = l.write(to, piece[:n])
		}
		switch {
		case err == nil:
		case l.halfOpen():
			l.outlive(from)
			return
		case errors.Is(err, io.EOF):
			closeWrite(to)
			return
		default:
			l.Reset()
			return
		}
		if n == len(piece) && n < maxPieceSize {
			piece = make([]byte, 2*n)
		}
	}
}

// wait waits as long as the fault says and says whether the link has not ended.
func (l *Link) wait() bool {
	if delay := l.delay(); delay > 0 && !l.sleep(delay) {
		return false
	}
	for {
		l.mu.Lock()
		silent, changed, ended := l.fault.Silent, l.changed, l.ended
		l.mu.Unlock()
		if ended || !silent {
			return !ended
		}
		select {
		case <-changed:
		case <-l.over:
		}
	}
}

// delay returns by how much the next piece is late.
func (l *Link) delay() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault.Jitter <= 0 {
		return l.fault.Delay
	}
	return l.fault.Delay + time.Duration(l.random.Int64N(int64(l.fault.Jitter)))
}

// sleep waits for so long and says whether the link has not ended.
func (l *Link) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.over:
		return false
	}
}

// write writes b at the rate of the fault.
func (l *Link) write(to net.Conn, b []byte) error {
	for len(b) > 0 {
		l.mu.Lock()
		rate := l.fault.Rate
		l.mu.Unlock()
		n := len(b)
		if rate > 0 {
			n = min(n, max(rate/20, 1))
		}
		if _, err := to.Write(b[:n]); err != nil {
			return err
		}
		if rate > 0 && !l.sleep(time.Duration(n)*time.Second/time.Duration(rate)) {
			return net.ErrClosed
		}
		b = b[n:]
	}
	return nil
}

func (l *Link) halfOpen() bool { return l.alive() != nil }

// alive returns the side that is left of a link that is half open, or nil.
func (l *Link) alive() net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.gone {
	case Client:
		return l.server
	case Server:
		return l.client
	default:
		return nil
	}
}

// outlive reads what the side that is left sends and nobody gets, until it goes too.
func (l *Link) outlive(from net.Conn) {
	if from == l.alive() {
		_, _ = io.Copy(io.Discard, from) // however it ends
		l.Cut()
	}
}

// reset closes a connection by RST, if it is one of TCP.
func reset(c net.Conn) error {
	if tcp, ok := c.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return c.Close()
}

// closeWrite says to a side that nothing more comes.
func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it has gone then
		return
	}
	c.Close()
}

// bound bounds what waits in the kernel for one side.
func bound(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_, _ = tcp.SetReadBuffer(kernelBytes), tcp.SetWriteBuffer(kernelBytes) // it is slower without
	}
}
