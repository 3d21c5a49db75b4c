package eio3

import (
	"bytes"
	"testing"
)

func BenchmarkReadPayloadOf16Packets(b *testing.B) {
	body := bytes.Repeat([]byte(`45:42["echo","0123456789abcdef0123456789abcdef"]`), 16)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := Payload(body); len(rest) > 0; {
			var err error
			if _, rest, err = rest.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkAppendPayload(b *testing.B) {
	p := Packet{Type: Message, Data: []byte(`2["echo","0123456789abcdef0123456789abcdef"]`)}
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendPayload(dst[:0], p)
	}
}
