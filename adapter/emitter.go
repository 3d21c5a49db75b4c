package adapter

import (
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"slices"

	"socketio/sio5"
)

// An Emitter sends to the clients and servers of a cluster from a program that is none of
// its servers. It is an immutable value: its methods return others, which select sockets as a
// Broadcast of package socketio does, and it can be kept and shared.
//
// Methods with a context block until the Bus has taken the message, and the error is that of
// the Bus. There are no replies.
type Emitter struct {
	bus       Bus
	namespace string
	targets   Targets
	narrowed  bool
}

// NewEmitter returns an Emitter for the sockets of the namespace "/".
func NewEmitter(b Bus) *Emitter { return &Emitter{bus: b, namespace: "/"} }

// Of returns an Emitter for all sockets of a namespace. A slash is put in front of a name
// without one.
func (e *Emitter) Of(namespace string) *Emitter {
	if namespace == "" || namespace[0] != '/' {
		namespace = "/" + namespace
	}
	return &Emitter{bus: e.bus, namespace: namespace}
}

// To narrows the selection to the members of rooms: of any of these, or of those that
// earlier calls of To named. To without any rooms selects nobody.
func (e *Emitter) To(rooms ...string) *Emitter {
	other := *e
	other.narrowed = true
	other.targets.Rooms = slices.Concat(e.targets.Rooms, rooms)
	return &other
}

// Except leaves out sockets that are in any of the rooms.
func (e *Emitter) Except(rooms ...string) *Emitter {
	other := *e
	other.targets.Except = slices.Concat(e.targets.Except, rooms)
	return &other
}

// Volatile makes messages be dropped for those sockets to which they cannot be sent at
// once.
func (e *Emitter) Volatile() *Emitter {
	other := *e
	other.targets.Volatile = true
	return &other
}

// Compress says whether the messages may be compressed.
func (e *Emitter) Compress(on bool) *Emitter {
	other := *e
	other.targets.Uncompressed = !on
	return &other
}

// EmitArgs sends an event to the selected sockets. The arguments are encoded by
// encoding/json/v2; a []byte at any depth is a binary attachment.
func (e *Emitter) EmitArgs(ctx context.Context, event string, args ...any) error {
	m := &Message{Type: Broadcast}
	if err := m.encode(event, args); err != nil {
		return err
	}
	return e.publish(ctx, m)
}

// ServerSideEmit sends an event to the servers of the cluster, whatever sockets are
// selected.
func (e *Emitter) ServerSideEmit(ctx context.Context, event string, args ...any) error {
	m := &Message{Type: ServerSideEmit}
	if err := m.encode(event, args); err != nil {
		return err
	}
	return e.Of(e.namespace).publish(ctx, m)
}

// SocketsJoin makes the selected sockets join rooms.
func (e *Emitter) SocketsJoin(ctx context.Context, rooms ...string) error {
	return e.publish(ctx, &Message{Type: SocketsJoin, Rooms: rooms})
}

// SocketsLeave makes the selected sockets leave rooms.
func (e *Emitter) SocketsLeave(ctx context.Context, rooms ...string) error {
	return e.publish(ctx, &Message{Type: SocketsLeave, Rooms: rooms})
}

// DisconnectSockets makes the selected sockets leave the namespace, or closes their
// connections.
func (e *Emitter) DisconnectSockets(ctx context.Context, closeConn bool) error {
	return e.publish(ctx, &Message{Type: DisconnectSockets, Close: closeConn})
}

func (e *Emitter) publish(ctx context.Context, m *Message) error {
	if e.narrowed && len(e.targets.Rooms) == 0 {
		return nil
	}
	m.UID, m.Namespace, m.Targets = EmitterUID, e.namespace, e.targets
	_, err := e.bus.Publish(ctx, m.Topic(), m.Append(nil))
	return err
}

// encode sets the event and its attachments.
func (m *Message) encode(event string, args []any) error {
	if sio5.Reserved(event) {
		return fmt.Errorf("adapter: %q is a reserved event name", event)
	}
	binary := json.MarshalToFunc(func(enc *jsontext.Encoder, b []byte) error {
		if b == nil {
			return enc.WriteToken(jsontext.Null)
		}
		m.Attachments = append(m.Attachments, b)
		return enc.WriteValue(sio5.AppendPlaceholder(nil, len(m.Attachments)-1))
	})
	var err error
	m.Event, err = json.Marshal(append([]any{event}, args...), json.WithMarshalers(binary), decodeOptions)
	if err != nil {
		return fmt.Errorf("adapter: the event %q: %w", event, err)
	}
	if len(m.Attachments) > 0 && placeholders(m.Event) != len(m.Attachments) {
		return errors.New("adapter: an object of the payload looks like the placeholder of an attachment")
	}
	return nil
}
