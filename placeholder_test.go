package socketio

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"socketio/sio5"
)

type (
	blob []byte
	file struct {
		Name string `json:"name"`
		Data []byte `json:"data"`
	}
	folder struct {
		Files []file            `json:"files"`
		Named map[string]blob   `json:"named"`
		Any   any               `json:"any"`
		Deep  *[1]map[int]*file `json:"deep"`
		file
	}
	octet  byte
	tagged struct {
		Empty  []byte `json:"empty,omitempty"`
		Zero   blob   `json:"zero,omitzero"`
		Hidden []byte `json:"-"`
	}
)

// envelope writes its content through the encoder it is given, and reads it so.
type envelope struct{ content []byte }

func (e envelope) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, map[string][]byte{"content": e.content})
}

func (e *envelope) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var m map[string][]byte
	err := json.UnmarshalDecode(dec, &m)
	e.content = m["content"]
	return err
}

// ph is how the placeholder n looks in tests: @n.
var ph = strings.NewReplacer(
	"@0", `{"_placeholder":true,"num":0}`, "@1", `{"_placeholder":true,"num":1}`, "@2", `{"_placeholder":true,"num":2}`,
	"@3", `{"_placeholder":true,"num":3}`, "@4", `{"_placeholder":true,"num":4}`)

// binaryPayload is a payload with attachments, and what it is on the wire.
type binaryPayload struct {
	name      string
	text      string // the arguments, with @n for placeholders
	att       []string
	emit      func(string) ([]byte, [][]byte, error)
	roundTrip func(args sio5.Args, att [][]byte) (got, want any, err error)
}

func both[T any](name string, v T, text string, att ...string) binaryPayload {
	return binaryPayload{name, text, att, event(v), func(args sio5.Args, att [][]byte) (any, any, error) {
		got, err := decodePayload[T]("x", args, att)
		return got, v, err
	}}
}

var binaryPayloads = []binaryPayload{
	both("alone", []byte{1}, "@0", "\x01"),
	both("empty", []byte{}, "@0", ""),
	both("nil", []byte(nil), "null"),
	both("named", blob{1}, "@0", "\x01"),
	both("nil of a named type", blob(nil), "null"),
	both("in an any", any([]byte{1}), "@0", "\x01"),
	both("in two arguments", Args2[[]byte, any]{[]byte{1}, []any{"a", []byte{2}}}, `@0,["a",@1]`, "\x01", "\x02"),
	both("in a struct", file{"a", []byte("bc")}, `{"name":"a","data":@0}`, "bc"),
	both("nil in a struct", file{"a", nil}, `{"name":"a","data":null}`),
	both("in a pointer", &file{"a", []byte("bc")}, `{"name":"a","data":@0}`, "bc"),
	both("in a map", map[string]blob{"k": {1}}, `{"k":@0}`, "\x01"),
	both("in a slice", [][]byte{{1}, nil, {2}}, `[@0,null,@1]`, "\x01", "\x02"),
	both("in an array", [2]blob{{1}, {2}}, `[@0,@1]`, "\x01", "\x02"),
	both("at depth 3 in slices", [][][]blob{{{{1}, {2}}}, {}, {{{3}}}}, `[[[@0,@1]],[],[[@2]]]`, "\x01", "\x02", "\x03"),
	both("at depth 3 in maps", map[string]map[string]map[int][]byte{"a": {"b": {7: []byte("x")}}}, `{"a":{"b":{"7":@0}}}`, "x"),
	both("at depth 3 in any", map[string]any{"a": []any{map[string]any{"b": []byte("x")}, []any{[]byte("y")}}},
		`{"a":[{"b":@0},[@1]]}`, "x", "y"),
	both("everywhere in a struct", folder{
		Files: []file{{"a", []byte("1")}, {"b", []byte("2")}},
		Named: map[string]blob{"c": blob("3")},
		Any:   []any{map[string]any{"d": []byte("4")}},
		Deep:  &[1]map[int]*file{{5: {"e", []byte("5")}}},
		file:  file{"f", nil},
	}, `{"files":[{"name":"a","data":@0},{"name":"b","data":@1}],"named":{"c":@2},"any":[{"d":@3}],`+
		`"deep":[{"5":{"name":"e","data":@4}}],"name":"f","data":null}`, "1", "2", "3", "4", "5"),
	both("left out", tagged{}, `{}`),
	both("not left out", tagged{Empty: []byte("1"), Zero: blob{}}, `{"empty":@0,"zero":@1}`, "1", ""),
	both("slices of a byte type of one's own are numbers", []octet{1, 2}, `[1,2]`),
	both("through a method that nests", []envelope{{[]byte("x")}}, `[{"content":@0}]`, "x"),
	both("beside bytes with a text form", []any{[]byte("x"), "y"}, `[@0,"y"]`, "x"),
}

