//go:build unix

package ws

import (
	"net"
	"syscall"
)

// rawConn returns what lets us wait for input without holding a buffer, and write without waiting,
// or nil if nc is no plain descriptor.
func rawConn(nc net.Conn) syscall.RawConn {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readNow reads what is there, and says whether anything was, an error included.
func (c *Conn) readNow(fd uintptr) bool {
	to := c.space
	if to == nil {
		c.buf = readBuffers.get()
		to = c.buf.b
	}
	for {
		c.n, c.err = syscall.Read(int(fd), to)
		if c.err != syscall.EINTR {
			break
		}
	}
	if c.err != syscall.EAGAIN {
		return true
	}
	if c.buf != nil {
		readBuffers.put(c.buf)
		c.buf = nil
	}
	return false
}

// writeNow writes what the kernel takes at once.
func (w *writeOp) writeNow(fd uintptr) bool {
	for {
		if len(w.pieces) > 0 {
			w.n, w.err = writeVector(int(fd), w.pieces)
		} else {
			w.n, w.err = syscall.Write(int(fd), w.b)
		}
		if w.err != syscall.EINTR {
			break
		}
	}
	if w.err == syscall.EAGAIN {
		w.n, w.err = 0, nil
	}
	return true
}
