package socketio

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"socketio/engineio"
)

// A history is the log of the events of all namespaces that can be sent once more. It is
// bounded by the bytes that it holds and by their age. All methods may be called
// concurrently and do not block.
type history struct {
	limit  int           // in bytes
	keep   time.Duration // how long an event is of use
	origin uint64        // what offsets count from

	mu      sync.Mutex // guards what follows
	entries []*logged  // numbered without gaps; those before first are nil
	first   int        // index of the oldest
	last    uint64     // number of the newest; the first one ever has 1
	bytes   int
	pushed  uint64 // how many were dropped for their bytes, not their age
}

// A logged is an event in the log. What it was sent to is decided when it is appended.
type logged struct {
	ns       *Namespace
	event    string
	narrowed bool // to the members of rooms
	rooms    []string
	except   []string // the sender's id among them
	bytes    int

	// Set by append.
	number uint64
	at     time.Time

	// mu is held by who emits the event until messages are there, which for a moment
	// it is not although the event is in the log already. Then it does not change.
	mu       sync.Mutex
	messages []engineio.Message // nil if the event could not be encoded after all

	settled atomic.Bool // it has been given to the deliveries of all whom it is for
}

// entryOverhead is what an event counts in the log beside its bytes.
const entryOverhead = 256

func newHistory(limit int, keep time.Duration) *history {
	const eightDigits = 36 * 36 * 36 * 36 * 36 * 36 * 36
	var b [8]byte
	rand.Read(b[:]) // never fails
	// Random, so that an offset of another server, or a text that somebody took for
	// one, is none of this one's.
	origin := eightDigits + binary.LittleEndian.Uint64(b[:])%(30*eightDigits)
	return &history{limit: limit, keep: keep, origin: origin}
}

// append gives e the next number and drops what is too much or too old.
func (h *history) append(e *logged) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	e.number, e.at = h.last, time.Now()
	h.entries = append(h.entries, e)
	h.bytes += e.bytes
	for h.bytes > h.limit {
		h.dropLocked()
		h.pushed++
	}
	h.ageLocked(e.at)
}

// age drops what is too old, and says when there will be more to drop, or that the log is
// empty.
func (h *history) age(now time.Time) (next time.Time, empty bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ageLocked(now)
	if h.first == len(h.entries) {
		return next, true
	}
	return h.entries[h.first].at.Add(h.keep), false
}

func (h *history) ageLocked(now time.Time) {
	for h.first < len(h.entries) && now.Sub(h.entries[h.first].at) > h.keep {
		h.dropLocked()
	}
}

// dropLocked drops the oldest.
func (h *history) dropLocked() {
	h.bytes -= h.entries[h.first].bytes
	h.entries[h.first] = nil
	h.first++
	if h.first > len(h.entries)/2 && h.first > 64 {
		h.entries = append([]*logged(nil), h.entries[h.first:]...)
		h.first = 0
	}
}

// end returns the number of the newest event there was.
func (h *history) end() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// scanChunk is how many events since looks at without letting others at the log.
const scanChunk = 1024

// since returns the events behind a number, up to another, that match. It is not complete
// if some of these numbers have been dropped.
func (h *history) since(after, upTo uint64, match func(e *logged) bool) (found []*logged, complete bool) {
	for after < upTo {
		h.mu.Lock()
		if after < h.droppedLocked() {
			h.mu.Unlock()
			return nil, false
		}
		for range scanChunk {
			if after == upTo {
				break
			}
			if e := h.atLocked(after + 1); match(e) {
				found = append(found, e)
			}
			after++
		}
		h.mu.Unlock()
	}
	return found, true
}

// at returns the event of that number, or nil if it was dropped.
func (h *history) at(number uint64) *logged {
	h.mu.Lock()
	defer h.mu.Unlock()
	if number <= h.droppedLocked() || number > h.last {
		return nil
	}
	return h.atLocked(number)
}

func (h *history) atLocked(number uint64) *logged {
	return h.entries[h.first+int(number-h.droppedLocked())-1]
}

// dropped returns the highest number that is not in the log any more.
func (h *history) dropped() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.droppedLocked()
}

func (h *history) droppedLocked() uint64 { return h.last - uint64(len(h.entries)-h.first) }

// offset returns the text by which clients name an event.
func (h *history) offset(number uint64) string { return strconv.FormatUint(h.origin+number, 36) }

// number returns which event an offset names. There need not have been one.
func (h *history) number(offset string) (number uint64, ok bool) {
	n, err := strconv.ParseUint(offset, 36, 64)
	if err != nil || n < h.origin || strconv.FormatUint(n, 36) != offset {
		return 0, false
	}
	return n - h.origin, true
}

// concerns says whether e was for a socket in those rooms, its id among them.
func (e *logged) concerns(ns *Namespace, rooms map[string]struct{}) bool {
	return e.ns == ns && (!e.narrowed || anyIn(e.rooms, rooms)) && !anyIn(e.except, rooms)
}

func anyIn(names []string, rooms map[string]struct{}) bool {
	for _, name := range names {
		if _, in := rooms[name]; in {
			return true
		}
	}
	return false
}

// settle says that no delivery will be given e any more.
func (e *logged) settle() { e.settled.Store(true) }

// content returns the messages, once they are there.
func (e *logged) content() []engineio.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.messages
}

// cloned returns copies of names, which may be small pieces of large messages.
func cloned(names []string) []string {
	copies := make([]string, len(names))
	for i, name := range names {
		copies[i] = strings.Clone(name)
	}
	return copies
}
