package ws

import (
	"encoding/binary"
	"time"
)

// Bare frames are those of Engine.IO over one stream of a WebTransport session: a length
// as RFC 6455 writes it, with the bit for binary data in the place of the mask's, and the
// payload. There are no fragments, no masks and no control frames. The stream's own end
// is the end, so closing writes nothing.

// binaryBit marks a bare frame with binary data, in the byte that begins with the length.
const binaryBit = 0x80

// bareLinger is how long a connection with bare frames that we closed waits for the peer,
// when all is written. A peer need not answer a stream's end, and one who is cut off at
// once may not get what was written.
const bareLinger = time.Second

// AppendBare appends a bare frame and returns the extended buffer. A frame without
// payload is none that a peer accepts.
func AppendBare(dst []byte, op Opcode, payload []byte) []byte {
	return append(appendBareHeader(dst, op, len(payload)), payload...)
}

func appendBareHeader(dst []byte, op Opcode, n int) []byte {
	kind := byte(0)
	if op == OpBinary {
		kind = binaryBit
	}
	switch {
	case n < length16:
		return append(dst, kind|byte(n))
	case n <= 0xFFFF:
		return append(dst, kind|length16, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, kind|length64), uint64(n))
	}
}

// appendBare appends the frame as a bare one.
func (f *Frame) appendBare(b []byte) []byte {
	if f.Prefix == 0 {
		return AppendBare(b, f.Op, f.Data)
	}
	b = appendBareHeader(b, f.Op, 1+len(f.Data))
	return append(append(b, f.Prefix), f.Data...)
}

// decodeBare is decode for bare frames.
func (p *Parser) decodeBare(b []byte) (h header, n int, err error) {
	size := uint64(b[0] &^ binaryBit)
	n = 1
	switch size {
	case length16:
		if len(b) < 3 {
			return h, 0, nil
		}
		size, n = uint64(binary.BigEndian.Uint16(b[1:])), 3
	case length64:
		if len(b) < 9 {
			return h, 0, nil
		}
		size, n = binary.BigEndian.Uint64(b[1:]), 9
	}
	switch {
	case size == 0:
		return h, 0, protocolError("frame without payload")
	case size > uint64(p.limit()):
		return h, 0, &CloseError{Code: StatusTooBig, Reason: "message too big"}
	}
	h.op, h.fin, h.size = OpText, true, int(size)
	if b[0]&binaryBit != 0 {
		h.op = OpBinary
	}
	return h, n, nil
}

// linger is how long a connection that we refused waits for the peer to hang up.
func (c *Conn) linger() time.Duration {
	if c.config.Bare {
		return bareLinger
	}
	return lingerTime
}
