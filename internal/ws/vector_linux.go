package ws

import (
	"syscall"
	"unsafe"
)

// haveVectors says whether writeVector can be used.
const haveVectors = true

// maxVector is how many pieces are written with one call.
const maxVector = 32

// writeVector writes the first pieces with one system call, and returns how many
// bytes were taken.
func writeVector(fd int, pieces [][]byte) (int, error) {
	var vector [maxVector]syscall.Iovec
	n := 0
	for _, piece := range pieces {
		if len(piece) > 0 && n < maxVector {
			vector[n].Base = &piece[0]
			vector[n].SetLen(len(piece))
			n++
		}
	}
	written, _, errno := syscall.Syscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vector[0])), uintptr(n))
	if errno != 0 {
		return 0, errno
	}
	return int(written), nil
}
