package socketio

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"strconv"

	"socketio/sio5"
)

var errMalformed = errors.New("malformed JSON")

// decodeTree decodes a JSON value as an any: nil, bool, float64, string, []any,
// map[string]any, or []byte for the placeholder of an attachment. Of two members with
// one name the last counts, and a number too big for a float64 is an infinity, as in
// JavaScript.
//
// It is not json/v2 because that merges members of one name and takes several
// times as long where it may not refuse them.
func decodeTree(raw []byte, att [][]byte) (any, error) {
	t := treeDecoder{text: raw, att: att}
	v, err := t.value(1)
	if err == nil && t.space() != 0 {
		err = errMalformed
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// decodeTreeInto decodes raw into an any, a map[string]any or a []any. It reports
// whether it could; a value of another kind is left to json/v2 to complain about.
func decodeTreeInto(raw []byte, att [][]byte, into any) (done bool, err error) {
	switch p := into.(type) {
	case *any:
		if p == nil {
			return false, nil
		}
		*p, err = decodeTree(raw, att)
		return true, err
	case *map[string]any:
		return decodeTreeAs(raw, att, p)
	case *[]any:
		return decodeTreeAs(raw, att, p)
	}
	return false, nil
}

func decodeTreeAs[T any](raw []byte, att [][]byte, into *T) (done bool, err error) {
	if into == nil {
		return false, nil
	}
	tree, err := decodeTree(raw, att)
	if err != nil {
		return true, err
	}
	v, ok := tree.(T)
	if ok {
		*into = v
	}
	return ok, nil
}

// A treeDecoder reads text that a codec has found to be valid JSON; it relies on
// that for what the values are, but not for its own safety.
type treeDecoder struct {
	text []byte
	att  [][]byte
	at   int
}

// space skips white space and returns the byte after it, or 0 at the end.
func (t *treeDecoder) space() byte {
	for ; t.at < len(t.text); t.at++ {
		switch c := t.text[t.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (t *treeDecoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	switch c := t.space(); c {
	case '{':
		return t.object(depth)
	case '[':
		return t.array(depth)
	case '"':
		return t.string()
	case 'n':
		return nil, t.literal("null")
	case 't':
		return true, t.literal("true")
	case 'f':
		return false, t.literal("false")
	default:
		return t.number()
	}
}

func (t *treeDecoder) literal(s string) error {
	if len(t.text)-t.at < len(s) || string(t.text[t.at:t.at+len(s)]) != s {
		return errMalformed
	}
	t.at += len(s)
	return nil
}

func (t *treeDecoder) number() (any, error) {
	start := t.at
	for t.at < len(t.text) {
		c := t.text[t.at]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		t.at++
	}
	raw := t.text[start:t.at]
	if n, ok := plainInt(raw); ok && -1<<53 <= n && n <= 1<<53 && (n != 0 || raw[0] == '0') {
		return float64(n), nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, errMalformed
	}
	return f, nil
}

func (t *treeDecoder) string() (string, error) {
	start := t.at
	if t.space() != '"' {
		return "", errMalformed
	}
	for t.at++; t.at < len(t.text); t.at++ {
		switch t.text[t.at] {
		case '\\':
			t.at++
		case '"':
			t.at++
			return unquote(t.text[start:t.at])
		}
	}
	return "", errMalformed
}

// unquote decodes a JSON string.
func unquote(raw []byte) (string, error) {
	if s, ok := plainString(raw); ok {
		return s, nil
	}
	if text, err := jsontext.AppendUnquote(nil, raw); err == nil {
		return string(text), nil
	}
	var s string // it has a lone surrogate or invalid UTF-8, or is no string at all
	err := json.Unmarshal(raw, &s, decodeOptions...)
	return s, err
}

func (t *treeDecoder) array(depth int) (any, error) {
	t.at++
	list := []any{}
	if t.space() == ']' {
		t.at++
		return list, nil
	}
	for {
		v, err := t.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		c := t.space()
		t.at++
		switch c {
		case ',':
		case ']':
			return list, nil
		default:
			return nil, errMalformed
		}
	}
}

func (t *treeDecoder) object(depth int) (any, error) {
	// Without attachments every object is plain data.
	if len(t.att) > 0 {
		if num, n := sio5.LeadingPlaceholder(t.text[t.at:]); n > 0 {
			t.at += n
			return attachment(num, t.att)
		}
	}
	t.at++
	members := map[string]any{}
	if t.space() == '}' {
		t.at++
		return members, nil
	}
	for {
		t.space()
		name, err := t.string()
		if err != nil {
			return nil, err
		}
		if t.space() != ':' {
			return nil, errMalformed
		}
		t.at++
		if members[name], err = t.value(depth + 1); err != nil {
			return nil, err
		}
		c := t.space()
		t.at++
		switch c {
		case ',':
		case '}':
			return members, nil
		default:
			return nil, errMalformed
		}
	}
}
