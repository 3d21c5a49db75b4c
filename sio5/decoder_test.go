package sio5

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// samePacket compares all that is on the wire, and what was found in it.
func samePacket(a, b Packet) bool {
	return a.Type == b.Type && a.HasID == b.HasID && a.ID == b.ID && a.Namespace == b.Namespace &&
		a.AttachmentCount == b.AttachmentCount && slices.EqualFunc(a.Attachments, b.Attachments, bytes.Equal) &&
		bytes.Equal(a.Data, b.Data) && (a.Data == nil) == (b.Data == nil) &&
		bytes.Equal(a.Event, b.Event) && bytes.Equal(a.Args, b.Args)
}

// text decodes a text that is a whole packet.
func text(s string) (Packet, error) {
	var d Decoder
	p, complete, err := d.Text([]byte(s))
	if err == nil && !complete {
		err = errors.New("not complete")
	}
	return p, err
}

func TestTextPacketsDecodeAndEncodeToTheSameBytes(t *testing.T) {
	for _, test := range []struct {
		text string
		want Packet
	}{
		{`0`, Packet{Type: Connect, Namespace: "/"}},
		{`0{}`, Packet{Type: Connect, Namespace: "/", Data: []byte(`{}`)}},
		{`0{"token":"x"}`, Packet{Type: Connect, Namespace: "/", Data: []byte(`{"token":"x"}`)}},
		{`0{"pid":"P","offset":"O"}`, Packet{Type: Connect, Namespace: "/", Data: []byte(`{"pid":"P","offset":"O"}`)}},
		{`0/nsp,{"sid":"x"}`, Packet{Type: Connect, Namespace: "/nsp", Data: []byte(`{"sid":"x"}`)}},
		{`0/nsp,`, Packet{Type: Connect, Namespace: "/nsp"}},
		{`0/x?a=1,`, Packet{Type: Connect, Namespace: "/x?a=1"}},
		{`0//,`, Packet{Type: Connect, Namespace: "//"}},
		{`1`, Packet{Type: Disconnect, Namespace: "/"}},
		{`1/admin,`, Packet{Type: Disconnect, Namespace: "/admin"}},
		{`2["a"]`, event("a", ``)},
		{`2[""]`, event("", ``)},
		{`2["error"]`, event("error", ``)},
		{`2["__proto__",{"__proto__":{}}]`, event("__proto__", `{"__proto__":{}}`)},
		{`2["toString"]`, event("toString", ``)},
		{`2["connected"]`, event("connected", ``)},
		{`2["ev",1,"Q85rY4z"]`, event("ev", `1,"Q85rY4z"`)},
		{`2["a",{"_placeholder":true,"num":0}]`, event("a", `{"_placeholder":true,"num":0}`)},
		{`2["a",{"b":1,"b":2},1e999,"\ud800","\u0000"]`, event("a", `{"b":1,"b":2},1e999,"\ud800","\u0000"`)},
		{`2["a","€","😀"]`, event("a", `"€","😀"`)},
		{`212["a"]`, Packet{Type: Event, Namespace: "/", HasID: true, ID: 12, Data: []byte(`["a"]`), Event: []byte("a")}},
		{`20["a"]`, Packet{Type: Event, Namespace: "/", HasID: true, Data: []byte(`["a"]`), Event: []byte("a")}},
		{`2/admin,456["project:delete",123]`, Packet{Type: Event, Namespace: "/admin", HasID: true, ID: 456,
			Data: []byte(`["project:delete",123]`), Event: []byte("project:delete"), Args: Args("123")}},
		{`29007199254740991["a"]`, Packet{Type: Event, Namespace: "/", HasID: true, ID: 1<<53 - 1,
			Data: []byte(`["a"]`), Event: []byte("a")}},
		{`3[]`, Packet{Type: Ack, Namespace: "/", Data: []byte(`[]`)}},
		{`31[]`, Packet{Type: Ack, Namespace: "/", HasID: true, ID: 1, Data: []byte(`[]`)}},
		{`3/admin,456[null,"connect"]`, Packet{Type: Ack, Namespace: "/admin", HasID: true, ID: 456,
			Data: []byte(`[null,"connect"]`), Args: Args(`null,"connect"`)}},
		{`4`, Packet{Type: ConnectError, Namespace: "/"}},
		{`4"no"`, Packet{Type: ConnectError, Namespace: "/", Data: []byte(`"no"`)}},
		{`4/nope,{"message":"Invalid namespace"}`, Packet{Type: ConnectError, Namespace: "/nope",
			Data: []byte(`{"message":"Invalid namespace"}`)}},
	} {
		got, err := text(test.text)
		if err != nil || !samePacket(got, test.want) {
			t.Errorf("%s: %+v, %v; want %+v", test.text, got, err, test.want)
		}
		if again := Append([]byte("x"), test.want); string(again) != "x"+test.text {
			t.Errorf("Append(%+v) = %s, want %s", test.want, again, test.text)
		}
	}
}

