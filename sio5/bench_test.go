package sio5

import (
	"strings"
	"testing"
)

const echo = `2["echo","0123456789abcdef0123456789abcdef"]`

// oneKiB is an event with an object of about 1,024 bytes.
var oneKiB = `2["update",{"id":12345,"name":"a name of some length","tags":["red","green","blue"],"price":12.75,` +
	`"active":true,"parent":null,"nested":{"x":1,"y":[1,2,3,4,5,6,7,8]},"text":"` + strings.Repeat("lorem ipsum ", 67) + `"}]`

func benchmarkText(b *testing.B, s string) {
	in := []byte(s)
	var d Decoder
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.Text(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEcho(b *testing.B)            { benchmarkText(b, echo) }
func BenchmarkDecodeEchoWithAckID(b *testing.B)   { benchmarkText(b, "212"+echo[1:]) }
func BenchmarkDecodeEchoInNamespace(b *testing.B) { benchmarkText(b, "2/chat,12"+echo[1:]) }
func BenchmarkDecodeAck(b *testing.B)             { benchmarkText(b, `312["0123456789abcdef0123456789abcdef"]`) }
func BenchmarkDecodeOneKiBObject(b *testing.B)    { benchmarkText(b, oneKiB) }

func BenchmarkDecodeDenseObject(b *testing.B) {
	benchmarkText(b, `2["update"`+strings.Repeat(`,{"id":1,"x":[1,2.5,true]}`, 40)+`]`)
}

func BenchmarkDecodeBinaryEvent(b *testing.B) {
	header := []byte(`51-["echo",{"_placeholder":true,"num":0}]`)
	attachment := make([]byte, 1024)
	var d Decoder
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.Text(header); err != nil {
			b.Fatal(err)
		}
		if _, complete, err := d.Binary(attachment, true); err != nil || !complete {
			b.Fatal(complete, err)
		}
	}
}

func BenchmarkArgsOfOneKiBObject(b *testing.B) {
	p, err := text(oneKiB)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(p.Args)))
	b.ReportAllocs()
	for b.Loop() {
		for arg := range p.Args.All() {
			if len(arg) == 0 {
				b.Fatal("empty")
			}
		}
	}
}

func BenchmarkAppendEcho(b *testing.B) {
	p, err := text("212" + echo[1:])
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = Append(dst[:0], p)
	}
}
