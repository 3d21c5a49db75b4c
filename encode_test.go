package socketio

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

type (
	line struct {
		Room string `json:"room"`
		Text string `json:"text"`
		N    int    `json:"n"`
	}
	celsius   float64
	embedding struct {
		None
		Name string `json:"name"`
	}
	list []list
	node struct{ Next *node }
)

// reading is a number that knows how to print what is none.
type reading float64

func (r reading) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'g', -1, 64), nil
}

// upper has a text form of its own although it is bytes.
type upper []byte

func (u upper) MarshalText() ([]byte, error)  { return []byte(strings.ToUpper(string(u))), nil }
func (u *upper) UnmarshalText(b []byte) error { *u = upper(strings.ToLower(string(b))); return nil }

// event encodes one event from a typed payload.
func event[T any](v T) func(string) ([]byte, [][]byte, error) {
	return func(name string) ([]byte, [][]byte, error) { return appendEvent(nil, name, v) }
}

// untyped encodes one event from the arguments of EmitArgs.
func untyped(args ...any) func(string) ([]byte, [][]byte, error) {
	return func(name string) ([]byte, [][]byte, error) { return appendEventArgs(nil, name, args) }
}

func TestPayloadsAreEncodedAsJavaScriptPrintsThem(t *testing.T) {
	const odd = "<>&\u2028\u2029\x7f\"\\/\b\f\n\r\t\x00\x1f\U0001f600é"
	const oddText = "\"<>&\u2028\u2029\x7f\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\U0001f600é\""
	tests := []struct {
		name string
		emit func(string) ([]byte, [][]byte, error)
		want string // the arguments
	}{
		{"no argument", event(None{}), ""},
		{"two arguments", event(Args2[string, int]{"a", 1}), `,"a",1`},
		{"three arguments", event(Args3[bool, None, *int]{A: true}), `,true,{},null`},
		{"nested arguments are one", event([]Args2[int, int]{{1, 2}}), `,[{"A":1,"B":2}]`},
		{"a struct that embeds None", event(embedding{Name: "x"}), `,{"name":"x"}`},
		{"string", event("hello"), `,"hello"`},
		{"empty string", event(""), `,""`},
		{"string with escapes", event(odd), "," + oddText},
		{"string with escapes in an any", untyped(odd), "," + oddText},
		{"string with escapes in a struct", event(line{Text: odd}), `,{"room":"","text":` + oddText + `,"n":0}`},
		{"string beyond ASCII", event("你好"), `,"你好"`},
		{"invalid UTF-8", event("a\xff\xc3"), ",\"a\ufffd\ufffd\""},
		{"invalid UTF-8 in a struct", event(line{Room: "\xff"}), ",{\"room\":\"\ufffd\",\"text\":\"\",\"n\":0}"},
		{"true", event(true), ",true"},
		{"int", event(-7), ",-7"},
		{"int beyond 2⁵³", event(math.MaxInt64), ",9223372036854775807"},
		{"uint64", event(uint64(math.MaxUint64)), ",18446744073709551615"},
		{"int64", event(int64(math.MinInt64)), ",-9223372036854775808"},
		{"large float", event(1e21), ",1e+21"},
		{"float just below", event(1e20), ",100000000000000000000"},
		{"small float", event(1e-7), ",1e-7"},
		{"float just above", event(1e-6), ",0.000001"},
		{"smallest float", event(5e-324), ",5e-324"},
		{"third", event(1.0 / 3), ",0.3333333333333333"},
		{"float32", event(float32(0.1)), ",0.1"},
		{"NaN", event(math.NaN()), ",null"},
		{"infinity in an any", event(any(math.Inf(-1))), ",null"},
		{"infinity of a named type", event(celsius(math.Inf(1))), ",null"},
		{"NaN at depth", event(map[string][]celsius{"t": {1, celsius(math.NaN())}}), `,{"t":[1,null]}`},
		{"NaN of float32 at depth", event(&struct{ F float32 }{float32(math.NaN())}), `,{"F":null}`},
		{"NaN with a text form", event(reading(math.NaN())), `,"NaN"`},
		{"NaN with a text form beside one without", event([]any{reading(math.NaN()), []float64{math.NaN()}}), `,["NaN",[null]]`},
		{"NaN with a text form in an any", event(struct{ A, B any }{reading(math.NaN()), celsius(math.NaN())}), `,{"A":"NaN","B":null}`},
		{"invalid UTF-8 in raw JSON", event(jsontext.Value("[\"\xff\"]")), ",[\"\ufffd\"]"},
		{"invalid UTF-8 in a text form", event(upper("\xff")), ",\"\ufffd\""},
		{"number in a string", event(struct {
			N int `json:",string"`
			A any
		}{N: 1}), `,{"N":"1","A":null}`},
		{"nil slice", event([]string(nil)), ",[]"},
		{"nil map", event(map[string]int(nil)), ",{}"},
		{"nil slice of any", event([]any(nil)), ",[]"},
		{"nil map of any", event(map[string]any(nil)), ",{}"},
		{"nil pointer", event((*line)(nil)), ",null"},
		{"nil any", event(any(nil)), ",null"},
		{"pointer", event(&line{N: 1}), `,{"room":"","text":"","n":1}`},
		{"struct in an any", event(any(line{N: 1})), `,{"room":"","text":"","n":1}`},
		{"tree", event([]any{nil, "a", 1.5, 2, true, []any{}, map[string]any{"k": []any{}}}), `,[null,"a",1.5,2,true,[],{"k":[]}]`},
		{"time", event(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)), `,"2026-11-23T01:02:03Z"`},
		{"raw JSON", event(jsontext.Value(`{"b":1e2, "a":"A"}`)), `,{"b":1e2,"a":"A"}`},
		{"raw JSON that names a member twice", event(jsontext.Value(`{"a":1,"a":2}`)), `,{"a":1,"a":2}`},
		{"nil raw JSON", event(jsontext.Value(nil)), `,null`},
		{"bytes with a text form", event(struct{ A net.IP }{net.IPv4(1, 2, 3, 4)}), `,{"A":"1.2.3.4"}`},
		{"bytes with a text form in an any", untyped(upper("abc")), `,"ABC"`},
		{"array of bytes", event([3]byte{1, 2, 3}), `,"AQID"`},
		{"type with a text form", event(netip.MustParseAddr("::1")), `,"::1"`},
		{"no untyped arguments", untyped(), ""},
		{"untyped arguments", untyped(1, "two", nil, line{}), `,1,"two",null,{"room":"","text":"","n":0}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, att, err := tt.emit("say")
			if want := `["say"` + tt.want + `]`; err != nil || string(got) != want || len(att) > 0 {
				t.Errorf("got %s, %d attachments, error %v; want %s", got, len(att), err, want)
			}
		})
	}
}

func TestEventNamesAreEscaped(t *testing.T) {
	got, _, err := appendEvent(nil, "a\"<\n", 1)
	if want := `["a\"<\n",1]`; err != nil || string(got) != want {
		t.Errorf("got %s, error %v; want %s", got, err, want)
	}
}

func TestRepliesAreArraysWithoutName(t *testing.T) {
	tests := []struct {
		name  string
		reply func(dst []byte) ([]byte, [][]byte, error)
		want  string
		att   int
	}{
		{"nothing", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, None{}) }, "[]", 0},
		{"one value", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, []int{1}) }, "[[1]]", 0},
		{"two values", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, Args2[int, string]{1, ","}) }, `[1,","]`, 0},
		{"no arguments", func(dst []byte) ([]byte, [][]byte, error) { return appendReplyArgs(dst, nil) }, "[]", 0},
		{"arguments", func(dst []byte) ([]byte, [][]byte, error) { return appendReplyArgs(dst, []any{nil, []byte{1}}) },
			`[null,{"_placeholder":true,"num":0}]`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, att, err := tt.reply([]byte("431"))
			if err != nil || string(got) != "431"+tt.want || len(att) != tt.att {
				t.Errorf("got %s, %d attachments, error %v; want 431%s, %d", got, len(att), err, tt.want, tt.att)
			}
		})
	}
}

// failing refuses to be encoded, after it has written something.
type failing struct{ Before []byte }

func (failing) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	return errFailing
}

var errFailing = errors.New("failing")

func TestWhatCannotBeEncodedLeavesTheBufferAsItWas(t *testing.T) {
	circle := &node{}
	circle.Next = circle
	self := map[string]any{}
	self["self"] = self
	deep := list{}
	for range maxDepth + 1 {
		deep = list{deep}
	}
	tests := []struct {
		name string
		emit func(dst []byte) ([]byte, [][]byte, error)
		want error // nil: any
	}{
		{"channel", func(dst []byte) ([]byte, [][]byte, error) { return appendEvent(dst, "x", make(chan int)) }, nil},
		{"function in an any", func(dst []byte) ([]byte, [][]byte, error) { return appendEventArgs(dst, "x", []any{1, func() {}}) }, nil},
		{"second argument", func(dst []byte) ([]byte, [][]byte, error) {
			return appendEvent(dst, "x", Args2[[]byte, failing]{A: []byte{1}})
		}, errFailing},
		{"first of three", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, Args3[failing, int, int]{}) }, errFailing},
		{"second of three", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, Args3[int, failing, int]{}) }, errFailing},
		{"first of two", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, Args2[failing, int]{}) }, errFailing},
		{"third argument", func(dst []byte) ([]byte, [][]byte, error) { return appendReply(dst, Args3[int, int, failing]{}) }, errFailing},
		{"first argument", func(dst []byte) ([]byte, [][]byte, error) { return appendReplyArgs(dst, []any{failing{}, 1}) }, errFailing},
		{"deep in a tree", func(dst []byte) ([]byte, [][]byte, error) {
			return appendEvent(dst, "x", map[string]any{"a": []any{[]byte{1}, failing{}}})
		}, errFailing},
		{"pointers in a circle", func(dst []byte) ([]byte, [][]byte, error) { return appendEvent(dst, "x", circle) }, nil},
		{"map that contains itself", func(dst []byte) ([]byte, [][]byte, error) { return appendEvent(dst, "x", self) }, errTooDeep},
		{"too deep", func(dst []byte) ([]byte, [][]byte, error) { return appendEvent(dst, "x", deep) }, nil},
		{"NaN as the key of a map", func(dst []byte) ([]byte, [][]byte, error) {
			return appendEvent(dst, "x", map[float64]int{math.NaN(): 1})
		}, nil},
		{"malformed raw JSON", func(dst []byte) ([]byte, [][]byte, error) { return appendEvent(dst, "x", jsontext.Value(`1],[2`)) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, att, err := tt.emit([]byte("42"))
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v; want %v", err, tt.want)
			}
			if string(got) != "42" || att != nil {
				t.Errorf("got %q and %d attachments; want the buffer as it was", got, len(att))
			}
		})
	}
}

func TestConnectDataHasNoAttachments(t *testing.T) {
	type auth struct {
		Token []byte  `json:"token"`
		Load  float64 `json:"load"`
	}
	for _, tt := range []struct {
		v    any
		want string
	}{
		{auth{[]byte{1, 2, 3}, math.NaN()}, `{"token":"AQID","load":null}`},
		{map[string]any{"k": []byte{1, 2, 3}}, `{"k":"AQID"}`},
		{nil, "null"},
	} {
		got, err := appendValue([]byte("0"), tt.v)
		if err != nil || string(got) != "0"+tt.want {
			t.Errorf("got %s, error %v; want 0%s", got, err, tt.want)
		}
	}
	if got, err := appendValue([]byte("0"), failing{}); !errors.Is(err, errFailing) || string(got) != "0" {
		t.Errorf("got %s, error %v; want 0 and %v", got, err, errFailing)
	}
}

func TestStringsAreQuotedAsByJSON(t *testing.T) {
	const around = "0123456789abcdefg" // so that c is in each lane of a word, and beyond the last
	for c := range rune(0x3000) {
		for i := range around {
			s := around[:i] + string(c) + around[i:]
			want, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendString(nil, s); !slices.Equal(got, want) {
				t.Errorf("%q: got %s, want %s", s, got, want)
			}
		}
	}
}
