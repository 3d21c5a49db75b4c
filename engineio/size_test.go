package engineio

import (
	"runtime"
	"testing"
	"unsafe"
)

// TestGuardSizes holds what every connection has whether it is used or not. Whoever adds
// a field has to say here what it costs: memory comes in the steps of the allocator's size
// classes, and each limit is one of them.
func TestGuardSizes(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the sizes are those of amd64")
	}
	for _, tt := range []struct {
		name      string
		got, most uintptr
	}{
		{"Conn", unsafe.Sizeof(Conn{}), 288},
		{"socket", unsafe.Sizeof(socket{}), 320},
		{"polling", unsafe.Sizeof(polling{}), 96},
	} {
		if tt.got > tt.most {
			t.Errorf("a %s has %d bytes, want at most %d", tt.name, tt.got, tt.most)
		}
	}
}
