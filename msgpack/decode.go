package msgpack

import (
	"bytes"
	"encoding/base64"
	"encoding/json/jsontext"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/tinylib/msgp/msgp"

	"socketio/sio5"
)

const (
	// maxDepth is how deep arrays and maps may be nested, as in sio5.
	maxDepth = 512

	// maxBinaries is how many binary values a packet may have. In JSON an empty
	// one takes 15 times the bytes that it came in.
	maxBinaries = 65_536

	// excerptBytes is how much of a message an error may show.
	excerptBytes = 16
)

// A decoder turns MessagePack into JSON.
type decoder struct {
	message []byte
	rest    []byte // what is left of message
	text    []byte // the JSON
	att     [][]byte
	data    []byte // what was left where the packet's data begins

	// spelled says that binary values become base64, for what has no attachments.
	spelled bool
}

// fail makes the error for a fault at the beginning of what is left.
func (d *decoder) fail(reason string) error {
	near := d.rest[:min(len(d.rest), excerptBytes)]
	return &sio5.DecodeError{Reason: reason, Offset: len(d.message) - len(d.rest), Near: string(near)}
}

// wrong returns the error for err, one of msgp's, where something else was expected.
func (d *decoder) wrong(err error, expected string) error {
	if errors.Is(err, msgp.ErrShortBytes) {
		return d.fail("the message is cut short")
	}
	return d.fail("no " + expected)
}

// packet reads the whole message.
func (d *decoder) packet(p *sio5.Packet) error {
	members, rest, err := msgp.ReadMapHeaderBytes(d.rest)
	if err != nil {
		return d.wrong(err, "map where a packet begins")
	}
	d.rest = rest
	var seen seen
	for range members {
		key, rest, err := msgp.ReadStringZC(d.rest)
		if err != nil {
			return d.wrong(err, "string for a key of the packet")
		}
		if !seen.add(key) {
			return d.fail("a key of the packet given twice")
		}
		d.rest = rest
		if err = d.member(p, key); err != nil {
			return err
		}
	}
	switch {
	case len(d.rest) > 0:
		return d.fail("something after the packet")
	case !seen.typ:
		return d.fail("a packet without a type")
	case !seen.nsp:
		return d.fail("a packet without a namespace")
	case len(d.att) > 0 && (p.Type == sio5.Connect || p.Type == sio5.ConnectError):
		return d.spell(p)
	}
	return nil
}

// spell reads the data once more, with binary values as base64.
func (d *decoder) spell(p *sio5.Packet) error {
	d.spelled = true
	d.text, d.att = d.text[:len(d.text)-len(p.Data)], nil
	d.rest = d.data
	return d.readData(p)
}

// seen are the members that a packet has had.
type seen struct{ typ, nsp, id, data bool }

// add adds a key, and says whether it was not there yet. Those that mean nothing here
// may be repeated.
func (s *seen) add(key []byte) bool {
	var member *bool
	switch string(key) {
	case keyType:
		member = &s.typ
	case keyNsp:
		member = &s.nsp
	case keyID:
		member = &s.id
	case keyData:
		member = &s.data
	default:
		return true
	}
	fresh := !*member
	*member = true
	return fresh
}

// member reads the value of a member of the packet.
func (d *decoder) member(p *sio5.Packet, key []byte) error {
	switch string(key) {
	case keyType:
		n, rest, err := msgp.ReadUint64Bytes(d.rest)
		if err != nil {
			return d.wrong(err, "type of a packet")
		}
		if n > uint64(sio5.ConnectError) {
			return d.fail("an unknown packet type")
		}
		p.Type, d.rest = sio5.Type(n), rest
	case keyNsp:
		name, rest, err := msgp.ReadStringZC(d.rest)
		if err != nil {
			return d.wrong(err, "namespace")
		}
		p.Namespace, d.rest = namespace(name), rest
	case keyID:
		if d.absent() {
			return nil
		}
		n, rest, err := msgp.ReadUint64Bytes(d.rest)
		if err != nil {
			return d.wrong(err, "id")
		}
		p.ID, p.HasID, d.rest = n, true, rest
	case keyData:
		d.data = d.rest
		if d.absent() {
			return nil
		}
		return d.readData(p)
	default:
		return d.skip()
	}
	return nil
}

// namespace is a conversion to a string that allocates nothing for the commonest one.
func namespace(name []byte) string {
	if string(name) == "/" {
		return "/"
	}
	return string(name)
}

// undefined is JavaScript's, as the npm package writes it.
var undefined = []byte{0xd4, 0, 0}

// absent takes null or undefined, if it is there.
func (d *decoder) absent() bool {
	if bytes.HasPrefix(d.rest, undefined) {
		d.rest = d.rest[len(undefined):]
		return true
	}
	rest, err := msgp.ReadNilBytes(d.rest)
	if err == nil {
		d.rest = rest
	}
	return err == nil
}

// readData reads the data of the packet.
func (d *decoder) readData(p *sio5.Packet) error {
	start := len(d.text)
	err := d.value(0)
	p.Data = d.text[start:len(d.text):len(d.text)]
	return err
}

