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
	// 16 of them are what Config.Held knows: with them an Engine.IO socket, of which this is
	// a part, fills the allocator's 320 bytes, which it took before as well.
	if got, want := unsafe.Sizeof(Conn{}), uintptr(280); got > want {
		t.Errorf("a Conn has %d bytes, want at most %d", got, want)
	}
}