func TestBinaryAtAnyDepthBecomesAnAttachment(t *testing.T) {
	for _, tt := range binaryPayloads {
		t.Run(tt.name, func(t *testing.T) {
			text, att, err := tt.emit("x")
			if want := `["x",` + ph.Replace(tt.text) + `]`; err != nil || string(text) != want {
				t.Fatalf("got %s, error %v; want %s", text, err, want)
			}
			if len(att) != len(tt.att) {
				t.Fatalf("got %d attachments, want %d", len(att), len(tt.att))
			}
			for i, want := range tt.att {
				if string(att[i]) != want {
					t.Errorf("attachment %d: got %q, want %q", i, att[i], want)
				}
			}
		})
	}
}

func TestPlaceholdersAtAnyDepthBecomeTheirAttachments(t *testing.T) {
	for _, tt := range binaryPayloads {
		t.Run(tt.name, func(t *testing.T) {
			var att [][]byte
			for _, a := range tt.att {
				att = append(att, []byte(a))
			}
			got, want, err := tt.roundTrip(sio5.Args(ph.Replace(tt.text)), att)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %#v, error %v; want %#v", got, err, want)
			}
		})
	}
}

func TestTypedValuesWithinAnyBecomeAttachments(t *testing.T) {
	got, att, err := appendEventArgs(nil, "x", []any{blob("1"), map[string]blob{"a": blob("2")}, &file{"n", []byte("3")}, [][]byte{[]byte("4")}})
	if want := ph.Replace(`["x",@0,{"a":@1},{"name":"n","data":@2},[@3]]`); err != nil || string(got) != want {
		t.Errorf("got %s, error %v; want %s", got, err, want)
	}
	if joined := bytes.Join(att, nil); string(joined) != "1234" {
		t.Errorf("got attachments %q", joined)
	}
}

func TestNonFiniteNumbersBesideAttachmentsAreNull(t *testing.T) {
	type sample struct {
		Before []byte
		Value  celsius
		After  []byte
	}
	v := sample{[]byte("1"), celsius(math.NaN()), []byte("2")}
	got, att, err := appendEvent(nil, "x", Args2[[]byte, sample]{[]byte("0"), v})
	if want := ph.Replace(`["x",@0,{"Before":@1,"Value":null,"After":@2}]`); err != nil || string(got) != want {
		t.Errorf("got %s, error %v; want %s", got, err, want)
	}
	if joined := bytes.Join(att, nil); string(joined) != "012" {
		t.Errorf("got attachments %q", joined)
	}
}

func TestAttachmentsAreNotCopied(t *testing.T) {
	data := []byte("abc")
	_, att, err := appendEvent(nil, "x", map[string]any{"f": file{Data: data}})
	if err != nil || len(att) != 1 || &att[0][0] != &data[0] {
		t.Errorf("encoding copied the attachment, or failed: %v", err)
	}
	var named struct{ B blob }
	if err := decodeValue([]byte(ph.Replace(`{"B":@0}`)), [][]byte{data}, &named); err != nil || &named.B[0] != &data[0] {
		t.Errorf("decoding copied the attachment, or failed: %v", err)
	}
}

