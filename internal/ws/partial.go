package ws

import (
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

const (
	// firstBuffer is the most that is set aside because a header says so, and
	// trust how many times more than what has arrived, so that a length that lies
	// costs its sender nearly as much as us. A message of 64 KiB of which a read
	// has brought the beginning is given its room at once.
	firstBuffer = 4 << 10
	trust       = 16
	// directRead is from how many missing bytes on a read of their own, straight
	// into their place, is better than a copy from a buffer that was filled with
	// whatever was there.
	directRead = 4 << 10
)

// partial is what a Parser holds while a message, or a control frame, has come in
// part. Control frames may come between a message's fragments, so both can be
// under way.
type partial struct {
	// The message: op is 0 when only a control frame is under way.
	op         Opcode
	compressed bool
	frames     int
	data       []byte
	checked    int // data[:checked] is known to be whole runes

	// The frame: rest is 0 between frames, and then the others say nothing.
	frame   Opcode
	fin     bool
	key     uint32 // for the next byte; 0 when there is nothing to unmask
	rest    int    // bytes of payload still to come
	control []byte // the payload so far of a control frame
}

var partials sync.Pool // of *partial, all zero

// begin makes h the frame under way. Its payload is to be given to resume, even
// an empty one.
func (p *Parser) begin(h header) {
	if p.part == nil {
		p.part, _ = partials.Get().(*partial)
		if p.part == nil {
			p.part = new(partial)
		}
	}
	part := p.part
	part.frame, part.fin, part.key, part.rest = h.op, h.fin, h.key, h.size
	if h.op.control() {
		part.control = make([]byte, 0, h.size)
		return
	}
	part.frames++
	if h.op != OpContinuation {
		part.op, part.compressed = h.op, h.compressed
	}
}

// resume takes b as the next bytes of the frame under way, which has at least as
// many to come.
func (p *Parser) resume(b []byte) (Message, error) {
	part := p.part
	if part.frame.control() {
		part.control = append(part.control, b...)
		part.rest -= len(b)
		if part.rest > 0 {
			return Message{}, nil
		}
		return p.endControl()
	}
	part.grow(len(b), len(part.data)+len(b), p.room())
	part.data = append(part.data, b...)
	return p.added(len(b))
}

// Space returns where the rest of a payload that has begun should be read to, which
// saves a copy. Call [Parser.Filled] when something has been. It is nil when no
// payload is half read, or so little of one is missing that an ordinary buffer does
// better; the input is then to be given to [Parser.Next], which may be done anyway.
//
// The space may be less than what is missing: buffers grow with what arrives.
func (p *Parser) Space() []byte {
	part := p.part
	if part == nil || part.rest < directRead {
		return nil
	}
	part.grow(directRead, len(part.data), p.room())
	n := len(part.data)
	return part.data[n:min(cap(part.data), n+part.rest)]
}

// Filled says that the first n bytes of what [Parser.Space] returned have been read
// there. It returns the message if that was the end of one, Owned; otherwise one
// whose Op is 0.
func (p *Parser) Filled(n int) (Message, error) {
	part := p.part
	part.data = part.data[:len(part.data)+n]
	m, err := p.added(n)
	if err != nil {
		p.drop()
		return Message{}, err
	}
	return m, nil
}

// added deals with the last n bytes of the message's data, which are new.
func (p *Parser) added(n int) (Message, error) {
	part := p.part
	if part.key != 0 {
		part.key = mask(part.data[len(part.data)-n:], part.key)
	}
	part.rest -= n
	whole := part.rest == 0 && part.fin
	if part.compressed {
		return p.addedCompressed(whole)
	}
	if part.op == OpText && !part.check(whole) {
		return Message{}, invalidText()
	}
	if !whole {
		return Message{}, nil
	}
	m := Message{Op: part.op, Data: part.data, Owned: true}
	p.drop()
	return m, nil
}

// addedCompressed is added for a compressed message, which nothing is known of before
// it is whole.
func (p *Parser) addedCompressed(whole bool) (Message, error) {
	if !whole {
		return Message{}, nil
	}
	m, err := p.inflated(p.part.op, p.part.data)
	p.drop()
	return m, err
}

// room is how many bytes the message under way may have.
func (p *Parser) room() int {
	if p.part.compressed {
		return p.compressedLimit()
	}
	return p.limit()
}

func (p *Parser) endControl() (Message, error) {
	part := p.part
	data := part.control
	mask(data, part.key)
	op := part.frame
	part.control = nil
	if part.op == 0 {
		p.drop()
	}
	return controlMessage(op, data, true)
}

// drop forgets what is half read.
func (p *Parser) drop() {
	if p.part == nil {
		return
	}
	*p.part = partial{}
	partials.Put(p.part)
	p.part = nil
}

// grow makes room for n more bytes, which must not be more than the frame still
// has to come. It sets aside little more than firstBuffer, or trust times what has
// arrived, and never more than the message may have.
func (part *partial) grow(n, arrived, limit int) {
	have := len(part.data)
	if have+n <= cap(part.data) {
		return
	}
	end := have + part.rest
	size := max(have+n, 2*cap(part.data), min(end, max(firstBuffer, trust*arrived)))
	if part.fin {
		size = min(size, end)
	}
	data := unclear(min(size, limit))[:have]
	copy(data, part.data)
	part.data = data
}

// unclear returns n bytes, at least one, which hold anything: to be seen by nobody before
// they have been written to. To clear 64 KiB takes as long as a thirtieth of an echo.
func unclear(n int) []byte {
	var b strings.Builder // the only one whose memory is not cleared
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}

// check says whether what has come of a text is UTF-8, or can become it unless the
// text is whole. It looks at each byte about once.
func (part *partial) check(whole bool) bool {
	end := len(part.data)
	if !whole {
		end -= unfinished(part.data[part.checked:])
	}
	if !utf8.Valid(part.data[part.checked:end]) {
		return false
	}
	part.checked = end
	return true
}

// unfinished returns how many bytes at b's end are the beginning of a rune that
// valid bytes could still complete.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
