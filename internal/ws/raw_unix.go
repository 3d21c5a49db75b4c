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

// readNow reads what is there, and says whether that is all there is to do.
func (op *readOp) readNow(fd uintptr) bool {
	to := op.space
	if to == nil {
		op.buf = readBuffers.get()
		to = op.buf.b
	}
	for {
		op.n, op.err = syscall.Read(int(fd), to)
		if op.err != syscall.EINTR {
			break
		}
	}
	if op.err != syscall.EAGAIN {
		return true
	}
	if op.buf != nil {
		readBuffers.put(op.buf)
		op.buf = nil
	}
	return op.atOnce
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
