package socketio

import (
	"errors"
	"strings"
	"sync/atomic"

	"socketio/engineio"
	"socketio/sio5"
)

// Stats is what a [Server] has counted since it was made, and how things are at the moment:
// see [Server.Stats]. Counts only grow, but for Sockets and Parked, and those of connections
// in what it embeds. A field whose name is Hit and that of an option counts how often its
// limit was reached.
type Stats struct {
	engineio.Stats

	Sockets      int               // that are connected; one for each namespace of a client
	Connected    uint64            // sockets
	Disconnected map[Reason]uint64 // sockets, by why they ended; each reason of a server has its key
	Rejected     uint64            // CONNECTs that were refused by middleware, or for a namespace that there is not

	Violations   uint64 // connections closed because their peer broke the protocol of Socket.IO
	AckTimeouts  uint64 // EmitAck that nobody answered in time
	AcksUnwanted uint64 // acknowledgements that nobody waited for, or not any more

	HitConnectTimeout    uint64 // connections closed
	HitMaxNamespaces     uint64 // connections closed
	HitMaxRooms          uint64 // rooms that were not joined
	HitMaxAcks           uint64 // acknowledgements that were not asked for
	HitMaxAttachments    uint64 // connections closed
	HitInbox             uint64 // times that reading stopped, or a connection was closed
	HitEventsPerSecond   uint64 // connections closed
	HitBytesPerSecond    uint64 // connections closed
	HitJoinsPerSecond    uint64 // connections closed
	HitConnectsPerSecond uint64 // connections closed
	HitFixed             uint64 // connections closed for a limit of Socket.IO that is no option

	// Sessions of Options.Recovery: those that wait for their client, those taken up
	// again, those asked for that there were not or that missed something, and those whose
	// time was over. The first and the last are not known of sessions that a bus keeps.
	Parked                                       int
	Recovered, NotRecovered, Incomplete, Expired uint64

	// Messages of Options.Bus: those that it has taken, has not taken, and that did not
	// come to it since too much waited; those that came from other servers, and what
	// came and was none.
	BusPublished, BusFailed, BusDropped, BusReceived, BusMalformed uint64

	// Of Options.Advertise: requests for sessions of other servers that these have
	// answered, tries in which they could not be reached or did not answer, and WebSockets
	// of theirs that go through this server at the moment.
	Forwarded, ForwardsFailed uint64
	Relayed                   int
}

// counters are what Stats tells, except for what others count.
type counters struct {
	connected, rejected, violations, ackTimeouts, acksUnwanted, panics atomic.Uint64

	connectTimeout, maxNamespaces, maxRooms, maxAcks, maxAttachments, inbox, fixed atomic.Uint64

	eventsPerSecond, bytesPerSecond, joinsPerSecond, connectsPerSecond atomic.Uint64

	disconnected [len(serverReasons)]atomic.Uint64
}

// serverReasons are all for which a socket of a server ends.
var serverReasons = [...]Reason{
	ReasonTransportError, ReasonTransportClose, ReasonPingTimeout, ReasonParseError, ReasonForcedClose,
	ReasonForcedServerClose, ReasonServerShutdown, ReasonClientDisconnect, ReasonServerDisconnect,
}

// Stats returns what the server has counted. It visits every connection.
func (srv *Server) Stats() Stats {
	n := &srv.count
	stats := Stats{
		Stats:        srv.engine.Stats(),
		Disconnected: map[Reason]uint64{},
		Rejected:     n.rejected.Load(), Violations: n.violations.Load(),
		AckTimeouts: n.ackTimeouts.Load(), AcksUnwanted: n.acksUnwanted.Load(),
		HitConnectTimeout: n.connectTimeout.Load(), HitMaxNamespaces: n.maxNamespaces.Load(),
		HitMaxRooms: n.maxRooms.Load(), HitMaxAcks: n.maxAcks.Load(),
		HitMaxAttachments: n.maxAttachments.Load(), HitInbox: n.inbox.Load(), HitFixed: n.fixed.Load(),
		HitEventsPerSecond: n.eventsPerSecond.Load(), HitBytesPerSecond: n.bytesPerSecond.Load(),
		HitJoinsPerSecond: n.joinsPerSecond.Load(), HitConnectsPerSecond: n.connectsPerSecond.Load(),
	}
	stats.Panics += n.panics.Load()
	gone := uint64(0)
	for i, reason := range serverReasons {
		ended := n.disconnected[i].Load()
		stats.Disconnected[reason] = ended
		gone += ended
	}
	stats.Connected = n.connected.Load() // after those that have gone, so that it is no less
	stats.Sockets = int(stats.Connected - gone)
	if srv.recovery != nil {
		srv.recovery.addTo(&stats)
	}
	if srv.roaming != nil {
		srv.roaming.counts.addTo(&stats)
	}
	if srv.node != nil {
		bus := srv.node.Counts()
		stats.BusPublished, stats.BusFailed, stats.BusDropped = bus.Published, bus.Failed, bus.Dropped
		stats.BusReceived, stats.BusMalformed = bus.Received, bus.Malformed
	}
	if srv.forward != nil {
		n := srv.forward.Counts()
		stats.Forwarded, stats.ForwardsFailed, stats.Relayed = n.Forwarded, n.Failed, n.Relayed
	}
	return stats
}

// addTo fills in what stats has of recovery.
func (r *recovery) addTo(stats *Stats) {
	r.counts.addTo(stats)
	r.mu.Lock()
	defer r.mu.Unlock()
	stats.Parked = r.parked.Len()
}

func (n *recoveryCounts) addTo(stats *Stats) {
	stats.Recovered, stats.NotRecovered = n.recovered.Load(), n.unknown.Load()
	stats.Incomplete = n.incomplete.Load() + n.oversize.Load()
	stats.Expired = n.expired.Load()
}

// ended counts the end of a socket that had been let in.
func (n *counters) ended(reason Reason) {
	for i, known := range serverReasons {
		if reason == known {
			n.disconnected[i].Add(1)
		}
	}
}

// failed counts an error if it is a panic.
func (n *counters) failed(err error) {
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		n.panics.Add(1)
	}
}

// violated counts what a connection is closed for.
func (n *counters) violated(err error) {
	n.violations.Add(1)
	n.failed(err)
	if e, ok := errors.AsType[*sio5.DecodeError](err); ok && strings.HasPrefix(e.Reason, "more attachments than") {
		n.maxAttachments.Add(1)
	}
}
