package redis

import (
	"errors"

	"socketio/adapter"
	"socketio/msgpack"
)

// encode returns a message of package adapter as servers for Node understand it: JSON as it
// is, and MessagePack where there is binary.
func encode(m []byte) (string, error) {
	text, attachments, err := adapter.Unpack(m)
	if err != nil || len(attachments) == 0 {
		return string(text), err
	}
	return encodeBinary(text, attachments)
}

// encodeBinary returns the MessagePack of a JSON value with its attachments.
func encodeBinary(text []byte, attachments [][]byte) (string, error) {
	packed, err := msgpack.AppendValue(make([]byte, 0, len(text)), text, attachments)
	return string(packed), err
}

// errNoMessage says that a value of MessagePack is not all that there is.
var errNoMessage = errors.New("redis: something is behind the message")

// decode takes encode back. What is neither JSON nor MessagePack it returns as it is, for
// the node to count and to report it.
func decode(m string) []byte {
	if m == "" || m[0] == '{' {
		return []byte(m)
	}
	text, attachments, err := decodeBinary([]byte(m))
	if err != nil {
		return []byte(m)
	}
	return adapter.Pack(text, attachments)
}

// decodeBinary takes encodeBinary back.
func decodeBinary(b []byte) (text []byte, attachments [][]byte, err error) {
	text, attachments, rest, err := msgpack.ReadValue(nil, b)
	if err == nil && len(rest) > 0 {
		err = errNoMessage
	}
	return text, attachments, err
}
