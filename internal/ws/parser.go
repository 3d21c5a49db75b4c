package ws

import (
	"encoding/binary"
	"unicode/utf8"
)

const (
	// defaultLimit is how many bytes a message may have where no limit is set.
	defaultLimit = 1e6
	// maxFrames is in how many frames a message may come. Empty ones count, so
	// that a message cannot go on for ever without reaching its limit of bytes.
	maxFrames = 1024
)

// A Message is a whole message, its fragments joined, or a control frame.
//
// Data is part of the bytes that were given to [Parser.Next] unless Owned is set;
// then it is a buffer of its own, of which the parser has kept nothing.
type Message struct {
	Op    Opcode // OpContinuation, which is 0, when there is no message
	Data  []byte
	Owned bool
}

// A Parser takes a peer's frames apart. It does no input: [Parser.Next] is given
// what was read, in pieces of any size. The zero value is a server's parser.
//
// All errors are of type *CloseError and say what the close frame to be sent in
// answer should say. After an error, or a close frame, the parser is done with and
// must not be given more. A Parser must not be used concurrently.
type Parser struct {
	// Limit is how many bytes a message may have; 0 is 1,000,000.
	Limit int
	// Compression is what was agreed on about compressed messages; nil if there are
	// none.
	Compression *Compression
	// part is nil unless a payload or a fragmented message is half read.
	part *partial
	// Client says that the frames come from a server, and so must be unmasked.
	Client bool
	// Bare says that the frames are bare ones; see [AppendBare].
	Bare bool
	// head[:have] is the beginning of a header.
	have uint8
	head [maxHeader]byte
}

// header is what a frame's header says.
type header struct {
	op         Opcode
	fin        bool
	compressed bool   // the first frame of a compressed message
	key        uint32 // 0 when unmasked
	size       int    // bytes of payload
}

// Next takes the next message out of b and returns how many bytes of b it has
// used, unmasking them in place. A message that lies in b whole and in one frame is
// delivered without copying: it is valid as long as b is left alone.
//
// When more input is needed the message's Op is 0 and n is len(b). The parser has
// then copied what it needs, and b may be used for something else.
func (p *Parser) Next(b []byte) (m Message, n int, err error) {
	for n < len(b) {
		var used int
		if p.part != nil && p.part.rest > 0 {
			used = min(p.part.rest, len(b)-n)
			m, err = p.resume(b[n : n+used])
		} else {
			m, used, err = p.frame(b[n:])
		}
		n += used
		if err != nil {
			p.drop()
			return Message{}, n, err
		}
		if m.Op != 0 {
			return m, n, nil
		}
	}
	return Message{}, n, nil
}

// Idle says whether nothing is half read, neither a frame nor a fragmented
// message.
func (p *Parser) Idle() bool { return p.have == 0 && p.part == nil }

// frame reads a frame from its header on. Without an error or a message it has
// used as much of b as it could: all of it, or a whole fragment.
func (p *Parser) frame(b []byte) (m Message, n int, err error) {
	h, n, ok, err := p.header(b)
	if err != nil || !ok {
		return Message{}, n, err
	}
	if h.size > len(b)-n {
		p.begin(h)
		m, err = p.resume(b[n:])
		return m, len(b), err
	}
	data := b[n : n+h.size]
	n += h.size
	if h.key != 0 {
		mask(data, h.key)
	}
	switch {
	case h.op.control():
		m, err = controlMessage(h.op, data, false)
	case h.fin && h.compressed:
		m, err = p.inflated(h.op, data)
	case h.fin && h.op != OpContinuation:
		m = Message{Op: h.op, Data: data}
		if h.op == OpText && !utf8.Valid(data) {
			err = invalidText()
		}
	default:
		h.key = 0 // already applied
		p.begin(h)
		m, err = p.resume(data)
	}
	return m, n, err
}

