package sio5

import (
	"iter"
)

// Args are the arguments of an event or an acknowledgement: the raw text of JSON
// values with commas between them, such as `1,{"x":2}`. The decoder has validated
// them, so walking over them only looks for where each ends. Args made otherwise
// give undefined pieces, but no panic.
type Args []byte

// Len returns the number of arguments. It walks over them all.
func (a Args) Len() int {
	n := 0
	for len(a) > 0 {
		_, a = a.Next()
		n++
	}
	return n
}

// Next returns the first argument, without space around it, and those after it.
// Without arguments both are nil.
func (a Args) Next() (arg []byte, rest Args) {
	start := skipSpace(a, 0)
	if start == len(a) {
		return nil, nil
	}
	end := skipValue(a, start)
	next := skipSpace(a, end)
	if next == len(a) {
		return a[start:end:end], nil
	}
	return a[start:end:end], a[next+1:]
}

// All returns the arguments one by one.
func (a Args) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := a; len(rest) > 0; {
			var arg []byte
			arg, rest = rest.Next()
			if !yield(arg) {
				return
			}
		}
	}
}

// skipValue returns the end of the valid value that begins at b[i].
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			if depth == 0 {
				return scalarEnd(b, i)
			}
			i++
			continue
		}
		if depth <= 0 {
			return i
		}
	}
	return i
}

// scalarEnd returns the end of the number or literal at b[i].
func scalarEnd(b []byte, i int) int {
	for i < len(b) && b[i] != ',' && !isSpace(b[i]) {
		i++
	}
	return i
}

// skipString returns the end of the valid string that begins at b[i].
func skipString(b []byte, i int) int {
	i++
	for i < len(b) {
		switch i = plainEnd(b, i); at(b, i) {
		case '"':
			return i + 1
		case '\\':
			i += 2
		default:
			i++
		}
	}
	return len(b)
}
