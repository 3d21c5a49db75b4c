package redis

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"slices"

	"socketio/adapter"
)

// A classicType is a type of requests and responses.
type classicType int

// The types, by their numbers.
const (
	classicSockets classicType = iota
	classicAllRooms
	classicJoin
	classicLeave
	classicDisconnect
	classicFetch
	classicServerSideEmit
	classicBroadcast
	classicClientCount
	classicAck

	// classicOurs and the types of package adapter behind it are known to nodes in Go
	// only, for what the others have no form for: heartbeats and farewells.
	classicOurs classicType = 1000
)

// maxAsked is how many requests can wait for an answer in a form of its own.
const maxAsked = 1000

// A classicMessage is the union of all requests and responses. The last six are known to
// nodes in Go only.
type classicMessage struct {
	Type        *classicType   `json:"type,omitzero"`
	UID         string         `json:"uid,omitzero"`
	RequestID   string         `json:"requestId,omitzero"`
	Packet      jsontext.Value `json:"packet,omitzero"`
	Opts        jsontext.Value `json:"opts,omitzero"`
	Rooms       jsontext.Value `json:"rooms,omitzero"`
	Close       *bool          `json:"close,omitzero"`
	Data        jsontext.Value `json:"data,omitzero"`
	Sockets     jsontext.Value `json:"sockets,omitzero"`
	ClientCount *int           `json:"clientCount,omitzero"`
	SID         string         `json:"sid,omitzero"`  // of requests of old versions
	Room        string         `json:"room,omitzero"` // the same
	ByID        bool           `json:"byId,omitzero"`
	Number      uint64         `json:"number,omitzero"`
	ID          string         `json:"id,omitzero"`
	Gone        bool           `json:"gone,omitzero"`
	PID         string         `json:"pid,omitzero"`
	Address     string         `json:"address,omitzero"`
}

// A clusterMessage is a message of package adapter, of whose members most are the same.
type clusterMessage struct {
	Type      adapter.MessageType `json:"type"`
	Data      classicMessage      `json:"data"`
	UID       string              `json:"uid"`
	Namespace string              `json:"nsp"`
}

// A classicPacket is what a broadcast carries.
type classicPacket struct {
	Type      int            `json:"type"`
	Data      jsontext.Value `json:"data"`
	Namespace string         `json:"nsp,omitzero"`
}

// classicTypes are the types of what is said alike.
var classicTypes = map[adapter.MessageType]classicType{
	adapter.SocketsJoin: classicJoin, adapter.SocketsLeave: classicLeave, adapter.DisconnectSockets: classicDisconnect,
	adapter.FetchSockets: classicFetch, adapter.ServerSideEmit: classicServerSideEmit,
	adapter.ServerSideEmitResponse: classicServerSideEmit, adapter.Broadcast: classicBroadcast,
	adapter.BroadcastClientCount: classicClientCount, adapter.BroadcastAck: classicAck,
}

// encode returns what a message becomes, and where that belongs.
func (b *Classic) encode(message []byte) (kind classicKind, body string, err error) {
	text, attachments, err := adapter.Unpack(message)
	if err != nil {
		return nowhere, "", err
	}
	var m clusterMessage
	if err := json.Unmarshal(text, &m, decodeOptions); err != nil {
		return nowhere, "", err
	}
	out := m.Data
	out.UID = m.UID
	t, known := classicTypes[m.Type]
	if !known {
		t = classicOurs + classicType(m.Type)
	}
	out.Type = &t
	kind = requests
	switch m.Type {
	case adapter.Broadcast:
		if out.Packet, err = packetFor(m.Namespace, out.Packet); err != nil {
			return nowhere, "", err
		}
		if out.RequestID == "" {
			body, err = encodeBroadcast(&out, attachments)
			return broadcasts, body, err
		}
		body, err = encodeJSON(&out, attachments, true)
		return requests, body, err
	case adapter.ServerSideEmit:
		out.Data, out.Packet = out.Packet, nil
	case adapter.ServerSideEmitResponse:
		kind, out.Data, out.Packet = responses, out.Packet, nil
	case adapter.BroadcastClientCount:
		kind = responses
	case adapter.BroadcastAck:
		body, err = encodeJSON(&out, attachments, true)
		return responses, body, err
	case adapter.FetchSocketsResponse:
		kind, out.Type = responses, nil
		if asked, special := b.formOf(out.RequestID); special {
			attachments = nil // of the data, which is not asked for
			err = out.answerInForm(asked)
		}
	default: // the members are the same
	}
	if err != nil {
		return nowhere, "", err
	}
	body, err = encodeJSON(&out, attachments, len(attachments) > 0)
	return kind, body, err
}

// encodeJSON returns a request or a response, which is JSON or MessagePack.
func encodeJSON(m *classicMessage, attachments [][]byte, packed bool) (string, error) {
	text, err := json.Marshal(m, decodeOptions)
	if err != nil || !packed {
		return string(text), err
	}
	return encodeBinary(text, attachments)
}

// encodeBroadcast returns an event for which there are no answers.
func encodeBroadcast(m *classicMessage, attachments [][]byte) (string, error) {
	text := appendString([]byte{'['}, m.UID)
	text = slices.Concat(text, []byte{','}, m.Packet, []byte{','}, m.Opts, []byte{']'})
	return encodeBinary(text, attachments)
}

// packetFor returns a packet with its namespace.
func packetFor(namespace string, packet jsontext.Value) (jsontext.Value, error) {
	var p classicPacket
	if err := json.Unmarshal(packet, &p, decodeOptions); err != nil {
		return nil, err
	}
	p.Namespace = namespace
	return json.Marshal(&p, decodeOptions)
}

// noteForm notes that a request is to be answered in a form of its own.
func (b *Classic) noteForm(request string, t classicType) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) < maxAsked {
		b.asked[request] = t
	}
}

// formOf returns what noteForm has noted, once.
func (b *Classic) formOf(request string) (t classicType, special bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, special = b.asked[request]
	delete(b.asked, request)
	return t, special
}

// answerInForm makes of a description of sockets the answer with their IDs or their rooms
// alone.
func (m *classicMessage) answerInForm(asked classicType) error {
	var sockets []struct {
		ID    string   `json:"id"`
		Rooms []string `json:"rooms"`
	}
	if err := json.Unmarshal(m.Sockets, &sockets, decodeOptions); err != nil {
		return err
	}
	ids, rooms := []string{}, []string{}
	for _, s := range sockets {
		ids, rooms = append(ids, s.ID), append(rooms, s.Rooms...)
	}
	var err error
	if asked == classicSockets {
		m.Sockets, err = json.Marshal(ids, decodeOptions)
		m.Rooms = nil
		return err
	}
	slices.Sort(rooms)
	m.Sockets = nil
	m.Rooms, err = json.Marshal(slices.Compact(rooms), decodeOptions)
	return err
}
