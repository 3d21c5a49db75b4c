package sio5

import "unicode/utf8"

// A Codec is another form of packets on the wire than the one of this package, in
// the manner of a custom parser of other implementations. Both ends must use the
// same one, for all packets of a connection from the CONNECT on.
//
// A Codec translates. On its inner side is a Packet as this package knows it, its
// Data JSON in which placeholders stand for Attachments; so typed payloads, raw
// arguments and whatever stores packets work with every Codec alike. On its outer
// side is one message of Engine.IO for each packet, with the attachments inside.
//
// Of a Packet a Codec reads and sets Type, Namespace, ID, HasID, Data and
// Attachments. Type is never one of the two binary types: an Event or an Ack that
// has attachments is still an Event or an Ack.
//
// The methods are called concurrently.
type Codec interface {
	// Binary says whether the messages are binary or text. It always returns
	// the same. Text must be valid UTF-8.
	Binary() bool

	// Append appends the message that carries p to dst and returns the
	// extended slice. Data is valid JSON without space between its tokens,
	// unless the program has supplied it itself, or nil; it has one
	// placeholder for each of Attachments, in their order. Append must not
	// keep or change what it is given.
	Append(dst []byte, p Packet) ([]byte, error)

	// Decode takes a message of a peer apart. It appends the JSON of the
	// packet to dst and returns the extended slice, of which Data is the end.
	// Attachments may alias message, which belongs to the caller; nothing
	// else may alias it.
	//
	// What peers send is not to be trusted: Decode should bound how much more
	// it makes of a message than came. Its result is checked by Packet.Check,
	// so it may be sloppy about what is a valid packet. An error, best a
	// *DecodeError, ends the connection.
	Decode(dst, message []byte) (p Packet, extended []byte, err error)
}

// Check completes a packet that a Codec has decoded: it checks it by the rules
// that Decoder applies to texts, and sets Event and Args. An Event or Ack with
// attachments becomes a BinaryEvent or BinaryAck, "" becomes the namespace "/".
// The error is a *DecodeError.
func (p *Packet) Check() error {
	if err := p.checkHeader(); err != nil {
		return err
	}
	data := p.Data
	parts, err := checkData(data, 0, p)
	if err != nil {
		return err
	}
	p.Data = nil
	parts.slice(data, p)
	p.AttachmentCount = len(p.Attachments)
	if p.AttachmentCount == 0 {
		return nil
	}
	if p.Type != Event && p.Type != Ack {
		return fail(nil, 0, "attachments of a packet that can have none")
	}
	p.Type += BinaryEvent - Event
	return checkPlaceholders(data, 0, p.AttachmentCount)
}

// checkHeader checks what is not Data.
func (p *Packet) checkHeader() error {
	if p.Namespace == "" {
		p.Namespace = root
	}
	switch {
	case p.Type > ConnectError:
		return fail(nil, 0, "an unknown packet type")
	case len(p.Namespace) > defaultMaxNamespace:
		return failLimit(nil, 0, "a namespace longer", defaultMaxNamespace)
	case !utf8.ValidString(p.Namespace):
		return fail(nil, 0, "a namespace that is not UTF-8")
	case p.ID > maxID:
		return fail(nil, 0, "an id greater than 2^53-1")
	}
	return nil
}
