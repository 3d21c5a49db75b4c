// Package eio3 is the wire format of Engine.IO, revision 3, which clients of version 2
// speak: packets as text and as bytes, and payloads of several packets for HTTP
// long-polling, likewise in both forms. The handshake of the open packet is that of
// revision 4.
//
// It is a pure codec. It does no I/O, starts no goroutine and keeps nothing between
// calls, so its functions may be used concurrently on different buffers. Decoding never
// copies: what it returns aliases its input.
package eio3

import (
	"encoding/base64"
	"errors"
)

// Revision is the protocol revision, the value of the query parameter EIO.
const Revision = 3

// A Type says what a packet is for. Its value is the digit on the wire; the binary form
// has the digit's number.
type Type byte

// The packet types of Engine.IO 3.
const (
	Open    Type = '0' // server to client: the handshake
	Close   Type = '1' // the session ends
	Ping    Type = '2' // client to server: heartbeat; "probe" as data while upgrading
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

const (
	// base64Mark begins the text form of a binary message; the type comes behind it.
	base64Mark = 'b'

	// BinaryMessage is the first byte of a binary message's binary form.
	BinaryMessage = byte(Message) - '0'
)

// strictBase64 requires padding and zero trailing bits. It passes over line breaks, which
// the Java client has after every 76 characters and at the end.
var strictBase64 = base64.StdEncoding.Strict()

// Decode decodes one packet, such as one WebSocket frame carries. A text frame is a type
// digit and data, or "b4" and standard base64 with padding, line breaks allowed, which is a
// binary Message and is decoded in place: frame is overwritten, also when Decode fails. A
// binary frame is the number 4 and a binary Message's bytes.
//
// Errors are *DecodeError.
func Decode(frame []byte, binary bool) (Packet, error) {
	switch {
	case len(frame) == 0:
		return Packet{}, &DecodeError{Offset: 0, Err: ErrEmpty}
	case binary && frame[0] == BinaryMessage:
		return Packet{Type: Message, Binary: true, Data: frame[1:]}, nil
	case binary:
		return Packet{}, &DecodeError{Offset: 0, Err: ErrType}
	case frame[0] >= byte(Open) && frame[0] <= byte(Noop):
		return Packet{Type: Type(frame[0]), Data: frame[1:]}, nil
	case frame[0] != base64Mark:
		return Packet{}, &DecodeError{Offset: 0, Err: ErrType}
	case len(frame) == 1 || frame[1] != byte(Message):
		return Packet{}, &DecodeError{Offset: 1, Err: ErrType}
	}
	data, err := decodeBase64(frame[2:])
	if err != nil {
		return Packet{}, err
	}
	return Packet{Type: Message, Binary: true, Data: data}, nil
}

// decodeBase64 decodes b, which begins at offset 2 of a packet, into its own
// space. That is safe because at most three bytes are written for every four read: the
// decoder's writes, eight bytes wide at most, end where its reads have been.
func decodeBase64(b []byte) ([]byte, error) {
	n, err := strictBase64.Decode(b, b)
	if err != nil {
		at := 0
		if corrupt, ok := errors.AsType[base64.CorruptInputError](err); ok {
			at = int(corrupt)
		}
		return nil, &DecodeError{Offset: 2 + at, Err: ErrBase64}
	}
	return b[:n], nil
}

// AppendText appends the text form of p to dst: the type digit and the data, or "b4" and
// base64 when p is binary.
func AppendText(dst []byte, p Packet) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(dst, base64Mark, byte(Message)), p.Data)
	}
	return append(append(dst, byte(p.Type)), p.Data...)
}

// AppendBinary appends the form of a binary message that a binary WebSocket frame
// carries to dst: the number 4 and the data.
func AppendBinary(dst, data []byte) []byte {
	return append(append(dst, BinaryMessage), data...)
}
