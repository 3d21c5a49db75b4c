package postgres

import (
	"strings"
	"testing"

	"socketio/adapter"
	"socketio/msgpack"
)

// samples are what nodes have said, as notifications carry it.
func samples(t testing.TB) []string {
	t.Helper()
	b := new(Bus)
	payloads := []string{
		"", "{", "{}", "null", `{"uid":"0123456789abcdef","type":3,"attachmentId":"12"}`, `{"attachmentId":12}`,
		`{"type":3,"data":{"packet":{"type":2,"data":["e"],"nsp":"/"},"opts":{"rooms":[],"flags":{},"except":[]}},"uid":"emitter"}`,
	}
	for _, m := range []adapter.Message{
		{Type: adapter.Heartbeat},
		{Type: adapter.Broadcast, Event: []byte(`["e",1.5,null]`), Targets: adapter.Targets{Rooms: []string{"r"}, Volatile: true}},
		{Type: adapter.Broadcast, Event: []byte(`["e",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2}}},
		{Type: adapter.SocketsJoin, Rooms: []string{"a"}},
		{Type: adapter.FetchSocketsResponse, RequestID: "r", Sockets: []adapter.Socket{{ID: "s", Rooms: []string{"s"}, Handshake: []byte(`{}`)}}},
		{Type: adapter.ServerSideEmit, UID: adapter.EmitterUID, Event: []byte(`["e"]`)},
		{Type: adapter.BroadcastAck, RequestID: "r", Reply: []byte(`[1]`), SocketID: "s"},
	} {
		m.Namespace = "/"
		n, err := b.encode(m.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		offset := position{7, 1_700_000_000_000_000}.offset()
		payloads = append(payloads, n.text, addressed("0123456789abcdef", n.text), offsetMark+string(offset)+`",`+n.text[1:], string(n.attachment))
	}
	return payloads
}

// FuzzRead reads anything as a notification, and as an attachment. What is a message must be
// one when it has travelled once more, and have a namespace.
func FuzzRead(f *testing.F) {
	for _, payload := range samples(f) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		b := new(Bus)
		p, rest, kept := cutOffset(payload)
		if kept && !strings.HasPrefix(payload, offsetMark+string(p.offset())+`",`) {
			t.Errorf("%q has the offset %q", payload, p.offset())
		}
		node, behind, one := cutAddress(payload)
		if one && addressed(node, behind) != payload && !strings.ContainsAny(node, `"\`) {
			t.Errorf("%q for %q became %q", behind, node, addressed(node, behind))
		}
		_, _ = parseHeader(payload)
		text, attachments, _, err := msgpack.ReadValue(nil, []byte(payload))
		messages := [][]byte{[]byte(payload), []byte(rest), []byte(behind)}
		if err == nil {
			messages = append(messages, adapter.Pack(text, attachments))
		}
		for _, message := range messages {
			message = named("/from the channel", message)
			m, err := adapter.Decode(message)
			if err != nil {
				continue
			}
			if m.UID == adapter.EmitterUID && m.Namespace == "" && !strings.Contains(string(message), "nsp") && message[0] == '{' {
				t.Errorf("%q has no namespace", message)
			}
			n, err := b.encode(m.Append(nil))
			if err != nil || n.attachment != nil {
				continue
			}
			if _, err := adapter.Decode([]byte(n.text)); err != nil {
				t.Errorf("%q became %q: %v", message, n.text, err)
			}
		}
	})
}
