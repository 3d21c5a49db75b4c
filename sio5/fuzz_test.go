package sio5

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"io"
	"testing"
	"unicode/utf8"
)

// checkFault fails t unless err is a *DecodeError with a place within the input.
func checkFault(t *testing.T, err error, size int) *DecodeError {
	t.Helper()
	fault, ok := errors.AsType[*DecodeError](err)
	if !ok || fault.Offset < 0 || fault.Offset > size || len(fault.Near) > excerptBytes || len(err.Error()) > 200 {
		t.Fatalf("%d bytes: %v", size, err)
	}
	return fault
}

// checkPacket fails t unless p, just decoded, keeps the promises of its type.
func checkPacket(t *testing.T, p Packet) {
	t.Helper()
	if p.Namespace == "" || p.Namespace[0] != '/' || len(p.Namespace) > defaultMaxNamespace || p.ID > maxID || !p.HasID && p.ID != 0 {
		t.Fatalf("header of %+v", p)
	}
	if p.Data != nil && !validJSON(string(p.Data)) {
		t.Fatalf("%q is no JSON", p.Data)
	}
	isEvent := p.Type == Event || p.Type == BinaryEvent
	isAck := p.Type == Ack || p.Type == BinaryAck
	if (p.Event != nil) != isEvent || (p.Args != nil) != (isEvent || isAck) || isEvent && Reserved(string(p.Event)) {
		t.Fatalf("parts of %+v", p)
	}
	if p.Type.hasAttachments() != (p.AttachmentCount > 0) || p.AttachmentCount > defaultMaxAttachments {
		t.Fatalf("attachments of %+v", p)
	}
	if isEvent || isAck {
		checkArgs(t, p, isEvent)
	}
}

// checkArgs compares p's name and arguments with what the standard library
// finds in p's data.
func checkArgs(t *testing.T, p Packet, named bool) {
	t.Helper()
	dec := jsontext.NewDecoder(bytes.NewReader(p.Data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '[' {
		t.Fatalf("%q: %v, %v", p.Data, token, err)
	}
	if named {
		name, err := dec.ReadToken()
		if err != nil || utf8.Valid(p.Data) && name.String() != string(p.Event) {
			t.Fatalf("%q: name %q, want %q, %v", p.Data, p.Event, name, err)
		}
	}
	n := 0
	for arg := range p.Args.All() {
		want, err := dec.ReadValue()
		if err != nil || !bytes.Equal(arg, want) {
			t.Fatalf("%q: argument %d is %q, want %q, %v", p.Data, n, arg, want, err)
		}
		n++
	}
	if _, err := dec.ReadToken(); err != nil || n != p.Args.Len() {
		t.Fatalf("%q: %d arguments, Len %d, then %v", p.Data, n, p.Args.Len(), err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		t.Fatalf("%q: %v behind the array", p.Data, err)
	}
}

func FuzzText(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		original := bytes.Clone(b)
		var d Decoder
		p, complete, err := d.Text(b)
		if !bytes.Equal(b, original) {
			t.Fatalf("%q was overwritten", original)
		}
		if err != nil {
			checkFault(t, err, len(b))
			return
		}
		if complete == p.Type.hasAttachments() || complete == d.Pending() {
			t.Fatalf("%q: complete %v, pending %v", b, complete, d.Pending())
		}
		checkPacket(t, p)

		encoded := Append(nil, p)
		d.Reset()
		again, _, err := d.Text(encoded)
		if err != nil || !samePacket(p, again) {
			t.Fatalf("%q: %+v, but from %q %+v, %v", b, p, encoded, again, err)
		}
		// What is not canonical has leading zeros, space behind it, "/" as
		// namespace, or a namespace without its comma.
		if len(encoded) == len(b) && !bytes.Equal(encoded, b) {
			t.Fatalf("%q encodes to %q", b, encoded)
		}
	})
}

// FuzzAssembly sends the parts of a script, which a 0x1e separates: a text after
// 't', a binary message after any other byte. Two decoders, one of which owns its
// attachments, must come to the same.
func FuzzAssembly(f *testing.F) {
	f.Fuzz(func(t *testing.T, script []byte) {
		var copying, owning Decoder
		due, bytesHeld := 0, 0
		for part := range bytes.SplitSeq(script, []byte{0x1e}) {
			if len(part) == 0 {
				continue
			}
			isText, message := part[0] == 't', part[1:]
			lent := bytes.Clone(message)
			var p, q Packet
			var complete, alsoComplete bool
			var err, alsoErr error
			if isText {
				p, complete, err = copying.Text(lent)
				q, alsoComplete, alsoErr = owning.Text(bytes.Clone(message))
			} else {
				p, complete, err = copying.Binary(lent, false)
				q, alsoComplete, alsoErr = owning.Binary(bytes.Clone(message), true)
			}
			if p.Type.hasAttachments() || !isText {
				// Whatever outlives the call is a copy.
				for i := range lent {
					lent[i] = '?'
				}
			}
			if complete != alsoComplete || (err == nil) != (alsoErr == nil) || !samePacket(p, q) {
				t.Fatalf("%q: %+v, %v or %+v, %v", part, p, err, q, alsoErr)
			}
			if err != nil {
				checkFault(t, err, len(message))
				due, bytesHeld = 0, 0
			} else if isText {
				if due != 0 {
					t.Fatalf("%q while %d attachments are due", part, due)
				}
				due = p.AttachmentCount
			} else {
				due--
				bytesHeld += len(message)
			}
			if due < 0 || copying.Pending() != (due > 0) || owning.Pending() != (due > 0) {
				t.Fatalf("%q: %d attachments due, pending %v", part, due, copying.Pending())
			}
			if !complete {
				continue
			}
			checkPacket(t, p)
			checkComplete(t, p, due, bytesHeld)
			bytesHeld = 0
		}
	})
}

// checkComplete checks that the packet p, just completed, has all its attachments
// and comes back from its encoding.
func checkComplete(t *testing.T, p Packet, due, size int) {
	t.Helper()
	for _, attachment := range p.Attachments {
		size -= len(attachment)
	}
	if due != 0 || size != 0 || len(p.Attachments) != p.AttachmentCount {
		t.Fatalf("%+v: %d attachments due, %d bytes missing", p, due, size)
	}
	var d Decoder
	again, complete, err := d.Text(Append(nil, p))
	for _, attachment := range p.Attachments {
		if complete || err != nil {
			t.Fatalf("%+v: %v, %v", p, complete, err)
		}
		again, complete, err = d.Binary(attachment, true)
	}
	if !complete || err != nil || !samePacket(p, again) {
		t.Fatalf("%+v, encoded and decoded: %+v, %v, %v", p, again, complete, err)
	}
}

// FuzzArgs takes its input as arguments, valid or not.
func FuzzArgs(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := Args(b).Len(); n > len(b) {
			t.Fatalf("%q: %d arguments", b, n)
		}
		Placeholder(b)

		array := "[" + string(b) + "]"
		p, err := text("3" + array)
		valid := validJSON(array)
		if err == nil {
			if !valid {
				t.Fatalf("%q is no JSON", array)
			}
			checkPacket(t, p)
			return
		}
		fault := checkFault(t, err, len(array)+1)
		if valid && fault.Reason != "JSON nested deeper than 512" {
			t.Fatalf("%q: %v", array, err)
		}
	})
}
