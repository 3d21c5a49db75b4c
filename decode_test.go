package socketio

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"socketio/sio5"
)

// arrived decodes one event into a typed payload.
func arrived[T any](args string) func() (any, error) {
	return func() (any, error) { return decodePayload[T]("say", sio5.Args(args), nil) }
}

func TestArgumentsAreDecodedAsThePayloadAsks(t *testing.T) {
	one := 1
	tests := []struct {
		name   string
		decode func() (any, error)
		want   any
	}{
		{"nothing asked for", arrived[None](`1,2`), None{}},
		{"a struct that embeds None", arrived[embedding](`{"name":"x"}`), embedding{Name: "x"}},
		{"two", arrived[Args2[string, int]](`"a",1`), Args2[string, int]{"a", 1}},
		{"three", arrived[Args3[int, *int, any]](`1,1,[]`), Args3[int, *int, any]{1, &one, []any{}}},
		{"superfluous", arrived[int](`1,"offset"`), 1},
		{"superfluous after two", arrived[Args2[int, int]](`1,2,"offset"`), Args2[int, int]{1, 2}},
		{"absent", arrived[line](``), line{}},
		{"absent pointer", arrived[*line](``), (*line)(nil)},
		{"absent any", arrived[any](``), nil},
		{"absent string", arrived[string](``), ""},
		{"second absent", arrived[Args2[int, []byte]](`1`), Args2[int, []byte]{A: 1}},
		{"null struct", arrived[line](`null`), line{}},
		{"null string", arrived[string](`null`), ""},
		{"null int", arrived[int](`null`), 0},
		{"null float", arrived[float64](`null`), 0.0},
		{"null bool", arrived[bool](`null`), false},
		{"null slice", arrived[[]string](`null`), []string(nil)},
		{"null map of any", arrived[map[string]any](`null`), map[string]any(nil)},
		{"null member", arrived[*line](`{"room":null,"n":1}`), &line{N: 1}},
		{"string", arrived[string](`"hello"`), "hello"},
		{"empty string", arrived[string](`""`), ""},
		{"string with escapes", arrived[string](`"a\n\"\u00e9\ud83d\ude00"`), "a\n\"é😀"},
		{"string beyond ASCII", arrived[string](`"你好"`), "你好"},
		{"lone surrogate", arrived[string](`"a\ud800b"`), "a\ufffdb"},
		{"lone surrogate in a struct", arrived[line](`{"text":"\udc00"}`), line{Text: "\ufffd"}},
		{"lone surrogate in an any", arrived[any](`["\ud800"]`), []any{"\ufffd"}},
		{"invalid UTF-8", arrived[string]("\"a\xff\""), "a\ufffd"},
		{"named string", arrived[Reason](`"x"`), Reason("x")},
		{"NUL", arrived[string](`"\u0000"`), "\x00"},
		{"int", arrived[int](`-12`), -12},
		{"int beyond 2⁵³", arrived[int64](`9223372036854775807`), int64(math.MaxInt64)},
		{"minus zero", arrived[int](`-0`), 0},
		{"int8", arrived[int8](`-128`), int8(-128)},
		{"float", arrived[float64](`-1.5e-10`), -1.5e-10},
		{"bool", arrived[bool](`true`), true},
		{"case does not matter", arrived[line](`{"ROOM":"go","Text":"t"}`), line{Room: "go", Text: "t"}},
		{"name without tag", arrived[struct{ RoomName string }](`{"roomName":"go"}`), struct{ RoomName string }{"go"}},
		{"unknown members", arrived[line](`{"room":"go","x":{}}`), line{Room: "go"}},
		{"name given twice", arrived[line](`{"room":"a","room":"b"}`), line{Room: "b"}},
		{"raw JSON", arrived[jsontext.Value](`{"a":1,"a":2}`), jsontext.Value(`{"a":1,"a":2}`)},
		{"list of any", arrived[[]any](`[1,"a"]`), []any{1.0, "a"}},
		{"map of any", arrived[map[string]any](`{"a":{"b":null}}`), map[string]any{"a": map[string]any{"b": nil}}},
		{"any in a struct", arrived[struct{ A any }](`{"A":[{"b":true}]}`), struct{ A any }{[]any{map[string]any{"b": true}}}},
		{"bytes with a text form", arrived[upper](`"ABC"`), upper("abc")},
		{"array of bytes", arrived[[3]byte](`"AQID"`), [3]byte{1, 2, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.decode()
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, error %v; want %#v", got, err, tt.want)
			}
		})
	}
}

