// Package serial lets one goroutine read a connection and run what it read on
// the spot, and another goroutine take the reading over when that waits.
//
// A goroutine that reads a batch of input holds a [Turn] for it. Before it runs
// code that may wait it calls MayWait; from then on anybody may call HandOver,
// which starts a successor with the rest of the batch. The first goroutine learns of
// it by Back, and leaves the connection's input alone from then on.
//
// Who waits knowingly calls HandOver; for all other waiting a [Monitor] looks
// at the turns once per millisecond and hands over those that have not moved.
package serial

import (
	"sync"
	"sync/atomic"
)

// The states of a turn, in the low bits of its word. The bits above count the
// calls of MayWait, so that nobody can hand over a later wait than the one seen.
const (
	leading uint64 = iota // the holder reads, or runs code that must not be handed over
	waiting               // the holder runs code that may wait
	given                 // a successor reads

	stateBits = 2
	stateMask = 1<<stateBits - 1
)

// A Reader is where a turn's input comes from.
type Reader interface {
	// TakeOver starts a goroutine that goes on with the undecoded rest of the
	// batch. It is called with the turn locked, while the turn's holder
	// is within code that may wait, so it must not wait itself.
	TakeOver()
}

// A Turn is the right to read one connection, for one batch of input.
type Turn struct {
	word atomic.Uint64

	// mu is held during a handover: a holder who has lost the turn waits for it
	// before it reuses anything that TakeOver reads.
	mu     sync.Mutex
	reader Reader // set while borrowed

	index int    // in Monitor.turns; guarded by its mu
	seen  uint64 // the word at the monitor's last look; the monitor's own
}

// MayWait says that the holder now runs code that may wait. Only the holder
// calls it; calling it again before Back does nothing.
func (t *Turn) MayWait() {
	if w := t.word.Load(); w&stateMask == leading {
		t.word.Store((w>>stateBits+1)<<stateBits | waiting)
	}
}

// Back ends what MayWait began, and says whether the turn is still the
// holder's. Only the holder calls it.
func (t *Turn) Back() bool {
	w := t.word.Load()
	if w&stateMask == leading {
		return true
	}
	// Without its state bits the word says leading.
	if w&stateMask == waiting && t.word.CompareAndSwap(w, w&^stateMask) {
		return true
	}
	t.mu.Lock() // until the handover has read what it needs
	defer t.mu.Unlock()
	return false
}

// HandOver gives the reading to a successor if the holder may be waiting. It
// may be called by anybody at any time.
func (t *Turn) HandOver() {
	if t.word.Load()&stateMask != waiting {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.word.Load(); w&stateMask == waiting {
		t.handOver(w)
	}
}

// handOver gives the turn away if its word is still w. The caller holds mu.
func (t *Turn) handOver(w uint64) {
	if t.word.CompareAndSwap(w, w&^stateMask|given) {
		t.reader.TakeOver()
	}
}
