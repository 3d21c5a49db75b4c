package redis

import (
	"bytes"
	"cmp"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"slices"

	"socketio/adapter"
)

// decodeBroadcast returns the message of an event. What is none it returns as it is, for
// the node to count and to report it; what is for others is nil.
func decodeBroadcast(namespace, body string) []byte {
	text, attachments, err := decodeBinary([]byte(body))
	if err != nil {
		return []byte(body)
	}
	var parts []jsontext.Value
	var p classicPacket
	m := clusterMessage{Type: adapter.Broadcast, Namespace: namespace}
	if json.Unmarshal(text, &parts, decodeOptions) != nil || len(parts) < 3 ||
		json.Unmarshal(parts[0], &m.UID, decodeOptions) != nil || json.Unmarshal(parts[1], &p, decodeOptions) != nil {
		return text
	}
	if p.Namespace = cmp.Or(p.Namespace, "/"); p.Namespace != namespace {
		return nil
	}
	m.Data.Packet, m.Data.Opts = parts[1], parts[2]
	return m.pack(attachments)
}

// pack returns the message in the form of package adapter.
func (m *clusterMessage) pack(attachments [][]byte) []byte {
	m.Data.Type = nil
	text, err := json.Marshal(m, decodeOptions)
	if err != nil {
		return []byte(err.Error()) // which is no message either
	}
	return adapter.Pack(text, attachments)
}

// decodeClassic returns a request or a response.
func decodeClassic(body string) (m classicMessage, attachments [][]byte, ok bool) {
	text := []byte(body)
	if body != "" && body[0] != '{' {
		var err error
		if text, attachments, err = decodeBinary(text); err != nil {
			return m, nil, false
		}
	}
	err := json.Unmarshal(text, &m, decodeOptions)
	return m, attachments, err == nil
}

// decodeRequest is decodeBroadcast for requests.
func (b *Classic) decodeRequest(namespace, body string) []byte {
	in, attachments, ok := decodeClassic(body)
	if !ok || in.Type == nil {
		return []byte(body)
	}
	m := clusterMessage{Namespace: namespace, UID: in.UID, Data: in}
	m.Data.UID = ""
	switch t := *in.Type; t {
	case classicSockets, classicAllRooms:
		b.noteForm(in.RequestID, t)
		m.Type = adapter.FetchSockets
		m.Data.Opts = targetsOf(in.Rooms)
		m.Data.Rooms = nil
	case classicJoin, classicLeave, classicDisconnect:
		m.Type = adapter.SocketsJoin + adapter.MessageType(t-classicJoin)
		m.UID = cmp.Or(m.UID, adapter.EmitterUID)
		m.readOld()
	case classicFetch:
		m.Type = adapter.FetchSockets
	case classicServerSideEmit:
		m.Type = adapter.ServerSideEmit
		m.Data.Packet, m.Data.Data = in.Data, nil
	case classicBroadcast:
		m.Type = adapter.Broadcast
	default:
		if t <= classicOurs {
			return nil // of a later version
		}
		m.Type = adapter.MessageType(t - classicOurs)
	}
	return m.pack(attachments)
}

// targetsOf returns the options that select the members of rooms.
func targetsOf(rooms jsontext.Value) jsontext.Value {
	if len(rooms) == 0 {
		rooms = jsontext.Value("[]")
	}
	return slices.Concat(jsontext.Value(`{"rooms":`), rooms, jsontext.Value(`,"except":[],"flags":{}}`))
}

// readOld understands what old versions say about single sockets.
func (m *clusterMessage) readOld() {
	d := &m.Data
	if d.Opts == nil && d.SID != "" {
		d.Opts = targetsOf(listOf(d.SID))
		d.Rooms = listOf(d.Room)
		d.SID, d.Room, d.RequestID = "", "", ""
	}
}

func listOf(s string) jsontext.Value { return append(appendString([]byte{'['}, s), ']') }

// decodeResponse is decodeBroadcast for responses.
func decodeResponse(namespace, body string) []byte {
	in, attachments, ok := decodeClassic(body)
	if !ok {
		return []byte(body)
	}
	m := clusterMessage{Namespace: namespace, UID: in.UID, Data: in}
	m.Data.UID = ""
	switch {
	case in.Type == nil && bytes.HasPrefix(in.Sockets, []byte("[")) && !bytes.HasPrefix(in.Sockets, []byte(`["`)):
		m.Type = adapter.FetchSocketsResponse
	case in.Type == nil:
		return nil // what no node in Go asks for
	case *in.Type == classicServerSideEmit:
		m.Type = adapter.ServerSideEmitResponse
		m.Data.Packet, m.Data.Data = in.Data, nil
	case *in.Type == classicClientCount:
		m.Type = adapter.BroadcastClientCount
	case *in.Type == classicAck:
		m.Type = adapter.BroadcastAck
	default:
		return nil
	}
	return m.pack(attachments)
}