// skip reads a value that nobody wants.
func (d *decoder) skip() error {
	text, att := len(d.text), len(d.att)
	err := d.value(0)
	d.text, d.att = d.text[:text], d.att[:att]
	return err
}

// value appends the JSON of the next value.
func (d *decoder) value(depth int) (err error) {
	rest := d.rest
	kind := msgp.NextType(rest)
	switch kind {
	case msgp.NilType:
		d.text = append(d.text, "null"...)
		rest, err = msgp.ReadNilBytes(rest)
	case msgp.BoolType:
		var v bool
		v, rest, err = msgp.ReadBoolBytes(rest)
		d.text = strconv.AppendBool(d.text, v)
	case msgp.IntType:
		var v int64
		v, rest, err = msgp.ReadInt64Bytes(rest)
		d.text = strconv.AppendInt(d.text, v, 10)
	case msgp.UintType:
		var v uint64
		v, rest, err = msgp.ReadUint64Bytes(rest)
		d.text = strconv.AppendUint(d.text, v, 10)
	case msgp.Float32Type, msgp.Float64Type:
		var v float64
		v, rest, err = msgp.ReadFloat64Bytes(rest)
		d.float(v)
	case msgp.StrType:
		var v []byte
		v, rest, err = msgp.ReadStringZC(rest)
		d.string(v)
	case msgp.BinType:
		return d.bin()
	case msgp.ArrayType:
		return d.array(depth)
	case msgp.MapType:
		return d.object(depth)
	case msgp.InvalidType:
		return d.wrong(msgp.ErrShortBytes, "")
	default:
		return d.extension()
	}
	if err != nil {
		return d.wrong(err, kind.String())
	}
	d.rest = rest
	return nil
}

// float appends a number, or null if JSON has none.
func (d *decoder) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		d.text = append(d.text, "null"...)
		return
	}
	d.text = jsontext.AppendFloat(d.text, f, 64)
}

// string appends a string. What is not UTF-8 in it becomes U+FFFD.
func (d *decoder) string(s []byte) {
	d.text, _ = jsontext.AppendQuote(d.text, s) // the error says that it has become so
}

// bin reads a binary value.
func (d *decoder) bin() error {
	v, rest, err := msgp.ReadBytesZC(d.rest)
	if err != nil {
		return d.wrong(err, "bin")
	}
	if err = d.binary(v); err == nil {
		d.rest = rest
	}
	return err
}

// binary appends the placeholder of a binary value, which becomes an attachment.
func (d *decoder) binary(b []byte) error {
	if d.spelled {
		d.text = base64.StdEncoding.AppendEncode(append(d.text, '"'), b)
		d.text = append(d.text, '"')
		return nil
	}
	if len(d.att) == maxBinaries {
		return d.fail("more binary values than " + strconv.Itoa(maxBinaries))
	}
	d.text = sio5.AppendPlaceholder(d.text, len(d.att))
	d.att = append(d.att, slices.Clip(b))
	return nil
}

var tooDeep = "MessagePack nested deeper than " + strconv.Itoa(maxDepth)

func (d *decoder) array(depth int) error {
	elements, rest, err := msgp.ReadArrayHeaderBytes(d.rest)
	switch {
	case err != nil:
		return d.wrong(err, "array")
	case depth == maxDepth:
		return d.fail(tooDeep)
	}
	d.rest = rest
	d.text = append(d.text, '[')
	for i := range elements {
		if i > 0 {
			d.text = append(d.text, ',')
		}
		if err = d.value(depth + 1); err != nil {
			return err
		}
	}
	d.text = append(d.text, ']')
	return nil
}

func (d *decoder) object(depth int) error {
	members, rest, err := msgp.ReadMapHeaderBytes(d.rest)
	switch {
	case err != nil:
		return d.wrong(err, "map")
	case depth == maxDepth:
		return d.fail(tooDeep)
	}
	d.rest = rest
	d.text = append(d.text, '{')
	empty := true
	for range members {
		start := len(d.text)
		if !empty {
			d.text = append(d.text, ',')
		}
		if err = d.key(); err != nil {
			return err
		}
		if bytes.HasPrefix(d.rest, undefined) { // left out, as from JSON
			d.rest = d.rest[len(undefined):]
			d.text = d.text[:start]
			continue
		}
		empty = false
		d.text = append(d.text, ':')
		if err = d.value(depth + 1); err != nil {
			return err
		}
	}
	d.text = append(d.text, '}')
	return nil
}

// key appends the key of a map: a string, or an integer in digits.
func (d *decoder) key() error {
	switch msgp.NextType(d.rest) {
	case msgp.StrType:
		return d.value(0)
	case msgp.IntType, msgp.UintType:
		d.text = append(d.text, '"')
		err := d.value(0)
		d.text = append(d.text, '"')
		return err
	case msgp.InvalidType:
		return d.wrong(msgp.ErrShortBytes, "")
	default:
		return d.fail("a key that is neither a string nor an integer")
	}
}
