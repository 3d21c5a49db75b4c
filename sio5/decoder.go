package sio5

import (
	"bytes"
	"encoding/json/jsontext"
)

const (
	root = "/"

	// maxNamespace is the length of the longest namespace, in bytes.
	maxNamespace = 256

	// maxID is the greatest integer that every peer can hold exactly.
	maxID = 1<<53 - 1

	defaultMaxAttachments = 10
	defaultMaxPayload     = 1_000_000
)

// A Decoder turns the messages of one connection into packets. Its zero value is
// ready for use. It is small while no binary packet is half received. A Decoder
// must not be used concurrently.
//
// It has two states: idle, when a text is due, and assembling, when the binary
// messages that the last text announced are due. Nothing may come between them.
type Decoder struct {
	// MaxAttachments is how many attachments one packet may have; 0 means 10.
	MaxAttachments int

	// MaxPayload is how many bytes the attachments of one packet may have
	// together; 0 means 1,000,000.
	MaxPayload int

	// pending is nil in the idle state.
	pending *assembly

	// namespace is the last one that was not "/", kept so that events of a
	// namespace don't allocate its name again.
	namespace string
}

// An assembly is a binary packet some of whose attachments are still to come.
type assembly struct {
	packet Packet
	bytes  int // in the attachments received so far
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
	d.pending = &assembly{packet: p}
	d.pending.packet.Attachments = make([][]byte, 0, p.AttachmentCount)
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
		b = append(make([]byte, 0, len(b)), b...)
	}
	a.bytes += len(b)
	a.packet.Attachments = append(a.packet.Attachments, b)
	if len(a.packet.Attachments) < a.packet.AttachmentCount {
		return Packet{}, false, nil
	}
	d.pending = nil
	return a.packet, true, nil
}

// header reads what comes before the JSON, and returns where that begins.
func (d *Decoder) header(b []byte, p *Packet) (int, error) {
	if len(b) == 0 {
		return 0, fail(b, 0, "an empty packet")
	}
	if b[0] < '0' || b[0] > '0'+byte(BinaryAck) {
		return 0, fail(b, 0, "an unknown packet type")
	}
	p.Type = Type(b[0] - '0')
	i := 1
	var err error
	if p.Type.hasAttachments() {
		if i, err = d.attachmentCount(b, i, p); err != nil {
			return i, err
		}
	}
	p.Namespace = root
	if at(b, i) == '/' {
		if i, err = d.readNamespace(b, i, p); err != nil {
			return i, err
		}
	}
	return readID(b, i, p)
}

// attachmentCount reads the number of attachments and the dash after it.
func (d *Decoder) attachmentCount(b []byte, i int, p *Packet) (int, error) {
	limit := d.MaxAttachments
	if limit == 0 {
		limit = defaultMaxAttachments
	}
	count := 0
	for ; isDigit(at(b, i)); i++ {
		// Checked at each digit, count never comes near an overflow.
		if count = 10*count + int(b[i]-'0'); count > limit {
			return i, failLimit(b, i, "more attachments", limit)
		}
	}
	if at(b, i) != '-' {
		return i, fail(b, i, "no number of attachments and a dash")
	}
	if count == 0 {
		return i, fail(b, i, "a binary packet without attachments")
	}
	p.AttachmentCount = count
	return i + 1, nil
}

// readNamespace reads the namespace that begins at b[i], and the comma if there
// is one.
func (d *Decoder) readNamespace(b []byte, i int, p *Packet) (int, error) {
	window := b[i:min(len(b), i+maxNamespace+1)]
	end := bytes.IndexByte(window, ',')
	next := i + end + 1
	if end < 0 {
		if len(window) > maxNamespace {
			return i, failLimit(b, i, "a namespace longer", maxNamespace)
		}
		end, next = len(window), len(b)
	}
	name := window[:end]
	switch {
	case len(name) == len(root):
		p.Namespace = root
	case string(name) == d.namespace:
		p.Namespace = d.namespace
	default:
		p.Namespace = string(name)
		d.namespace = p.Namespace
	}
	return next, nil
}

// readID reads the ack id, if there is one.
func readID(b []byte, i int, p *Packet) (int, error) {
	for ; isDigit(at(b, i)); i++ {
		p.ID = 10*p.ID + uint64(b[i]-'0')
		if p.ID > maxID {
			return i, fail(b, i, "an id greater than 2^53-1")
		}
		p.HasID = true
	}
	return i, nil
}

// span is a piece of the message.
type span struct{ start, end int }

