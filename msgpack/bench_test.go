package msgpack

import (
	"fmt"
	"strings"
	"testing"

	"socketio/sio5"
)

// mixed is an event of about 1 KiB of JSON, as applications send them.
func mixed() sio5.Packet {
	var items []string
	for i := range 8 {
		items = append(items, fmt.Sprintf(
			`{"id":%d,"name":"item number %d","price":%d.25,"tags":["new","sale"],"stock":{"left":%d,"ok":true},"note":null}`,
			1000+i, i, i, 100*i))
	}
	return sio5.Packet{Type: sio5.Event, Namespace: "/", Data: []byte(`["items",[` + strings.Join(items, ",") + `]]`)}
}

// large is an event of 64 KiB of bytes.
func large() sio5.Packet {
	return sio5.Packet{
		Type: sio5.Event, Namespace: "/", Data: []byte(`["file",{"_placeholder":true,"num":0}]`),
		Attachments: [][]byte{make([]byte, 64<<10)},
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, p := range map[string]sio5.Packet{"mixed 1 KiB": mixed(), "bytes 64 KiB": large()} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = Codec{}.Append(buf[:0], p)
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, p := range map[string]sio5.Packet{"mixed 1 KiB": mixed(), "bytes 64 KiB": large()} {
		b.Run(name, func(b *testing.B) {
			message, err := Codec{}.Append(nil, p)
			if err != nil {
				b.Fatal(err)
			}
			var text []byte
			b.ReportAllocs()
			for b.Loop() {
				p, extended, err := Codec{}.Decode(text[:0], message)
				if err == nil {
					err = p.Check()
				}
				if err != nil {
					b.Fatal(err)
				}
				text = extended
			}
		})
	}
}
