// Package eio4 is the wire format of Engine.IO, revision 4: packets as text,
// payloads of several packets for HTTP long-polling, and the handshake of the
// open packet.
//
// It is a pure codec. It does no I/O, starts no goroutine and keeps nothing
// between calls, so its functions may be used concurrently on different buffers.
// Decoding never copies: what it returns aliases its input.
package eio4

import (
	"encoding/base64"
	"errors"
)

// Revision is the protocol revision, the value of the query parameter EIO.
const Revision = 4

// Separator stands between the packets of a payload.
const Separator = 0x1e

// A Type says what a packet is for. Its value is the digit on the wire.
type Type byte

// The packet types of Engine.IO 4.
const (
	Open    Type = '0' // server to client: the handshake
	Close   Type = '1' // the session ends
	Ping    Type = '2' // server to client: heartbeat; "probe" as data while upgrading
	Pong    Type = '3' // the answer to Ping
	Message Type = '4' // data of the layer above
	Upgrade Type = '5' // client to server: the probed transport takes over
	Noop    Type = '6' // releases a pending poll
)

// A Packet is one Engine.IO packet.
type Packet struct {
	Type Type

	// Binary marks binary data. Only a Message can be binary.
	Binary bool

	// Data is what follows the type. In a decoded packet it aliases the
	// input and is valid for as long as the input is left alone.
	Data []byte
}

// base64Mark begins the text form of a binary message, in the type's place.
const base64Mark = 'b'

// strictBase64 requires padding and zero trailing bits. It passes over line breaks, which
// the Java client has after every 76 characters and at the end.
var strictBase64 = base64.StdEncoding.Strict()

// Decode decodes one packet, such as one WebSocket frame carries. A binary frame
// is a binary Message as it stands. A text frame is a type digit and data, or 'b'
// and standard base64 with padding, line breaks allowed, which is a binary Message too and
// is decoded in place: frame is overwritten, also when Decode fails.
//
// An empty binary frame is a message of no bytes, which an attachment may be; an
// empty text frame is an error. Errors are *DecodeError.
func Decode(frame []byte, binary bool) (Packet, error) {
	if binary {
		return Packet{Type: Message, Binary: true, Data: frame}, nil
	}
	if len(frame) == 0 {
		return Packet{}, &DecodeError{Offset: 0, Err: ErrEmpty}
	}
	first := frame[0]
	if first >= byte(Open) && first <= byte(Noop) {
		return Packet{Type: Type(first), Data: frame[1:]}, nil
	}
	if first != base64Mark {
		return Packet{}, &DecodeError{Offset: 0, Err: ErrType}
	}
	data, err := decodeBase64(frame[1:])
	if err != nil {
		return Packet{}, err
	}
	return Packet{Type: Message, Binary: true, Data: data}, nil
}

// decodeBase64 decodes b, which begins at offset 1 of a packet, into its own
// space. That is safe because at most three bytes are written for every four read: the
// decoder's writes, eight bytes wide at most, end where its reads have been.
func decodeBase64(b []byte) ([]byte, error) {
	n, err := strictBase64.Decode(b, b)
	if err != nil {
		at := 0
		if corrupt, ok := errors.AsType[base64.CorruptInputError](err); ok {
			at = int(corrupt)
		}
		return nil, &DecodeError{Offset: 1 + at, Err: ErrBase64}
	}
	return b[:n], nil
}

// AppendText appends the text form of p to dst: the type digit and the data, or
// 'b' and base64 when p is binary. A binary packet on a WebSocket needs no form
// of its own; there p.Data is the frame.
func AppendText(dst []byte, p Packet) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(dst, base64Mark), p.Data)
	}
	return append(append(dst, byte(p.Type)), p.Data...)
}
