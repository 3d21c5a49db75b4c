package eio4

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"
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
		if !binary && len(original) > 0 && original[0] == 'b' {
			want, wantErr := base64.StdEncoding.Strict().DecodeString(string(original[1:]))
			if (wantErr == nil) != (err == nil) || err == nil && !bytes.Equal(p.Data, want) {
				t.Fatalf("%q: %v, %v; want %v, %v", original, p, err, want, wantErr)
			}
		}
		if err != nil {
			checkFault(t, err, len(original))
			return
		}
		if binary {
			if !samePacket(p, Packet{Type: Message, Binary: true, Data: original}) {
				t.Fatalf("%q: %v", original, p)
			}
			return
		}
		// There is one text form for each packet, but for line breaks in base64.
		if text := AppendText(nil, p); !bytes.Equal(text, oneLine(original)) {
			t.Fatalf("%q decodes to %v, which encodes to %q", original, p, text)
		}
	})
}

// oneLine is a packet's text without the line breaks that base64 may have.
func oneLine(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte{base64Mark}) {
		return text
	}
	return bytes.Join(bytes.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }), nil)
}

func FuzzPayload(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		count := Payload(body).Count()
		all, err := packets(body)
		if err != nil {
			checkFault(t, err, len(original))
			if len(all) >= count {
				t.Fatalf("%q: %d of %d packets before %v", original, len(all), count, err)
			}
			return
		}
		if len(all) != count {
			t.Fatalf("%q: %d packets, Count %d", original, len(all), count)
		}
		lines := bytes.Split(original, separator)
		for i := range lines {
			lines[i] = oneLine(lines[i])
		}
		if again := AppendPayload(nil, all...); !bytes.Equal(again, bytes.Join(lines, separator)) {
			t.Fatalf("%q decodes to what encodes to %q", original, again)
		}
	})
}

func FuzzHandshake(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := DecodeHandshake(data)
		if err != nil {
			checkFault(t, err, len(data))
			return
		}
		again, err := DecodeHandshake(AppendHandshake(nil, first))
		if err != nil || !sameHandshake(first, again) {
			t.Fatalf("%q: %v, then %v, %v", data, first, again, err)
		}
	})
}
