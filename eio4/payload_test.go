package eio4

import (
	"bytes"
	"errors"
	"testing"
)

// packets reads a whole payload.
func packets(body []byte) ([]Packet, error) {
	var all []Packet
	rest := Payload(body)
	for {
		p, next, err := rest.Next()
		if err != nil {
			return all, err
		}
		all = append(all, p)
		if rest = next; rest == nil {
			return all, nil
		}
	}
}

func TestPayloadsDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		body string
		want []Packet
	}{
		{"4hello", []Packet{{Type: Message, Data: []byte("hello")}}},
		{"2", []Packet{{Type: Ping}}},
		{"4hello\x1e2\x1e4world", []Packet{
			{Type: Message, Data: []byte("hello")},
			{Type: Ping},
			{Type: Message, Data: []byte("world")},
		}},
		{"4hello\x1ebAQIDBA==", []Packet{
			{Type: Message, Data: []byte("hello")},
			{Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}},
		}},
		{"bHh4e\x1eb\x1e6", []Packet{
			{Type: Message, Binary: true, Data: []byte{0x1e, 0x1e, 0x1e}},
			{Type: Message, Binary: true},
			{Type: Noop},
		}},
	} {
		if n := Payload(test.body).Count(); n != len(test.want) {
			t.Errorf("%q: Count = %d, want %d", test.body, n, len(test.want))
		}
		got, err := packets([]byte(test.body))
		if err != nil || len(got) != len(test.want) {
			t.Errorf("%q: %v, %v", test.body, got, err)
			continue
		}
		for i := range got {
			if !samePacket(got[i], test.want[i]) {
				t.Errorf("%q: packet %d is %v, want %v", test.body, i, got[i], test.want[i])
			}
		}
		if body := AppendPayload([]byte("x"), test.want...); string(body) != "x"+test.body {
			t.Errorf("AppendPayload = %q, want %q", body, test.body)
		}
	}
}

func TestBadPayloadsAreRefusedAtTheFirstFault(t *testing.T) {
	for _, test := range []struct {
		body   string
		before int // packets handed out
		cause  error
		offset int // from the start of the packet that failed
	}{
		{"", 0, ErrEmpty, 0},
		{"\x1e", 0, ErrEmpty, 1},
		{"40\x1e", 0, ErrEmpty, 3},
		{"\x1e40", 0, ErrEmpty, 0},
		{"40\x1e\x1e40", 1, ErrEmpty, 0},
		{"40\x1e40\x1e", 1, ErrEmpty, 3},
		{"40\x1ezzz", 1, ErrType, 0},
		{"40\x1e7\x1e40", 1, ErrType, 0},
		{"40\x1eb!!!!\x1e40", 1, ErrBase64, 1},
		{"bAQ\x1eID", 0, ErrBase64, 1},
	} {
		got, err := packets([]byte(test.body))
		fault, ok := errors.AsType[*DecodeError](err)
		if !ok || fault.Err != test.cause || fault.Offset != test.offset || len(got) != test.before {
			t.Errorf("%q: %d packets, %v; want %d, %v at %d",
				test.body, len(got), err, test.before, test.cause, test.offset)
		}
	}
}

func TestAppendingToAPacketLeavesTheNextOneAlone(t *testing.T) {
	first, rest, err := Payload("4a\x1e4b").Next()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(first.Data, "XYZ"...)
	second, _, err := rest.Next()
	if err != nil || string(second.Data) != "b" {
		t.Errorf("second packet %v, %v", second, err)
	}
}

func TestAMegabyteOfTinyPacketsIsCountedAndReadWithoutAllocating(t *testing.T) {
	const n = 333_000
	body := bytes.Repeat([]byte("4x\x1e"), n)
	body = body[:len(body)-1]
	if got := Payload(body).Count(); got != n || got <= MaxPackets {
		t.Fatalf("Count = %d", got)
	}
	allocs := testing.AllocsPerRun(1, func() {
		read := 0
		for rest := Payload(body); rest != nil; read++ {
			left := len(rest)
			var err error
			if _, rest, err = rest.Next(); err != nil {
				t.Fatal(err)
			}
			// Each step goes on where the one before ended.
			if rest != nil && len(rest) != left-3 {
				t.Fatalf("packet %d: %d bytes of %d left", read, len(rest), left)
			}
		}
		if read != n {
			t.Fatalf("%d packets", read)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
