package eio3

import (
	"errors"
	"strconv"
)

// The causes of a [DecodeError].
var (
	ErrEmpty  = errors.New("empty packet")
	ErrType   = errors.New("unknown packet type")
	ErrBase64 = errors.New("invalid base64")
	ErrLength = errors.New("invalid length of a packet")
	ErrUTF8   = errors.New("invalid UTF-8")
)

// A DecodeError says why and where input is not Engine.IO. It holds nothing of
// the input.
type DecodeError struct {
	// Offset is where decoding stopped, in bytes from the start of the frame
	// or of the packet's text; of the payload that Next was called for when
	// its first packet's length is wrong.
	Offset int

	// Err is the cause: one of the errors above.
	Err error
}

func (e *DecodeError) Error() string {
	return "eio3: " + e.Err.Error() + " at byte " + strconv.Itoa(e.Offset)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }
