package socketio

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"

	"socketio/sio5"
)

// decodeOptions accept what JavaScript accepts and sends: lone surrogates, names that
// occur twice, names in another case than that of the Go field.
var decodeOptions = []json.Options{json.JoinOptions(
	json.MatchCaseInsensitiveNames(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
)}

// A DecodeError says that a message arrived whose arguments do not fit what was
// asked for, or were refused by their Validate method. Peers can cause it at will.
type DecodeError struct {
	Event string // the name of the event; "" for the arguments of an acknowledgement
	Arg   int    // the argument's index, counted from 0
	Err   error  // of encoding/json/v2, or of the Validate method

	refused bool // by Validate: the text of Err is meant for the peer
}

// Error names the event, the argument and the cause.
func (e *DecodeError) Error() string {
	if e.Event == "" {
		return fmt.Sprintf("socketio: acknowledgement, argument %d: %v", e.Arg, e.Err)
	}
	return fmt.Sprintf("socketio: event %q, argument %d: %v", e.Event, e.Arg, e.Err)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// validator is what a payload may be.
type validator interface{ Validate() error }

// errNoValue refuses a nil pointer whose type has a Validate method, which
// would have to reckon with nil.
var errNoValue = errors.New("a value is required")

// incoming are the arguments that are left to decode, and the attachments of all.
type incoming struct {
	args sio5.Args
	att  [][]byte
	arg  int // index of the first of args
}

// decodePayload decodes the arguments of an event, or of an acknowledgement if event
// is "", as T asks for. What it returns shares no memory with args; byte slices in it
// are elements of att. The error is a *DecodeError.
func decodePayload[T any](event string, args sio5.Args, att [][]byte) (T, error) {
	in := incoming{args: args, att: att}
	if s, ok := any((*T)(nil)).(several[T]); ok {
		return s.decodeArgs(event, in)
	}
	v, _, err := decodeNext[T](event, in)
	return v, err
}

// decodeArgs decodes the arguments one by one into what the elements of into point
// to. An argument that is not there is null. The error is a *DecodeError.
func decodeArgs(event string, args sio5.Args, att [][]byte, into ...any) error {
	var raw []byte
	for i, p := range into {
		raw, args = nextArg(args)
		if err := decodeValue(raw, att, p); err != nil {
			return &DecodeError{Event: event, Arg: i, Err: err}
		}
		if err := validate(p); err != nil {
			return &DecodeError{Event: event, Arg: i, Err: err, refused: true}
		}
	}
	return nil
}

// decodeValue decodes one JSON value into what into points to.
func decodeValue(raw []byte, att [][]byte, into any) error {
	if done, err := decodeTreeInto(raw, att, into); done {
		return err
	}
	h := nowhere
	if t := reflect.TypeOf(into); t != nil {
		h = forDecoding.holds(t)
	}
	return unmarshal(raw, att, into, h)
}

// nextArg is args.Next, with null for an argument that is not there.
func nextArg(args sio5.Args) (raw []byte, rest sio5.Args) {
	if raw, rest = args.Next(); raw == nil {
		raw = null
	}
	return raw, rest
}

var null = []byte("null")

// decodeNext decodes the next argument and returns the rest.
func decodeNext[T any](event string, in incoming) (v T, rest incoming, err error) {
	raw, args := nextArg(in.args)
	rest = incoming{args: args, att: in.att, arg: in.arg + 1}
	if v, err = decodeArg[T](raw, in.att); err != nil {
		return v, rest, &DecodeError{Event: event, Arg: in.arg, Err: err}
	}
	if !validates[T]() {
		return v, rest, nil
	}
	p := new(T) // here, so that only these payloads are on the heap
	*p = v
	if err = validate(p); err != nil {
		err = &DecodeError{Event: event, Arg: in.arg, Err: err, refused: true}
	}
	return *p, rest, err
}

// validates reports whether T or *T has a Validate method.
func validates[T any]() bool {
	if _, ok := any((*T)(nil)).(validator); ok {
		return true
	}
	_, ok := any(*new(T)).(validator)
	return ok
}

// validate calls the Validate method of what p points to, or of p itself, if there
// is one. The latter may change the value.
func validate(p any) error {
	if v, ok := p.(validator); ok {
		return v.Validate()
	}
	elem := reflect.ValueOf(p).Elem()
	if elem.Kind() != reflect.Pointer {
		return nil
	}
	v, ok := reflect.TypeAssert[validator](elem)
	switch {
	case !ok:
		return nil
	case elem.IsNil():
		return errNoValue
	}
	return v.Validate()
}

// decodeArg decodes one argument. The commonest types never reach json/v2, unless
// there is something about the argument that it has to judge.
func decodeArg[T any](raw []byte, att [][]byte) (v T, err error) {
	switch p := any(&v).(type) {
	case *string:
		if s, ok := plainString(raw); ok {
			*p = s
			return v, nil
		}
	case *[]byte:
		*p, err = decodeBinary(raw, att)
		return v, err
	case *any:
		*p, err = decodeTree(raw, att)
		return v, err
	case *int:
		if n, ok := plainInt(raw); ok {
			*p = int(n)
			return v, nil
		}
	case *int64:
		if n, ok := plainInt(raw); ok {
			*p = n
			return v, nil
		}
	case *float64:
		if f, ok := plainFloat(raw); ok {
			*p = f
			return v, nil
		}
	case *bool:
		if string(raw) == "true" || string(raw) == "false" {
			*p = raw[0] == 't'
			return v, nil
		}
	}
	return decodeOther[T](raw, att)
}

// decodeOther is decodeArg for any type; only here the value is on the heap.
func decodeOther[T any](raw []byte, att [][]byte) (T, error) {
	var v T
	err := decodeValue(raw, att, &v)
	return v, err
}

// plainString decodes a JSON string without escapes.
func plainString(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		return "", false
	}
	return string(text), true
}

// plainInt decodes an integer of up to 18 digits.
func plainInt(raw []byte) (int64, bool) {
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, true
}

// plainFloat decodes a number that a float64 can hold.
func plainFloat(raw []byte) (float64, bool) {
	if len(raw) == 0 || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil
}