func TestUnfitArgumentsAreNamedInTheError(t *testing.T) {
	tests := []struct {
		name   string
		decode func() (any, error)
		arg    int
		text   string // part of the error's
	}{
		{"string for an int", arrived[int](`"1"`), 0, "int"},
		{"fraction for an int", arrived[int](`1.5`), 0, "int"},
		{"int8 that overflows", arrived[int8](`128`), 0, "int8"},
		{"int that overflows", arrived[int](`9223372036854775808`), 0, "int"},
		{"float that overflows", arrived[float64](`1e999`), 0, "float64"},
		{"number for a string", arrived[string](`1`), 0, "string"},
		{"string for a bool", arrived[bool](`"true"`), 0, "bool"},
		{"list for a map of any", arrived[map[string]any](`[]`), 0, "map"},
		{"object for a list of any", arrived[[]any](`{}`), 0, "[]"},
		{"member", arrived[line](`{"n":"x"}`), 0, "/n"},
		{"first of two", arrived[Args2[int, int]](`"a",1`), 0, "int"},
		{"second of two", arrived[Args2[int, int]](`1,"a"`), 1, "int"},
		{"first of three", arrived[Args3[int, int, int]]("{},{},{}"), 0, "int"},
		{"third of three", arrived[Args3[int, int, int]](`1,2,[]`), 2, "int"},
		{"second for Decode", func() (any, error) {
			var a, b int
			return nil, decodeArgs("say", sio5.Args(`1,"x"`), nil, &a, &b)
		}, 1, "int"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.decode()
			e, ok := errors.AsType[*DecodeError](err)
			if !ok || e.Event != "say" || e.Arg != tt.arg || e.refused {
				t.Fatalf("got %#v; want a DecodeError of say for argument %d", err, tt.arg)
			}
			if _, ok := errors.AsType[*json.SemanticError](err); !ok {
				t.Errorf("the cause is %#v; want one of encoding/json/v2", e.Err)
			}
			if text := err.Error(); !strings.Contains(text, `"say"`) || !strings.Contains(text, tt.text) {
				t.Errorf("error %q names not both event and %q", text, tt.text)
			}
		})
	}
}

func TestErrorsOfRepliesNameNoEvent(t *testing.T) {
	_, err := decodePayload[int]("", sio5.Args(`"x"`), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "socketio: acknowledgement, argument 0: ") {
		t.Errorf("got %v", err)
	}
}

var errInvalid = errors.New("invalid")

// byValue and byPointer are valid with a positive N.
type (
	byValue   struct{ N int }
	byPointer struct{ N int }
	named     string
)

func (v byValue) Validate() error {
	if v.N <= 0 {
		return errInvalid
	}
	return nil
}

// Validate also sets what is missing, which reaches the handler.
func (v *byPointer) Validate() error {
	if v.N == 0 {
		v.N = 100
	}
	return byValue{v.N}.Validate()
}

func (v named) Validate() error {
	if v == "" {
		return errInvalid
	}
	return nil
}

func TestValidateIsCalledOnTypeAndPointer(t *testing.T) {
	tests := []struct {
		name   string
		decode func() (any, error)
		want   any // nil: refused
		arg    int
	}{
		{"value accepts", arrived[byValue](`{"N":1}`), byValue{1}, 0},
		{"value refuses", arrived[byValue](`{"N":-1}`), nil, 0},
		{"value refuses an absent argument", arrived[byValue](``), nil, 0},
		{"pointer to value accepts", arrived[*byValue](`{"N":1}`), &byValue{1}, 0},
		{"pointer to value refuses", arrived[*byValue](`{"N":-1}`), nil, 0},
		{"pointer accepts", arrived[byPointer](`{"N":1}`), byPointer{1}, 0},
		{"pointer changes", arrived[byPointer](`{}`), byPointer{100}, 0},
		{"pointer refuses", arrived[byPointer](`{"N":-1}`), nil, 0},
		{"pointer type accepts", arrived[*byPointer](`{"N":1}`), &byPointer{1}, 0},
		{"pointer type refuses", arrived[*byPointer](`{"N":-1}`), nil, 0},
		{"named string accepts", arrived[named](`"x"`), named("x"), 0},
		{"named string refuses", arrived[named](`""`), nil, 0},
		{"second argument refuses", arrived[Args2[byValue, byPointer]](`{"N":1},{"N":-1}`), nil, 1},
		{"third argument changes", arrived[Args3[int, int, byPointer]](``), Args3[int, int, byPointer]{C: byPointer{100}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.decode()
			if tt.want != nil {
				if err != nil || !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got %#v, error %v; want %#v", got, err, tt.want)
				}
				return
			}
			e, ok := errors.AsType[*DecodeError](err)
			if !ok || !errors.Is(err, errInvalid) || e.Arg != tt.arg || !e.refused {
				t.Errorf("got %#v; want argument %d refused", err, tt.arg)
			}
		})
	}
}

