package engineio

import (
	"hash/maphash"
	"slices"
)

// endedIDs remembers the sessions that have ended last, by hashes of their ids: a client
// that asks for one of them was away for too long, and no balancer has sent it to the wrong
// server. Server.mu guards it.
type endedIDs struct {
	seed   maphash.Seed
	hashes []uint64 // a ring once it is full
	next   int
}

// rememberedIDs is how many sessions are remembered, in 8 KB.
const rememberedIDs = 1024

func (e *endedIDs) add(id string) {
	if e.hashes == nil {
		e.seed = maphash.MakeSeed()
	}
	h := maphash.String(e.seed, id)
	if len(e.hashes) < rememberedIDs {
		e.hashes = append(e.hashes, h)
		return
	}
	e.hashes[e.next] = h
	e.next = (e.next + 1) % rememberedIDs
}

func (e *endedIDs) has(id string) bool {
	return e.hashes != nil && slices.Contains(e.hashes, maphash.String(e.seed, id))
}

// noSession refuses a request for a session that is not here.
func (s *Server) noSession(id string) *HandshakeError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.has(id) {
		return unknownSession(sessionEnded)
	}
	return unknownSession("")
}
