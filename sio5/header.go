package sio5

import "bytes"

const (
	// root is the namespace that is not written.
	root = "/"

	// maxID is the greatest integer that every peer can hold exactly.
	maxID = 1<<53 - 1
)

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
		digit := int(b[i] - '0')
		if digit > limit || count > (limit-digit)/10 {
			return i, failLimit(b, i, "more attachments", limit)
		}
		count = 10*count + digit
	}
	if at(b, i) != '-' {
		return i, fail(b, i, "no number of attachments with a dash after it")
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
	limit := d.MaxNamespace
	if limit == 0 {
		limit = defaultMaxNamespace
	}
	window := b[i:min(len(b), i+limit+1)]
	end := bytes.IndexByte(window, ',')
	next := i + end + 1
	if end < 0 {
		if len(window) > limit {
			return i, failLimit(b, i, "a namespace longer", limit)
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
