package eio3

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A cursor is either form of a payload.
type cursor[P any] interface {
	~[]byte
	Count() int
	Next() (Packet, P, error)
}

// packets reads a whole payload.
func packets[P cursor[P]](rest P) (all []Packet, err error) {
	for {
		var p Packet
		if p, rest, err = rest.Next(); err != nil {
			return all, err
		}
		all = append(all, p)
		if len(rest) == 0 {
			return all, nil
		}
	}
}

func checkPackets(t *testing.T, body string, count int, got []Packet, err error, want []Packet) {
	t.Helper()
	if count != len(want) {
		t.Errorf("%q: Count = %d, want %d", body, count, len(want))
	}
	if err != nil || len(got) != len(want) {
		t.Errorf("%q: %v, %v", body, got, err)
		return
	}
	for i := range got {
		if !samePacket(got[i], want[i]) {
			t.Errorf("%q: packet %d is %v, want %v", body, i, got[i], want[i])
		}
	}
}

func TestTextPayloadsDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		body string
		want []Packet
	}{
		{"6:4hello", []Packet{{Type: Message, Data: []byte("hello")}}},
		{"1:2", []Packet{{Type: Ping}}},
		{"6:4hello1:26:4world", []Packet{
			{Type: Message, Data: []byte("hello")},
			{Type: Ping},
			{Type: Message, Data: []byte("world")},
		}},
		{"6:4hello10:b4AQIDBA==", []Packet{
			{Type: Message, Data: []byte("hello")},
			{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}},
		}},
		{"2:b41:6", []Packet{{Type: Message, Binary: true}, {Type: Noop}}},
		// Lengths are those of JavaScript: é and € have one unit, 😀 has two.
		{"3:4é€3:4😀1:6", []Packet{
			{Type: Message, Data: []byte("é€")},
			{Type: Message, Data: []byte("😀")},
			{Type: Noop},
		}},
	} {
		count := Payload(test.body).Count()
		got, err := packets(Payload([]byte(test.body)))
		checkPackets(t, test.body, count, got, err, test.want)
		if body := AppendPayload([]byte("x"), test.want...); string(body) != "x"+test.body {
			t.Errorf("AppendPayload = %q, want %q", body, test.body)
		}
	}
}

func TestBinaryPayloadsDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		body string
		want []Packet
	}{
		{"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04", []Packet{
			{Type: Message, Data: []byte("hello")},
			{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}},
		}},
		{"\x00\x01\x02\xff4😀😀€\x01\x01\xff\x04", []Packet{
			{Type: Message, Data: []byte("😀😀€")},
			{Type: Message, Binary: true},
		}},
		{"\x01\x01\x00\x01\xff\x04" + strings.Repeat("\xff", 100), []Packet{
			{Type: Message, Binary: true, Data: bytes.Repeat([]byte{0xff}, 100)},
		}},
	} {
		count := BinaryPayload(test.body).Count()
		got, err := packets(BinaryPayload([]byte(test.body)))
		checkPackets(t, test.body, count, got, err, test.want)
		if body := AppendBinaryPayload([]byte("x"), test.want...); string(body) != "x"+test.body {
			t.Errorf("AppendBinaryPayload = %q, want %q", body, test.body)
		}
	}
}

func TestTextOfABinaryPayloadMayBeBase64(t *testing.T) {
	got, err := packets(BinaryPayload([]byte("\x00\x06\xffb4AQID")))
	if err != nil || len(got) != 1 || !samePacket(got[0], Packet{Type: Message, Binary: true, Data: []byte{1, 2, 3}}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBadTextPayloadsAreRefusedAtTheFirstFault(t *testing.T) {
	for _, test := range []struct {
		body   string
		before int // packets handed out
		cause  error
		offset int
	}{
		{"", 0, ErrEmpty, 0},
		{"99999999:4", 0, ErrLength, 7},
		{"9999999:4", 0, ErrLength, 9},
		{"-5:4hell", 0, ErrLength, 0},
		{"+1:4", 0, ErrLength, 0},
		{"abc:4", 0, ErrLength, 0},
		{":4", 0, ErrLength, 0},
		{"4hello", 0, ErrLength, 1},
		{"42", 0, ErrLength, 2},
		{"0:", 0, ErrEmpty, 1},
		{"1:40:", 1, ErrEmpty, 1},
		{"0x1:4", 0, ErrLength, 1},
		{"1e1:4", 0, ErrLength, 1},
		{" 1:4", 0, ErrLength, 0},
		{"1.0:4", 0, ErrLength, 1},
		{`1:42["x"]`, 1, ErrLength, 1},
		{"7:4hello", 0, ErrLength, 8},
		{"2:4😀", 0, ErrLength, 3}, // in the middle of a surrogate pair
		{"1:7", 0, ErrType, 0},
		{"6:b4!!!!", 0, ErrBase64, 2},
		{"1:41:", 1, ErrLength, 2},
	} {
		got, err := packets(Payload([]byte(test.body)))
		checkFaultAt(t, test.body, err, test.cause, test.offset)
		if len(got) != test.before {
			t.Errorf("%q: %d packets, want %d", test.body, len(got), test.before)
		}
	}
}

func TestBadBinaryPayloadsAreRefusedAtTheFirstFault(t *testing.T) {
	for _, test := range []struct {
		body   string
		cause  error
		offset int
	}{
		{"", ErrEmpty, 0},
		{"\x00", ErrLength, 1},
		{"\x00\xff4", ErrLength, 1},
		{"\x00\x00\xff", ErrEmpty, 2},
		{"\x02\x01\xff4", ErrType, 0},
		{"6:4hello", ErrType, 0},
		{"\x001\xff4", ErrLength, 1},
		{"\x00\x02\xff4", ErrLength, 4},
		{"\x00" + strings.Repeat("\x01", 400) + "\xff4", ErrLength, 8},
		{"\x00\x02\xff4\xff", ErrUTF8, 0},
		{"\x01\x02\xff4x", ErrType, 0},
	} {
		_, err := packets(BinaryPayload([]byte(test.body)))
		checkFaultAt(t, test.body, err, test.cause, test.offset)
	}
}

func checkFaultAt(t *testing.T, body string, err, cause error, offset int) {
	t.Helper()
	fault, ok := errors.AsType[*DecodeError](err)
	if !ok || fault.Err != cause || fault.Offset != offset {
		t.Errorf("%q: %v; want %v at byte %d", body, err, cause, offset)
	}
}

func TestAppendingToAPacketLeavesTheNextOneAlone(t *testing.T) {
	first, rest, err := Payload("2:4a2:4b").Next()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(first.Data, "XYZ"...)
	second, _, err := rest.Next()
	if err != nil || string(second.Data) != "b" {
		t.Errorf("second packet %v, %v", second, err)
	}
}

func TestAMegabyteOfTinyPacketsIsCountedBeforeItIsRead(t *testing.T) {
	const n = 333_000
	if got := Payload(bytes.Repeat([]byte("1:6"), n)).Count(); got != n || got <= MaxPackets {
		t.Errorf("Count = %d", got)
	}
	if got := BinaryPayload(bytes.Repeat([]byte("\x00\x01\xff6"), n)).Count(); got != n {
		t.Errorf("Count of the binary form = %d", got)
	}
}
