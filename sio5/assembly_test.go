package sio5

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

const hello = `51-["hello",{"_placeholder":true,"num":0}]`

func TestBinaryPacketsAreAssembledAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		text        string
		attachments []string
		want        Packet
	}{
		{hello, []string{"\x01\x02\x03"},
			Packet{Type: BinaryEvent, Namespace: "/", Event: []byte("hello")}},
		{`52-/admin,456["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, []string{"x", ""},
			Packet{Type: BinaryEvent, Namespace: "/admin", HasID: true, ID: 456, Event: []byte("a")}},
		{`61-/admin,456[{"_placeholder":true,"num":0}]`, []string{"\x00"},
			Packet{Type: BinaryAck, Namespace: "/admin", HasID: true, ID: 456}},
		{`61-[{"_placeholder":true,"num":0}]`, []string{""},
			Packet{Type: BinaryAck, Namespace: "/"}},
		{`52-["a",{"b":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]}]`, []string{"p", "q"},
			Packet{Type: BinaryEvent, Namespace: "/", Event: []byte("a")}},
	} {
		var d Decoder
		head, complete, err := d.Text([]byte(test.text))
		if err != nil || complete || !d.Pending() || head.AttachmentCount != len(test.attachments) {
			t.Errorf("%s: %+v, %v, %v", test.text, head, complete, err)
			continue
		}
		var got Packet
		for i, attachment := range test.attachments {
			got, complete, err = d.Binary([]byte(attachment), i%2 == 0)
			if err != nil || complete != (i == len(test.attachments)-1) {
				t.Fatalf("%s: attachment %d: %v, %v", test.text, i, complete, err)
			}
		}
		want := test.want
		want.AttachmentCount = len(test.attachments)
		for _, attachment := range test.attachments {
			want.Attachments = append(want.Attachments, []byte(attachment))
		}
		want.Data = []byte(test.text[strings.IndexByte(test.text, '['):])
		want.Args = Args(bytes.TrimPrefix(want.Data[1:len(want.Data)-1], []byte(`"`+string(want.Event)+`",`)))
		if !samePacket(got, want) || d.Pending() {
			t.Errorf("%s: %+v, want %+v", test.text, got, want)
		}
		want.AttachmentCount = 0 // Then the attachments themselves count.
		if again := Append(nil, want); string(again) != test.text {
			t.Errorf("Append = %s, want %s", again, test.text)
		}
	}
}

func TestPlaceholdersMustNameEachAttachmentOnce(t *testing.T) {
	const (
		zero = `{"_placeholder":true,"num":0}`
		one  = `{"_placeholder":true,"num":1}`
	)
	for _, test := range []struct{ text, wrong string }{
		{`51-["a",` + zero + `]`, ""},
		{`52-["a",` + one + `,` + zero + `]`, ""},
		{`51-["a",{"_placeholder":"x","num":0},` + zero + `]`, ""},
		{`51-["a",{"_placeholder":false,"num":7},` + zero + `]`, ""},
		{`51-["a",{"x":{"num":0},"y":` + zero + `}]`, ""},
		{`51-["_placeholder",` + zero + `,"_placeholder"]`, ""},
		{`51-["a",{ "num" : 0 , "_placeholder" : true } ]`, ""},
		{`51-["a",{"\u005fplaceholder":true,"n\u0075m":0}]`, ""},
		{`51-["a",{"x":"\"{","_placeholder2":true},` + zero + `]`, ""},

		{`51-["a"]`, "more attachments announced than used"},
		{`51-["a","padding of some length so that it would fit"]`, "more attachments announced than used"},
		{`52-["a",` + zero + `,"padding of some length so that it would fit"]`, "more attachments announced than used"},
		{`51-["a",` + zero + `,` + zero + `]`, "a second placeholder for one attachment"},
		{`52-["a",` + zero + `,` + zero + `]`, "a second placeholder for one attachment"},
		{`51-["a",` + one + `]`, "a placeholder for no attachment"},
		{`51-["a",{"_placeholder":true,"num":-1}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":0.5}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":0e0}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":"0"}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":null}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":9999999999999999999999}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":999999999}]`, "a placeholder for no attachment"},
		{`51-["a",{"_placeholder":true},"padding of some length"]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":0,"x":1}]`, "an invalid placeholder"},
		{`51-["a",{"x":1,"_placeholder":true,"num":0}]`, "an invalid placeholder"},
		{`51-["a",{"x":{},"_placeholder":true,"num":0}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"num":0,"num":1}]`, "an invalid placeholder"},
		{`51-["a",{"_placeholder":true,"_placeholder":true,"num":0}]`, "an invalid placeholder"},
		{`51-["a",{"\u005fplaceholder":true,"x":0},` + zero + `]`, "an invalid placeholder"},
	} {
		var d Decoder
		_, complete, err := d.Text([]byte(test.text))
		reason := ""
		if fault, ok := errors.AsType[*DecodeError](err); ok {
			reason = fault.Reason
		}
		if reason != test.wrong || complete || d.Pending() != (err == nil) {
			t.Errorf("%s: %v, want %q", test.text, err, test.wrong)
		}
	}
}

