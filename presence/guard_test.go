package presence

import (
	"fmt"
	"runtime"
	"testing"

	"socketio"
)

func TestGuardMemoryOfAUserInARoom(t *testing.T) {
	const users, most = 100_000, 150 // bytes each
	srv := socketio.NewServer(nil)
	defer srv.Close()
	p := New(srv.Of("/"), Options{Key: func(*socketio.Socket) string { return "" }})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	p.mu.Lock()
	for i := range users {
		p.set(p.own, place{"room", fmt.Sprintf("user-%d", i)}, 1)
	}
	p.mu.Unlock()
	each := (heap() - before) / users
	t.Logf("%d bytes for a user in a room", each)
	if each > most {
		t.Errorf("%d bytes for a user in a room, at most %d", each, most)
	}
	if got := len(p.In("room")); got != users {
		t.Errorf("%d users in the room, want %d", got, users)
	}
}
