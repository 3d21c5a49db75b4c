package adapter

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// corpus returns the messages that servers for Node have sent, see testdata/node.cjs.
func corpus(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/node.txt")
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for line := range strings.Lines(string(text)) {
		_, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		messages = append(messages, message)
	}
	return messages
}

func TestMessagesOfNodeAreUnderstoodAndWrittenAlike(t *testing.T) {
	types := map[MessageType]bool{}
	for _, text := range corpus(t) {
		m, err := Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(m.Append(nil)); got != text {
			t.Errorf("Node wrote\n%s, Append\n%s", text, got)
		}
		types[m.Type] = true
	}
	for want := InitialHeartbeat; want <= AdapterClose; want++ {
		if !types[want] {
			t.Errorf("Node wrote no message of type %d", want)
		}
	}
}

// samples has a message of each type with all the fields that it may have.
var samples = []Message{
	{Type: InitialHeartbeat},
	{Type: Heartbeat},
	{Type: InitialHeartbeat, Address: "10.0.0.7:3000"},
	{Type: Heartbeat, Address: "[2001:db8::1]:3000"},
	{
		Type: Broadcast, Event: []byte(`["a\"b",1]`), RequestID: "r", ByID: true,
		Targets: Targets{Rooms: []string{"x", "ü\n"}, Except: []string{"y"}, Volatile: true, Uncompressed: true, Timeout: time.Second},
	},
	{Type: Broadcast, Event: []byte(`["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`), Attachments: [][]byte{{1, 2}, {}}},
	{Type: Broadcast, Event: []byte(`["e"]`), Number: 1 << 60},
	{Type: LetGo, Session: "p"},
	{Type: SocketsJoin, Rooms: []string{"a", "b"}, Targets: Targets{Except: []string{"y"}}},
	{Type: SocketsLeave, Rooms: []string{"a"}, Targets: Targets{Rooms: []string{"x"}}},
	{Type: DisconnectSockets, Close: true},
	{Type: FetchSockets, RequestID: "r"},
	{Type: FetchSocketsResponse, RequestID: "r", Sockets: []Socket{
		{ID: "s", Handshake: []byte(`{"url":"/"}`), Rooms: []string{"s", "a"}, Data: []byte(`{"_placeholder":true,"num":0}`)},
		{ID: "t", Handshake: []byte(`{}`), Rooms: []string{"t"}, Data: []byte(`null`)},
	}, Attachments: [][]byte{[]byte("data")}},
	{Type: ServerSideEmit, Event: []byte(`["e"]`), RequestID: "r"},
	{Type: ServerSideEmitResponse, RequestID: "r", Reply: []byte(`null`)},
	{Type: ServerSideEmitResponse, RequestID: "r"},
	{Type: BroadcastClientCount, RequestID: "r", Clients: 3},
	{Type: BroadcastAck, RequestID: "r", Reply: []byte(`[1]`), SocketID: "s"},
	{Type: BroadcastAck, RequestID: "r", SocketID: "s", Gone: true},
	{Type: AdapterClose},
}

func TestMessagesSurviveTheJourney(t *testing.T) {
	for _, m := range samples {
		m.UID, m.Namespace = "0123456789abcdef", "/chat"
		b := m.Append([]byte("before"))
		if string(b[:6]) != "before" {
			t.Errorf("Append of type %d has not appended", m.Type)
		}
		got, err := Decode(b[6:])
		if err != nil {
			t.Errorf("type %d: %v", m.Type, err)
			continue
		}
		if got, want := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", m); got != want {
			t.Errorf("%s\nbecame\n%s", want, got)
		}
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	binary := (&Message{Type: Broadcast, Event: []byte(`["e",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2}}}).Append(nil)
	for _, text := range []string{
		"", "null]", "[]", "{", `"text"`, "\x93\xa3uid", // the last is MessagePack
		`{"type":"3"}`, `{"type":3}`, `{"type":3,"data":null}`,
		`{"type":3,"data":{"packet":{"type":2}}}`,
		`{"type":3,"data":{"packet":{"type":2,"data":[]}}}`,
		`{"type":3,"data":{"packet":{"type":2,"data":[1]}}}`,
		`{"type":3,"data":{"packet":{"type":2,"data":"event"}}}`,
		`{"type":3,"data":{"packet":{"type":3,"data":["event"]}}}`,
		`{"type":3,"data":{"packet":["event"]}}`,
		`{"type":7,"data":{"opts":{}}}`,
		`{"type":8,"data":{"sockets":[]}}`,
		`{"type":9,"data":{"packet":{}}}`,
		`{"type":10,"data":{"packet":1}}`,
		`{"type":11,"data":{"requestId":"r","clientCount":-1}}`,
		`{"type":12}`,
		string(binary[:len(binary)-1]),
		string(binary) + "\x00",
		"\x00", "\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		if m, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
}

// What travels on a bus is data, whoever wrote it. These are objects of Python, two of
// which would call a function where they are read.
func TestCVE_2025_61765_AMessageCallsNothing(t *testing.T) {
	for _, pickled := range []string{
		"cos\nsystem\n(S'true'\ntR.",
		"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
		"\x80\x04}\x8c\x06method\x8c\x04emits.",
	} {
		if m, err := Decode([]byte(pickled)); err == nil {
			t.Errorf("%q is %+v", pickled, m)
		}
	}
}

func TestMessagesOfLaterVersionsAreUnderstood(t *testing.T) {
	for _, text := range []string{
		`{"type":14,"uid":"u","nsp":"/","data":{"new":1}}`,
		`{"type":2,"uid":"u","nsp":"/","data":null,"also":[]}`,
		`{"type":6,"uid":"u","nsp":"/","data":{"opts":{"rooms":null,"flags":{"broadcast":true,"timeout":-1,"compress":true}},"close":true}}`,
	} {
		m, err := Decode([]byte(text))
		if err != nil || m.UID != "u" || m.Namespace != "/" || !reflect.DeepEqual(m.Targets, Targets{}) {
			t.Errorf("%s is %+v (%v)", text, m, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range samples {
		f.Add(m.Append(nil))
	}
	for _, text := range corpus(f) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		again := m.Append(nil)
		other, err := Decode(again)
		switch {
		case err == nil && string(other.Append(nil)) != string(again):
			t.Errorf("%q became %q", again, other.Append(nil))
		case err != nil && len(m.Attachments) == 0:
			t.Errorf("%q became %q: %v", b, again, err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	m := Message{UID: "0123456789abcdef", Namespace: "/", Type: Broadcast, Event: []byte(`["event",{"text":"hello"}]`), Targets: Targets{Rooms: []string{"room"}}}
	b.ReportAllocs()
	for b.Loop() {
		m.Append(nil)
	}
}

func BenchmarkDecode(b *testing.B) {
	m := Message{UID: "0123456789abcdef", Namespace: "/", Type: Broadcast, Event: []byte(`["event",{"text":"hello"}]`), Targets: Targets{Rooms: []string{"room"}}}
	text := m.Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMessagesAreTakenApartAndPutTogether(t *testing.T) {
	for i := range samples {
		b := samples[i].Append(nil)
		text, attachments, err := Unpack(b)
		if err != nil || len(attachments) != len(samples[i].Attachments) {
			t.Errorf("%q was taken apart into %d attachments and %q (%v)", b, len(attachments), text, err)
		}
		if got := Pack(text, attachments); string(got) != string(b) {
			t.Errorf("%q became %q", b, got)
		}
	}
}
