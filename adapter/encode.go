package adapter

import (
	"encoding/binary"
	"encoding/json/jsontext"
	"strconv"
	"time"
)

// attachmentsMark is the first byte of a message with attachments: the lengths and bytes
// of its JSON and of each attachment follow. Without any, a message is the JSON alone, as
// nodes for Node write it.
const attachmentsMark = 0

// eventPacket is the packet type of events, which is the only one that nodes exchange.
const eventPacket = 2

// Append appends the encoded message to dst.
func (m *Message) Append(dst []byte) []byte {
	if len(m.Attachments) == 0 {
		return m.appendJSON(dst)
	}
	return appendPacked(dst, m.appendJSON(nil), m.Attachments)
}

// Pack returns the encoded message whose JSON and attachments these are, for a [Bus] that
// carries both in a form of its own. It does not check them, as [Decode] does.
func Pack(text []byte, attachments [][]byte) []byte {
	if len(attachments) == 0 {
		return text
	}
	return appendPacked(nil, text, attachments)
}

func appendPacked(dst, text []byte, attachments [][]byte) []byte {
	dst = append(dst, attachmentsMark)
	dst = appendChunk(dst, text)
	for _, attachment := range attachments {
		dst = appendChunk(dst, attachment)
	}
	return dst
}

func appendChunk(dst, chunk []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(chunk))), chunk...)
}

// appendJSON appends the JSON of the message, its members in the order in which the
// adapters for Node write them.
func (m *Message) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"type":`...)
	dst = strconv.AppendInt(dst, int64(m.Type), 10)
	dst = m.appendData(dst)
	dst = append(dst, `,"uid":`...)
	dst = appendString(dst, m.UID)
	dst = append(dst, `,"nsp":`...)
	dst = appendString(dst, m.Namespace)
	return append(dst, '}')
}

// appendData appends the member "data", which farewells lack, and heartbeats of nodes without
// an address.
func (m *Message) appendData(dst []byte) []byte {
	switch m.Type {
	case Broadcast:
		dst = m.appendBroadcast(dst)
	case SocketsJoin, SocketsLeave:
		dst = m.appendTargets(append(dst, `,"data":{`...))
		dst = appendList(append(dst, `,"rooms":`...), m.Rooms)
	case DisconnectSockets:
		dst = m.appendTargets(append(dst, `,"data":{`...))
		dst = strconv.AppendBool(append(dst, `,"close":`...), m.Close)
	case FetchSockets:
		dst = m.appendTargets(append(dst, `,"data":{`...))
		dst = m.appendRequestID(append(dst, ','))
	case ServerSideEmit:
		dst = append(dst, `,"data":{`...)
		if m.RequestID != "" {
			dst = append(m.appendRequestID(dst), ',')
		}
		dst = append(append(dst, `"packet":`...), m.Event...)
	case FetchSocketsResponse:
		dst = m.appendRequestID(append(dst, `,"data":{`...))
		dst = m.appendSockets(dst)
	case BroadcastClientCount:
		dst = m.appendRequestID(append(dst, `,"data":{`...))
		dst = strconv.AppendInt(append(dst, `,"clientCount":`...), int64(m.Clients), 10)
	case ServerSideEmitResponse, BroadcastAck:
		dst = m.appendRequestID(append(dst, `,"data":{`...))
		dst = m.appendReply(dst)
	case InitialHeartbeat, Heartbeat:
		if m.Address == "" {
			return dst
		}
		dst = appendString(append(dst, `,"data":{"address":`...), m.Address)
	case LetGo:
		dst = appendString(append(dst, `,"data":{"pid":`...), m.Session)
	default:
		return dst
	}
	return append(dst, '}')
}

func (m *Message) appendBroadcast(dst []byte) []byte {
	dst = append(dst, `,"data":{"packet":{"type":`...)
	dst = strconv.AppendInt(dst, eventPacket, 10)
	dst = append(append(dst, `,"data":`...), m.Event...)
	dst = append(dst, `},`...)
	if m.RequestID != "" {
		dst = append(m.appendRequestID(dst), ',')
	}
	dst = m.appendTargets(dst)
	if m.Number > 0 {
		dst = strconv.AppendUint(append(dst, `,"number":`...), m.Number, 10)
	}
	if m.ByID {
		dst = append(dst, `,"byId":true`...)
	}
	return dst
}

// appendReply appends what a server or a client has answered.
func (m *Message) appendReply(dst []byte) []byte {
	if m.Reply != nil {
		dst = append(append(dst, `,"packet":`...), m.Reply...)
	}
	if m.SocketID != "" {
		dst = appendString(append(dst, `,"id":`...), m.SocketID)
	}
	if m.Gone {
		dst = append(dst, `,"gone":true`...)
	}
	return dst
}

func (m *Message) appendSockets(dst []byte) []byte {
	dst = append(dst, `,"sockets":[`...)
	for i := range m.Sockets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = m.Sockets[i].append(dst)
	}
	return append(dst, ']')
}

func (m *Message) appendRequestID(dst []byte) []byte {
	return appendString(append(dst, `"requestId":`...), m.RequestID)
}

func (m *Message) appendTargets(dst []byte) []byte {
	t := &m.Targets
	dst = appendList(append(dst, `"opts":{"rooms":`...), t.Rooms)
	dst = appendList(append(dst, `,"except":`...), t.Except)
	dst = append(dst, `,"flags":{`...)
	separator := ""
	if t.Volatile {
		dst = append(dst, `"volatile":true`...)
		separator = ","
	}
	if t.Uncompressed {
		dst = append(append(dst, separator...), `"compress":false`...)
		separator = ","
	}
	if t.Timeout > 0 {
		dst = append(append(dst, separator...), `"timeout":`...)
		dst = strconv.AppendInt(dst, int64(max(t.Timeout/time.Millisecond, 1)), 10)
	}
	return append(dst, `}}`...)
}

func (s *Socket) append(dst []byte) []byte {
	dst = appendString(append(dst, `{"id":`...), s.ID)
	if s.Handshake != nil {
		dst = append(append(dst, `,"handshake":`...), s.Handshake...)
	}
	dst = appendList(append(dst, `,"rooms":`...), s.Rooms)
	if s.Data != nil {
		dst = append(append(dst, `,"data":`...), s.Data...)
	}
	return append(dst, '}')
}

func appendList(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // the error is invalid UTF-8, which is replaced by then
	return dst
}
