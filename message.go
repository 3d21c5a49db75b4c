package socketio

import (
	"bytes"
	"errors"
	"sync/atomic"

	"socketio/sio5"
)

// A Message is an event that arrived, or the reply to one, undecoded.
type Message struct {
	// Event is its name, "" in a reply.
	Event string

	args sio5.Args
	att  [][]byte
	err  error // instead of args: why they cannot be decoded

	// What follows says how to reply. Of a copy made by With it is found in
	// original.
	socket   *Socket
	id       uint64
	wantsAck bool
	replied  atomic.Bool
	original *Message
}

var errExpired = errors.New("socketio: the message was used after its handler had returned")

// Len returns the number of arguments, the acknowledgement not counted.
func (m *Message) Len() int { return m.args.Len() }

// Decode decodes the arguments, in order, into what the elements of into point to,
// by the rules of [Event]. An argument that is not there is null, which is the
// zero value, and superfluous ones are ignored. The error is a [*DecodeError].
//
// What was decoded is the caller's. A message that a handler got can be decoded
// until the handler returns, one that EmitArgsAck returned at any time.
func (m *Message) Decode(into ...any) error {
	if m.err != nil {
		return m.err
	}
	return decodeArgs(m.Event, m.args, m.att, into...)
}

// With returns a copy of the message that has other arguments, for [Namespace.Wrap]
// to pass on. If they cannot be encoded, decoding it gives the error. The byte
// slices among the arguments must not be modified until the message is handled.
func (m *Message) With(args ...any) *Message {
	other := &Message{Event: m.Event, original: m}
	if m.original != nil {
		other.original = m.original
	}
	var text []byte
	if text, other.att, other.err = appendReplyArgs(nil, args); other.err == nil {
		other.args = arrayElements(text)
	}
	return other
}

// WantsAck says whether the sender waits for a reply.
func (m *Message) WantsAck() bool { return m.asked().wantsAck }

// Ack replies to the sender. It may be called from any goroutine, also after the
// handler has returned. Only the first reply is sent; later ones, and those to a
// message that wants none, do nothing.
//
// Ack does not block. Its errors are those of [Socket.Emit].
func (m *Message) Ack(args ...any) error {
	asked := m.asked()
	if !asked.wantsAck || asked.replied.Load() {
		return nil
	}
	f := newFrame(asked.socket.ns)
	defer f.release()
	var err error
	if f.buf, f.attachments, err = appendReplyArgs(f.buf, args); err != nil {
		return err
	}
	return asked.sendReply(f)
}

// reply is Ack for the result of a typed handler.
func reply[R any](m *Message, r R) error {
	asked := m.asked()
	if !asked.wantsAck || asked.replied.Load() {
		return nil
	}
	f := newFrame(asked.socket.ns)
	defer f.release()
	var err error
	if f.buf, f.attachments, err = appendReply(f.buf, r); err != nil {
		return err
	}
	return asked.sendReply(f)
}

// asked returns the message that arrived, of which m may be a copy.
func (m *Message) asked() *Message {
	if m.original != nil {
		return m.original
	}
	return m
}

// sendReply sends an encoded reply, if it is the first.
func (m *Message) sendReply(f *frame) error {
	if err := f.seal(sio5.Ack, m.id, true, m.socket.peer.srv.options.MaxAttachments); err != nil {
		return err
	}
	if !m.replied.CompareAndSwap(false, true) {
		return nil
	}
	_, err := m.socket.transmit(f, false)
	return err
}

// expire makes m useless for decoding, as its bytes go back to the connection.
func (m *Message) expire() {
	m.args, m.att, m.err = nil, nil, errExpired
}

// decodeMessage decodes the arguments as T asks for.
func decodeMessage[T any](m *Message) (T, error) {
	if m.err != nil {
		var zero T
		return zero, m.err
	}
	return decodePayload[T](m.Event, m.args, m.att)
}

// arrayElements returns what is between the brackets of an encoded array.
func arrayElements(array []byte) sio5.Args { return sio5.Args(array[1 : len(array)-1]) }

// An answer is the arguments of an acknowledgement, which nobody else uses.
type answer struct {
	args sio5.Args
	att  [][]byte
}

// answerOf returns the arguments of p, which is p's alone only if it is binary.
func answerOf(p *sio5.Packet) answer {
	if p.Type == sio5.BinaryAck {
		return answer{p.Args, p.Attachments}
	}
	return answer{args: bytes.Clone(p.Args)}
}

// message returns the answer as a Message.
func (a answer) message() *Message { return &Message{args: a.args, att: a.att} }
