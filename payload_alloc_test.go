//go:build !race

package socketio

import (
	"testing"

	"socketio/sio5"
)

// The race detector makes sync.Pool forget at random, hence the build constraint.
func TestTheCommonestPayloadsDoNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 256)
	text, number, object := sio5.Args(`"hello"`), sio5.Args(`12`), sio5.Args(`{"room":"go","text":"hello","n":1}`)
	att := [][]byte{{1}}
	placeholder := sio5.Args(ph.Replace("@0"))
	l := &line{Room: "go"}
	for _, tt := range []struct {
		name string
		most float64
		run  func()
	}{
		{"encode string", 0, func() { dst, _, _ = appendEvent(dst[:0], "say", "hello") }},
		{"encode int", 0, func() { dst, _, _ = appendReply(dst[:0], 12) }},
		{"encode nothing", 0, func() { dst, _, _ = appendReply(dst[:0], None{}) }},
		{"encode two", 0, func() { dst, _, _ = appendEvent(dst[:0], "say", Args2[string, int]{"a", 1}) }},
		{"encode pointer", 0, func() { dst, _, _ = appendEvent(dst[:0], "say", l) }},
		{"encode struct", 1, func() { dst, _, _ = appendEvent(dst[:0], "say", *l) }},
		{"encode bytes", 1, func() { dst, _, _ = appendEvent(dst[:0], "say", att[0]) }},
		{"decode string", 1, func() { _, _ = decodePayload[string]("say", text, nil) }},
		{"decode int", 0, func() { _, _ = decodePayload[int]("say", number, nil) }},
		{"decode two", 1, func() { _, _ = decodePayload[Args2[string, None]]("say", text, nil) }},
		{"decode struct", 1, func() { _, _ = decodePayload[line]("say", object, nil) }},
		{"decode bytes", 0, func() { _, _ = decodePayload[[]byte]("say", placeholder, att) }},
	} {
		if got := testing.AllocsPerRun(100, tt.run); got > tt.most {
			t.Errorf("%s: %v allocations, want %v", tt.name, got, tt.most)
		}
	}
}
