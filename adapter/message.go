package adapter

import "time"

// A Message is what one node says to others. Which fields it has depends on its Type;
// the zero value of all others is not encoded.
//
// Event, Reply and what is in Sockets are JSON. With Attachments, the binary values
// in it are placeholders as in packets of Socket.IO, {"_placeholder":true,"num":0}, and
// each attachment has one.
type Message struct {
	UID       string // of the node that says it, or EmitterUID
	Namespace string // whose sockets and servers it is about
	Type      MessageType

	Targets   Targets  // of Broadcast, SocketsJoin, SocketsLeave, DisconnectSockets and FetchSockets
	Event     []byte   // of Broadcast and ServerSideEmit: a JSON array that begins with the name
	Rooms     []string // of SocketsJoin and SocketsLeave
	Close     bool     // of DisconnectSockets: close the connections as well
	RequestID string   // of responses, and of what asks for one; "" in a Broadcast or ServerSideEmit that does not

	Sockets []Socket // of FetchSocketsResponse
	Clients int      // of BroadcastClientCount: how many sockets have been asked
	Reply   []byte   // of ServerSideEmitResponse and BroadcastAck: one JSON value, nil if there is none

	// What follows is known to nodes in Go only; others ignore it.

	Address  string // of InitialHeartbeat and Heartbeat: where the node takes requests that others pass on, "" if it does not
	Session  string // of LetGo
	Number   uint64 // of Broadcast: the node's own count of those that are kept; 0 without
	ByID     bool   // of Broadcast: replies shall name the socket, and sockets that end be reported
	SocketID string // of BroadcastAck: who replied, or ended
	Gone     bool   // of BroadcastAck: the socket has ended, and there is no reply

	Attachments [][]byte
}

// Topic returns where the message belongs. It is a room's if it does nothing but send an
// event to one room, and a namespace's otherwise.
func (m *Message) Topic() Topic {
	to := Topic{Namespace: m.Namespace}
	if m.Type == Broadcast && m.RequestID == "" && len(m.Targets.Rooms) == 1 {
		to.Room = m.Targets.Rooms[0]
	}
	return to
}

// Kept says whether a [History] keeps the message: an event for clients, unless it is
// volatile or asks for replies.
func (m *Message) Kept() bool {
	return m.Type == Broadcast && m.RequestID == "" && !m.Targets.Volatile
}

// holeRoom is a room that nobody is in, so nodes for Node, and older ones, send a hole to nobody.
const holeRoom = "socket.io#hole"

// NewHole returns a message that says: events of the namespace in front of it are not in the
// [History], or perhaps not any more, so who has not got all that is in front of it cannot be
// recovered. One of the main namespace "/" says so of all namespaces. It is kept as an event is,
// and delivered to nobody.
func NewHole(uid, namespace string) *Message {
	return &Message{UID: uid, Namespace: namespace, Type: Broadcast, Targets: Targets{Rooms: []string{holeRoom}}, Event: []byte(`["hole"]`)}
}

// IsHole says whether the message is one of [NewHole].
func (m *Message) IsHole() bool {
	return m.Kept() && len(m.Targets.Rooms) == 1 && m.Targets.Rooms[0] == holeRoom
}

// EmitterUID is the UID of all senders that are no nodes.
const EmitterUID = "emitter"

// A MessageType says what a Message is about. The numbers are those of the cluster
// adapters for Node.
type MessageType int

// The types of messages.
const (
	InitialHeartbeat       MessageType = iota + 1 // a node has joined; the others answer with a Heartbeat
	Heartbeat                                     // a node is alive
	Broadcast                                     // an event for clients
	SocketsJoin                                   // sockets shall join rooms
	SocketsLeave                                  // sockets shall leave rooms
	DisconnectSockets                             // sockets shall be disconnected
	FetchSockets                                  // asks for a FetchSocketsResponse of each node
	FetchSocketsResponse                          // describes sockets
	ServerSideEmit                                // an event for servers
	ServerSideEmitResponse                        // what one server answered
	BroadcastClientCount                          // how many sockets of a node a Broadcast has asked
	BroadcastAck                                  // what one of them answered
	AdapterClose                                  // a node leaves

	// LetGo is known to nodes in Go only: the client of a session is on another node, so
	// its socket here has to end.
	LetGo MessageType = 100
)

// Targets selects sockets and says how to send to them. Without Rooms it selects all
// of the namespace.
type Targets struct {
	Rooms  []string // any of which the sockets are in
	Except []string // none of which they are in

	Volatile     bool          // drop what cannot be sent at once
	Uncompressed bool          // do not compress
	Timeout      time.Duration // how long replies are waited for, 0 if that is not said
}

// A Socket describes a socket in a FetchSocketsResponse.
type Socket struct {
	ID        string
	Handshake []byte // a JSON object, nil if nothing is known of it
	Rooms     []string
	Data      []byte // a JSON value, nil if there is none
}