// header reads a frame's header, from what is kept of it and from b. It is not ok
// when b ends before the header does; all of b is then kept.
func (p *Parser) header(b []byte) (h header, n int, ok bool, err error) {
	if p.have == 0 {
		h, n, err = p.decode(b)
		if n == 0 {
			p.have = uint8(copy(p.head[:], b))
			return h, len(b), false, err
		}
		return h, n, err == nil, err
	}
	had := int(p.have)
	copied := copy(p.head[had:], b)
	h, n, err = p.decode(p.head[:had+copied])
	if n == 0 {
		p.have += uint8(copied)
		return h, copied, false, err
	}
	p.have = 0
	return h, n - had, err == nil, err
}

// decode reads a header; n is 0 when b does not hold all of it. It judges each part
// as soon as it is there, in the order of the bytes, so that what is found wrong
// does not depend on how the input was cut.
func (p *Parser) decode(b []byte) (h header, n int, err error) {
	if p.Bare {
		return p.decodeBare(b)
	}
	if len(b) < 2 {
		return h, 0, nil
	}
	if err := p.checkStart(b[0], b[1]); err != nil {
		return h, 0, err
	}
	h.op, h.fin, h.compressed = Opcode(b[0]&0x0F), b[0]&finBit != 0, b[0]&rsv1 != 0
	size := uint64(b[1] &^ maskBit)
	n = 2
	switch size {
	case length16:
		if len(b) < 4 {
			return h, 0, nil
		}
		size, n = uint64(binary.BigEndian.Uint16(b[2:])), 4
		if size < length16 {
			return h, 0, protocolError("length not in its shortest form")
		}
	case length64:
		if len(b) < 10 {
			return h, 0, nil
		}
		size, n = binary.BigEndian.Uint64(b[2:]), 10
		if size <= 0xFFFF {
			return h, 0, protocolError("length not in its shortest form")
		}
	}
	if !h.op.control() && size > uint64(p.allowance(h.compressed)) {
		return h, 0, &CloseError{Code: StatusTooBig, Reason: "message too big"}
	}
	h.size = int(size)
	if p.Client {
		return h, n, nil
	}
	if len(b) < n+4 {
		return h, 0, nil
	}
	h.key = binary.LittleEndian.Uint32(b[n:])
	return h, n + 4, nil
}

// checkStart applies the rules for a frame's first two bytes (RFC 6455 §5.1, §5.2,
// §5.4 and §5.5).
func (p *Parser) checkStart(first, second byte) error {
	op, fin, rsv := Opcode(first&0x0F), first&finBit != 0, first&rsvBits
	allowed := byte(0)
	if p.Compression != nil && (op == OpText || op == OpBinary) {
		allowed = rsv1
	}
	started := p.part != nil && p.part.op != 0
	switch {
	case rsv&^allowed != 0:
		return protocolError("reserved bit set")
	case !op.known():
		return protocolError("reserved opcode")
	case (second&maskBit != 0) == p.Client:
		return protocolError("masking is for the client alone")
	case op.control() && !fin:
		return protocolError("fragmented control frame")
	case op.control() && second&^maskBit > maxControl:
		return protocolError("control frame too long")
	case op.control():
		return nil
	case op == OpContinuation && !started:
		return protocolError("continuation of nothing")
	case op != OpContinuation && started:
		return protocolError("new message within a fragmented one")
	case started && p.part.frames == maxFrames:
		return &CloseError{Code: StatusPolicyViolation, Reason: "too many fragments"}
	}
	return nil
}

// allowance is how many more bytes the message may have that is under way, or that
// a frame begins.
func (p *Parser) allowance(compressed bool) int {
	switch {
	case p.part != nil:
		return p.room() - len(p.part.data)
	case compressed:
		return p.compressedLimit()
	}
	return p.limit()
}

func (p *Parser) limit() int {
	if p.Limit > 0 {
		return p.Limit
	}
	return defaultLimit
}

func controlMessage(op Opcode, data []byte, owned bool) (Message, error) {
	if op == OpClose {
		if err := checkClose(data); err != nil {
			return Message{}, err
		}
	}
	return Message{Op: op, Data: data, Owned: owned}, nil
}
