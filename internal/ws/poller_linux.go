package ws

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
)

const (
	// pollEvents is how many connections with input are asked for at once.
	pollEvents = 64

	// burst is how many times in a row a connection may fill what it is read into,
	// before others are read.
	burst = 16
)

// A Poller waits for the input of connections that rest. Its goroutines live while there
// are any. All its methods may be called concurrently.
type Poller struct {
	goroutines *sync.WaitGroup
	lanes      []lane
}

// NewPoller returns a poller whose goroutines are counted by those.
func NewPoller(goroutines *sync.WaitGroup) *Poller {
	return &Poller{goroutines: goroutines, lanes: make([]lane, runtime.GOMAXPROCS(0))}
}

// A lane is one of a poller's loops, while there is need of it. Connections are dealt out
// to the lanes by the numbers of their descriptors.
type lane struct {
	mu   sync.Mutex // guards what follows
	loop *loop
	_    [64 - 16]byte // lanes of different processors share no cache line
}

// A loop watches one epoll descriptor. One goroutine at a time runs it.
type loop struct {
	poller *Poller
	file   *os.File
	raw    syscall.RawConn
	epoll  int

	conns  []*Conn // by number of the descriptor, divided by that of the lanes; guarded by the lane's mu
	number int     // of conns that are not nil; guarded by the lane's mu

	// Of the goroutine that runs the loop; they pass to its successor.
	op      *readOp
	harvest func(fd uintptr) bool // given to raw.Read
	events  [pollEvents]syscall.EpollEvent
	next, n int // events[next:n] are to be dealt with
}

// add lets c rest in its lane, and says whether it does.
func (p *Poller) add(c *Conn) bool {
	rests := false
	_ = c.raw.Control(func(fd uintptr) {
		c.polled = int32(fd)
		lane, index := p.lane(fd)
		lane.mu.Lock()
		defer lane.mu.Unlock()
		if lane.loop == nil && !p.open(lane) {
			return
		}
		switch l := lane.loop; {
		case !c.settle():
			l.closeIfEmpty(lane)
		case l.watch(c, int(fd), index):
			rests = true
		default:
			rests = !c.wake() // else whoever closed it reads it
			l.closeIfEmpty(lane)
		}
	})
	return rests
}

// mute lets nothing be heard of c until it is added again.
func (p *Poller) mute(c *Conn) {
	lane, index := p.lane(uintptr(c.polled))
	lane.mu.Lock()
	defer lane.mu.Unlock()
	if l := lane.loop; l != nil && l.at(index) == c {
		l.control(c, syscall.EPOLL_CTL_MOD, syscall.EPOLLONESHOT) // once at most: an end is told always
	}
}

// remove takes c out of its lane.
func (p *Poller) remove(c *Conn) {
	lane, index := p.lane(uintptr(c.polled))
	lane.mu.Lock()
	defer lane.mu.Unlock()
	l := lane.loop
	if l == nil || l.at(index) != c {
		return // the descriptor was closed, and its number is another one's
	}
	l.control(c, syscall.EPOLL_CTL_DEL, 0)
	l.conns[index] = nil
	l.number--
	l.closeIfEmpty(lane)
}

// control changes what is told of c. A descriptor that is closed is no longer watched.
func (l *loop) control(c *Conn, op int, events uint32) {
	_ = c.raw.Control(func(fd uintptr) {
		event := syscall.EpollEvent{Events: events, Fd: int32(fd)}
		_ = syscall.EpollCtl(l.epoll, op, int(fd), &event)
	})
}

func (p *Poller) lane(fd uintptr) (l *lane, index int) {
	n := uintptr(len(p.lanes))
	return &p.lanes[fd%n], int(fd / n)
}

// open starts a loop. The caller holds lane's mu.
func (p *Poller) open(lane *lane) bool {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	// Without this os.NewFile would not let Go's poller watch it.
	if err := syscall.SetNonblock(epoll, true); err != nil {
		syscall.Close(epoll)
		return false
	}
	file := os.NewFile(uintptr(epoll), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return false
	}
	l := &loop{poller: p, file: file, raw: raw, epoll: epoll, op: newReadOp(true)}
	l.harvest = l.harvestNow
	lane.loop = l
	p.goroutines.Go(l.run)
	return true
}

// closeIfEmpty ends the loop if nothing rests in its lane, whose mu the caller holds.
func (l *loop) closeIfEmpty(lane *lane) {
	if l.number == 0 {
		lane.loop = nil
		l.file.Close()
	}
}

// watch puts c among the connections that are waited for. The caller holds the lane's mu.
func (l *loop) watch(c *Conn, fd, index int) bool {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	if l.at(index) == c {
		return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_MOD, fd, &event) == nil
	}
	if syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event) != nil {
		return false
	}
	for len(l.conns) <= index {
		l.conns = append(l.conns, nil)
	}
	if l.conns[index] == nil { // else one whose descriptor was closed before it left
		l.number++
	}
	l.conns[index] = c
	return true
}

func (l *loop) at(index int) *Conn {
	if index >= len(l.conns) {
		return nil
	}
	return l.conns[index]
}

// find returns the connection that an event is about: nil if it has left since.
func (l *loop) find(event *syscall.EpollEvent) *Conn {
	lane, index := l.poller.lane(uintptr(event.Fd))
	lane.mu.Lock()
	defer lane.mu.Unlock()
	if lane.loop != l {
		return nil
	}
	return l.at(index)
}

// run deals with what comes until there is nobody to wait for, or another goroutine
// runs the loop.
func (l *loop) run() {
	for {
		for l.next < l.n {
			c := l.find(&l.events[l.next])
			l.next++
			if c != nil && c.wake() && !l.handle(c) {
				return
			}
		}
		l.next, l.n = 0, 0
		// A goroutine that is busy for ten milliseconds is taken for one that does not let
		// others run, and its processor is taken away within system calls from then on.
		runtime.Gosched()
		if err := l.raw.Read(l.harvest); err != nil {
			return
		}
	}
}

// harvestNow asks which connections have input, and says whether any has.
func (l *loop) harvestNow(uintptr) bool {
	for {
		n, err := syscall.EpollWait(l.epoll, l.events[:], 0)
		if err != syscall.EINTR {
			l.n = max(n, 0)
			return n != 0
		}
	}
}

// handle reads from c and handles it. It says whether this goroutine still runs the loop.
func (l *loop) handle(c *Conn) bool {
	c.loop = l
	result := l.read(c)
	switch {
	case result == handedOver:
		return false
	case c.loop == nil: // it was left on the way, and this goroutine reads c
		if result == ended {
			c.end()
		} else {
			c.serve(nil)
		}
		return false
	}
	c.loop, c.renew = nil, false
	if result == readOn && c.settle() {
		return true
	}
	c.leavePoller()
	l.poller.goroutines.Go(func() {
		if result == ended {
			c.end()
		} else {
			c.serve(nil)
		}
	})
	return true
}

// read reads what has come for c, and handles it.
func (l *loop) read(c *Conn) outcome {
	for range burst {
		buf, n, err := l.op.read(c)
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return readOn
		case err != nil:
			c.why = err
			return ended
		}
		full := buf == nil || n == len(buf.b)
		if result := c.handle(buf, n); result != readOn || !full || c.loop == nil {
			return result
		}
	}
	return readOn
}

// leaveLoop lets another goroutine run the loop, and its connection be read by this one,
// or by its successor. The connection's reader calls it, or, while that runs code that may
// wait, whoever takes over.
func (c *Conn) leaveLoop() {
	l := c.loop
	c.loop = nil
	l.poller.mute(c)
	l.poller.goroutines.Go(l.run)
}
