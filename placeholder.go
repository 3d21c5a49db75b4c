package socketio

import (
	"encoding"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"

	"socketio/sio5"
)

// placeholderMark is in every placeholder, and in no other text that is encoded here
// unless an object of the payload has such a member.
var placeholderMark = []byte(`"_placeholder":true`)

// appendBinary appends the placeholder of b, the next attachment. Nil is null.
func appendBinary(dst []byte, att [][]byte, b []byte) ([]byte, [][]byte) {
	if b == nil {
		return append(dst, "null"...), att
	}
	return sio5.AppendPlaceholder(dst, len(att)), append(att, b)
}

// A binaryEncoder makes json/v2 hand over values before they are encoded, to take those
// that json/v2 would encode otherwise: binary ones and non-finite numbers.
// It is pooled because json/v2 keeps a cache by type with each set of functions.
type binaryEncoder struct {
	att      [][]byte
	scratch  []byte         // for one placeholder
	plain    []json.Options // for types that are bytesOnly
	full     []json.Options // for all types; takes three times as long
	textOnly []json.Options // for what has no attachments
}

var binaryEncoders = sync.Pool{New: func() any {
	e := new(binaryEncoder)
	bytes := json.MarshalToFunc(e.writeBinary)
	e.plain = append(slices.Clone(encodeOptions), json.WithMarshalers(bytes))
	e.full = append(slices.Clone(encodeOptions), json.WithMarshalers(json.JoinMarshalers(bytes, json.MarshalToFunc(e.encode))))
	e.textOnly = append(slices.Clone(encodeOptions), json.WithMarshalers(json.MarshalToFunc(encodeNonFinite)))
	return e
}}

// appendHolding appends v, which may hold attachments as h says. With anyhow it may
// also hold non-finite numbers.
func appendHolding(dst []byte, att [][]byte, v any, h holding) ([]byte, [][]byte, error) {
	if h == nowhere {
		text, err := marshal(dst, v, encodeOptions)
		return text, att, err
	}
	e := binaryEncoders.Get().(*binaryEncoder)
	options := e.full
	if h == bytesOnly {
		options = e.plain
	}
	e.att = att
	text, err := marshal(dst, v, options)
	att, e.att = e.att, nil
	binaryEncoders.Put(e)
	return text, att, err
}

// encode is called with a pointer to each value of a payload.
func (e *binaryEncoder) encode(enc *jsontext.Encoder, v any) error {
	switch v.(type) {
	case *string, *bool, *int, *any:
		return errors.ErrUnsupported
	}
	if isBinary(reflect.TypeOf(v).Elem(), forEncoding) {
		return e.writeBinary(enc, reflect.ValueOf(v).Elem().Bytes())
	}
	return encodeNonFinite(enc, v)
}

func (e *binaryEncoder) writeBinary(enc *jsontext.Encoder, b []byte) error {
	e.scratch, e.att = appendBinary(e.scratch[:0], e.att, b)
	return enc.WriteValue(e.scratch)
}

// encodeNonFinite writes null for NaN and the infinities and leaves all else to json/v2.
func encodeNonFinite(enc *jsontext.Encoder, v any) error {
	value := reflect.ValueOf(v).Elem()
	if !value.CanFloat() || !(math.IsNaN(value.Float()) || math.IsInf(value.Float(), 0)) {
		return errors.ErrUnsupported
	}
	if kind, n := enc.StackIndex(enc.StackDepth()); kind == '{' && n%2 == 0 {
		return errors.ErrUnsupported // the key of a map, which cannot be null
	}
	if t := value.Type(); implements(t, forEncoding.own...) || implements(t, forEncoding.nesting) {
		return errors.ErrUnsupported
	}
	return enc.WriteToken(jsontext.Null)
}

// A binaryDecoder is the counterpart of binaryEncoder: it takes the values that are
// decoded into byte slices and into any.
type binaryDecoder struct {
	att   [][]byte
	plain []json.Options
	full  []json.Options
}

var binaryDecoders = sync.Pool{New: func() any {
	d := new(binaryDecoder)
	plain := json.JoinUnmarshalers(json.UnmarshalFromFunc(d.readBinary), json.UnmarshalFromFunc(d.readTree))
	d.plain = append(slices.Clone(decodeOptions), json.WithUnmarshalers(plain))
	d.full = append(slices.Clone(decodeOptions), json.WithUnmarshalers(json.JoinUnmarshalers(plain, json.UnmarshalFromFunc(d.readNamed))))
	return d
}}

// unmarshal decodes raw into what into points to, which may hold byte slices or any as h says.
func unmarshal(raw []byte, att [][]byte, into any, h holding) error {
	if h == nowhere {
		return json.Unmarshal(raw, into, decodeOptions...)
	}
	d := binaryDecoders.Get().(*binaryDecoder)
	options := d.full
	if h == bytesOnly {
		options = d.plain
	}
	d.att = att
	err := json.Unmarshal(raw, into, options...)
	d.att = nil
	binaryDecoders.Put(d)
	return err
}

