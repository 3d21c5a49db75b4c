package engineio

import (
	"errors"
	"maps"
	"slices"
	"sync/atomic"

	"socketio/internal/ws"
)

// Stats is what a [Server] has counted since it was made, and how things are at the moment.
// A field whose name is Hit and that of an option counts how often its limit was reached.
type Stats struct {
	// The connections that there are, by transport, and what waits to be sent on them.
	Polling, WebSockets, WebTransports int
	QueuedMessages, QueuedBytes        int

	// Messages that have been received, and sent or queued, with their bytes. An event of
	// Socket.IO with attachments is several. Heartbeats and the like are none.
	MessagesIn, BytesIn, MessagesOut, BytesOut uint64

	VolatileDropped uint64 // messages that TrySend has dropped
	OldestDropped   uint64 // messages that Options.DropOldest has dropped

	Opened   uint64 // connections
	Upgraded uint64 // of them, from polling to another transport

	// UpgradesFailed counts those that were begun and came to nothing: the connection
	// went on by polling, or ended meanwhile.
	UpgradesFailed uint64

	Closed map[string]uint64 // of them, by [CloseError].Reason; each has its key

	Refused     [6]uint64 // requests, by [HandshakeError].Code
	Unavailable uint64    // handshakes while the server drains or shuts down

	HitMaxConnections      uint64 // handshakes refused
	HitMaxConnectionsPerIP uint64 // handshakes refused
	HitHandshakesPerIP     uint64 // handshakes refused
	HitMaxPayload          uint64 // connections closed
	HitQueueBytes          uint64 // connections closed
	HitMemoryBudget        uint64 // handshakes refused, and connections closed

	Held int // bytes that count against Options.MemoryBudget; 0 if there is none

	Draining bool // Drain, Shutdown or Close has been called: newcomers are refused

	// Panics of Options.Allow and GenerateID; in socketio.Stats of handlers and hooks as
	// well.
	Panics uint64
}

// counters are what Stats tells, except for what can be seen at any time.
type counters struct {
	in, out traffic

	volatileDropped, opened, upgraded, notUpgraded, unavailable atomic.Uint64
	maxConnections, connectionsPerIP, handshakesPerIP, panicked atomic.Uint64
	maxPayload, queueBytes, memoryBudget, oldestDropped         atomic.Uint64

	refused [codeUnsupportedProtocol + 1]atomic.Uint64
	closed  [len(closeReasons)]atomic.Uint64
}

// traffic is counted for each message. It has a cache line of its own, for in and out are
// counted by different processors.
type traffic struct {
	messages, bytes atomic.Uint64
	_               [48]byte
}

func (t *traffic) add(messages, bytes int) {
	t.messages.Add(uint64(messages))
	t.bytes.Add(uint64(bytes))
}

// closeReasons are all for which a connection ends.
var closeReasons = [...]string{
	reasonTransportError, reasonTransportClose, reasonPingTimeout, reasonParseError, reasonForcedClose,
}

// Stats returns what the server has counted. It visits every connection.
func (s *Server) Stats() Stats {
	n := &s.count
	stats := Stats{
		MessagesIn: n.in.messages.Load(), BytesIn: n.in.bytes.Load(),
		MessagesOut: n.out.messages.Load(), BytesOut: n.out.bytes.Load(),
		VolatileDropped: n.volatileDropped.Load(),
		Opened:          n.opened.Load(), Upgraded: n.upgraded.Load(), UpgradesFailed: n.notUpgraded.Load(), Closed: map[string]uint64{},
		Unavailable:       n.unavailable.Load(),
		HitMaxConnections: n.maxConnections.Load(), HitMaxConnectionsPerIP: n.connectionsPerIP.Load(),
		HitHandshakesPerIP: n.handshakesPerIP.Load(),
		HitMaxPayload:      n.maxPayload.Load(), HitQueueBytes: n.queueBytes.Load(),
		HitMemoryBudget: n.memoryBudget.Load(), Held: s.budget.bytes(), Draining: s.isDraining(),
		OldestDropped: n.oldestDropped.Load(),
		Panics:        n.panicked.Load(),
	}
	for i := range n.refused {
		stats.Refused[i] = n.refused[i].Load()
	}
	for i, reason := range closeReasons {
		stats.Closed[reason] = n.closed[i].Load()
	}
	for _, c := range s.all() {
		switch c.Transport() {
		case WebSocket:
			stats.WebSockets++
		case WebTransport:
			stats.WebTransports++
		default:
			stats.Polling++
		}
		messages, bytes := c.Buffered()
		stats.QueuedMessages += messages
		stats.QueuedBytes += bytes
	}
	return stats
}

// all returns the connections that there are.
func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.conns))
}

// turnedAway counts a handshake for which there is no room.
func (n *counters) turnedAway(err error) {
	switch {
	case errors.Is(err, errTooMany):
		n.maxConnections.Add(1)
	case errors.Is(err, errTooManyPerIP):
		n.connectionsPerIP.Add(1)
	case errors.Is(err, errTooOften):
		n.handshakesPerIP.Add(1)
	case errors.Is(err, errOverBudget):
		n.memoryBudget.Add(1)
	default:
		n.unavailable.Add(1)
	}
}

// closing counts the end of a connection.
func (n *counters) closing(why *CloseError) {
	if i := slices.Index(closeReasons[:], why.Reason); i >= 0 {
		n.closed[i].Add(1)
	}
	var refused *ws.RefusedError
	switch {
	case errors.Is(why.Err, errOverBudget):
		n.memoryBudget.Add(1)
	case errors.Is(why.Err, ErrQueueFull):
		n.queueBytes.Add(1)
	case errors.Is(why.Err, errTooLarge),
		errors.As(why.Err, &refused) && refused.Code() == ws.StatusTooBig:
		n.maxPayload.Add(1)
	}
}
