package engineio

import (
	"bytes"
	"sync/atomic"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A Prepared is one or more messages, encoded once for many connections, and
// compressed once for those that compress alike and keep no context. It may be used
// concurrently.
type Prepared struct {
	messages []Message // for polling
	frames   []byte    // for a WebSocket
	size     int       // bytes of data
	binary   bool      // one of the messages is

	compressed atomic.Pointer[compressed] // made when it is first needed
}

// compressed is the frames of a Prepared for those who agreed on the same compression.
// Others may follow: clients with other windows, another server.
type compressed struct {
	by     *ws.Compression
	frames []byte
	next   *compressed
}

// Prepare copies the messages, which are sent together.
func Prepare(ms ...Message) *Prepared {
	p := &Prepared{messages: make([]Message, len(ms))}
	for i, m := range ms {
		p.messages[i] = Message{Data: bytes.Clone(m.Data), Binary: m.Binary, Uncompressed: m.Uncompressed}
		p.size += len(m.Data)
		if m.Binary {
			p.binary = true
			p.frames = ws.AppendFrame(p.frames, ws.OpBinary, m.Data)
			continue
		}
		p.frames = ws.AppendHeader(p.frames, ws.OpText, 1+len(m.Data))
		p.frames = append(append(p.frames, byte(eio4.Message)), m.Data...)
	}
	return p
}

// encoded returns the frames for a connection that compresses so, but keeps no context.
func (p *Prepared) encoded(by *ws.Compression) []byte {
	if by == nil || !p.wanted(by) {
		return p.frames
	}
	first := p.compressed.Load()
	for made := first; made != nil; made = made.next {
		if made.by == by {
			return made.frames
		}
	}
	made := &compressed{by: by, next: first}
	for i := range p.messages {
		made.frames = by.Append(made.frames, frame(&p.messages[i]))
	}
	p.compressed.CompareAndSwap(first, made) // or it is made once more
	return made.frames
}

// wanted says whether any of the messages is to be compressed.
func (p *Prepared) wanted(by *ws.Compression) bool {
	for i := range p.messages {
		if by.Wants(frame(&p.messages[i])) {
			return true
		}
	}
	return false
}

// keepsContext says whether messages may refer back to those before them on this
// connection, so that they are compressed for it alone.
func (s *socket) keepsContext() bool {
	by := s.Compression()
	return by != nil && !by.Alone()
}

// sendPrepared is Conn.SendPrepared for a connection on a WebSocket.
func (s *socket) sendPrepared(p *Prepared) error {
	if s.keepsContext() {
		return s.send(p.messages)
	}
	return s.WriteEncoded(p.encoded(s.Compression()), len(p.messages), false)
}

// postpone is Conn.Postpone for a connection on a WebSocket.
func (s *socket) postpone(p *Prepared) (flush bool, err error) {
	if s.keepsContext() {
		return false, s.send(p.messages)
	}
	return s.Postpone(p.encoded(s.Compression()), len(p.messages))
}

func (s *socket) trySendPrepared(p *Prepared) bool {
	if s.keepsContext() {
		return s.trySend(p.messages)
	}
	return s.TryWriteEncoded(p.encoded(s.Compression()), len(p.messages))
}