func (d *binaryDecoder) readBinary(dec *jsontext.Decoder, into *[]byte) error {
	raw, err := dec.ReadValue()
	if err == nil {
		*into, err = decodeBinary(raw, d.att)
	}
	return err
}

func (d *binaryDecoder) readTree(dec *jsontext.Decoder, into *any) error {
	raw, err := dec.ReadValue()
	if err == nil {
		*into, err = decodeTree(raw, d.att)
	}
	return err
}

// readNamed is called with a pointer to each value that is about to be decoded, and
// reads those of named byte slices.
func (d *binaryDecoder) readNamed(dec *jsontext.Decoder, into any) error {
	t := reflect.TypeOf(into).Elem()
	if !isBinary(t, forDecoding) {
		return errors.ErrUnsupported
	}
	var b []byte
	if err := d.readBinary(dec, &b); err != nil {
		return err
	}
	reflect.ValueOf(into).Elem().SetBytes(b)
	return nil
}

// decodeBinary returns the attachment that raw is the placeholder of; null is nil.
func decodeBinary(raw []byte, att [][]byte) ([]byte, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	num, ok := sio5.Placeholder(raw)
	if !ok || len(att) == 0 {
		return nil, errors.New("binary data expected")
	}
	return attachment(num, att)
}

// attachment returns the attachment of that number.
func attachment(num int, att [][]byte) ([]byte, error) {
	if num >= len(att) {
		return nil, fmt.Errorf("no attachment %d", num)
	}
	return att[num], nil
}

// A holding says how the values of a type hold attachments.
type holding uint8

const (
	nowhere   holding = iota // not at all
	bytesOnly                // as []byte, which json/v2 can be told to take in particular
	anyhow                   // as named types, or as what shows when there is a value
)

// A direction is what differs between encoding and decoding types that hold attachments.
type direction struct {
	bytesOnly []reflect.Type // types of values that are attachments, or may be
	own       []reflect.Type // by these methods a type deals with its text alone
	nesting   reflect.Type   // by this method it gives values within it back to json/v2
	known     sync.Map       // reflect.Type → holding
}

var (
	forEncoding = &direction{
		bytesOnly: []reflect.Type{reflect.TypeFor[[]byte]()},
		own: []reflect.Type{
			reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextAppender](), reflect.TypeFor[encoding.TextMarshaler](),
		},
		nesting: reflect.TypeFor[json.MarshalerTo](),
	}
	forDecoding = &direction{
		bytesOnly: []reflect.Type{reflect.TypeFor[[]byte](), reflect.TypeFor[any]()},
		own:       []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
		nesting:   reflect.TypeFor[json.UnmarshalerFrom](),
	}
)

// implements reports whether t or *t has the methods of one of the interfaces.
func implements(t reflect.Type, interfaces ...reflect.Type) bool {
	p := reflect.PointerTo(t)
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool { return t.Implements(i) || p.Implements(i) })
}

// isBinary reports whether a value of type t is an attachment. It is what json/v2
// takes for bytes, slices of a byte type of their own excluded.
func isBinary(t reflect.Type, d *direction) bool {
	return t.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[byte]() &&
		!implements(t, d.own...) && !implements(t, d.nesting)
}

// holds says how values of type t hold attachments.
func (d *direction) holds(t reflect.Type) holding {
	if h, ok := d.known.Load(t); ok {
		return h.(holding)
	}
	h := d.search(t, make(map[reflect.Type]bool))
	d.known.Store(t, h)
	return h
}

// search is holds without the cache. Types that were seen are being searched further
// up, so they add nothing.
func (d *direction) search(t reflect.Type, seen map[reflect.Type]bool) holding {
	if seen[t] {
		return nowhere
	}
	seen[t] = true
	switch {
	case slices.Contains(d.bytesOnly, t):
		return bytesOnly
	case t.Kind() == reflect.Interface, implements(t, d.nesting), isBinary(t, d):
		return anyhow
	case implements(t, d.own...):
		return nowhere
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Pointer, reflect.Map:
		return d.search(t.Elem(), seen)
	case reflect.Struct:
		return d.searchFields(t, seen)
	}
	return nowhere
}

func (d *direction) searchFields(t reflect.Type, seen map[reflect.Type]bool) holding {
	h := nowhere
	for field := range t.Fields() {
		hidden := !field.IsExported() && !field.Anonymous || field.Tag.Get("json") == "-"
		if !hidden {
			h = max(h, d.search(field.Type, seen))
		}
	}
	return h
}
