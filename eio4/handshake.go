package eio4

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Handshake is what the server tells the client in the open packet.
type Handshake struct {
	SID          string        // the session id
	Upgrades     []string      // the transports the client may go over to
	PingInterval time.Duration // between two pings; whole milliseconds on the wire
	PingTimeout  time.Duration // how long a ping may stay unanswered; the same unit
	MaxPayload   int           // the most bytes the server takes in one message or payload
}

// AppendHandshake appends the JSON data of the open packet to dst, with the keys
// in the order sid, upgrades, pingInterval, pingTimeout, maxPayload. Durations
// are cut to milliseconds. Invalid UTF-8 in a string becomes U+FFFD.
func AppendHandshake(dst []byte, h Handshake) []byte {
	dst = append(dst, `{"sid":`...)
	dst = appendString(dst, h.SID)
	dst = append(dst, `,"upgrades":[`...)
	for i, transport := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, transport)
	}
	dst = append(dst, `],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}

// appendString drops the error of AppendQuote, which only says that invalid
// UTF-8 has been replaced.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// maxMilliseconds is the longest time a time.Duration can hold.
const maxMilliseconds = math.MaxInt64 / int64(time.Millisecond)

// DecodeHandshake decodes the data of an open packet, for a client. Unknown keys
// are passed over; upgrades and maxPayload may be missing. The sid must not be
// empty, and no number may be negative. Nothing in the result aliases data.
//
// Errors are *DecodeError wrapping [ErrHandshake].
func DecodeHandshake(data []byte) (Handshake, error) {
	var wire struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return Handshake{}, handshakeError(err)
	}
	fault := ""
	switch {
	case wire.SID == "":
		fault = "no sid"
	case wire.PingInterval < 0 || wire.PingInterval > maxMilliseconds:
		fault = "pingInterval out of range"
	case wire.PingTimeout < 0 || wire.PingTimeout > maxMilliseconds:
		fault = "pingTimeout out of range"
	case wire.MaxPayload < 0:
		fault = "negative maxPayload"
	}
	if fault != "" {
		return Handshake{}, &DecodeError{Err: fmt.Errorf("%w: %s", ErrHandshake, fault)}
	}
	return Handshake{
		SID:          wire.SID,
		Upgrades:     wire.Upgrades,
		PingInterval: time.Duration(wire.PingInterval) * time.Millisecond,
		PingTimeout:  time.Duration(wire.PingTimeout) * time.Millisecond,
		MaxPayload:   wire.MaxPayload,
	}, nil
}

// handshakeError keeps the place and the key an error of encoding/json names,
// not its text, which may quote the input.
func handshakeError(err error) *DecodeError {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		key := semantic.JSONPointer.LastToken()
		if len(key) > 16 {
			key = key[:16]
		}
		cause := fmt.Errorf("%w: unfit value for %q", ErrHandshake, key)
		return &DecodeError{Offset: int(semantic.ByteOffset), Err: cause}
	}
	offset := 0
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = int(syntactic.ByteOffset)
	}
	return &DecodeError{Offset: offset, Err: fmt.Errorf("%w: not a JSON object", ErrHandshake)}
}