// dataParts is where the parts of a packet's data lie in its message.
type dataParts struct {
	data span // empty if there is none
	name span // with its quotes, if it is a string
	args span
}

// checkData checks the JSON, which begins at b[i], by the rules of p's type.
func checkData(b []byte, i int, p *Packet) (dataParts, error) {
	if i == len(b) {
		return dataParts{}, checkNoData(b, p)
	}
	parts := dataParts{data: span{i, i}}
	var err error
	switch p.Type {
	case Connect, ConnectError:
		if c := b[i]; c != '{' && (c != '"' || p.Type == Connect) {
			return parts, fail(b, i, "not the data of a CONNECT or CONNECT_ERROR")
		}
		parts.data.end, err = scanValue(b, i, 0)
	case Disconnect:
		return parts, fail(b, i, "a DISCONNECT with data")
	case Event, BinaryEvent:
		err = scanEvent(b, i, &parts)
	case Ack, BinaryAck:
		err = scanAck(b, i, &parts)
	}
	if err != nil {
		return parts, err
	}
	if end := skipSpace(b, parts.data.end); end != len(b) {
		return parts, fail(b, end, "something after the JSON")
	}
	return parts, nil
}

// checkNoData checks that a packet of p's type may come without JSON.
func checkNoData(b []byte, p *Packet) error {
	switch p.Type {
	case Connect, Disconnect, ConnectError:
		return nil
	}
	return fail(b, len(b), "no JSON array")
}

// scanEvent reads the array of an event: its name and its arguments.
func scanEvent(b []byte, i int, parts *dataParts) error {
	if at(b, i) != '[' {
		return fail(b, i, "no JSON array")
	}
	i = skipSpace(b, i+1)
	c := at(b, i)
	if c != '"' && c != '-' && !isDigit(c) {
		return fail(b, i, "no event name")
	}
	end, err := scanValue(b, i, 1)
	if err != nil {
		return err
	}
	parts.name = span{i, end}
	if err = checkName(b, parts.name); err != nil {
		return err
	}
	i = skipSpace(b, end)
	switch at(b, i) {
	case ',':
		return scanArgs(b, skipSpace(b, i+1), parts)
	case ']':
		parts.args = span{i, i}
		parts.data.end = i + 1
		return nil
	}
	return fail(b, i, "JSON does not go on")
}

// checkName refuses the reserved event names.
func checkName(b []byte, name span) error {
	raw := b[name.start:name.end]
	if event := unquote(raw); len(event) <= maxReserved && raw[0] == '"' && Reserved(string(event)) {
		return fail(b, name.start, "a reserved event name")
	}
	return nil
}

// unquote returns the string that raw, a valid JSON string, means. Anything else
// it returns as it is.
func unquote(raw []byte) []byte {
	if raw[0] != '"' {
		return raw
	}
	plain := raw[1 : len(raw)-1]
	if bytes.IndexByte(plain, '\\') < 0 {
		return plain
	}
	// The error only says that a lone surrogate has become U+FFFD.
	plain, _ = jsontext.AppendUnquote(nil, raw)
	return plain
}

// scanAck reads the array of an acknowledgement, all of it arguments.
func scanAck(b []byte, i int, parts *dataParts) error {
	if at(b, i) != '[' {
		return fail(b, i, "no JSON array")
	}
	i = skipSpace(b, i+1)
	if at(b, i) == ']' {
		parts.args = span{i, i}
		parts.data.end = i + 1
		return nil
	}
	return scanArgs(b, i, parts)
}

// scanArgs reads values, at least one, and the bracket that closes their array.
func scanArgs(b []byte, i int, parts *dataParts) error {
	parts.args.start = i
	for {
		end, err := scanValue(b, i, 1)
		if err != nil {
			return err
		}
		i = skipSpace(b, end)
		switch at(b, i) {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			parts.args.end = end
			parts.data.end = i + 1
			return nil
		default:
			return fail(b, i, "JSON does not go on")
		}
	}
}

// slice sets the slices of p to the parts of b.
func (parts *dataParts) slice(b []byte, p *Packet) {
	if parts.data.start == parts.data.end {
		return
	}
	p.Data = b[parts.data.start:parts.data.end:parts.data.end]
	if parts.args.start > 0 {
		p.Args = Args(b[parts.args.start:parts.args.end:parts.args.end])
	}
	if parts.name.start < parts.name.end {
		p.Event = unquote(b[parts.name.start:parts.name.end])
	}
}
