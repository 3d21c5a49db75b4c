package engineio

import (
	"bytes"

	"socketio/eio4"
	"socketio/internal/ws"
)

// A Prepared is one or more messages, encoded once for many connections. It does
// not change and may be used concurrently.
type Prepared struct {
	messages []Message // for polling
	frames   []byte    // for a WebSocket
	size     int       // bytes of data
}

// Prepare copies the messages, which are sent together.
func Prepare(ms ...Message) *Prepared {
	p := &Prepared{messages: make([]Message, len(ms))}
	for i, m := range ms {
		p.messages[i] = Message{Data: bytes.Clone(m.Data), Binary: m.Binary}
		p.size += len(m.Data)
		if m.Binary {
			p.frames = ws.AppendFrame(p.frames, ws.OpBinary, m.Data)
			continue
		}
		p.frames = ws.AppendHeader(p.frames, ws.OpText, 1+len(m.Data))
		p.frames = append(append(p.frames, byte(eio4.Message)), m.Data...)
	}
	return p
}
