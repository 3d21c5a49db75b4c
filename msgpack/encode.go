package msgpack

import (
	"bytes"
	"cmp"
	"encoding/json/jsontext"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"socketio/sio5"
)

// maxEncodedDepth is how deep the values of the program may be nested, as in jsontext.
const maxEncodedDepth = 10_000

var (
	errMalformed  = errors.New("msgpack: malformed JSON")
	errTooDeep    = errors.New("msgpack: JSON nested too deeply")
	errAttachment = errors.New("msgpack: a placeholder for no attachment")
)

// An encoder turns JSON into MessagePack. It relies on valid JSON for what the values
// are, but not for its own safety.
type encoder struct {
	text []byte
	at   int
	att  [][]byte
	out  []byte

	// long are the containers whose header takes more than the byte that was left
	// for it: how many elements there are is known only at their end. Moving at
	// once what follows would take quadratic time for nested ones.
	long    []container
	scratch []byte // for strings with escapes
}

// A container is an array or a map.
type container struct {
	header   int // its place in out
	elements int
	object   bool
}

// shortest is how many elements the header of one byte can tell.
const shortest = 15

// appendJSON appends one JSON value to dst, with attachments for its placeholders.
func appendJSON(dst, text []byte, att [][]byte) ([]byte, error) {
	e := encoder{text: text, att: att, out: dst}
	if err := e.value(0); err != nil {
		return dst, err
	}
	if e.space() != 0 {
		return dst, errMalformed
	}
	e.widen()
	return e.out, nil
}

