package engineio

import (
	"bytes"
	"encoding/json/jsontext"
	"net/url"
	"unicode/utf8"
)

// maxIndex is how many digits a JSONP index may have.
const maxIndex = 10

// isIndex says whether s is the number of a JSONP callback. It becomes part of a script,
// so it must not be anything else.
func isIndex(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= maxIndex
}

// script makes a payload the argument of a callback, as JavaScript.
func script(index string, payload []byte) []byte {
	b := make([]byte, 0, len(payload)+len(payload)/8+32)
	b = append(append(append(b, "___eio["...), index...), "]("...)
	start := len(b)
	b, _ = jsontext.AppendQuote(b, payload) // the error is invalid UTF-8, which is replaced by then
	if bytes.Contains(b[start:], lineSeparator) || bytes.Contains(b[start:], paragraphSeparator) {
		b = bytes.ReplaceAll(b, lineSeparator, []byte(`\u2028`))
		b = bytes.ReplaceAll(b, paragraphSeparator, []byte(`\u2029`))
	}
	return append(b, ");"...)
}

// Older engines take these two for the end of a line, also within a string.
var (
	lineSeparator      = []byte("\u2028")
	paragraphSeparator = []byte("\u2029")
)

// fromForm returns the payload in the form that a JSONP client submits: its only field d,
// whose line ends are escaped since browsers change them.
func fromForm(body []byte) ([]byte, error) {
	value, found := bytes.CutPrefix(body, []byte("d="))
	if !found || bytes.IndexByte(value, '&') >= 0 {
		return nil, protocolError("a form without d, or with something else")
	}
	text, err := url.QueryUnescape(string(value))
	if err != nil || !utf8.ValidString(text) {
		return nil, protocolError("a form that is not encoded as one")
	}
	return unescapeLines(text), nil
}

// unescapeLines makes line ends of \n, and takes one backslash away where \n has two or
// more in front, which is how a client writes what is not a line end.
func unescapeLines(text string) []byte {
	b := make([]byte, 0, len(text))
	slashes := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			slashes++
		case c == 'n' && slashes == 1:
			b[len(b)-1] = '\n'
			slashes = 0
			continue
		case c == 'n' && slashes > 1:
			b = b[:len(b)-1]
			slashes = 0
		default:
			slashes = 0
		}
		b = append(b, text[i])
	}
	return b
}
