package msgpack

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"socketio/sio5"
)

// What is decoded and sent again arrives as it was.
func FuzzDecode(f *testing.F) {
	for _, r := range packets(f) {
		f.Add([]byte(r.Wire))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		p, _, err := Codec{}.Decode(nil, message)
		if err != nil {
			return
		}
		if len(p.Data) > 32*len(message) {
			t.Errorf("%d bytes have become %d of JSON", len(message), len(p.Data))
		}
		decoded := p
		if p.Check() != nil {
			return
		}
		wire, err := Codec{}.Append(nil, decoded)
		if err != nil {
			t.Fatalf("%s cannot be encoded: %v", decoded.Data, err)
		}
		again, _, err := Codec{}.Decode(nil, wire)
		if err != nil {
			t.Fatalf("%x cannot be decoded: %v", wire, err)
		}
		if err = again.Check(); err != nil || again.Type != p.Type || again.Namespace != p.Namespace ||
			again.HasID != p.HasID || again.ID != p.ID || !slices.EqualFunc(again.Attachments, p.Attachments, bytes.Equal) {
			t.Errorf("%+v has become %+v, %v", p, again, err)
		}
	})
}

// Whatever JSON the program has, MessagePack carries it.
func FuzzAppend(f *testing.F) {
	for _, r := range packets(f) {
		f.Add([]byte(r.Text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // no text message
		}
		var d sio5.Decoder
		p, complete, err := d.Text(text)
		if err != nil || !complete {
			return
		}
		wire, err := Codec{}.Append(nil, p)
		if err != nil {
			t.Fatalf("%s cannot be encoded: %v", p.Data, err)
		}
		again, _, err := Codec{}.Decode(nil, wire)
		if err == nil {
			err = again.Check()
		}
		if err != nil || again.Type != p.Type || again.Args.Len() != p.Args.Len() || again.ID != p.ID {
			t.Errorf("%+v has become %+v, %v", p, again, err)
		}
	})
}
