package socketio

import (
	"fmt"
	"sync"

	"socketio/engineio"
	"socketio/sio5"
)

// A frame is one packet on its way to the network: its text and its attachments,
// as messages that go out together. A frame is used by one goroutine, which
// releases it when it has been sent.
type frame struct {
	ns *Namespace

	// buf begins with headroom for the header, which can be written only when
	// the number of attachments is known. The JSON is appended behind it.
	buf      []byte
	headroom int
	bare     int    // length of buf without the offset that sealAt has added
	header   []byte // scratch
	coded    []byte // what a Codec makes of all that

	attachments  [][]byte // not the frame's own
	uncompressed bool

	event    string
	messages []engineio.Message // once sealed
}

const (
	// maxHeader is the length of the longest header without the namespace: the
	// type, a number of attachments and a dash, a comma, an id.
	maxHeader = 1 + 20 + 1 + 1 + 20

	// keepFrame is how large a buffer is kept for later.
	keepFrame = 64 << 10
)

var frames = sync.Pool{New: func() any { return new(frame) }}

// newFrame returns a frame whose buf the JSON is to be appended to.
func newFrame(ns *Namespace) *frame {
	f := frames.Get().(*frame)
	f.ns = ns
	f.headroom = maxHeader + ns.longestName()
	if cap(f.buf) < f.headroom {
		f.buf = make([]byte, f.headroom, f.headroom+256)
	}
	f.buf = f.buf[:f.headroom]
	return f
}

// release gives f back. Nothing of it may be used any more.
func (f *frame) release() {
	if cap(f.buf) > keepFrame {
		f.buf = nil
	}
	if cap(f.coded) > 2*keepFrame { // it has the attachments too
		f.coded = nil
	}
	clear(f.messages) // the attachments are the user's
	*f = frame{buf: f.buf, header: f.header, coded: f.coded, messages: f.messages[:0]}
	frames.Put(f)
}

// encode appends an event.
func encode[T any](f *frame, event string, v T) (err error) {
	if err = checkEvent(event); err == nil {
		f.event = event
		f.buf, f.attachments, err = appendEvent(f.buf, event, v)
	}
	return err
}

// encodeArgs appends an event with any arguments.
func (f *frame) encodeArgs(event string, args []any) (err error) {
	if err = checkEvent(event); err == nil {
		f.event = event
		f.buf, f.attachments, err = appendEventArgs(f.buf, event, args)
	}
	return err
}

// checkEvent refuses the reserved names.
func checkEvent(event string) error {
	if sio5.Reserved(event) {
		return fmt.Errorf("socketio: %q is a reserved event name", event)
	}
	return nil
}

// seal puts the header in front of the JSON, after which f can be sent. The type is
// Event or Ack; f becomes its binary form if there are attachments.
func (f *frame) seal(t sio5.Type, id uint64, hasID bool, maxAttachments int) error {
	if codec := f.ns.server.options.Codec; codec != nil {
		return f.sealCoded(codec, sio5.Packet{Type: t, Namespace: f.ns.name, ID: id, HasID: hasID})
	}
	count := len(f.attachments)
	if count > maxAttachments {
		return fmt.Errorf("socketio: %d attachments in %q, more than Options.MaxAttachments, %d", count, f.event, maxAttachments)
	}
	if count > 0 {
		t += sio5.BinaryEvent - sio5.Event
	}
	f.header = sio5.AppendHeader(f.header[:0], sio5.Packet{
		Type: t, Namespace: f.ns.name, ID: id, HasID: hasID, AttachmentCount: count,
	})
	text := f.buf[f.headroom-len(f.header):]
	copy(text, f.header)
	f.messages = append(f.messages[:0], engineio.Message{Data: text, Uncompressed: f.uncompressed, Keep: isReply(t)})
	for _, attachment := range f.attachments {
		f.messages = append(f.messages, engineio.Message{Data: attachment, Binary: true, Uncompressed: f.uncompressed})
	}
	return nil
}

// isReply says whether a packet answers one of the client's, which waits for it: events may
// be dropped where Options.DropOldest says so, replies may not.
func isReply(t sio5.Type) bool { return t == sio5.Ack || t == sio5.BinaryAck }

// bytes returns how many bytes a sealed frame has.
func (f *frame) bytes() int {
	n := 0
	for _, m := range f.messages {
		n += len(m.Data)
	}
	return n
}

// json returns the array in f, valid until f is released.
func (f *frame) json() []byte { return f.buf[f.headroom:] }

// message returns the event in f, valid until f is released.
func (f *frame) message() *Message {
	_, args := arrayElements(f.buf[f.headroom:]).Next()
	return &Message{Event: f.event, args: args, att: f.attachments}
}
