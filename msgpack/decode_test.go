package msgpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"socketio/sio5"
)

// unhex is what hexadecimal digits, with spaces among them, stand for.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

const (
	eventOf = "83 a474797065 02 a36e7370 a12f a464617461 " // an event with the data that follows
	named   = eventOf + "92 a165 "                         // an event with the argument that follows
)

func TestUnusualValuesAreDecoded(t *testing.T) {
	for _, tt := range []struct {
		name, arg string
		want      string // the argument
		att       string // attachments, each followed by a semicolon
	}{
		{"float32", "ca 3dcccccd", "0.10000000149011612", ""},
		{"integers in more bytes than they need", "93 d3 ffffffffffffffff cd 0001 d0 05", "[-1,1,5]", ""},
		{"str 32", "db 00000001 61", `"a"`, ""},
		{"string that is not UTF-8", "a3 61ff62", `"a` + "\ufffd" + `b"`, ""},
		{"half a surrogate pair", "a3 eda080", `"` + "\ufffd\ufffd\ufffd" + `"`, ""},
		{"bin 32", "c6 00000001 61", `{"_placeholder":true,"num":0}`, "a;"},
		{"map with a key twice", "82 a161 01 a161 02", `{"a":1,"a":2}`, ""},
		{"integers for keys", "83 07 01 ff 02 cd 0100 03", `{"7":1,"-1":2,"256":3}`, ""},
		{"array 32 and map 32", "dd 00000001 df 00000001 a161 01", `[{"a":1}]`, ""},
		{"only undefined members", "82 a161 d40000 a162 d40000", `{}`, ""},
		{"timestamp 32", "d6ff 5bd22980", `"2018-10-25T20:37:20.000Z"`, ""},
		{"timestamp 64", "d7ff 001e8480 5bd22980", `"2018-10-25T20:37:20.0005Z"`, ""},
		{"timestamp 96", "c70cff 00000000 ffffffffffffffff", `"1969-12-31T23:59:59.000Z"`, ""},
		{"timestamp beyond all dates", "c70cff 00000000 7fffffffffffffff", `null`, ""},
		{"date before the year 0", "d700 ffffc76e394a7400", `"-000001-01-01T00:00:00.000Z"`, ""},
		{"ArrayBuffer of eight bytes", "c70800 6162636465666768", `{"_placeholder":true,"num":0}`, "abcdefgh;"},
		{"unknown extension", "d505 6162", `[5,{"_placeholder":true,"num":0}]`, "ab;"},
		{"unknown long extension", "c80003fe 616263", `[-2,{"_placeholder":true,"num":0}]`, "abc;"},
		{"timestamp of no size that there is", "d5ff 6162", `[-1,{"_placeholder":true,"num":0}]`, "ab;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _, err := Codec{}.Decode([]byte("before"), unhex(named+tt.arg))
			if err == nil {
				err = p.Check()
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(p.Args) != tt.want {
				t.Errorf("the argument is %s, want %s", p.Args, tt.want)
			}
			var att strings.Builder
			for _, attachment := range p.Attachments {
				att.WriteString(string(attachment) + ";")
			}
			if att.String() != tt.att {
				t.Errorf("the attachments are %q, want %q", att.String(), tt.att)
			}
		})
	}
}

func TestNullStandsForWhatIsNotThere(t *testing.T) {
	p, _, err := Codec{}.Decode(nil, unhex("84 a474797065 01 a36e7370 a12f a26964 c0 a464617461 c0"))
	if err == nil {
		err = p.Check()
	}
	if err != nil || p.Type != sio5.Disconnect || p.HasID || p.Data != nil {
		t.Errorf("decoded %+v, %v", p, err)
	}
}