func TestWithoutAttachmentsAPlaceholderIsPlainData(t *testing.T) {
	want := map[string]any{"_placeholder": true, "num": 0.0}
	got, err := decodePayload[any]("x", sio5.Args(ph.Replace("@0")), nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, error %v; want %#v", got, err, want)
	}
	text, att, err := appendEvent(nil, "x", got)
	if err != nil || len(att) != 0 || !strings.Contains(string(text), `"_placeholder":true`) {
		t.Errorf("got %s, %d attachments, error %v; want it sent as it is", text, len(att), err)
	}
}

func TestBesideAttachmentsOnlyExactPlaceholdersStandForThem(t *testing.T) {
	for _, raw := range []string{
		`{"_placeholder":true,"num":0,"more":1}`, `{"_placeholder":true}`, `{"_placeholder":"true","num":0}`, `{"_placeholder":true,"num":0.5}`,
	} {
		got, err := decodeTree([]byte(raw), [][]byte{{1}})
		if _, ok := got.(map[string]any); !ok || err != nil {
			t.Errorf("%s: got %v, error %v; want it as it is", raw, got, err)
		}
	}
}

func TestOnlyAPlaceholderOrNullIsBinary(t *testing.T) {
	for _, raw := range []string{`"AQID"`, `""`, `[1,2]`, `1`, `true`, `{}`, ph.Replace("@0"), `{"_placeholder":false,"num":0}`} {
		for name, decode := range map[string]func() error{
			"alone":       func() error { _, err := decodePayload[[]byte]("x", sio5.Args(raw), nil); return err },
			"named":       func() error { _, err := decodePayload[blob]("x", sio5.Args(raw), nil); return err },
			"in a struct": func() error { _, err := decodePayload[file]("x", sio5.Args(`{"data":`+raw+`}`), nil); return err },
		} {
			if err := decode(); err == nil {
				t.Errorf("%s, %s: no error", raw, name)
			}
		}
	}
}

func TestAPlaceholderForNoAttachmentIsAnError(t *testing.T) {
	args := sio5.Args(ph.Replace("@1"))
	att := [][]byte{{1}}
	if v, err := decodePayload[[]byte]("x", args, att); err == nil {
		t.Errorf("[]byte: got %v", v)
	}
	if v, err := decodePayload[any]("x", args, att); err == nil {
		t.Errorf("any: got %v", v)
	}
	if v, err := decodePayload[struct{ A any }]("x", sio5.Args(ph.Replace(`{"A":@1}`)), att); err == nil {
		t.Errorf("any in a struct: got %v", v)
	}
}

func TestAForgedPlaceholderBesideARealOneIsRefused(t *testing.T) {
	forged := map[string]any{"_placeholder": true, "num": 0}
	for name, v := range map[string]any{
		"tree":           []any{[]byte{1}, forged},
		"in a struct":    folder{Any: forged, file: file{Data: []byte{1}}},
		"raw":            []any{[]byte{1}, jsontext.Value(`{"num":0, "_placeholder" : true}`)},
		"raw and hidden": []any{[]byte{1}, jsontext.Value(`{"\u005fplaceholder":true,"num":0}`)},
	} {
		if text, _, err := appendEvent(nil, "x", v); !errors.Is(err, errForged) {
			t.Errorf("%s: got %s, error %v; want %v", name, text, err, errForged)
		}
	}
	harmless := []any{[]byte{1}, `{"_placeholder":true,"num":0}`}
	if _, att, err := appendEvent(nil, "x", harmless); err != nil || len(att) != 1 {
		t.Errorf("a string: %d attachments, error %v", len(att), err)
	}
}

func TestPanickingMethodsDoNotSpoilLaterPayloads(t *testing.T) {
	func() {
		defer func() { _ = recover() }()
		_, _, _ = appendEvent(nil, "x", []any{[]byte{1}, []any{panicking{}}})
		t.Error("no panic")
	}()
	for range 3 {
		got, att, err := appendEvent(nil, "x", file{Data: []byte{2}})
		if want := ph.Replace(`["x",{"name":"","data":@0}]`); err != nil || string(got) != want || len(att) != 1 {
			t.Errorf("got %s, %d attachments, error %v; want %s", got, len(att), err, want)
		}
	}
}

type panicking struct{ B []byte }

func (panicking) MarshalJSONTo(*jsontext.Encoder) error { panic("as planned") }