// event is a plain event of the main namespace.
func event(name, args string) Packet {
	data := `["` + name + `"`
	if args != "" {
		data += "," + args
	}
	return Packet{Type: Event, Namespace: "/", Data: []byte(data + "]"), Event: []byte(name), Args: Args(args)}
}

func TestOtherFormsOfAPacketDecodeToTheSame(t *testing.T) {
	for _, test := range []struct{ text, canonical string }{
		{`4/x`, `4/x,`},
		{`0/`, `0`},
		{`0/,`, `0`},
		{`0/,{}`, `0{}`},
		{`2/,1["a"]`, `21["a"]`},
		{`2007["a"]`, `27["a"]`},
		{"2[\"a\"] \t\r\n", `2["a"]`},
		{`0{} `, `0{}`},
		{`0/x["a"]`, `0/x["a"],`},
	} {
		got, err := text(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if again := Append(nil, got); string(again) != test.canonical {
			t.Errorf("%s encodes to %s, want %s", test.text, again, test.canonical)
		}
	}
}

func TestEventNamesAreWithoutQuotesAndEscapes(t *testing.T) {
	for _, test := range []struct{ data, name, args string }{
		{`["a"]`, "a", ``},
		{`[ "a" , 1 , { } ]`, "a", `1 , { }`},
		{`["a\"b\\c\/\b\f\n\r\t"]`, "a\"b\\c/\b\f\n\r\t", ``},
		{`["\u20ac\uD83D\ude00",0]`, "€😀", `0`},
		{`["\ud800x"]`, "\ufffdx", ``},
		{`["x\udc00"]`, "x\ufffd", ``},
		{`["\ud800\ud800\udc00"]`, "\ufffd\U00010000", ``},
		{`[1]`, "1", ``},
		{`[ -0.5e+7 ,null]`, "-0.5e+7", `null`},
		{`["\u0061"]`, "a", ``},
	} {
		got, err := text("2" + test.data)
		if err != nil || string(got.Event) != test.name || string(got.Args) != test.args {
			t.Errorf("%s: %q, %q, %v; want %q, %q", test.data, got.Event, got.Args, err, test.name, test.args)
		}
	}
}

func TestBadTextsAreRefusedWithPlaceAndReason(t *testing.T) {
	long := "/" + strings.Repeat("n", defaultMaxNamespace)
	for _, test := range []struct{ text, want string }{
		{``, `an empty packet at byte 0`},
		{` `, `an unknown packet type at byte 0, near " "`},
		{`7`, `an unknown packet type at byte 0, near "7"`},
		{`9["a"]`, `an unknown packet type at byte 0, near "9[\"a\"]"`},
		{`a`, `an unknown packet type at byte 0, near "a"`},
		{"\x00", `an unknown packet type at byte 0, near "\x00"`},
		{`b64`, `an unknown packet type at byte 0, near "b64"`},
		{`-1`, `an unknown packet type at byte 0, near "-1"`},

		{`0 `, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near " "`},
		{`0[]`, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near "[]"`},
		{`0"x"`, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near "\"x\""`},
		{`0null`, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near "null"`},
		{`0{"a"`, `a colon is missing in JSON at byte 5`},
		{`0{} {}`, `something after the JSON at byte 4, near "{}"`},
		{`0` + long, `a namespace longer than 256 at byte 1, near "/nnnnnnnnnnnnnnn"`},
		{`0` + long + `,`, `a namespace longer than 256 at byte 1, near "/nnnnnnnnnnnnnnn"`},
		{`0nsp,`, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near "nsp,"`},
		{`1{}`, `a DISCONNECT with data at byte 1, near "{}"`},
		{`1""`, `a DISCONNECT with data at byte 1, near "\"\""`},
		{`1 `, `a DISCONNECT with data at byte 1, near " "`},
		{`4 `, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near " "`},
		{`4[]`, `not the data of a CONNECT or CONNECT_ERROR at byte 1, near "[]"`},

		{`2`, `no JSON array at byte 1`},
		{`2/x`, `no JSON array at byte 3`},
		{`2/x["a"]`, `no JSON array at byte 8`},
		{`21`, `no JSON array at byte 2`},
		{`2{}`, `no JSON array at byte 1, near "{}"`},
		{`2"a"`, `no JSON array at byte 1, near "\"a\""`},
		{`2[]`, `no event name at byte 2, near "]"`},
		{`2[null]`, `no event name at byte 2, near "null]"`},
		{`2[true]`, `no event name at byte 2, near "true]"`},
		{`2[{}]`, `no event name at byte 2, near "{}]"`},
		{`2[[]]`, `no event name at byte 2, near "[]]"`},
		{`2[`, `no event name at byte 2`},
		{`2[{"_placeholder":true,"num":0}]`, `no event name at byte 2, near "{\"_placeholder\":"`},
		{`2["connect"]`, `a reserved event name at byte 2, near "\"connect\"]"`},
		{`2["connect_error"]`, `a reserved event name at byte 2, near "\"connect_error\"]"`},
		{`2["disconnect"]`, `a reserved event name at byte 2, near "\"disconnect\"]"`},
		{`2["disconnecting",1]`, `a reserved event name at byte 2, near "\"disconnecting\","`},
		{`2["newListener"]`, `a reserved event name at byte 2, near "\"newListener\"]"`},
		{`2["removeListener"]`, `a reserved event name at byte 2, near "\"removeListener\""`},
		{`2["\u0063onnect"]`, `a reserved event name at byte 2, near "\"\\u0063onnect\"]"`},
		{`2 ["a"]`, `no JSON array at byte 1, near " [\"a\"]"`},
		{`2 1["a"]`, `no JSON array at byte 1, near " 1[\"a\"]"`},
		{`21 ["a"]`, `no JSON array at byte 2, near " [\"a\"]"`},
		{`2-1["a"]`, `no JSON array at byte 1, near "-1[\"a\"]"`},
		{`21e0["a"]`, `no JSON array at byte 2, near "e0[\"a\"]"`},
		{`29007199254740992["a"]`, `an id greater than 2^53-1 at byte 16, near "2[\"a\"]"`},
		{`218446744073709551617["a"]`, `an id greater than 2^53-1 at byte 17, near "1617[\"a\"]"`},
		{`2["a"]x`, `something after the JSON at byte 6, near "x"`},
		{`2["a"],`, `something after the JSON at byte 6, near ","`},
		{"2[\"a\"]\x1e2[\"b\"]", `something after the JSON at byte 6, near "\x1e2[\"b\"]"`},

		{`3`, `no JSON array at byte 1`},
		{`31`, `no JSON array at byte 2`},
		{`31{}`, `no JSON array at byte 2, near "{}"`},
		{`3-1[]`, `no JSON array at byte 1, near "-1[]"`},

		{`5["a"]`, `no number of attachments with a dash after it at byte 1, near "[\"a\"]"`},
		{`5-["a"]`, `a binary packet without attachments at byte 1, near "-[\"a\"]"`},
		{`50-["a"]`, `a binary packet without attachments at byte 2, near "-[\"a\"]"`},
		{`51["a"]`, `no number of attachments with a dash after it at byte 2, near "[\"a\"]"`},
		{`51`, `no number of attachments with a dash after it at byte 2`},
		{`5-1-["a"]`, `a binary packet without attachments at byte 1, near "-1-[\"a\"]"`},
		{`51.5-["a"]`, `no number of attachments with a dash after it at byte 2, near ".5-[\"a\"]"`},
		{`51e0-["a"]`, `no number of attachments with a dash after it at byte 2, near "e0-[\"a\"]"`},
		{`50x1-["a"]`, `no number of attachments with a dash after it at byte 2, near "x1-[\"a\"]"`},
		{`5 1-["a"]`, `no number of attachments with a dash after it at byte 1, near " 1-[\"a\"]"`},
		{`511-["a"]`, `more attachments than 10 at byte 2, near "1-[\"a\"]"`},
		{`51000000000-["a"]`, `more attachments than 10 at byte 3, near "00000000-[\"a\"]"`},
		{`51-`, `no JSON array at byte 3`},
		{`51-{}`, `no JSON array at byte 3, near "{}"`},
		{`61-`, `no JSON array at byte 3`},
		{`51-[{"_placeholder":true,"num":0}]`, `no event name at byte 4, near "{\"_placeholder\":"`},
	} {
		got, err := text(test.text)
		if err == nil {
			t.Errorf("%q: %+v, want %s", test.text, got, test.want)
			continue
		}
		if err.Error() != "sio5: "+test.want {
			t.Errorf("%q:\n %s, want\n sio5: %s", test.text, err, test.want)
		}
		if got.Data != nil || got.Namespace != "" {
			t.Errorf("%q: %+v with an error", test.text, got)
		}
	}
}

func TestANamespaceMayHave256Bytes(t *testing.T) {
	name := "/" + strings.Repeat("n", defaultMaxNamespace-1)
	for _, s := range []string{"0" + name, "0" + name + ",", "0" + name + ",{}"} {
		if got, err := text(s); err != nil || got.Namespace != name {
			t.Errorf("%d bytes of text: %q, %v", len(s), got.Namespace, err)
		}
	}
}

func TestTheLimitOfAttachmentsIsChecked(t *testing.T) {
	for _, test := range []struct {
		limit  int
		digits string
		wrong  string
	}{
		{0, "10", "more attachments announced than used"},
		{0, "11", "more attachments than 10"},
		{3, "3", "more attachments announced than used"},
		{3, "4", "more attachments than 3"},
		{3, "10", "more attachments than 3"},
		{255, "255", "more attachments announced than used"},
		{255, "256", "more attachments than 255"},
		{int(^uint(0) >> 1), "9223372036854775807", "more attachments announced than used"},
		{int(^uint(0) >> 1), "9223372036854775808", "more attachments than 9223372036854775807"},
		{int(^uint(0) >> 1), strings.Repeat("9", 400), "more attachments than 9223372036854775807"},
	} {
		if strconv.IntSize < 64 && test.limit > 255 {
			continue
		}
		d := Decoder{MaxAttachments: test.limit}
		_, _, err := d.Text([]byte("5" + test.digits + `-["a",{"_placeholder":true,"num":0}]`))
		fault, ok := errors.AsType[*DecodeError](err)
		if !ok || fault.Reason != test.wrong {
			t.Errorf("limit %d, %s announced: %v, want %s", test.limit, test.digits, err, test.wrong)
		}
	}
}

func TestARepeatedNamespaceIsTheSameString(t *testing.T) {
	var d Decoder
	first, _, _ := d.Text([]byte(`2/nsp,["a"]`))
	if _, _, err := d.Text([]byte(`2["a"]`)); err != nil {
		t.Fatal(err)
	}
	second, _, _ := d.Text([]byte(`2/nsp,["b"]`))
	if first.Namespace != "/nsp" || unsafe.StringData(first.Namespace) != unsafe.StringData(second.Namespace) {
		t.Errorf("%q and %q are different strings", first.Namespace, second.Namespace)
	}
}

func TestADecoderAtRestIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 64 {
		t.Errorf("%d bytes", size)
	}
}

