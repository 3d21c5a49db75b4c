package eio4

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
)

func samePacket(a, b Packet) bool {
	return a.Type == b.Type && a.Binary == b.Binary && bytes.Equal(a.Data, b.Data)
}

func TestTextFramesDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		frame string
		want  Packet
	}{
		{`0{"sid":"x"}`, Packet{Type: Open, Data: []byte(`{"sid":"x"}`)}},
		{"0", Packet{Type: Open}},
		{"1", Packet{Type: Close}},
		{"2", Packet{Type: Ping}},
		{"2probe", Packet{Type: Ping, Data: []byte("probe")}},
		{"3", Packet{Type: Pong}},
		{"3probe", Packet{Type: Pong, Data: []byte("probe")}},
		{"4", Packet{Type: Message}},
		{"4hello", Packet{Type: Message, Data: []byte("hello")}},
		{"4b", Packet{Type: Message, Data: []byte("b")}},
		{"4€", Packet{Type: Message, Data: []byte("€")}},
		{"4a\x1eb", Packet{Type: Message, Data: []byte("a\x1eb")}},
		{"5", Packet{Type: Upgrade}},
		{"6", Packet{Type: Noop}},
		{"b", Packet{Type: Message, Binary: true}},
		{"bAQIDBA==", Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}}},
		{"bAQIDBAU=", Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4, 5}}},
		{"bAQID", Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3}}},
		{"b+/+/", Packet{Type: Message, Binary: true, Data: []byte{0xfb, 0xff, 0xbf}}},
	} {
		got, err := Decode([]byte(test.frame), false)
		if err != nil || !samePacket(got, test.want) {
			t.Errorf("Decode(%q) = %v, %v; want %v", test.frame, got, err, test.want)
		}
		if text := AppendText([]byte("x"), test.want); string(text) != "x"+test.frame {
			t.Errorf("AppendText(%v) = %q, want %q", test.want, text, test.frame)
		}
	}
}

func TestABinaryFrameIsAMessageThatAliasesIt(t *testing.T) {
	frame := []byte{'9', 0, 0xff}
	got, err := Decode(frame, true)
	if err != nil || got.Type != Message || !got.Binary {
		t.Fatalf("Decode = %v, %v", got, err)
	}
	if &got.Data[0] != &frame[0] || len(got.Data) != len(frame) {
		t.Errorf("Data = %v, not the frame", got.Data)
	}
}

func TestAnAttachmentMayBeEmpty(t *testing.T) {
	got, err := Decode(nil, true)
	if want := (Packet{Type: Message, Binary: true}); err != nil || !samePacket(got, want) {
		t.Errorf("Decode of an empty binary frame = %v, %v; want %v", got, err, want)
	}
}

func TestBase64MayHaveLineBreaks(t *testing.T) {
	data := bytes.Repeat([]byte{0xff, 0, 0xfe, 'x'}, 50)
	encoded := base64.StdEncoding.EncodeToString(data)
	for _, lineBreak := range []string{"\n", "\r\n"} {
		for _, width := range []int{1, 4, 75, 76, 77, len(encoded)} {
			frame := []byte{base64Mark}
			for line := range slices.Chunk([]byte(encoded), width) {
				frame = append(append(frame, line...), lineBreak...)
			}
			got, err := Decode(frame, false)
			if want := (Packet{Type: Message, Binary: true, Data: data}); err != nil || !samePacket(got, want) {
				t.Errorf("lines of %d that end in %q: %v, %v", width, lineBreak, got, err)
			}
		}
	}
}

func TestBadFramesAreRefusedWithPlaceAndCause(t *testing.T) {
	for _, test := range []struct {
		frame  string
		binary bool
		cause  error
		text   string
	}{
		{"", false, ErrEmpty, "eio4: empty packet at byte 0"},
		{"7", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"9x", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"zzz", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"/", false, ErrType, "eio4: unknown packet type at byte 0"},
		{" 4", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"\x1e", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"\xff", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"B", false, ErrType, "eio4: unknown packet type at byte 0"},
		{"b!!!!", false, ErrBase64, "eio4: invalid base64 at byte 1"},
		{"bAQID!AAA", false, ErrBase64, "eio4: invalid base64 at byte 5"},
		{"bAQIDBA", false, ErrBase64, "eio4: invalid base64 at byte 5"},
		{"bAQIDBA=", false, ErrBase64, "eio4: invalid base64 at byte 8"},
		{"bAQIDBB==", false, ErrBase64, "eio4: invalid base64 at byte 7"},
		{"bAQ==AQ==", false, ErrBase64, "eio4: invalid base64 at byte 5"},
		{"b-_-_", false, ErrBase64, "eio4: invalid base64 at byte 1"},
		{"bAQ\nI", false, ErrBase64, "eio4: invalid base64 at byte 2"},
		{"bAQID\n!", false, ErrBase64, "eio4: invalid base64 at byte 6"},
		{"b AQID", false, ErrBase64, "eio4: invalid base64 at byte 1"},
		{"b=", false, ErrBase64, "eio4: invalid base64 at byte 1"},
	} {
		got, err := Decode([]byte(test.frame), test.binary)
		if !errors.Is(err, test.cause) {
			t.Errorf("Decode(%q) = %v, %v; want %v", test.frame, got, err, test.cause)
			continue
		}
		if err.Error() != test.text {
			t.Errorf("Decode(%q): %q, want %q", test.frame, err, test.text)
		}
		if got.Data != nil {
			t.Errorf("Decode(%q) returns data %q with an error", test.frame, got.Data)
		}
	}
}

// Lengths around the widths that the base64 decoder reads and writes at once.
func TestBase64OfEveryLengthDecodesInPlace(t *testing.T) {
	data := make([]byte, 200)
	for i := range data {
		data[i] = byte(i*151 + 7)
	}
	for n := range data {
		frame := AppendText(nil, Packet{Type: Message, Binary: true, Data: data[:n]})
		got, err := Decode(frame, false)
		if err != nil || !bytes.Equal(got.Data, data[:n]) {
			t.Fatalf("%d bytes: %v, %v", n, got, err)
		}
		if n > 0 && &got.Data[0] != &frame[1] {
			t.Fatalf("%d bytes: decoded elsewhere", n)
		}
	}
}

func TestDecodingAndEncodingFramesDoesNotAllocate(t *testing.T) {
	text := []byte(`42["echo","` + strings.Repeat("x", 32) + `"]`)
	encoded := AppendText(nil, Packet{Type: Message, Binary: true, Data: text})
	frame := make([]byte, len(encoded))
	dst := make([]byte, 0, 256)
	allocs := testing.AllocsPerRun(100, func() {
		copy(frame, encoded)
		p, err := Decode(frame, false)
		if err != nil || !p.Binary {
			t.Fatal(p, err)
		}
		dst = AppendText(dst[:0], p)
		if p, err = Decode(text, false); err != nil || p.Type != Message {
			t.Fatal(p, err)
		}
		dst = AppendText(dst[:0], p)
		dst = AppendHandshake(dst[:0], Handshake{SID: "lv_VI97HAXpY6yYWAAAB", Upgrades: nil})
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
