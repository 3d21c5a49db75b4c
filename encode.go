package socketio

import (
	"bytes"
	"encoding/binary"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"math"
	"reflect"
	"strconv"
	"sync"
	"unicode/utf8"
)

// encodeOptions let through what JavaScript lets through. Strings are still valid
// UTF-8 in the output, as text messages have to be: what is not is replaced.
var encodeOptions = []json.Options{
	json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)),
}

// maxDepth is how deep values may be nested, as in jsontext. It ends the encoding of
// a map that contains itself.
const maxDepth = 10_000

var (
	errTooDeep = errors.New("nested too deeply")
	errForged  = errors.New("an object of the payload looks like the placeholder of an attachment")
)

// appendEvent appends the JSON array ["event",…] with the arguments of v to dst.
// The attachments come in the order of their placeholders and alias v: they must
// be copied or sent before the caller of Emit has its payload back. After an
// error dst is returned as it was.
func appendEvent[T any](dst []byte, event string, v T) (text []byte, att [][]byte, err error) {
	text, att, err = appendPayload(appendString(append(dst, '['), event), v)
	return endArray(dst, text, att, err)
}

// appendEventArgs is appendEvent for untyped arguments.
func appendEventArgs(dst []byte, event string, args []any) (text []byte, att [][]byte, err error) {
	text, att, err = appendEach(appendString(append(dst, '['), event), args)
	return endArray(dst, text, att, err)
}

// appendReply is appendEvent for an acknowledgement: an array without a name.
func appendReply[R any](dst []byte, v R) (text []byte, att [][]byte, err error) {
	text, att, err = appendPayload(dst, v)
	return endArray(dst, openArray(text, len(dst)), att, err)
}

// appendReplyArgs is appendReply for untyped arguments.
func appendReplyArgs(dst []byte, args []any) (text []byte, att [][]byte, err error) {
	text, att, err = appendEach(dst, args)
	return endArray(dst, openArray(text, len(dst)), att, err)
}

// appendValue appends v alone, as CONNECT and CONNECT_ERROR packets carry it. These
// have no attachments: a []byte in it becomes a base64 string.
func appendValue(dst []byte, v any) ([]byte, error) {
	text, err := marshal(dst, v, encodeOptions)
	if isNonFinite(err) {
		enc := binaryEncoders.Get().(*binaryEncoder)
		text, err = marshal(dst, v, enc.textOnly)
		binaryEncoders.Put(enc)
	}
	if err != nil {
		return dst, err
	}
	return text, nil
}

// openArray turns the comma before the first argument, which begins at start, into
// a bracket.
func openArray(text []byte, start int) []byte {
	if len(text) == start {
		return append(text, '[')
	}
	text[start] = '['
	return text
}

// endArray closes the array that was appended to dst, unless it failed. An object
// that only looks like a placeholder, among real ones, would make peers
// close the connection or duplicate an attachment, so it is refused.
func endArray(dst, text []byte, att [][]byte, err error) ([]byte, [][]byte, error) {
	if err == nil && len(att) > 0 && bytes.Count(text[len(dst):], placeholderMark) != len(att) {
		err = errForged
	}
	if err != nil {
		return dst, nil, err
	}
	return append(text, ']'), att, nil
}

// appendPayload appends the arguments that v stands for, a comma before each.
func appendPayload[T any](dst []byte, v T) ([]byte, [][]byte, error) {
	if s, ok := any((*T)(nil)).(several[T]); ok {
		return s.appendArgs(dst, nil, v)
	}
	return appendNext(dst, nil, v)
}

func appendEach(dst []byte, args []any) (_ []byte, att [][]byte, err error) {
	for _, arg := range args {
		if dst, att, err = appendTree(append(dst, ','), att, arg, 1); err != nil {
			break
		}
	}
	return dst, att, err
}

// appendNext appends a comma and one argument.
func appendNext[T any](dst []byte, att [][]byte, v T) ([]byte, [][]byte, error) {
	dst = append(dst, ',')
	switch v := any(v).(type) {
	case string:
		return appendString(dst, v), att, nil
	case []byte:
		dst, att = appendBinary(dst, att, v)
		return dst, att, nil
	case bool:
		return strconv.AppendBool(dst, v), att, nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), att, nil
	case int64:
		return strconv.AppendInt(dst, v, 10), att, nil
	case float64:
		return appendFloat(dst, v), att, nil
	case map[string]any:
		return appendMap(dst, att, v, 1)
	case []any:
		return appendSlice(dst, att, v, 1)
	}
	switch t := reflect.TypeFor[T](); t.Kind() {
	case reflect.Interface:
		return appendTree(dst, att, v, 1)
	case reflect.Pointer:
		return appendTyped(dst, att, t, v)
	default:
		p := new(T) // json/v2 would copy what it gets no address of
		*p = v
		return appendTyped(dst, att, t, p)
	}
}

