// Package sio5 is the wire format of Socket.IO, protocol 5: the packets that
// Engine.IO messages carry, with JSON as the form of their data.
//
// A packet is a text
//
//	<type>[<number of attachments>-][<namespace>,][<ack id>][<JSON>]
//
// and, for the two binary types, that many binary messages right behind it. In
// the JSON an object {"_placeholder":true,"num":N} stands where attachment N
// belongs.
//
// The package is a pure codec: it does no I/O and starts no goroutine. It
// validates the JSON and finds its way in it, but leaves decoding the arguments
// to others. It does not look at UTF-8, which the layer below has checked.
package sio5

// A Type says what a packet is for. Its value is the digit on the wire.
type Type uint8

// The packet types of Socket.IO 5.
const (
	Connect      Type = iota // joins a namespace, or says that it is joined
	Disconnect               // leaves a namespace
	Event                    // a name and arguments
	Ack                      // the arguments that answer an event
	ConnectError             // refuses a Connect
	BinaryEvent              // an Event with attachments
	BinaryAck                // an Ack with attachments
)

// hasAttachments says whether t is one of the two binary types.
func (t Type) hasAttachments() bool { return t == BinaryEvent || t == BinaryAck }

// A Packet is one Socket.IO packet.
//
// In a decoded packet the slices alias what the decoder was given, and live as
// long as that is left alone. Those of a binary packet alias a copy, except
// attachments the decoder was given to own; they are the caller's to keep.
type Packet struct {
	Type Type

	// HasID says whether ID is there. An ack id may be 0.
	HasID bool

	// Namespace is "/" in a decoded packet that names none. For encoding,
	// "" means "/" too.
	Namespace string

	// ID is the ack id, at most 2^53-1.
	ID uint64

	// AttachmentCount is how many attachments the text announces. For
	// encoding, 0 means len(Attachments).
	AttachmentCount int

	// Attachments are those of a complete binary packet, in wire order.
	Attachments [][]byte

	// Data is the JSON, nil when there is none.
	Data []byte

	// Event is the name of a decoded Event or BinaryEvent without quotes
	// and escapes, or the digits of a number in the name's place. It is a
	// copy if the name had escapes. Encoding does not look at it.
	Event []byte

	// Args are the elements of Data after the name, or all those of an Ack
	// or BinaryAck. Encoding does not look at them.
	Args Args
}

// Reserved says whether event is one of the six names that Socket.IO keeps for
// itself. They are refused on the wire and must not be emitted.
func Reserved(event string) bool {
	switch event {
	case "connect", "connect_error", "disconnect", "disconnecting",
		"newListener", "removeListener":
		return true
	}
	return false
}

// maxReserved is the length of the longest reserved name.
const maxReserved = len("removeListener")