func TestNothingComesBetweenABinaryPacketAndItsAttachments(t *testing.T) {
	var d Decoder
	if _, _, err := d.Binary([]byte("x"), false); err == nil ||
		err.Error() != "sio5: a binary message while no attachment is due at byte 0" {
		t.Errorf("a binary message first: %v", err)
	}
	if _, _, err := d.Text([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.Text([]byte(`2["a"]`))
	if err == nil || err.Error() != `sio5: a text while attachments are due at byte 0, near "2[\"a\"]"` {
		t.Errorf("a text in between: %v", err)
	}
	if d.Pending() {
		t.Error("still pending after an error")
	}
	if _, _, err := d.Text([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	d.Reset()
	if _, complete, err := d.Text([]byte(`2["a"]`)); err != nil || !complete {
		t.Errorf("after Reset: %v", err)
	}
}

func TestTheBytesOfAllAttachmentsOfAPacketAreLimited(t *testing.T) {
	const pair = `62-[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	for _, test := range []struct {
		limit, first, second int
		wrong                string
	}{
		{0, 600_000, 400_000, ""},
		{0, 600_000, 400_001, "attachments of more bytes than 1000000"},
		{10, 10, 0, ""},
		{10, 5, 6, "attachments of more bytes than 10"},
	} {
		d := Decoder{MaxPayload: test.limit}
		// The limit is for one packet, so the second round is as the first.
		for range 2 {
			if _, _, err := d.Text([]byte(pair)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := d.Binary(make([]byte, test.first), false); err != nil {
				t.Fatal(err)
			}
			_, complete, err := d.Binary(make([]byte, test.second), true)
			reason := ""
			if fault, ok := errors.AsType[*DecodeError](err); ok {
				reason = fault.Reason
			}
			if reason != test.wrong || complete != (err == nil) || d.Pending() {
				t.Errorf("%d and %d bytes: %v, want %q", test.first, test.second, err, test.wrong)
			}
		}
	}
}

func TestABinaryPacketOutlivesWhatItWasReadFrom(t *testing.T) {
	var d Decoder
	in := []byte(`51-/n,["hello",1,{"_placeholder":true,"num":0}]`)
	attachment := []byte("abc")
	if _, _, err := d.Text(in); err != nil {
		t.Fatal(err)
	}
	for i := range in {
		in[i] = '?'
	}
	p, _, err := d.Binary(attachment, false)
	if err != nil {
		t.Fatal(err)
	}
	copy(attachment, "???")
	if string(p.Event) != "hello" || string(p.Args) != `1,{"_placeholder":true,"num":0}` ||
		string(p.Attachments[0]) != "abc" || p.Namespace != "/n" {
		t.Errorf("%+v", p)
	}
}

func TestAnOwnedAttachmentIsNotCopied(t *testing.T) {
	var d Decoder
	if _, _, err := d.Text([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	attachment := []byte("abc")
	p, complete, err := d.Binary(attachment, true)
	if err != nil || !complete || &p.Attachments[0][0] != &attachment[0] {
		t.Errorf("%v, %v", complete, err)
	}
}

func TestTheHeaderOfABinaryPacketHasNoAttachmentsYet(t *testing.T) {
	var d Decoder
	p, _, err := d.Text([]byte(hello))
	if err != nil || p.Attachments != nil || p.Type != BinaryEvent || string(p.Event) != "hello" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPlaceholdersAreWrittenAndRecognised(t *testing.T) {
	for _, num := range []int{0, 1, 10, 999_999_999} {
		raw := AppendPlaceholder(nil, num)
		if got, ok := Placeholder(raw); !ok || got != num {
			t.Errorf("Placeholder(%s) = %d, %v", raw, got, ok)
		}
	}
	if got := AppendPlaceholder([]byte("x"), 7); string(got) != `x{"_placeholder":true,"num":7}` {
		t.Errorf("AppendPlaceholder = %s", got)
	}
	for raw, want := range map[string]int{
		`{"num":3,"_placeholder":true}`:                     3,
		" {\n\"_placeholder\" : true , \"num\"\t: 4 } ":     4,
		`{"\u005Fplaceholder":true,"\u006e\u0075\u006d":5}`: 5,
	} {
		if got, ok := Placeholder([]byte(raw)); !ok || got != want {
			t.Errorf("Placeholder(%s) = %d, %v; want %d", raw, got, ok, want)
		}
	}
	for _, raw := range notPlaceholders {
		if got, ok := Placeholder([]byte(raw)); ok || got != 0 {
			t.Errorf("Placeholder(%s) = %d, %v", raw, got, ok)
		}
	}
}

var notPlaceholders = []string{
	``, ` `, `{`, `{}`, `[]`, `null`, `true`, `"_placeholder"`,
	`{"_placeholder":true}`, `{"_placeholder":true,}`, `{"num":0}`, `{"num":0,"num":0}`,
	`{"_placeholder":true,"_placeholder":true}`,
	`{"_placeholder":false,"num":0}`, `{"_placeholder":1,"num":0}`, `{"_placeholder":"true","num":0}`,
	`{"_placeholder":truer,"num":0}`, `{"_placeholder":true,"num":00}`, `{"_placeholder":true,"num":01}`,
	`{"_placeholder":true,"num":1.0}`, `{"_placeholder":true,"num":-0}`, `{"_placeholder":true,"num":}`,
	`{"_placeholder":true,"num":0,"x":0}`, `{"_placeholder":true,"num":0}x`, `{"_placeholder":true,"num":0`,
	`{"_placeholder":true"num":0}`, `{"_placeholder" true,"num":0}`, `{_placeholder:true,"num":0}`,
	`{"_Placeholder":true,"num":0}`, `{"_placeholdeR":true,"Num":0}`, `{"_placeholder":true,"num":1000000000}`,
	`[{"_placeholder":true,"num":0}]`, `{"\ud800placeholder":true,"num":0}`, `{"_placeholder`, `{"_placeholder\`,
}

func TestOnlySixNamesAreReserved(t *testing.T) {
	names := []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
	for _, name := range append(names, "", "error", "Connect", "reconnect", "connection", "newlistener", "remove") {
		if Reserved(name) != slices.Contains(names, name) || len(name) > maxReserved {
			t.Errorf("Reserved(%q) = %v", name, Reserved(name))
		}
	}
}
