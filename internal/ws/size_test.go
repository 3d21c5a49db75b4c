package ws

import (
	"runtime"
	"testing"
	"unsafe"
)

// TestGuardConnSize holds what every connection has whether it is used or not. Whoever adds
// a field has to say here what it costs, and for what.
func TestGuardConnSize(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the sizes are those of amd64")
	}
	if got, want := unsafe.Sizeof(Conn{}), uintptr(264); got > want {
		t.Errorf("a Conn has %d bytes, want at most %d", got, want)
	}
}
