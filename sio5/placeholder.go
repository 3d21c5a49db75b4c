package sio5

import "bytes"

import (
	"encoding/json/jsontext"
	"strconv"
)

const (
	placeholderKey = "_placeholder"
	numKey         = "num"

	// shortestPlaceholder is how many bytes a placeholder takes at least.
	shortestPlaceholder = len(`{"_placeholder":true,"num":0}`)
)

// AppendPlaceholder appends the object that stands for attachment num to dst.
func AppendPlaceholder(dst []byte, num int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	dst = strconv.AppendInt(dst, int64(num), 10)
	return append(dst, '}')
}

// Placeholder returns the number of the attachment that raw, one JSON value with
// or without space around it, stands for. It is a placeholder if it is an object
// of the two members "_placeholder":true and "num":N, in any order, where N is
// written in digits.
//
// Only in a packet of a binary type does such an object mean an attachment.
func Placeholder(raw []byte) (num int, ok bool) {
	num, end := readPlaceholder(raw, skipSpace(raw, 0))
	if num < 0 || skipSpace(raw, end) != len(raw) {
		return 0, false
	}
	return num, true
}

// LeadingPlaceholder is Placeholder for what raw begins with, whatever follows. It also
// returns how many bytes that has, 0 if it is no placeholder.
func LeadingPlaceholder(raw []byte) (num, n int) {
	num, n = readPlaceholder(raw, 0)
	if num < 0 {
		return 0, 0
	}
	return num, n
}

// usualPlaceholder is how the placeholders of all known clients begin.
var usualPlaceholder = []byte(`{"_placeholder":true,"num":`)

// readPlaceholder reads the placeholder that begins at b[i], and returns its
// number and its end. The number is -1 if there is none. It never reads beyond
// the second member.
func readPlaceholder(b []byte, i int) (num, end int) {
	if bytes.HasPrefix(b[min(i, len(b)):], usualPlaceholder) {
		if num, end = readIndex(b, i+len(usualPlaceholder)); num >= 0 && at(b, end) == '}' {
			return num, end + 1
		}
	}
	num = -1
	marked := false
	between := byte('{')
	for range 2 {
		if at(b, i) != between {
			return -1, i
		}
		between = ','
		key, valueAt, _ := readKey(b, skipSpace(b, i+1))
		switch {
		case keyIs(key, placeholderKey) && !marked && isTrue(b, valueAt):
			marked = true
			i = valueAt + len("true")
		case keyIs(key, numKey) && num < 0:
			num, i = readIndex(b, valueAt)
			if num < 0 {
				return -1, i
			}
		default:
			return -1, i
		}
		i = skipSpace(b, i)
	}
	if !marked || at(b, i) != '}' {
		return -1, i
	}
	return num, i + 1
}

// readKey returns the key at b[i] in its quotes, the place of its value, and its
// end. The key is nil if there is none; end then is behind the string, if any.
func readKey(b []byte, i int) (key []byte, valueAt, end int) {
	if at(b, i) != '"' {
		return nil, i, i
	}
	end = skipString(b, i)
	colon := skipSpace(b, end)
	if at(b, colon) != ':' {
		return nil, end, end
	}
	return b[i:end], skipSpace(b, colon+1), end
}

// keyIs says whether the quoted key, its escapes resolved, is name.
func keyIs(key []byte, name string) bool {
	if len(key) < len(name)+2 {
		return false
	}
	if string(key[1:len(key)-1]) == name {
		return true
	}
	// Only escapes make a key longer than the name it spells, six bytes for
	// one at most.
	if len(key) == len(name)+2 || len(key) > 6*len(name)+2 {
		return false
	}
	plain, err := jsontext.AppendUnquote(nil, key)
	return err == nil && string(plain) == name
}

func isTrue(b []byte, i int) bool {
	_, err := scanLiteral(b, i, "true")
	return err == nil
}

// maxIndexDigits keeps a placeholder's number far from overflow.
const maxIndexDigits = 9

// readIndex reads a placeholder's number; -1 if it is not one JSON allows, not
// written in digits only, or far too large.
func readIndex(b []byte, i int) (num, end int) {
	end = digitsEnd(b, i)
	digits := end - i
	if digits == 0 || digits > maxIndexDigits || digits > 1 && b[i] == '0' {
		return -1, i
	}
	for _, c := range b[i:end] {
		num = 10*num + int(c-'0')
	}
	return num, end
}

// checkPlaceholders checks that b[i:], valid JSON, has a placeholder for each of
// count attachments and no attachment twice. An object that claims to be a
// placeholder, with "_placeholder":true, but is not exactly one is refused,
// because peers differ in what they make of it.
func checkPlaceholders(b []byte, i, count int) error {
	// This bounds what a short text can make the decoder allocate.
	if (len(b)-i)/shortestPlaceholder < count {
		return fail(b, i, "more attachments announced than used")
	}
	var few [defaultMaxAttachments]bool
	used := few[:]
	if count > len(few) {
		used = make([]bool, count)
	}
	used = used[:count]
	missing := count
	// A placeholder holds no other object or array, so the brace that opened
	// it is the last bracket before its keys. Elsewhere brace is -1.
	brace := -1
	for i < len(b) {
		switch b[i] {
		case '{':
			brace = i
			i++
		case '[', ']', '}':
			brace = -1
			i++
		case '"':
			key, valueAt, end := readKey(b, i)
			if key == nil || !keyIs(key, placeholderKey) || !isTrue(b, valueAt) {
				i = end
				continue
			}
			var err error
			if i, err = usePlaceholder(b, brace, i, used); err != nil {
				return err
			}
			missing--
			brace = -1
		default:
			i++
		}
	}
	if missing > 0 {
		return fail(b, i, "more attachments announced than used")
	}
	return nil
}

// usePlaceholder reads the placeholder that begins at b[brace], marks its
// attachment as used, and returns its end. The key that claims it is one is at
// keyAt.
func usePlaceholder(b []byte, brace, keyAt int, used []bool) (int, error) {
	if brace < 0 {
		return keyAt, fail(b, keyAt, "an invalid placeholder")
	}
	num, end := readPlaceholder(b, brace)
	switch {
	case num < 0:
		return brace, fail(b, brace, "an invalid placeholder")
	case num >= len(used):
		return brace, fail(b, brace, "a placeholder for no attachment")
	case used[num]:
		return brace, fail(b, brace, "a second placeholder for one attachment")
	}
	used[num] = true
	return end, nil
}