// appendTree appends what an any holds. It encodes the types that make up decoded
// JSON itself, since json/v2 takes several times as long where attachments may occur.
func appendTree(dst []byte, att [][]byte, v any, depth int) ([]byte, [][]byte, error) {
	if depth > maxDepth {
		return dst, att, errTooDeep
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), att, nil
	case string:
		return appendString(dst, v), att, nil
	case bool:
		return strconv.AppendBool(dst, v), att, nil
	case float64:
		return appendFloat(dst, v), att, nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), att, nil
	case []byte:
		dst, att = appendBinary(dst, att, v)
		return dst, att, nil
	case []any:
		return appendSlice(dst, att, v, depth)
	case map[string]any:
		return appendMap(dst, att, v, depth)
	}
	return appendTyped(dst, att, reflect.TypeOf(v), v)
}

func appendSlice(dst []byte, att [][]byte, s []any, depth int) (_ []byte, _ [][]byte, err error) {
	dst = append(dst, '[')
	for i, v := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, att, err = appendTree(dst, att, v, depth+1); err != nil {
			return dst, att, err
		}
	}
	return append(dst, ']'), att, nil
}

func appendMap(dst []byte, att [][]byte, m map[string]any, depth int) (_ []byte, _ [][]byte, err error) {
	dst = append(dst, '{')
	first := true
	for name, v := range m {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, name), ':')
		if dst, att, err = appendTree(dst, att, v, depth+1); err != nil {
			return dst, att, err
		}
	}
	return append(dst, '}'), att, nil
}

// appendTyped appends v, which is of type t or points to one, by json/v2. Only
// after that has met a NaN or an infinity is there a second, slower try.
func appendTyped(dst []byte, att [][]byte, t reflect.Type, v any) ([]byte, [][]byte, error) {
	h := forEncoding.holds(t)
	text, all, err := appendHolding(dst, att, v, h)
	if h != anyhow && isNonFinite(err) {
		return appendHolding(dst, att, v, anyhow)
	}
	return text, all, err
}

// buffers lets json/v2 append to a slice.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func marshal(dst []byte, v any, options []json.Options) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer)
	*buf = *bytes.NewBuffer(dst)
	err := json.MarshalWrite(buf, v, options...)
	dst = buf.Bytes()
	*buf = bytes.Buffer{}
	buffers.Put(buf)
	return dst, err
}

// isNonFinite reports whether json/v2 met a NaN or an infinity.
func isNonFinite(err error) bool {
	e, ok := errors.AsType[*json.SemanticError](err)
	if !ok || e.GoType == nil {
		return false
	}
	kind := e.GoType.Kind()
	return kind == reflect.Float64 || kind == reflect.Float32
}

// appendFloat appends f as JavaScript prints it.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	return jsontext.AppendFloat(dst, f, 64)
}

// appendString appends s as JavaScript prints it.
func appendString(dst []byte, s string) []byte {
	if !isPlain([]byte(s)) || !utf8.ValidString(s) {
		dst, _ = jsontext.AppendQuote(dst, s) // the error is invalid UTF-8, which is replaced by then
		return dst
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// A word holds eight bytes of text; these have the same byte in each of its lanes.
const (
	lanes       = 0x0101010101010101
	highBits    = 0x80 * lanes
	quotes      = '"' * lanes
	backslashes = '\\' * lanes
	spaces      = ' ' * lanes
)

// isPlain reports whether s is without quotes, backslashes and control characters.
func isPlain(s []byte) bool {
	for ; len(s) >= 8; s = s[8:] {
		word := binary.LittleEndian.Uint64(s)
		// A lane minus one borrows into its high bit if it was zero. The borrow can
		// spoil other lanes only after such a hit.
		quote, slash := word^quotes, word^backslashes
		if ((quote-lanes)&^quote|(slash-lanes)&^slash|(word-spaces)&^word)&highBits != 0 {
			return false
		}
	}
	for _, c := range s {
		if c == '"' || c == '\\' || c < ' ' {
			return false
		}
	}
	return true
}
