package socketio

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"math"
	"reflect"
	"testing"
	"unicode/utf8"

	"socketio/sio5"
)

// everything has a field for each rule of payloads.
type everything struct {
	Text    string            `json:"text"`
	Flag    bool              `json:"flag"`
	Int     int64             `json:"int"`
	Float   float64           `json:"float"`
	List    []string          `json:"list"`
	Map     map[string]int    `json:"map"`
	Data    []byte            `json:"data"`
	Named   blob              `json:"named"`
	Blobs   map[string][]byte `json:"blobs"`
	Pointer *everything       `json:"pointer"`
	Any     any               `json:"any"`
}

// FuzzPayload sends a payload made of its input there and back: typed, untyped, and
// through the wire format.
func FuzzPayload(f *testing.F) {
	f.Add("hello", []byte{1, 2}, int64(-5), 1.5, true)
	f.Add("\x00\"\\\u2028é", []byte{}, int64(1<<62), math.Copysign(0, -1), false)
	f.Add("_placeholder", []byte(nil), int64(0), 1e21, true)
	f.Fuzz(func(t *testing.T, text string, data []byte, n int64, x float64, flag bool) {
		if !utf8.ValidString(text) || math.IsNaN(x) || math.IsInf(x, 0) {
			return // these do not come back as they were
		}
		whole := -1<<53 <= n && n <= 1<<53 // a relay through any rounds others, as JavaScript does
		inner := everything{Text: text, List: []string{text, ""}, Map: map[string]int{text: int(n)}, Named: data, Blobs: map[string][]byte{}}
		v := everything{
			Text: text, Flag: flag, Int: n, Float: x, List: []string{}, Map: map[string]int{}, Data: data, Named: blob(text),
			Blobs: map[string][]byte{text: data}, Pointer: &inner, Any: []any{text, x, flag, nil, map[string]any{text: []byte(text)}},
		}
		roundTrip(t, Args2[everything, string]{v, text}, whole)
		roundTrip(t, Args2[any, []byte]{v.Any, data}, whole)
		roundTrip(t, Args3[int64, float64, bool]{n, x, flag}, whole)
	})
}

func roundTrip[T any](t *testing.T, v T, relay bool) {
	t.Helper()
	text, att, err := appendEvent(nil, "x", v)
	if err != nil {
		t.Fatal(err)
	}
	if value := jsontext.Value(text); !value.IsValid() {
		t.Fatalf("invalid JSON %s", text)
	}
	args := sio5.Args(text[len(`["x",`) : len(text)-1])
	got, err := decodePayload[T]("x", args, att)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("%s: got %#v, error %v; want %#v", text, got, err, v)
	}
	if !relay {
		return
	}
	untyped := make([]any, args.Len())
	into := make([]any, len(untyped))
	for i := range into {
		into[i] = &untyped[i]
	}
	if err := decodeArgs("x", args, att, into...); err != nil {
		t.Fatal(err)
	}
	again, attAgain, err := appendEventArgs(nil, "x", untyped)
	if err != nil || len(attAgain) != len(att) {
		t.Fatalf("%s: relayed as %s with %d attachments, error %v", text, again, len(attAgain), err)
	}
	got, err = decodePayload[T]("x", sio5.Args(again[len(`["x",`):len(again)-1]), attAgain)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("%s: relayed as %s: got %#v, error %v; want %#v", text, again, got, err, v)
	}
}

func benchmarkEncode[T any](b *testing.B, v T) {
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := appendEvent(dst, "message", v); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkDecode[T any](b *testing.B, v T) {
	text, att, err := appendReply(nil, v)
	if err != nil {
		b.Fatal(err)
	}
	args := sio5.Args(text[1 : len(text)-1])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePayload[T]("message", args, att); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPayload(b *testing.B) {
	kilobyte := ""
	for len(kilobyte) < 1024 {
		kilobyte += "the quick brown fox "
	}
	tree := map[string]any{"room": "go", "text": "hello", "n": 1.0, "list": []any{"a", "b", true}}
	b.Run("encode/string", func(b *testing.B) { benchmarkEncode(b, "hello world") })
	b.Run("encode/string1k", func(b *testing.B) { benchmarkEncode(b, kilobyte) })
	b.Run("encode/struct", func(b *testing.B) { benchmarkEncode(b, line{"go", "hello", 1}) })
	b.Run("encode/pointer", func(b *testing.B) { benchmarkEncode(b, &line{"go", "hello", 1}) })
	b.Run("encode/tree", func(b *testing.B) { benchmarkEncode(b, tree) })
	b.Run("encode/bytes", func(b *testing.B) { benchmarkEncode(b, []byte("hello")) })
	b.Run("encode/file", func(b *testing.B) { benchmarkEncode(b, file{"name", []byte("hello")}) })
	b.Run("decode/string", func(b *testing.B) { benchmarkDecode(b, "hello world") })
	b.Run("decode/string1k", func(b *testing.B) { benchmarkDecode(b, kilobyte) })
	b.Run("decode/struct", func(b *testing.B) { benchmarkDecode(b, line{"go", "hello", 1}) })
	b.Run("decode/tree", func(b *testing.B) { benchmarkDecode(b, tree) })
	b.Run("decode/bytes", func(b *testing.B) { benchmarkDecode(b, []byte("hello")) })
	b.Run("decode/file", func(b *testing.B) { benchmarkDecode(b, file{"name", []byte("hello")}) })
}

// BenchmarkJSON is the same by encoding/json/v2 alone, for comparison.
func BenchmarkJSON(b *testing.B) {
	l := line{"go", "hello", 1}
	tree := map[string]any{"room": "go", "text": "hello", "n": 1.0, "list": []any{"a", "b", true}}
	text, err := json.Marshal(tree)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("encode/struct", func() error { _, err := json.Marshal(&l, encodeOptions...); return err })
	run("encode/tree", func() error { _, err := json.Marshal(tree, encodeOptions...); return err })
	run("decode/struct", func() error {
		return json.Unmarshal([]byte(`{"room":"go","text":"hello","n":1}`), &l, decodeOptions...)
	})
	run("decode/tree", func() error { var v any; return json.Unmarshal(text, &v, decodeOptions...) })
}
