package eio4

import (
	"errors"
	"strconv"
)

// The causes of a [DecodeError].
var (
	ErrEmpty     = errors.New("empty packet")
	ErrType      = errors.New("unknown packet type")
	ErrBase64    = errors.New("invalid base64")
	ErrHandshake = errors.New("invalid handshake")
)

// A DecodeError says why and where input is not Engine.IO. It holds nothing of
// the input.
type DecodeError struct {
	// Offset is where decoding stopped, in bytes from the start of the
	// input given to the call that failed.
	Offset int

	// Err is the cause: ErrEmpty, ErrType, ErrBase64, or an error that
	// wraps ErrHandshake.
	Err error
}

func (e *DecodeError) Error() string {
	return "eio4: " + e.Err.Error() + " at byte " + strconv.Itoa(e.Offset)
}

func (e *DecodeError) Unwrap() error { return e.Err }
