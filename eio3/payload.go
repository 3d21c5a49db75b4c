package eio3

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

const (
	// MaxPackets is how many packets a payload may reasonably hold; see
	// [Payload.Count]. Next does not enforce it.
	MaxPackets = 65_536

	// maxDigits is how long the length of a packet may be.
	maxDigits = 7
)

// A Payload is the text form of a long-polling request or response: one packet after the
// other, each behind its length and a colon. The length is decimal and counts UTF-16
// code units, as JavaScript does. A Payload is a cursor over itself:
//
//	for rest := Payload(body); ; {
//		var p Packet
//		p, rest, err = rest.Next()
//		…
//		if len(rest) == 0 { break }
//	}
//
// It must be valid UTF-8. What is not makes lengths mean something else, but nothing
// worse.
type Payload []byte

// AppendPayload appends the packets in text form to dst, each behind its length.
func AppendPayload(dst []byte, ps ...Packet) []byte {
	for i := range ps {
		dst = strconv.AppendInt(dst, int64(textLength(&ps[i])), 10)
		dst = AppendText(append(dst, ':'), ps[i])
	}
	return dst
}

// textLength is the length of p's text form in UTF-16 code units.
func textLength(p *Packet) int {
	if p.Binary {
		return 2 + base64.StdEncoding.EncodedLen(len(p.Data))
	}
	_, units := cut(p.Data, len(p.Data))
	return 1 + units
}

// cut returns how many bytes of text make up the most code units that are at most
// limit, and how many units that is.
func cut(text []byte, limit int) (size, units int) {
	for size < len(text) {
		width, of := 1, 1
		switch c := text[size]; {
		case c < utf8.RuneSelf:
		case c >= 0xf0: // four bytes, and two surrogates in UTF-16
			width, of = 4, 2
		case c >= 0xe0:
			width = 3
		default:
			width = 2
		}
		if units+of > limit {
			return size, units
		}
		size = min(size+width, len(text))
		units += of
	}
	return size, units
}

// Count returns how many packets p holds, or how many it has before the first whose length
// is wrong. It must be called before Next, which overwrites base64. Whoever reads
// payloads of strangers refuses those of more than [MaxPackets].
func (p Payload) Count() int {
	n := 0
	for rest := []byte(p); len(rest) > 0; n++ {
		var err error
		if _, rest, err = p.split(rest); err != nil {
			return n
		}
	}
	return n
}

// Next decodes the first packet and returns it with what follows it, which is empty
// after the last packet. Base64 is decoded in place.
//
// Errors are *DecodeError; after one, the rest is nil, for packet borders can no
// longer be trusted.
func (p Payload) Next() (Packet, Payload, error) {
	text, rest, err := p.split(p)
	if err != nil {
		return Packet{}, nil, err
	}
	packet, err := Decode(text, false)
	if err != nil {
		return Packet{}, nil, err
	}
	return packet, rest, nil
}

// split cuts the first packet off b.
func (Payload) split(b []byte) (packet, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, &DecodeError{Offset: 0, Err: ErrEmpty}
	}
	length, start, err := readLength(b, 0, '0', ':')
	if err != nil {
		return nil, nil, err
	}
	size, units := cut(b[start:], length)
	if units != length {
		// The payload ends before, or a surrogate pair is cut in two.
		return nil, nil, &DecodeError{Offset: start + size, Err: ErrLength}
	}
	end := start + size
	return b[start:end:end], b[end:], nil
}

// readLength reads the length that begins at b[from], whose digits count from zero, up to
// the byte that ends it. It returns where the packet begins.
func readLength(b []byte, from int, zero, end byte) (length, start int, err error) {
	for i := from; i < len(b); i++ {
		digit := b[i] - zero // wraps for what is before zero
		switch {
		case b[i] == end && i > from:
			if length == 0 {
				return 0, 0, &DecodeError{Offset: i, Err: ErrEmpty}
			}
			return length, i + 1, nil
		case digit > 9 || i-from == maxDigits:
			return 0, 0, &DecodeError{Offset: i, Err: ErrLength}
		}
		length = 10*length + int(digit)
	}
	return 0, 0, &DecodeError{Offset: len(b), Err: ErrLength}
}
