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

// A binaryEncoder makes json/v2 hand over each value before it is encoded, and takes
// those that json/v2 would encode otherwise: binary ones and non-finite numbers.
// It is pooled because json/v2 keeps a cache by type with each set of functions.
type binaryEncoder struct {
	att      [][]byte
	options  []json.Options
	textOnly []json.Options // for what has no attachments
}

var binaryEncoders = sync.Pool{New: func() any {
	e := new(binaryEncoder)
	e.options = append(slices.Clone(encodeOptions), json.WithMarshalers(json.MarshalToFunc(e.encode)))
	e.textOnly = append(slices.Clone(encodeOptions), json.WithMarshalers(json.MarshalToFunc(encodeNonFinite)))
	return e
}}

// appendIntercepted appends v, which may hold attachments or non-finite numbers.
func appendIntercepted(dst []byte, att [][]byte, v any) ([]byte, [][]byte, error) {
	e := binaryEncoders.Get().(*binaryEncoder)
	e.att = att
	dst, err := marshal(dst, v, e.options)
	att, e.att = e.att, nil
	binaryEncoders.Put(e)
	return dst, att, err
}

// encode is called with a pointer to each value of a payload.
func (e *binaryEncoder) encode(enc *jsontext.Encoder, v any) error {
	switch p := v.(type) {
	case *[]byte:
		return e.writeBinary(enc, *p)
	case *string, *bool, *int, *any:
		return errors.ErrUnsupported
	}
	if t := reflect.TypeOf(v).Elem(); t.Kind() == reflect.Slice && isBinary(t, encodeMethods) {
		return e.writeBinary(enc, reflect.ValueOf(v).Elem().Bytes())
	}
	return encodeNonFinite(enc, v)
}

func (e *binaryEncoder) writeBinary(enc *jsontext.Encoder, b []byte) error {
	var text [48]byte
	var placeholder []byte
	placeholder, e.att = appendBinary(text[:0], e.att, b)
	return enc.WriteValue(placeholder)
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
	return enc.WriteToken(jsontext.Null)
}

// A binaryDecoder is the counterpart of binaryEncoder: it takes the values that are
// decoded into byte slices and into any.
type binaryDecoder struct {
	att     [][]byte
	options []json.Options
}

var binaryDecoders = sync.Pool{New: func() any {
	d := new(binaryDecoder)
	d.options = append(slices.Clone(decodeOptions), json.WithUnmarshalers(json.UnmarshalFromFunc(d.decode)))
	return d
}}

// unmarshalIntercepted decodes raw into what into points to, which may hold byte slices or any.
func unmarshalIntercepted(raw []byte, att [][]byte, into any) error {
	d := binaryDecoders.Get().(*binaryDecoder)
	d.att = att
	err := json.Unmarshal(raw, into, d.options...)
	d.att = nil
	binaryDecoders.Put(d)
	return err
}

// decode is called with a pointer to each value that is about to be decoded.
func (d *binaryDecoder) decode(dec *jsontext.Decoder, into any) error {
	switch p := into.(type) {
	case *string, *bool, *int, *float64:
		return errors.ErrUnsupported
	case *any:
		raw, err := dec.ReadValue()
		if err == nil {
			*p, err = decodeTree(raw, d.att)
		}
		return err
	}
	t := reflect.TypeOf(into).Elem()
	if t.Kind() != reflect.Slice || !isBinary(t, decodeMethods) {
		return errors.ErrUnsupported
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	b, err := decodeBinary(raw, d.att)
	if err == nil {
		reflect.ValueOf(into).Elem().SetBytes(b)
	}
	return err
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
	if num >= len(att) {
		return nil, fmt.Errorf("no attachment %d", num)
	}
	return att[num], nil
}

// methods are the interfaces by which a type takes part in encoding or in decoding.
type methods struct {
	own     []reflect.Type // the type deals with its text alone
	nesting reflect.Type   // the type hands values within it to json/v2 again
	holds   sync.Map       // reflect.Type → bool, what holdsBinary found
}

var (
	encodeMethods = &methods{
		own: []reflect.Type{
			reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextAppender](), reflect.TypeFor[encoding.TextMarshaler](),
		},
		nesting: reflect.TypeFor[json.MarshalerTo](),
	}
	decodeMethods = &methods{
		own:     []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
		nesting: reflect.TypeFor[json.UnmarshalerFrom](),
	}
)

func encodesBinary(t reflect.Type) bool { return holdsBinary(t, encodeMethods) }
func decodesBinary(t reflect.Type) bool { return holdsBinary(t, decodeMethods) }

// implements reports whether t or *t has the methods of one of the interfaces.
func implements(t reflect.Type, interfaces ...reflect.Type) bool {
	p := reflect.PointerTo(t)
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool { return t.Implements(i) || p.Implements(i) })
}

// isBinary reports whether a value of type t is an attachment. It is what json/v2
// takes for bytes, slices of a byte type of their own excluded.
func isBinary(t reflect.Type, m *methods) bool {
	return t.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[byte]() &&
		!implements(t, m.own...) && !implements(t, m.nesting)
}

// holdsBinary reports whether a value of type t can hold an attachment.
func holdsBinary(t reflect.Type, m *methods) bool {
	if held, ok := m.holds.Load(t); ok {
		return held.(bool)
	}
	held := searchBinary(t, m, make(map[reflect.Type]bool))
	m.holds.Store(t, held)
	return held
}

// searchBinary is holdsBinary without the cache. Types that were seen are being
// searched further up, so they add nothing.
func searchBinary(t reflect.Type, m *methods, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if implements(t, m.nesting) {
		return true
	}
	if implements(t, m.own...) {
		return false
	}
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Slice:
		return isBinary(t, m) || searchBinary(t.Elem(), m, seen)
	case reflect.Array, reflect.Pointer, reflect.Map:
		return searchBinary(t.Elem(), m, seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if searchBinary(field.Type, m, seen) {
				return true
			}
		}
	}
	return false
}
