package eio4

import (
	"bytes"
	"testing"
	"time"
)

func BenchmarkDecodeText(b *testing.B) {
	frame := []byte(`42["echo","0123456789abcdef0123456789abcdef"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(frame, false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBase64OfOneKiB(b *testing.B) {
	encoded := AppendText(nil, Packet{Type: Message, Binary: true, Data: make([]byte, 1024)})
	frame := make([]byte, len(encoded))
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		copy(frame, encoded)
		if _, err := Decode(frame, false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	p := Packet{Type: Message, Data: []byte(`2["echo","0123456789abcdef0123456789abcdef"]`)}
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendText(dst[:0], p)
	}
}

func BenchmarkReadPayloadOf16Packets(b *testing.B) {
	body := bytes.Repeat([]byte("\x1e42[\"echo\",\"0123456789abcdef0123456789abcdef\"]"), 16)[1:]
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := Payload(body); rest != nil; {
			var err error
			if _, rest, err = rest.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkAppendHandshake(b *testing.B) {
	h := Handshake{"lv_VI97HAXpY6yYWAAAB", []string{"websocket"}, 25 * time.Second, 20 * time.Second, 1_000_000}
	dst := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendHandshake(dst[:0], h)
	}
}
