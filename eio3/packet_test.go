package eio3

import (
	"bytes"
	"errors"
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
		{"1", Packet{Type: Close}},
		{"2", Packet{Type: Ping}},
		{"2probe", Packet{Type: Ping, Data: []byte("probe")}},
		{"3probe", Packet{Type: Pong, Data: []byte("probe")}},
		{"4", Packet{Type: Message}},
		{"4€", Packet{Type: Message, Data: []byte("€")}},
		{"4b4", Packet{Type: Message, Data: []byte("b4")}},
		{"5", Packet{Type: Upgrade}},
		{"6", Packet{Type: Noop}},
		{"b4", Packet{Type: Message, Binary: true}},
		{"b4AQIDBA==", Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}}},
		{"b4+/+/", Packet{Type: Message, Binary: true, Data: []byte{0xfb, 0xff, 0xbf}}},
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

func TestABinaryFrameHasTheTypeAsItsFirstByte(t *testing.T) {
	frame := []byte{4, 1, 2, 3}
	got, err := Decode(frame, true)
	if err != nil || got.Type != Message || !got.Binary {
		t.Fatalf("Decode = %v, %v", got, err)
	}
	if &got.Data[0] != &frame[1] || len(got.Data) != 3 {
		t.Errorf("Data = %v, not the rest of the frame", got.Data)
	}
	if again := AppendBinary([]byte{9}, got.Data); !bytes.Equal(again, []byte{9, 4, 1, 2, 3}) {
		t.Errorf("AppendBinary = %v", again)
	}
	if empty, err := Decode([]byte{4}, true); err != nil || len(empty.Data) != 0 {
		t.Errorf("an attachment of no bytes: %v, %v", empty, err)
	}
}

func TestBadFramesAreRefusedWithPlaceAndCause(t *testing.T) {
	for _, test := range []struct {
		frame  string
		binary bool
		cause  error
		text   string
	}{
		{"", false, ErrEmpty, "eio3: empty packet at byte 0"},
		{"", true, ErrEmpty, "eio3: empty packet at byte 0"},
		{"7", false, ErrType, "eio3: unknown packet type at byte 0"},
		{"abc", false, ErrType, "eio3: unknown packet type at byte 0"},
		{"/", false, ErrType, "eio3: unknown packet type at byte 0"},
		{"\x04", false, ErrType, "eio3: unknown packet type at byte 0"},
		{"b", false, ErrType, "eio3: unknown packet type at byte 1"},
		{"bAQID", false, ErrType, "eio3: unknown packet type at byte 1"},
		{"b2AQID", false, ErrType, "eio3: unknown packet type at byte 1"},
		{"4x", true, ErrType, "eio3: unknown packet type at byte 0"},
		{"\x02", true, ErrType, "eio3: unknown packet type at byte 0"},
		{"b4!!!!", false, ErrBase64, "eio3: invalid base64 at byte 2"},
		{"b4AQIDBA", false, ErrBase64, "eio3: invalid base64 at byte 6"},
		{"b4AQIDBB==", false, ErrBase64, "eio3: invalid base64 at byte 8"},
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

func TestBase64MayHaveLineBreaks(t *testing.T) {
	got, err := Decode([]byte("b4AQ\r\nID\n"), false)
	if want := (Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3}}); err != nil || !samePacket(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
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
		if n > 0 && &got.Data[0] != &frame[2] {
			t.Fatalf("%d bytes: decoded elsewhere", n)
		}
	}
}

func TestDecodingAndEncodingDoesNotAllocate(t *testing.T) {
	text := Packet{Type: Message, Data: []byte(`2["echo","` + strings.Repeat("€", 32) + `"]`)}
	attachment := Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}}
	dst := make([]byte, 0, 512)
	allocs := testing.AllocsPerRun(100, func() {
		dst = AppendPayload(dst[:0], text, attachment)
		for rest := Payload(dst); len(rest) > 0; {
			var err error
			if _, rest, err = rest.Next(); err != nil {
				t.Fatal(err)
			}
		}
		dst = AppendBinaryPayload(dst[:0], text, attachment)
		for rest := BinaryPayload(dst); len(rest) > 0; {
			var err error
			if _, rest, err = rest.Next(); err != nil {
				t.Fatal(err)
			}
		}
		dst = AppendBinary(dst[:0], attachment.Data)
		if _, err := Decode(dst, true); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
