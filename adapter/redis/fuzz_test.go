package redis

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// samples are what nodes have said, as Redis carries it.
func samples(t testing.TB) []string {
	t.Helper()
	texts := []string{"", "{", "{}", "\x00", "\xc1", `{"type":0,"requestId":"r","rooms":[]}`, `{"type":2,"sid":"s","room":"r"}`, `{"requestId":"r","sockets":["s"]}`}
	b := NewClassic(nil, nil)
	for _, m := range []adapter.Message{
		{Type: adapter.Heartbeat},
		{Type: adapter.Broadcast, Event: []byte(`["e",1.5,null]`), Targets: adapter.Targets{Rooms: []string{"r"}, Volatile: true}},
		{Type: adapter.Broadcast, Event: []byte(`["e",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2}}},
		{Type: adapter.Broadcast, Event: []byte(`["e"]`), RequestID: "r"},
		{Type: adapter.SocketsJoin, Rooms: []string{"a"}},
		{Type: adapter.DisconnectSockets, Close: true},
		{Type: adapter.FetchSockets, RequestID: "r"},
		{Type: adapter.FetchSocketsResponse, RequestID: "r", Sockets: []adapter.Socket{{ID: "s", Rooms: []string{"s"}, Handshake: []byte(`{}`)}}},
		{Type: adapter.ServerSideEmit, Event: []byte(`["e"]`), RequestID: "r"},
		{Type: adapter.ServerSideEmitResponse, RequestID: "r", Reply: []byte(`1`)},
		{Type: adapter.BroadcastClientCount, RequestID: "r", Clients: 2},
		{Type: adapter.BroadcastAck, RequestID: "r", Reply: []byte(`[1]`), SocketID: "s"},
	} {
		m.UID, m.Namespace = "0123456789abcdef", "/"
		text := m.Append(nil)
		body, err := encode(text)
		if err != nil {
			t.Fatal(err)
		}
		_, classic, err := b.encode(text)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, body, classic)
	}
	return texts
}

func TestWhatIsCutOffOrChangedIsNoMessageAndNoPanic(t *testing.T) {
	b := NewClassic(nil, nil)
	for _, text := range samples(t) {
		for i := range len(text) {
			for _, body := range []string{text[:i], text[:i] + "\xff" + text[i+1:], text + text[:i]} {
				for _, m := range [][]byte{decode(body), decodeBroadcast("/", body), b.decodeRequest("/", body), decodeResponse("/", body)} {
					_, _ = adapter.Decode(m)
				}
			}
		}
	}
}

// FuzzDecode reads anything in all forms. What is a message must be one when it has
// travelled once more.
func FuzzDecode(f *testing.F) {
	for _, text := range samples(f) {
		f.Add(text, "3")
		f.Add(base64.StdEncoding.EncodeToString([]byte(text)), "3")
		f.Add(text, "4")
	}
	f.Fuzz(func(t *testing.T, body, kind string) {
		b := NewClassic(nil, nil)
		entry, at := readEntry(&rueidis.XRangeEntry{ID: "1-1", FieldValues: map[string]string{"uid": "u", "nsp": "/", "type": kind, "data": body}})
		if m, err := adapter.Decode(entry); err == nil && m.Kept() != (at != "") {
			t.Errorf("%q is kept: %t, and has the offset %q", entry, m.Kept(), at)
		}
		for _, message := range [][]byte{decode(body), decodeBroadcast("/", body), b.decodeRequest("/", body), decodeResponse("/", body), entry} {
			m, err := adapter.Decode(message)
			if err != nil || !strings.HasPrefix(m.Namespace, "/") {
				continue
			}
			again, err := encode(m.Append(nil))
			if err != nil {
				continue // of JSON that is nested deeper than MessagePack may be, say
			}
			if _, err := adapter.Decode(decode(again)); err != nil && len(m.Attachments) == 0 {
				t.Errorf("%q became %q: %v", message, again, err)
			}
			_, _, _ = b.encode(m.Append(nil)) // refuses some
		}
	})
}
