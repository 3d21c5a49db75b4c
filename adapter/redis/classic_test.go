package redis

import (
	"strings"
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestClassicIsABus(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) adapter.Bus {
		return NewClassic(connected(t), &ClassicOptions{Prefix: t.Name()})
	})
}

// described is what a node says of its sockets.
const described = `{"type":8,"data":{"requestId":"r","sockets":[` +
	`{"id":"s","rooms":["s","a"],"data":{"_placeholder":true,"num":0}},{"id":"t","rooms":["t","a"]}]},"uid":"u","nsp":"/"}`

func TestWhatOldVersionsAskIsAnswered(t *testing.T) {
	for _, tt := range []struct{ request, meaning, answer string }{
		{
			request: `{"type":0,"uid":"v","requestId":"r","rooms":["a"]}`,
			meaning: `{"type":7,"data":{"requestId":"r","opts":{"rooms":["a"],"except":[],"flags":{}}},"uid":"v","nsp":"/"}`,
			answer:  `{"uid":"u","requestId":"r","sockets":["s","t"]}`,
		},
		{
			request: `{"type":1,"uid":"v","requestId":"r"}`,
			meaning: `{"type":7,"data":{"requestId":"r","opts":{"rooms":[],"except":[],"flags":{}}},"uid":"v","nsp":"/"}`,
			answer:  `{"uid":"u","requestId":"r","rooms":["a","s","t"]}`,
		},
		{
			request: `{"type":2,"sid":"s","room":"a","requestId":"r"}`,
			meaning: `{"type":4,"data":{"opts":{"rooms":["s"],"except":[],"flags":{}},"rooms":["a"]},"uid":"emitter","nsp":"/"}`,
		},
		{
			request: `{"type":4,"sid":"s","close":true,"requestId":"r"}`,
			meaning: `{"type":6,"data":{"opts":{"rooms":["s"],"except":[],"flags":{}},"close":true},"uid":"emitter","nsp":"/"}`,
		},
	} {
		b := NewClassic(nil, nil)
		m, err := adapter.Decode(b.decodeRequest("/", tt.request))
		if err != nil {
			t.Errorf("%s: %v", tt.request, err)
			continue
		}
		want, _ := adapter.Decode([]byte(tt.meaning))
		if got := string(m.Append(nil)); got != string(want.Append(nil)) {
			t.Errorf("%s means %s, want %s", tt.request, got, tt.meaning)
		}
		if tt.answer == "" {
			continue
		}
		kind, body, err := b.encode(adapter.Pack([]byte(described), [][]byte{{1}}))
		if kind != responses || body != tt.answer || err != nil {
			t.Errorf("%s is answered by %s (%v), want %s", tt.request, body, err, tt.answer)
		}
		if _, body, _ = b.encode(adapter.Pack([]byte(described), [][]byte{{1}})); !strings.HasPrefix(body, "\x83") {
			t.Errorf("another request is answered by %q, want MessagePack as there is binary", body)
		}
	}
}

func TestWhatIsForOthersIsIgnored(t *testing.T) {
	b := NewClassic(nil, nil)
	for _, m := range [][]byte{
		b.decodeRequest("/", `{"type":42,"uid":"v"}`),
		decodeResponse("/", `{"requestId":"r","sockets":["s"]}`),
		decodeResponse("/", `{"requestId":"r","rooms":["a"]}`),
		decodeResponse("/", `{"requestId":"r"}`),
		decodeBroadcast("/", "\x93\xa1u\x83\xa4type\x02\xa4data\x91\xa1e\xa3nsp\xa3/#a\x80"),
	} {
		if m != nil {
			t.Errorf("%q is delivered", m)
		}
	}
}
