package sio5

import "bytes"

// What zero fields of a Decoder mean.
const (
	defaultMaxAttachments = 10
	defaultMaxPayload     = 1_000_000
	defaultMaxNamespace   = 256
)

// A Decoder turns the messages of one connection into packets. Its zero value is
// ready for use. It is small while no binary packet is half received. A Decoder
// must not be used concurrently.
//
// It has two states: idle, when a text is due, and assembling, when the binary
// messages that the last text announced are due. Nothing may come between them.
// How long it may stay in the second is for its owner to watch.
type Decoder struct {
	// MaxAttachments is how many attachments one packet may have; 0 means 10.
	MaxAttachments int

	// MaxPayload is how many bytes the attachments of one packet may have
	// together; 0 means 1,000,000.
	MaxPayload int

	// MaxNamespace is how many bytes a namespace may have; 0 means 256.
	MaxNamespace int

	// pending is nil in the idle state.
	pending *assembly

	// namespace is the last one that was not "/", kept so that events of a
	// namespace don't allocate its name again.
	namespace string
}

// An assembly is a binary packet some of whose attachments are still to come.
type assembly struct {
	packet Packet
	bytes  int       // in the attachments received so far
	first  [1][]byte // the room for packet.Attachments, if only one is due
}

// Pending says whether attachments are due.
func (d *Decoder) Pending() bool { return d.pending != nil }

// Reset forgets a packet whose attachments are due.
func (d *Decoder) Reset() { d.pending = nil }

// Text decodes a text message. If complete is false, p is of a binary type and
// without its attachments, and Binary will return it whole.
//
// The text must be valid UTF-8. Errors are *DecodeError; after one, the Decoder
// is idle.
func (d *Decoder) Text(b []byte) (p Packet, complete bool, err error) {
	if d.pending != nil {
		d.pending = nil
		return Packet{}, false, fail(b, 0, "a text while attachments are due")
	}
	dataAt, err := d.header(b, &p)
	if err != nil {
		return Packet{}, false, err
	}
	parts, err := checkData(b, dataAt, &p)
	if err != nil {
		return Packet{}, false, err
	}
	if !p.Type.hasAttachments() {
		parts.slice(b, &p)
		return p, true, nil
	}
	if err = checkPlaceholders(b, dataAt, p.AttachmentCount); err != nil {
		return Packet{}, false, err
	}
	// The packet outlives this call, and with it the text.
	parts.slice(bytes.Clone(b), &p)
	a := &assembly{packet: p}
	if p.AttachmentCount == 1 {
		a.packet.Attachments = a.first[:0]
	} else {
		a.packet.Attachments = make([][]byte, 0, p.AttachmentCount)
	}
	d.pending = a
	return p, false, nil
}

// Binary takes a binary message, the next attachment of the packet whose text
// came before. With the last one due, it returns that packet and true.
//
// The Decoder copies b unless owned, with which the caller gives b away. An
// attachment may be empty. Errors are *DecodeError; after one, the Decoder is
// idle.
func (d *Decoder) Binary(b []byte, owned bool) (p Packet, complete bool, err error) {
	a := d.pending
	if a == nil {
		return Packet{}, false, &DecodeError{Reason: "a binary message while no attachment is due"}
	}
	limit := d.MaxPayload
	if limit == 0 {
		limit = defaultMaxPayload
	}
	if len(b) > limit-a.bytes {
		d.pending = nil
		return Packet{}, false, failLimit(nil, 0, "attachments of more bytes", limit)
	}
	if !owned {
		b = append([]byte{}, b...) // never nil
	}
	a.bytes += len(b)
	a.packet.Attachments = append(a.packet.Attachments, b)
	if len(a.packet.Attachments) < a.packet.AttachmentCount {
		return Packet{}, false, nil
	}
	d.pending = nil
	return a.packet, true, nil
}
