package adapter

import (
	"bytes"
	"encoding/binary"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"time"

	"socketio/sio5"
)

// envelope is the JSON of a message.
type envelope struct {
	Type MessageType  `json:"type"`
	UID  string       `json:"uid"`
	NSP  string       `json:"nsp"`
	Data envelopeData `json:"data"`
}

// envelopeData is the union of what messages carry. A packet is an object, an array or
// any value, depending on the type.
type envelopeData struct {
	Opts        targets        `json:"opts"`
	Packet      jsontext.Value `json:"packet"`
	RequestID   string         `json:"requestId"`
	Rooms       []string       `json:"rooms"`
	Close       bool           `json:"close"`
	Sockets     []socket       `json:"sockets"`
	ClientCount int            `json:"clientCount"`
	Number      uint64         `json:"number"`
	ByID        bool           `json:"byId"`
	ID          string         `json:"id"`
	Gone        bool           `json:"gone"`
	PID         string         `json:"pid"`
	Address     string         `json:"address"`
}

type targets struct {
	Rooms  []string `json:"rooms"`
	Except []string `json:"except"`
	Flags  flags    `json:"flags"`
}

type flags struct {
	Volatile bool    `json:"volatile"`
	Compress *bool   `json:"compress"`
	Timeout  float64 `json:"timeout"` // milliseconds
}

type socket struct {
	ID        string         `json:"id"`
	Handshake jsontext.Value `json:"handshake"`
	Rooms     []string       `json:"rooms"`
	Data      jsontext.Value `json:"data"`
}

// decodeOptions accept what JSON.stringify writes.
var decodeOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// placeholderMark is in every placeholder that a node writes.
var placeholderMark = []byte(`"_placeholder":true`)

// maxTimeout is the longest that a message can ask to wait for replies.
const maxTimeout = 24 * time.Hour

// Decode decodes a message. It shares memory with b. The error says that b is none; one of
// an unknown type is no error.
func Decode(b []byte) (*Message, error) {
	text, attachments, err := Unpack(b)
	if err != nil {
		return nil, err
	}
	var e envelope
	if err := json.Unmarshal(text, &e, decodeOptions); err != nil {
		return nil, fmt.Errorf("adapter: no message of a cluster: %w", err)
	}
	m := e.message()
	m.Attachments = attachments
	if err := m.readPacket(e.Data.Packet); err != nil {
		return nil, fmt.Errorf("adapter: a message of type %d: %w", m.Type, err)
	}
	return m, m.check()
}

// Unpack takes an encoded message apart into its JSON and the attachments for the
// placeholders in that, which share memory with b. The error says that b is none, or that
// there are more or fewer attachments than placeholders.
func Unpack(b []byte) (text []byte, attachments [][]byte, err error) {
	if len(b) == 0 || b[0] != attachmentsMark {
		return b, nil, nil
	}
	rest := b[1:]
	if text, rest, err = nextChunk(rest); err != nil {
		return nil, nil, err
	}
	for len(rest) > 0 {
		var attachment []byte
		if attachment, rest, err = nextChunk(rest); err != nil {
			return nil, nil, err
		}
		attachments = append(attachments, attachment)
	}
	if placeholders(text) != len(attachments) {
		return nil, nil, errors.New("adapter: a message with more or fewer attachments than placeholders")
	}
	return text, attachments, nil
}

// placeholders returns how many placeholders there are in text.
func placeholders(text []byte) int { return bytes.Count(text, placeholderMark) }

func nextChunk(b []byte) (chunk, rest []byte, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, errors.New("adapter: a message that is cut off")
	}
	end := n + int(length)
	return b[n:end:end], b[end:], nil
}

// message returns all but the packet and the attachments.
func (e *envelope) message() *Message {
	d := &e.Data
	m := &Message{
		UID: e.UID, Namespace: e.NSP, Type: e.Type,
		Targets: Targets{
			Rooms: d.Opts.Rooms, Except: d.Opts.Except,
			Volatile:     d.Opts.Flags.Volatile,
			Uncompressed: d.Opts.Flags.Compress != nil && !*d.Opts.Flags.Compress,
			Timeout:      timeout(d.Opts.Flags.Timeout),
		},
		Rooms: d.Rooms, Close: d.Close, RequestID: d.RequestID,
		Clients: d.ClientCount, Number: d.Number, ByID: d.ByID, SocketID: d.ID, Gone: d.Gone, Session: d.PID, Address: d.Address,
	}
	for _, s := range d.Sockets {
		m.Sockets = append(m.Sockets, Socket{ID: s.ID, Handshake: s.Handshake, Rooms: s.Rooms, Data: s.Data})
	}
	return m
}

func timeout(milliseconds float64) time.Duration {
	if !(milliseconds > 0) {
		return 0
	}
	return time.Duration(min(milliseconds*float64(time.Millisecond), float64(maxTimeout)))
}

// readPacket sets what the member "packet" is in messages of m's type.
func (m *Message) readPacket(packet jsontext.Value) error {
	switch m.Type {
	case Broadcast:
		var p struct {
			Type int            `json:"type"`
			Data jsontext.Value `json:"data"`
		}
		if err := json.Unmarshal(packet, &p, decodeOptions); err != nil {
			return err
		}
		if p.Type != eventPacket {
			return fmt.Errorf("a packet of type %d", p.Type)
		}
		m.Event = p.Data
	case ServerSideEmit:
		m.Event = packet
	case ServerSideEmitResponse, BroadcastAck:
		m.Reply = packet
	default: // the others have none
	}
	return nil
}

// check says what a message lacks.
func (m *Message) check() error {
	missing := ""
	switch m.Type {
	case Broadcast, ServerSideEmit:
		if _, err := m.EventName(); err != nil {
			return err
		}
	case FetchSockets, FetchSocketsResponse, ServerSideEmitResponse, BroadcastClientCount, BroadcastAck:
		if m.RequestID == "" {
			missing = "a request ID"
		}
	default: // nothing that could be missing
	}
	if m.Clients < 0 {
		missing = "a count of clients"
	}
	if missing != "" {
		return fmt.Errorf("adapter: a message of type %d without %s", m.Type, missing)
	}
	return nil
}

// EventName returns the name of the event that a Broadcast or a ServerSideEmit carries. The
// error says that Event is none.
func (m *Message) EventName() (string, error) {
	array := bytes.TrimSpace(m.Event)
	if len(array) < 2 || array[0] != '[' {
		return "", fmt.Errorf("adapter: a message of type %d without an event", m.Type)
	}
	name, _ := sio5.Args(array[1 : len(array)-1]).Next()
	if len(name) < 2 || name[0] != '"' {
		return "", fmt.Errorf("adapter: a message of type %d with an event without a name", m.Type)
	}
	if plain := name[1 : len(name)-1]; bytes.IndexByte(plain, '\\') < 0 {
		return string(plain), nil
	}
	unquoted, _ := jsontext.AppendUnquote(nil, name) // the error only says that something became U+FFFD
	return string(unquoted), nil
}