func TestAnErrorHoldsLittleOfTheInput(t *testing.T) {
	_, err := text("2[" + strings.Repeat("\x01", 1_000_000))
	fault, ok := errors.AsType[*DecodeError](err)
	if !ok || len(fault.Near) != excerptBytes || len(err.Error()) > 120 {
		t.Errorf("%v", err)
	}
}

func TestDecodingAndEncodingTextsDoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 4096)
	for _, s := range []string{
		`0{"token":"x"}`,
		`2["echo","0123456789abcdef0123456789abcdef"]`,
		`212["echo","0123456789abcdef0123456789abcdef"]`,
		`2/nsp,12["echo",{"a":[1,2,{"b":null}],"c":"\n"},2]`,
		`2[1,2]`,
		`312["0123456789abcdef0123456789abcdef"]`,
	} {
		var d Decoder
		in := []byte(s)
		allocs := testing.AllocsPerRun(100, func() {
			p, complete, err := d.Text(in)
			if err != nil || !complete {
				t.Fatal(s, err)
			}
			if p.Args.Len() > 0 {
				for arg := range p.Args.All() {
					if _, ok := Placeholder(arg); ok {
						t.Fatal(s)
					}
				}
			}
			dst = Append(dst[:0], p)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", s, allocs)
		}
	}
}
