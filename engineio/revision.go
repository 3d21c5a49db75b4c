package engineio

import (
	"net/http"
	"strings"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/internal/ws"
)

// The two revisions of the protocol that a client may speak have the same packets in
// different clothes. Everything that depends on the clothes is in this file.

// revision is the protocol revision that a request is for, 0 for one that is not
// served. A request that does not say is for revision 3, the last that did not have to.
func (o *Options) revision(q *query) int {
	switch {
	case q.revision == "4":
		return eio4.Revision
	case o.EIO3 && (q.revision == "3" || q.revision == ""):
		return eio3.Revision
	default:
		return 0
	}
}

// v3 says whether revision 3 is spoken, at either end. It needs no lock.
func (c *Conn) v3() bool {
	if c.client != nil {
		return c.client.options.EIO3
	}
	return c.session.v3()
}

// decode decodes what one WebSocket frame carries.
func (c *Conn) decode(frame []byte, binary bool) (eio4.Packet, error) {
	if !c.v3() {
		return eio4.Decode(frame, binary)
	}
	p, err := eio3.Decode(frame, binary)
	return fromV3(p), err
}

// fromV3 gives a packet of revision 3 the type that sessions know. The values are the same.
func fromV3(p eio3.Packet) eio4.Packet {
	return eio4.Packet{Type: eio4.Type(p.Type), Binary: p.Binary, Data: p.Data}
}

// A binaryForm is how a WebSocket carries binary messages to its client.
type binaryForm uint8

const (
	asFrame    binaryForm = iota // as they are
	behindType                   // revision 3: in a binary frame, behind the type
	asBase64                     // in a text frame, as the client has asked for by b64
	asBase64V3                   // the same in revision 3
	onStream                     // as they are, in the frames of a stream
)

// formOf returns the form for a WebSocket of c, on which base64 was asked for or not.
func formOf(c *Conn, base64 bool) binaryForm {
	form := asFrame
	if base64 {
		form = asBase64
	}
	if c.v3() {
		form += behindType - asFrame
	}
	return form
}

// frame is a message as this WebSocket carries it.
func (s *socket) frame(m *Message) ws.Frame {
	if !m.Binary || s.form == asFrame {
		return frame(m)
	}
	f := s.form.frame(m.Data)
	f.Plain, f.Keep = m.Uncompressed, m.Keep
	return f
}

// frame is a message as most WebSockets carry it.
func frame(m *Message) ws.Frame {
	if m.Binary {
		return ws.Frame{Op: ws.OpBinary, Plain: m.Uncompressed, Keep: m.Keep, Data: m.Data}
	}
	return ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Message), Plain: m.Uncompressed, Keep: m.Keep, Data: m.Data}
}

// frame is a binary message as a WebSocket carries it.
func (f binaryForm) frame(data []byte) ws.Frame {
	switch f {
	case behindType:
		return ws.Frame{Op: ws.OpBinary, Prefix: eio3.BinaryMessage, Data: data}
	case asBase64:
		return ws.Frame{Op: ws.OpText, Data: eio4.AppendText(nil, eio4.Packet{Binary: true, Data: data})}
	case asBase64V3:
		return ws.Frame{Op: ws.OpText, Data: eio3.AppendText(nil, eio3.Packet{Binary: true, Data: data})}
	default:
		return ws.Frame{Op: ws.OpBinary, Data: data}
	}
}

// takes says whether the frames of p are what the client of s understands.
func (s *socket) takes(p *Prepared) bool {
	return s.form == asFrame || s.form != onStream && !p.binary
}

// A payloadForm is how packets are put together for long-polling.
type payloadForm uint8

const (
	separated payloadForm = iota // revision 4
	counted                      // revision 3, text
	bytewise                     // revision 3, with binary messages as they are
)

// answerForm is the form of a poll's answer, which a server of revision 3 tells.
func (cl *client) answerForm(resp *http.Response) payloadForm {
	switch {
	case !cl.options.EIO3:
		return separated
	case strings.HasPrefix(resp.Header.Get("Content-Type"), binaryBody):
		return bytewise
	default:
		return counted
	}
}

// postForm is the form of the next POST.
func (cl *client) postForm() payloadForm {
	switch {
	case !cl.options.EIO3:
		return separated
	case !cl.options.Base64 && cl.queue.holdsBinary():
		return bytewise
	default:
		return counted
	}
}

// contentType is what a body of that form is called.
func (f payloadForm) contentType() string {
	if f == bytewise {
		return binaryBody
	}
	return "text/plain;charset=UTF-8"
}

const binaryBody = "application/octet-stream"

// append appends a packet of an outbox. In revision 4 the separator is the caller's.
func (f payloadForm) append(dst []byte, kind byte, data []byte) []byte {
	p := eio3.Packet{Type: eio3.Type(kind), Binary: kind == binaryRecord, Data: data}
	switch f {
	case counted:
		return eio3.AppendPayload(dst, p)
	case bytewise:
		return eio3.AppendBinaryPayload(dst, p)
	default:
		return eio4.AppendText(dst, eio4.Packet{Type: eio4.Type(kind), Binary: p.Binary, Data: data})
	}
}

// overhead is the most that a packet has in a payload besides its data.
func (f payloadForm) overhead() int {
	if f == separated {
		return 2
	}
	return 11 // a length of eight digits and what marks binary data
}

// count is how many packets a body claims to hold.
func (f payloadForm) count(body []byte) int {
	switch f {
	case counted:
		return eio3.Payload(body).Count()
	case bytewise:
		return eio3.BinaryPayload(body).Count()
	default:
		return eio4.Payload(body).Count()
	}
}

// next decodes the first packet of a body. The rest is nil after the last one.
func (f payloadForm) next(body []byte) (packet eio4.Packet, rest []byte, err error) {
	var p eio3.Packet
	switch f {
	case counted:
		p, rest, err = eio3.Payload(body).Next()
	case bytewise:
		p, rest, err = eio3.BinaryPayload(body).Next()
	default:
		return eio4.Payload(body).Next()
	}
	if len(rest) == 0 {
		rest = nil
	}
	return fromV3(p), rest, err
}

// Bodies of one packet.
var (
	releaseV3 = []byte("1:6")
	releaseV4 = []byte("6")
	closeV3   = []byte("1:1")
	closeV4   = []byte("1")
)

// releaseBody answers a GET for which there is nothing else: a noop.
func (c *Conn) releaseBody() []byte {
	if c.v3() {
		return releaseV3
	}
	return releaseV4
}

// closeBody is the last answer to a GET, or a client's last POST: a close packet.
func (c *Conn) closeBody() []byte {
	if c.v3() {
		return closeV3
	}
	return closeV4
}

// opening makes a polling handshake of the open packet, and Options.InitialMessage.
func (c *Conn) opening(packet []byte) []byte {
	first := c.server.options.InitialMessage
	if c.session.v3() {
		payload := eio3.AppendPayload(nil, eio3.Packet{Type: eio3.Open, Data: packet[1:]})
		if first != nil {
			payload = eio3.AppendPayload(payload, eio3.Packet{Type: eio3.Message, Data: first})
		}
		return payload
	}
	if first != nil {
		packet = append(append(packet, eio4.Separator, byte(eio4.Message)), first...)
	}
	return packet
}