func TestB119BadInputIsRefused(t *testing.T) {
	deep := strings.Repeat("91", maxDepth)
	for _, tt := range []struct {
		name, message string // in hexadecimal
		want          string
	}{
		{"nothing", "", "cut short"},
		{"no map", "93 02 a12f 90", "no map where a packet begins"},
		{"an unused byte", named + "c1", "cut short"},
		{"something behind the packet", named + "01 00", "something after the packet"},
		{"no type", "82 a36e7370 a12f a464617461 91 a165", "without a type"},
		{"no namespace", "82 a474797065 02 a464617461 91 a165", "without a namespace"},
		{"a type that is no integer", "82 a474797065 a132 a36e7370 a12f", "no type"},
		{"a negative type", "82 a474797065 ff a36e7370 a12f", "no type"},
		{"a binary type", "82 a474797065 05 a36e7370 a12f", "an unknown packet type"},
		{"a type that wraps around", "82 a474797065 cd0102 a36e7370 a12f", "an unknown packet type"},
		{"a namespace that is no string", "82 a474797065 00 a36e7370 c0", "no namespace"},
		{"a namespace that is too long", "82 a474797065 00 a36e7370 da0101" + strings.Repeat("2f", 257), "a namespace longer"},
		{"an id that is no integer", "84 a474797065 03 a36e7370 a12f a464617461 90 a26964 cb4014000000000000", "no id"},
		{"a negative id", "84 a474797065 03 a36e7370 a12f a464617461 90 a26964 ff", "no id"},
		{"an id beyond 2^53-1", "84 a474797065 03 a36e7370 a12f a464617461 90 a26964 cf0020000000000000", "an id greater"},
		{"a key of the packet that is no string", "81 01 02", "no string for a key"},
		{"the type twice", "82 a474797065 02 a474797065 02", "twice"},
		{"data twice", "82 a464617461 90 a464617461 90", "twice"},
		{"an event that is no array", eventOf + "80", "no JSON array"},
		{"an event without data", "82 a474797065 02 a36e7370 a12f", "no JSON array"},
		{"an event named by bytes", eventOf + "91 c40165", "no event name"},
		{"a reserved name", eventOf + "91 aa646973636f6e6e656374", "a reserved event name"},
		{"a CONNECT with a string", "83 a474797065 00 a36e7370 a12f a464617461 a178", "not the data of a CONNECT"},
		{"a DISCONNECT with data", "83 a474797065 01 a36e7370 a12f a464617461 80", "a DISCONNECT with data"},
		{"deeper than 512", eventOf + deep + "90", "nested deeper than 512"},
		{"maps deeper than 512", eventOf + strings.Repeat("81a161", maxDepth) + "80", "nested deeper than 512"},
		{"what is not looked at, deeper than 512", "81 a178 " + deep + "90", "nested deeper than 512"},
		{"an array of 4 G elements", eventOf + "dd ffffffff a165", "cut short"},
		{"a map of 4 G members", named + "df ffffffff a161 01", "cut short"},
		{"a packet of 4 G members", "df ffffffff a474797065 02", "cut short"},
		{"a string of 4 GB", named + "db ffffffff 61", "cut short"},
		{"bytes of 4 GB", named + "c6 ffffffff 61", "cut short"},
		{"an extension of 4 GB", named + "c9 ffffffff 00 61", "cut short"},
		{"a key that is null", named + "81 c0 01", "neither a string nor an integer"},
		{"a key that is an array", named + "81 90 01", "neither a string nor an integer"},
		{"a key of bytes", named + "81 c40161 01", "neither a string nor an integer"},
		{"a forged placeholder beside bytes", eventOf + "93 a165 c400 82 ac5f706c616365686f6c646572 c3 a36e756d 00", "a second placeholder"},
		{"more than 65,536 binary values", eventOf + "92 a165 dd 00010001" + strings.Repeat("c400", maxBinaries+1), "more binary values than 65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _, err := Codec{}.Decode(nil, unhex(tt.message))
			if err == nil {
				err = p.Check()
			}
			if _, ok := errors.AsType[*sio5.DecodeError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want a DecodeError with %q", err, tt.want)
			}
		})
	}
}

func TestAPacketThatIsCutAnywhereIsRefused(t *testing.T) {
	for _, r := range packets(t) {
		for end := range r.Wire {
			if _, _, err := (Codec{}).Decode(nil, r.Wire[:end]); err == nil {
				t.Fatalf("%s: the first %d of %d bytes are accepted", r.Name, end, len(r.Wire))
			}
		}
	}
}

func TestLongContainersGetTheirHeaders(t *testing.T) {
	const n = 70_000
	text := `["e",[` + strings.Repeat(`0,`, n-1) + `0],{"k":[` + strings.Repeat(`[],`, 16) + `[]]}]`
	p := sio5.Packet{Type: sio5.Event, Namespace: "/", Data: []byte(text)}
	wire, err := Codec{}.Append(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	want := unhex("83 a474797065 02 a464617461 93 a165 dd 00011170" + strings.Repeat("00", n) +
		"81 a16b dc0011" + strings.Repeat("90", 17) + "a36e7370 a12f")
	if !bytes.Equal(wire, want) {
		t.Errorf("encoded as %.40x… %x", wire, wire[len(wire)-40:])
	}
	if p, _, err = (Codec{}).Decode(nil, wire); err != nil || string(p.Data) != text {
		t.Errorf("decoded as %.60s, %v", p.Data, err)
	}
}

func TestWhatIsNoJSONIsNotEncoded(t *testing.T) {
	for _, text := range []string{
		"x", "[", "[1", "[1 2]", `["a`, `["\`, `{"a"}`, `{"a" 1}`, "{1:2}", "[]x", "nul", "-", "1e", "[1,]",
		strings.Repeat("[", maxEncodedDepth+1), `[{"_placeholder":true,"num":1}]`,
	} {
		p := sio5.Packet{Type: sio5.Ack, Data: []byte(text), Attachments: [][]byte{nil}}
		if out, err := (Codec{}).Append([]byte("before"), p); err == nil || string(out) != "before" {
			t.Errorf("%.20s: encoded as %q, %v", text, out, err)
		}
	}
}
