package eio4

import "bytes"

// MaxPackets is how many packets a payload may reasonably hold; see
// [Payload.Count]. Next does not enforce it.
const MaxPackets = 65_536

// A Payload is the body of a long-polling request or response: at least one
// packet in text form, with a [Separator] between one and the next. It is a
// cursor over itself:
//
//	for rest := Payload(body); ; {
//		var p Packet
//		p, rest, err = rest.Next()
//		…
//		if rest == nil { break }
//	}
type Payload []byte

// AppendPayload appends the packets in text form, separated, to dst.
// No packet's text data may contain a [Separator]; there is no escape for it.
func AppendPayload(dst []byte, ps ...Packet) []byte {
	for i := range ps {
		if i > 0 {
			dst = append(dst, Separator)
		}
		dst = AppendText(dst, ps[i])
	}
	return dst
}

// Count returns how many packets p claims to hold, valid or not: one more than
// its separators. It must be called before Next, which overwrites base64 by
// bytes that may look like separators. Whoever reads payloads of strangers
// refuses those of more than [MaxPackets].
func (p Payload) Count() int {
	return bytes.Count(p, separator) + 1
}

var separator = []byte{Separator}

// Next decodes the first packet and returns it with what follows it, nil after
// the last packet. Base64 is decoded in place; each byte is visited once.
//
// An empty packet is an error, and so is a separator with nothing after it,
// which is reported together with the last packet before it is handed out.
// Errors are *DecodeError, with an offset from the start of p; after one, the
// rest is nil, for packet borders can no longer be trusted.
func (p Payload) Next() (Packet, Payload, error) {
	text := []byte(p)
	var rest Payload
	if end := bytes.IndexByte(text, Separator); end >= 0 {
		text, rest = p[:end:end], p[end+1:]
		if len(rest) == 0 {
			return Packet{}, nil, &DecodeError{Offset: end + 1, Err: ErrEmpty}
		}
	}
	packet, err := Decode(text, false)
	if err != nil {
		return Packet{}, nil, err
	}
	return packet, rest, nil
}
