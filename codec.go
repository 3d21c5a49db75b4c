package socketio

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"socketio/engineio"
	"socketio/sio5"
)

// This file is where Options.Codec takes the place of the protocol's own form of
// packets. Everything else works on JSON and attachments, whatever is on the wire.

// texts are buffers for the JSON that a Codec makes of a message.
var texts = sync.Pool{New: func() any { return new([]byte) }}

var errOtherKind = errors.New("socketio: a text where the codec is binary, or the other way round")

// receiveCoded is Receive with a Codec. A packet without attachments lives as long as
// its message would, until it is handled.
func (p *peer) receiveCoded(codec sio5.Codec, m engineio.Message) {
	text := texts.Get().(*[]byte)
	packet, extended, err := decodeCoded(codec, (*text)[:0], m)
	if err != nil {
		p.violated(err)
		return
	}
	p.handle(&packet)
	if cap(extended) <= keepFrame {
		*text = extended
		texts.Put(text)
	}
}

// decodeCoded decodes a message and checks what has become of it. The codec may be the
// user's, so its panics end here.
func decodeCoded(codec sio5.Codec, dst []byte, m engineio.Message) (packet sio5.Packet, extended []byte, err error) {
	defer contain(&err)
	if m.Binary != codec.Binary() {
		return packet, dst, errOtherKind
	}
	if packet, extended, err = codec.Decode(dst, m.Data); err != nil {
		return packet, extended, err
	}
	if len(packet.Attachments) > 0 {
		keepBinary(&packet, m.Owned)
	}
	return packet, extended, packet.Check()
}

// keepBinary makes a packet with attachments independent of its message, unless that is
// its own, and of the buffer, as those that sio5.Decoder returns are.
func keepBinary(packet *sio5.Packet, owned bool) {
	packet.Data = bytes.Clone(packet.Data)
	if owned {
		return
	}
	for i, attachment := range packet.Attachments {
		packet.Attachments[i] = bytes.Clone(attachment)
	}
}

// sealCoded is seal with a Codec. The JSON stays in f.buf, as the OnAnyOutgoing hooks
// see it.
func (f *frame) sealCoded(codec sio5.Codec, packet sio5.Packet) error {
	packet.Data, packet.Attachments = f.buf[f.headroom:], f.attachments
	size := len(f.buf)
	for _, attachment := range f.attachments {
		size += len(attachment)
	}
	var err error
	if f.coded, err = codec.Append(slices.Grow(f.coded[:0], size), packet); err != nil {
		return err
	}
	f.messages = append(f.messages[:0], engineio.Message{
		Data: f.coded, Binary: codec.Binary(), Uncompressed: f.uncompressed, Keep: isReply(packet.Type),
	})
	return nil
}

// send sends a packet that is not a frame: one without attachments, as they begin and
// end the stay in a namespace.
func (p *peer) send(packet sio5.Packet) {
	message, err := p.message(packet)
	if err != nil {
		p.srv.report(p.conn.Context(), nil, "Options.Codec", err)
		return
	}
	_ = p.conn.Send(message) // fails only if the connection has ended
}

// message encodes a packet without attachments, which must not get lost.
func (p *peer) message(packet sio5.Packet) (m engineio.Message, err error) {
	m.Keep = true
	codec := p.srv.options.Codec
	if codec == nil {
		m.Data = sio5.Append(nil, packet)
		return m, nil
	}
	defer contain(&err)
	m.Binary = codec.Binary()
	m.Data, err = codec.Append(nil, packet)
	return m, err
}
