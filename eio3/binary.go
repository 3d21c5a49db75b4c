package eio3

import (
	"strconv"
	"unicode/utf8"
)

// A BinaryPayload is the binary form of a long-polling request or response, which can
// carry binary messages as they are: one packet after the other, each behind a byte that
// is 0 for text and 1 for binary, the decimal digits of its length as the numbers 0 to 9,
// and the byte 255. The length counts bytes. A BinaryPayload is a cursor over itself, as
// [Payload] is.
type BinaryPayload []byte

const (
	textPacket   = 0
	binaryPacket = 1
	lengthEnd    = 0xff
)

// AppendBinaryPayload appends the packets to dst, text as text and binary messages as
// they are, each behind its kind and length.
func AppendBinaryPayload(dst []byte, ps ...Packet) []byte {
	for i := range ps {
		kind := byte(textPacket)
		if ps[i].Binary {
			kind = binaryPacket
		}
		dst = append(dst, kind)
		digits := len(dst)
		dst = strconv.AppendInt(dst, int64(1+len(ps[i].Data)), 10)
		for at := digits; at < len(dst); at++ {
			dst[at] -= '0'
		}
		dst = append(dst, lengthEnd)
		if ps[i].Binary {
			dst = AppendBinary(dst, ps[i].Data)
		} else {
			dst = AppendText(dst, ps[i])
		}
	}
	return dst
}

// Count is [Payload.Count] for the binary form.
func (p BinaryPayload) Count() int {
	n := 0
	for rest := []byte(p); len(rest) > 0; n++ {
		var err error
		if _, _, rest, err = p.split(rest); err != nil {
			return n
		}
	}
	return n
}

// Next decodes the first packet and returns it with what follows it, which is empty
// after the last packet. Base64, which text may have here as well, is decoded in place.
//
// Errors are *DecodeError, also for text that is not UTF-8; after one, the rest is nil.
func (p BinaryPayload) Next() (Packet, BinaryPayload, error) {
	data, binary, rest, err := p.split(p)
	if err != nil {
		return Packet{}, nil, err
	}
	if !binary && !utf8.Valid(data) {
		return Packet{}, nil, &DecodeError{Offset: 0, Err: ErrUTF8}
	}
	packet, err := Decode(data, binary)
	if err != nil {
		return Packet{}, nil, err
	}
	return packet, rest, nil
}

// split cuts the first packet off b.
func (BinaryPayload) split(b []byte) (packet []byte, binary bool, rest []byte, err error) {
	switch {
	case len(b) == 0:
		return nil, false, nil, &DecodeError{Offset: 0, Err: ErrEmpty}
	case b[0] > binaryPacket:
		return nil, false, nil, &DecodeError{Offset: 0, Err: ErrType}
	}
	length, start, err := readLength(b, 1, 0, lengthEnd)
	if err != nil {
		return nil, false, nil, err
	}
	if length > len(b)-start {
		return nil, false, nil, &DecodeError{Offset: len(b), Err: ErrLength}
	}
	end := start + length
	return b[start:end:end], b[0] == binaryPacket, b[end:], nil
}
