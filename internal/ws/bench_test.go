package ws

import (
	"bytes"
	"testing"
)

// sink keeps the compiler from leaving out what is measured.
var sink int

// BenchmarkNext measures a message that was read whole, in one frame.
func BenchmarkNext(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"16B", 16}, {"128B", 128}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}} {
		for _, op := range []Opcode{OpBinary, OpText} {
			b.Run(opName(op)+"/"+size.name, func(b *testing.B) {
				frame := benchFrame(op, bytes.Repeat([]byte("a"), size.n))
				var p Parser
				b.ReportAllocs()
				b.SetBytes(int64(size.n))
				for b.Loop() {
					m, n, err := p.Next(frame)
					if err != nil {
						b.Fatal(err)
					}
					sink += len(m.Data) + n
				}
			})
		}
	}
}

// BenchmarkNextBatch measures sixteen small messages that one read has brought.
func BenchmarkNextBatch(b *testing.B) {
	var batch []byte
	for range 16 {
		batch = append(batch, benchFrame(OpText, []byte(`42["message",{"a":1,"text":"hello"}]`))...)
	}
	var p Parser
	b.ReportAllocs()
	for b.Loop() {
		for in := batch; len(in) > 0; {
			m, n, err := p.Next(in)
			if err != nil {
				b.Fatal(err)
			}
			sink += len(m.Data)
			in = in[n:]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16, "ns/message")
}

// BenchmarkNextSplit measures a small message of which two reads have brought a
// part each.
func BenchmarkNextSplit(b *testing.B) {
	frame := benchFrame(OpText, bytes.Repeat([]byte("a"), 128))
	var p Parser
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Next(frame[:40]); err != nil {
			b.Fatal(err)
		}
		m, _, err := p.Next(frame[40:])
		if err != nil {
			b.Fatal(err)
		}
		sink += len(m.Data)
	}
}

// BenchmarkSpace measures a message of which the read buffer held the beginning
// and the rest was read into place, by a copy that stands for the system call.
func BenchmarkSpace(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"64KiB", 64 << 10}, {"1MB", 1e6}} {
		b.Run(size.name, func(b *testing.B) {
			frame := benchFrame(OpBinary, make([]byte, size.n))
			var p Parser
			b.ReportAllocs()
			b.SetBytes(int64(size.n))
			for b.Loop() {
				_, at, err := p.Next(frame[:4<<10])
				var m Message
				for err == nil && m.Op == 0 {
					if space := p.Space(); space != nil {
						n := copy(space, frame[at:])
						at += n
						m, err = p.Filled(n)
						continue
					}
					var n int
					m, n, err = p.Next(frame[at:])
					at += n
				}
				if err != nil {
					b.Fatal(err)
				}
				sink += len(m.Data)
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	payload := bytes.Repeat([]byte("a"), 128)
	for _, way := range []struct {
		name   string
		append func([]byte, Opcode, []byte) []byte
	}{{"Frame", AppendFrame}, {"Masked", AppendMasked}} {
		b.Run(way.name, func(b *testing.B) {
			dst := make([]byte, 0, 256)
			b.ReportAllocs()
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				sink += len(way.append(dst, OpText, payload))
			}
		})
	}
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"16B", 16}, {"100B", 100}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			data := make([]byte, size.n)
			b.SetBytes(int64(size.n))
			for b.Loop() {
				sink += int(mask(data, 0x12345678))
			}
		})
	}
}

// benchFrame returns a masked frame that can be parsed in place again and again:
// each time the key turns an ASCII text into another one, and back.
func benchFrame(op Opcode, payload []byte) []byte {
	frame := appendHeader(nil, op, len(payload), maskBit)
	return append(append(frame, 1, 1, 1, 1), payload...)
}

func opName(op Opcode) string {
	if op == OpText {
		return "text"
	}
	return "binary"
}
