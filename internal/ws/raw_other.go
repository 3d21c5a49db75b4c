//go:build !unix

package ws

import (
	"net"
	"syscall"
)

// rawConn returns nil: elsewhere a read holds its buffer, and a goroutine writes.
func rawConn(net.Conn) syscall.RawConn { return nil }

func (op *readOp) readNow(uintptr) bool { return true }

func (w *writeOp) writeNow(uintptr) bool { return true }
