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
)

func TestTreesAreAsJavaScriptReadsThem(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{`null`, nil},
		{` [ true , false , null ] `, []any{true, false, nil}},
		{"\t{\r\n\"a\" : 1 , \"b\":{ } }", map[string]any{"a": 1.0, "b": map[string]any{}}},
		{`[]`, []any{}},
		{`0`, 0.0},
		{`-0`, math.Copysign(0, -1)},
		{`9007199254740993`, 9007199254740992.0},
		{`123456789012345678901234567890`, 123456789012345678901234567890.0},
		{`-1.25E+2`, -125.0},
		{`1e999`, math.Inf(1)},
		{`-1e999`, math.Inf(-1)},
		{`"\\\"\/"`, `\"/`},
		{`{"a":{"x":1},"a":{"y":2}}`, map[string]any{"a": map[string]any{"y": 2.0}}},
		{`{"__proto__":1,"":2}`, map[string]any{"__proto__": 1.0, "": 2.0}},
	}
	for _, tt := range tests {
		got, err := decodeTree([]byte(tt.text), nil)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, error %v; want %#v", tt.text, got, err, tt.want)
		}
	}
}

func TestMalformedTextIsAnErrorAndNoPanic(t *testing.T) {
	const text = `{"a":[1,-2.5e3,"x\u0041\n",true,false,null,{}],"b":{"c":[[]]}}`
	if _, err := decodeTree([]byte(text), nil); err != nil {
		t.Fatal(err)
	}
	for i := range len(text) {
		if v, err := decodeTree([]byte(text[:i]), nil); err == nil {
			t.Errorf("%s: got %v", text[:i], v)
		}
	}
	for _, text := range []string{`1 2`, `[1 2]`, `[,]`, `{"a" 1}`, `{"a":1 "b":2}`, `{1:2}`, `nul`, `"\x"`, `--1`, `+`, `]`, `"a"b`} {
		if v, err := decodeTree([]byte(text), nil); err == nil {
			t.Errorf("%s: got %v", text, v)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := decodeTree(nested(maxDepth), nil); err != nil {
		t.Error(err)
	}
	if _, err := decodeTree(nested(maxDepth+1), nil); !errors.Is(err, errTooDeep) {
		t.Errorf("got %v, want %v", err, errTooDeep)
	}
}

// FuzzTree compares trees with what json/v2 makes of the same text, both ways.
func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2.5e3,"x\u0041\n\ud800",true,null,{}],"b":"é"}`))
	f.Add([]byte(`[0,-0,9007199254740993,1e-7,1e21,""," "]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		// Without AllowDuplicateNames json/v2 does not merge, but it refuses.
		var want any
		wantErr := json.Unmarshal(text, &want, jsontext.AllowInvalidUTF8(true))
		got, err := decodeTree(text, nil)
		if wantErr != nil {
			return // the codec has refused it, except for the names
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %#v, error %v; want %#v", text, got, err, want)
		}
		encoded, att, err := appendTree(nil, nil, got, 1)
		if err != nil || len(att) > 0 {
			t.Fatalf("%q: %d attachments, error %v", text, len(att), err)
		}
		wantText, err := json.Marshal(want, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		canonical := jsontext.Value(encoded)
		if err := canonical.Canonicalize(); err != nil {
			t.Fatalf("%q: %v in %s", text, err, encoded)
		}
		wantValue := jsontext.Value(wantText)
		if err := wantValue.Canonicalize(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(canonical, wantValue) {
			t.Fatalf("%q: got %s, want %s", text, canonical, wantValue)
		}
	})
}
