package msgpack

import (
	"github.com/tinylib/msgp/msgp"

	"socketio/sio5"
)

// Codec is the value of socketio.Options.Codec for MessagePack.
//
// Its errors of decoding are *sio5.DecodeError. It refuses what is nested deeper than
// 512 levels, more than 65,536 binary values in one packet, keys that are neither
// strings nor integers, and a packet that says something twice.
type Codec struct{}

var _ sio5.Codec = Codec{}

// Binary returns true.
func (Codec) Binary() bool { return true }

// The members of the map that a packet is. They are written in this order, which is
// that of the server for Node; what it leaves undefined is left out.
const (
	keyType = "type"
	keyData = "data"
	keyID   = "id"
	keyNsp  = "nsp"
)

// Append is that of [sio5.Codec]. Of numbers the shortest form is chosen, as
// JavaScript does, which does not tell 1.0 from 1.
func (Codec) Append(dst []byte, p sio5.Packet) ([]byte, error) {
	members := uint32(2)
	if len(p.Data) > 0 {
		members++
	}
	if p.HasID {
		members++
	}
	namespace := p.Namespace
	if namespace == "" {
		namespace = "/"
	}
	out := msgp.AppendMapHeader(dst, members)
	out = msgp.AppendUint64(msgp.AppendString(out, keyType), uint64(p.Type))
	if len(p.Data) > 0 {
		var err error
		if out, err = appendJSON(msgp.AppendString(out, keyData), p.Data, p.Attachments); err != nil {
			return dst, err
		}
	}
	if p.HasID {
		out = msgp.AppendUint64(msgp.AppendString(out, keyID), p.ID)
	}
	return msgp.AppendString(msgp.AppendString(out, keyNsp), namespace), nil
}

// Decode is that of [sio5.Codec].
func (Codec) Decode(dst, message []byte) (p sio5.Packet, extended []byte, err error) {
	d := decoder{message: message, rest: message, text: dst}
	if err = d.packet(&p); err != nil {
		return sio5.Packet{}, dst, err
	}
	p.Attachments = d.att
	return p, d.text, nil
}
