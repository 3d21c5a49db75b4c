package eio3

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// checkFault fails t unless err is a *DecodeError with a place within the input.
func checkFault(t *testing.T, err error, size int) {
	t.Helper()
	fault, ok := errors.AsType[*DecodeError](err)
	if !ok || fault.Offset < 0 || fault.Offset > size || len(err.Error()) > 200 {
		t.Fatalf("%d bytes: %v", size, err)
	}
}

func FuzzDecodeFrame(f *testing.F) {
	f.Fuzz(func(t *testing.T, frame []byte, binary bool) {
		original := bytes.Clone(frame)
		p, err := Decode(frame, binary)
		if err != nil {
			checkFault(t, err, len(original))
			return
		}
		if !binary && original[0] == 'b' {
			original = slices.DeleteFunc(original, func(c byte) bool { return c == '\r' || c == '\n' })
		}
		// There is one form of each kind for each packet.
		again := AppendText(nil, p)
		if binary {
			again = AppendBinary(nil, p.Data)
		}
		if !bytes.Equal(again, original) {
			t.Fatalf("%q decodes to %v, which encodes to %q", original, p, again)
		}
	})
}

// checkCount compares what Count says with the packets that were read.
func checkCount(t *testing.T, body []byte, count, read int, err error) {
	t.Helper()
	if err != nil {
		checkFault(t, err, len(body))
	}
	if read > count || err == nil && read != count {
		t.Fatalf("%q: %d packets, Count %d, %v", body, read, count, err)
	}
}

func FuzzPayload(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		count := Payload(body).Count()
		all, err := packets(Payload(body))
		checkCount(t, original, count, len(all), err)
		if err != nil || !utf8.Valid(original) {
			return
		}
		units := 0
		for i := range all {
			units += len(utf16.Encode([]rune(string(AppendText(nil, all[i])))))
		}
		again := AppendPayload(nil, all...)
		back, err := packets(Payload(bytes.Clone(again)))
		if err != nil || len(back) != len(all) {
			t.Fatalf("%q encodes to %q: %v", original, again, err)
		}
		for i := range back {
			if !samePacket(back[i], all[i]) {
				t.Fatalf("%q: packet %d is %v, then %v", original, i, all[i], back[i])
			}
			units -= textLength(&back[i])
		}
		if units != 0 {
			t.Fatalf("%q: %d units too few", original, units)
		}
	})
}

func FuzzBinaryPayload(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		count := BinaryPayload(body).Count()
		all, err := packets(BinaryPayload(body))
		checkCount(t, original, count, len(all), err)
		if err != nil {
			return
		}
		again := AppendBinaryPayload(nil, all...)
		back, err := packets(BinaryPayload(bytes.Clone(again)))
		if err != nil || len(back) != len(all) {
			t.Fatalf("%q encodes to %q: %v", original, again, err)
		}
		for i := range back {
			if !samePacket(back[i], all[i]) {
				t.Fatalf("%q: packet %d is %v, then %v", original, i, all[i], back[i])
			}
		}
	})
}
