package sio5

import (
	"fmt"
	"strconv"
)

// A DecodeError says why and where input is not an acceptable packet. The
// connection it came from cannot go on: what follows may belong to it.
type DecodeError struct {
	// Reason is what was wrong, in words.
	Reason string

	// Offset is where, in bytes from the start of the message.
	Offset int

	// Near is a short excerpt of the input from Offset on; it may end
	// within a character.
	Near string
}

// excerptBytes is how much of the input an error may hold on to and show.
const excerptBytes = 16

func (e *DecodeError) Error() string {
	text := "sio5: " + e.Reason + " at byte " + strconv.Itoa(e.Offset)
	if e.Near != "" {
		text += ", near " + strconv.QuoteToASCII(e.Near)
	}
	return text
}

// fail makes the error for a fault at b[at], or at the end of b. Inlined, it would
// swell the scanner's loops by what they hardly ever do.
//
//go:noinline
func fail(b []byte, at int, reason string) error {
	at = min(at, len(b))
	near := string(b[at:min(at+excerptBytes, len(b))])
	return &DecodeError{Reason: reason, Offset: at, Near: near}
}

// failLimit is fail for a limit that was passed.
func failLimit(b []byte, at int, what string, limit int) error {
	return fail(b, at, fmt.Sprintf("%s than %d", what, limit))
}