// space skips white space and returns the byte after it, or 0 at the end.
func (e *encoder) space() byte {
	for ; e.at < len(e.text); e.at++ {
		switch c := e.text[e.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (e *encoder) value(depth int) error {
	switch e.space() {
	case '{':
		if len(e.att) > 0 {
			if num, size, ok := placeholder(e.text[e.at:]); ok {
				return e.attachment(num, size)
			}
		}
		return e.object(depth)
	case '[':
		return e.array(depth)
	case '"':
		return e.string()
	case 'n':
		e.out = msgp.AppendNil(e.out)
		return e.literal("null")
	case 't':
		e.out = msgp.AppendBool(e.out, true)
		return e.literal("true")
	case 'f':
		e.out = msgp.AppendBool(e.out, false)
		return e.literal("false")
	default:
		return e.number()
	}
}

// maxPlaceholder is more than a placeholder has in bytes.
const maxPlaceholder = 64

// placeholder returns the number and the size of the placeholder that text begins with.
func placeholder(text []byte) (num, size int, ok bool) {
	size = bytes.IndexByte(text[:min(len(text), maxPlaceholder)], '}') + 1
	num, ok = sio5.Placeholder(text[:size])
	return num, size, ok
}

func (e *encoder) attachment(num, size int) error {
	if num >= len(e.att) {
		return errAttachment
	}
	e.at += size
	e.out = msgp.AppendBytes(e.out, e.att[num])
	return nil
}

func (e *encoder) literal(word string) error {
	if !bytes.HasPrefix(e.text[e.at:], []byte(word)) {
		return errMalformed
	}
	e.at += len(word)
	return nil
}

func (e *encoder) array(depth int) error {
	c, err := e.open(depth)
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		if more, err := e.more(first, ']'); !more {
			e.close(c)
			return err
		}
		if err = e.value(depth + 1); err != nil {
			return err
		}
		c.elements++
	}
}

func (e *encoder) object(depth int) error {
	c, err := e.open(depth)
	if err != nil {
		return err
	}
	c.object = true
	for first := true; ; first = false {
		if more, err := e.more(first, '}'); !more {
			e.close(c)
			return err
		}
		if err = e.string(); err != nil {
			return err
		}
		if e.space() != ':' {
			return errMalformed
		}
		e.at++
		if err = e.value(depth + 1); err != nil {
			return err
		}
		c.elements++
	}
}

// open begins a container, with one byte for its header.
func (e *encoder) open(depth int) (container, error) {
	if depth >= maxEncodedDepth {
		return container{}, errTooDeep
	}
	e.at++
	e.out = append(e.out, 0)
	return container{header: len(e.out) - 1}, nil
}

// more goes to the next element of a container that ends with a bracket.
func (e *encoder) more(first bool, bracket byte) (bool, error) {
	switch c := e.space(); {
	case c == bracket:
		e.at++
		return false, nil
	case first:
		return true, nil
	case c == ',':
		e.at++
		e.space()
		return true, nil
	}
	return false, errMalformed
}

// close writes the header of a container, or leaves that to widen.
func (e *encoder) close(c container) {
	if c.elements > shortest {
		e.long = append(e.long, c)
		return
	}
	c.writeHeader(e.out, c.header)
}

// writeHeader writes the header over what is at that place.
func (c container) writeHeader(out []byte, at int) {
	if c.object {
		msgp.AppendMapHeader(out[:at], uint32(c.elements))
	} else {
		msgp.AppendArrayHeader(out[:at], uint32(c.elements))
	}
}

// extra returns how many bytes the header of a long container has besides the first.
func (c container) extra() int {
	if c.elements > math.MaxUint16 {
		return 4
	}
	return 2
}

// widen makes room for the headers of the long containers, from the last to the first,
// so that every byte moves once, and writes them.
func (e *encoder) widen() {
	slices.SortFunc(e.long, func(a, b container) int { return cmp.Compare(a.header, b.header) })
	extra := 0
	for _, c := range e.long {
		extra += c.extra()
	}
	end := len(e.out)
	e.out = append(e.out, make([]byte, extra)...)
	for _, c := range slices.Backward(e.long) {
		copy(e.out[c.header+1+extra:], e.out[c.header+1:end])
		end = c.header
		extra -= c.extra()
		c.writeHeader(e.out, c.header+extra)
	}
}

// string appends the string at hand.
func (e *encoder) string() error {
	if e.space() != '"' {
		return errMalformed
	}
	inside := e.text[e.at+1:]
	end := bytes.IndexByte(inside, '"')
	if end < 0 {
		return errMalformed
	}
	if bytes.IndexByte(inside[:end], '\\') < 0 {
		e.out = msgp.AppendStringFromBytes(e.out, inside[:end])
		e.at += end + 2
		return nil
	}
	raw, err := quoted(e.text[e.at:])
	if err != nil {
		return err
	}
	// The error only says that a lone surrogate has become U+FFFD.
	e.scratch, _ = jsontext.AppendUnquote(e.scratch[:0], raw)
	e.out = msgp.AppendStringFromBytes(e.out, e.scratch)
	e.at += len(raw)
	return nil
}

// quoted returns the JSON string that text begins with.
func quoted(text []byte) ([]byte, error) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i+1], nil
		}
	}
	return nil, errMalformed
}

// number appends the number at hand: as an integer if it is one.
func (e *encoder) number() error {
	start := e.at
	integer := true
	for ; e.at < len(e.text); e.at++ {
		c := e.text[e.at]
		if c == '.' || c == 'e' || c == 'E' || c == '+' {
			integer = false
		} else if c != '-' && (c < '0' || c > '9') {
			break
		}
	}
	raw := e.text[start:e.at]
	if integer {
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			e.out = appendInt(e.out, n)
			return nil
		}
		if n, err := strconv.ParseUint(string(raw), 10, 64); err == nil {
			e.out = msgp.AppendUint64(e.out, n)
			return nil
		}
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errMalformed
	}
	e.out = appendFloat(e.out, f)
	return nil
}

// appendInt appends an integer in the shortest form, unsigned if it is not negative.
func appendInt(dst []byte, n int64) []byte {
	if n >= 0 {
		return msgp.AppendUint64(dst, uint64(n))
	}
	return msgp.AppendInt64(dst, n)
}

// maxInteger is the least number that no integer of MessagePack can hold.
const maxInteger = 1 << 64

// appendFloat appends a number in the form that JavaScript has for it.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case f != math.Trunc(f) || f >= maxInteger || f < math.MinInt64:
		return msgp.AppendFloat64(dst, f)
	case f >= 0:
		return msgp.AppendUint64(dst, uint64(f))
	}
	return msgp.AppendInt64(dst, int64(f))
}