func TestANilPointerThatWantsValidationIsRefused(t *testing.T) {
	for _, args := range []string{"", "null"} {
		_, err := decodePayload[*byPointer]("say", sio5.Args(args), nil)
		if e, ok := errors.AsType[*DecodeError](err); !ok || !errors.Is(err, errNoValue) || !e.refused {
			t.Errorf("%q: got %v; want %v", args, err, errNoValue)
		}
	}
}

func TestDecodeFillsItsTargets(t *testing.T) {
	var (
		text    string
		tree    any
		members = map[string]any{"before": 1}
		l       line
		data    []byte
		gone    = 7
		checked *byPointer
		pointer *line
	)
	args := sio5.Args(ph.Replace(`"a",[{"b":@0}],{"now":2},{"n":3},@1,{},{"n":4},"more"`))
	err := decodeArgs("x", args, [][]byte{{1}, {2}}, &text, &tree, &members, &l, &data, &checked, &pointer)
	if err != nil {
		t.Fatal(err)
	}
	if text != "a" || l.N != 3 || string(data) != "\x02" || checked.N != 100 || pointer.N != 4 {
		t.Errorf("got %q, %v, %v, %v, %v", text, l, data, checked, pointer)
	}
	if want := []any{map[string]any{"b": []byte{1}}}; !reflect.DeepEqual(tree, any(want)) {
		t.Errorf("got %v, want %v", tree, want)
	}
	if want := map[string]any{"now": 2.0}; !reflect.DeepEqual(members, want) {
		t.Errorf("got %v, want %v", members, want)
	}
	if err := decodeArgs("x", sio5.Args(`"a"`), nil, &text, &gone); err != nil || gone != 0 {
		t.Errorf("absent: got %d, error %v; want 0", gone, err)
	}
}

func TestDecodeRefusesInvalidTargetsAndValues(t *testing.T) {
	var v byValue
	for name, into := range map[string]any{
		"nil": nil, "no pointer": 1, "nil pointer": (*int)(nil), "nil pointer to any": (*any)(nil),
		"nil pointer to map": (*map[string]any)(nil), "nil pointer to list": (*[]any)(nil), "refusing value": &v,
	} {
		err := decodeArgs("x", sio5.Args(`{}`), nil, into)
		if _, ok := errors.AsType[*DecodeError](err); !ok {
			t.Errorf("%s: got %v; want a DecodeError", name, err)
		}
	}
}

func TestTreesThatCannotBeDecodedAreErrors(t *testing.T) {
	args := sio5.Args(`{"a":{"_placeholder":true,"num":7}}`)
	if v, err := decodePayload[map[string]any]("x", args, [][]byte{{1}}); err == nil {
		t.Errorf("got %v; want an error for attachment 7", v)
	}
}

func TestDecodedValuesShareNoMemoryWithTheText(t *testing.T) {
	type all struct {
		S string
		R jsontext.Value
		A any
	}
	text := []byte(`{"S":"abc","R":{"x":"abc"},"A":["abc",{"abc":"abc"}]},"abc","abc"`)
	got, err := decodePayload[Args3[all, string, any]]("x", sio5.Args(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] = '!'
	}
	want := Args3[all, string, any]{all{"abc", jsontext.Value(`{"x":"abc"}`), []any{"abc", map[string]any{"abc": "abc"}}}, "abc", "abc"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
