package sio5

import (
	"encoding/binary"
	"math/bits"
)

// The scanner validates JSON by the grammar of RFC 8259 in one pass, without
// recursion and without allocating. Each function takes the whole message and
// the place to begin, and returns the place behind what it has read, or an error
// that says where it stopped. Duplicate keys, numbers beyond any range and lone
// surrogate escapes are within the grammar and pass.

// maxDepth is how deeply arrays and objects may be nested.
const maxDepth = 512

// nesting remembers for each open level whether it is an object (1) or an
// array (0).
type nesting [maxDepth / 64]uint64

func (n *nesting) set(level int, object bool) {
	bit := uint64(1) << (level % 64)
	if object {
		n[level/64] |= bit
	} else {
		n[level/64] &^= bit
	}
}

func (n *nesting) object(level int) bool { return n[level/64]>>(level%64)&1 == 1 }

// closes says whether c is the bracket that ends an object, or an array.
func closes(c byte, object bool) bool {
	if object {
		return c == '}'
	}
	return c == ']'
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isDigit(c byte) bool { return c-'0' <= 9 }

// at returns b[i], or 0 behind the end, where no JSON token begins.
func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// scanValue reads one value, which lies within depth open arrays and objects.
func scanValue(b []byte, i, depth int) (int, error) {
	switch c := at(b, i); c {
	case '{', '[':
		return scanContainer(b, i, depth)
	case '"':
		return scanString(b, i)
	case 't':
		return scanLiteral(b, i, "true")
	case 'f':
		return scanLiteral(b, i, "false")
	case 'n':
		return scanLiteral(b, i, "null")
	default:
		if c == '-' || isDigit(c) {
			return scanNumber(b, i)
		}
		return i, fail(b, i, "a JSON value is missing")
	}
}

// scanContainer reads the array or object that begins at b[i]. It goes from value
// to value; open says what the values around it are.
func scanContainer(b []byte, i, depth int) (int, error) {
	var open nesting
	var err error
	for level := depth; ; {
		if c := at(b, i); c == '{' || c == '[' {
			if level == maxDepth {
				return i, failLimit(b, i, "JSON nested deeper", maxDepth)
			}
			object := c == '{'
			open.set(level, object)
			level++
			i = skipSpace(b, i+1)
			if !closes(at(b, i), object) {
				if object {
					if i, err = scanKey(b, i); err != nil {
						return i, err
					}
				}
				continue
			}
		} else if i, err = scanValue(b, i, level); err != nil {
			return i, err
		}
		// A value is complete, or a container empty: close what ends here.
		i = skipSpace(b, i)
		for closes(at(b, i), open.object(level-1)) {
			i++
			if level--; level == depth {
				return i, nil
			}
			i = skipSpace(b, i)
		}
		if at(b, i) != ',' {
			return i, fail(b, i, "neither comma nor bracket in JSON")
		}
		i = skipSpace(b, i+1)
		if open.object(level - 1) {
			if i, err = scanKey(b, i); err != nil {
				return i, err
			}
		}
	}
}

// scanKey reads the key of a member, the colon, and the space up to the value.
func scanKey(b []byte, i int) (int, error) {
	if at(b, i) != '"' {
		return i, fail(b, i, "a JSON key is missing")
	}
	i, err := scanString(b, i)
	if err != nil {
		return i, err
	}
	i = skipSpace(b, i)
	if at(b, i) != ':' {
		return i, fail(b, i, "a colon is missing in JSON")
	}
	return skipSpace(b, i+1), nil
}

// scanString reads the string that begins with the quote at b[i].
func scanString(b []byte, i int) (int, error) {
	i++
	for {
		i = plainEnd(b, i)
		switch c := at(b, i); {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return i, fail(b, i, "an invalid escape in a JSON string")
			}
			i += n
		case i >= len(b):
			return i, fail(b, i, "a JSON string has no end")
		default:
			return i, fail(b, i, "a control character in a JSON string")
		}
	}
}

// escapeLen returns the length of the escape that b begins with, 0 if it is none.
func escapeLen(b []byte) int {
	switch at(b, 1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if c := at(b, i); !isDigit(c) && (c|0x20)-'a' > 'f'-'a' {
				return 0
			}
		}
		return 6
	}
	return 0
}

// A word holds eight bytes of text; these have the same byte in all of its lanes.
const (
	lanes       = 0x0101010101010101
	highBits    = 0x80 * lanes
	quotes      = '"' * lanes
	backslashes = '\\' * lanes
	spaces      = ' ' * lanes
)

// plainEnd returns the place of the first quote, backslash or control character
// from i on, or len(b). It looks at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		// A lane minus one borrows into its high bit if it was zero; a
		// borrow can only spoil lanes above the first hit.
		quote, slash := word^quotes, word^backslashes
		hits := ((quote-lanes)&^quote | (slash-lanes)&^slash | (word-spaces)&^word) & highBits
		if hits != 0 {
			return i + bits.TrailingZeros64(hits)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// scanNumber reads the number that begins at b[i].
func scanNumber(b []byte, i int) (int, error) {
	if at(b, i) == '-' {
		i++
	}
	switch c := at(b, i); {
	case c == '0':
		i++
	case isDigit(c):
		i = digitsEnd(b, i)
	default:
		return i, fail(b, i, "a digit is missing in a JSON number")
	}
	if at(b, i) == '.' {
		if i++; !isDigit(at(b, i)) {
			return i, fail(b, i, "a digit is missing in a JSON number")
		}
		i = digitsEnd(b, i)
	}
	if at(b, i)|0x20 == 'e' {
		i++
		if c := at(b, i); c == '+' || c == '-' {
			i++
		}
		if !isDigit(at(b, i)) {
			return i, fail(b, i, "a digit is missing in a JSON number")
		}
		i = digitsEnd(b, i)
	}
	return i, nil
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

func scanLiteral(b []byte, i int, word string) (int, error) {
	end := i + len(word)
	if end > len(b) || string(b[i:end]) != word {
		return i, fail(b, i, "an unknown word in JSON")
	}
	return end, nil
}
