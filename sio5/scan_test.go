package sio5

import (
	"encoding/json/jsontext"
	"errors"
	"strings"
	"testing"
)

// validJSON says what the standard library makes of s, with what this package
// lets pass: duplicate keys, lone surrogates, and UTF-8 that nobody has checked.
func validJSON(s string) bool {
	return jsontext.Value(s).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

var goodValues = []string{
	`0`, `-0`, `7`, `10`, `-12.5`, `0.0`, `1e5`, `1E+5`, `1e-5`, `0e0`, `1e999`, `123456789012345678901234567890`,
	`true`, `false`, `null`, `""`, `"a"`, `"\""`, `"\\"`, `"\/\b\f\n\r\t"`, `"\u0000\uABCD\uabcd"`,
	`"\ud800"`, `"\udc00\ud800"`, "\"\u007f€😀\"", `"0123456"`, `"01234567"`, `"012345678"`, `"0123456\n01234567\\"`,
	`[]`, `[ ]`, `[1]`, `[ 1 , 2 ]`, `[[],[[]],{}]`, "[\t\r\n 1]",
	`{}`, `{ }`, `{"a":1}`, `{ "a" : 1 , "b" : [ ] }`, `{"":{"":{}}}`, `{"a":1,"a":2}`, `[{"a":[{"b":{}},[]]},3]`,
}

var badValues = []string{
	``, `-`, `01`, `-01`, `00`, `+1`, `.5`, `1.`, `1.e5`, `1e`, `1e+`, `0x1`, `1_0`, `--1`, `NaN`, `Infinity`,
	`tru`, `truE`, `nul`, `fals`, `True`, `undefined`, `'a'`, `"`, `"a`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`,
	`"\u123G"`, `"\u 123"`, `"\uD83D\u"`, "\"a\nb\"", "\"\x00\"", "\"0123456\x1f89\"", "\"01234567\t\"",
	`[`, `]`, `[1`, `[1,`, `[1,]`, `[,]`, `[,1]`, `[1 2]`, `[1}`, `[1:2]`, `[[]`,
	`{`, `}`, `{"a"`, `{"a"}`, `{"a":`, `{"a":}`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{1:2}`, `{a:1}`,
	`{"a":1]`, `{"a":1 "b":2}`, `{"a",1}`, `{"a"::1}`, `[{]}`, `{"a":[}]`, `[{"a":1],2]`, "\ufeff1", "\x001", "1\x00",
	"[1\v]", "[\u00a01]", `[1]]`, `{}}`, `1 2`, `[] []`, `//`, `[1/**/]`,
}

func TestTheScannerAgreesWithTheStandardLibrary(t *testing.T) {
	check := func(value string, want bool) {
		if validJSON(value) != want {
			t.Errorf("the standard library on %q: %v", value, !want)
		}
		for _, s := range []string{value, "[" + value + "]", `{"k":` + value + `}`, "\n" + value + " "} {
			// The value is framed as the second argument of an ack.
			_, err := text(`3[0,` + s + `]`)
			if (err == nil) != validJSON(`[0,`+s+`]`) {
				t.Errorf("%q: %v", s, err)
			}
		}
	}
	for _, value := range goodValues {
		check(value, true)
	}
	for _, value := range badValues {
		check(value, false)
	}
}

func TestEveryBeginningOfAPacketIsRefused(t *testing.T) {
	const whole = `2["a",{"b":[true,false,null,-1.5e+7,"\u00e9\n",{},[]]},"x"]`
	if _, err := text(whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if p, err := text(whole[:n]); err == nil {
			t.Errorf("%s: %+v", whole[:n], p)
		}
	}
}

func TestJSONMayBeNested512Deep(t *testing.T) {
	for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
		levels := strings.Count(brackets[0], "[") + strings.Count(brackets[0], "{")
		nested := func(depth int) string {
			depth-- // The array of the packet is the first level.
			return `3[0,` + strings.Repeat("[", depth%levels) + strings.Repeat(brackets[0], depth/levels) + "1" +
				strings.Repeat(brackets[1], depth/levels) + strings.Repeat("]", depth%levels) + `]`
		}
		if p, err := text(nested(maxDepth)); err != nil || p.Args.Len() != 2 {
			t.Errorf("%s at the limit: %v", brackets[0], err)
		}
		_, err := text(nested(maxDepth + 1))
		fault, ok := errors.AsType[*DecodeError](err)
		if !ok || fault.Reason != "JSON nested deeper than 512" {
			t.Errorf("%s over the limit: %v", brackets[0], err)
		}
	}
}

func TestNestingOverTheLimitIsRefusedWhereTheLimitIs(t *testing.T) {
	for _, depth := range []int{6_000, 500_000} {
		_, err := text(`2["a",` + strings.Repeat("[", depth))
		fault, ok := errors.AsType[*DecodeError](err)
		// The packet's own array is one of the levels.
		if !ok || fault.Offset != len(`2["a",`)+maxDepth-1 {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}

// Inputs a megabyte long must cost one pass and no memory.
func TestHostileTextsDoNotAllocate(t *testing.T) {
	const million = 1_000_000
	for name, s := range map[string]string{
		"zeros as id":      "2" + strings.Repeat("0", million) + `["a"]`,
		"digits as value":  `2["a",` + strings.Repeat("1", million) + `]`,
		"digits as name":   `2[` + strings.Repeat("1", million) + `]`,
		"empty arrays":     `2["a"` + strings.Repeat(",[]", million/3) + `]`,
		"empty objects":    `2["a",{"b":[{}` + strings.Repeat(",{}", million/3) + `]}]`,
		"members":          `2["a",{"":0` + strings.Repeat(`,"":0`, million/5) + `}]`,
		"escapes":          `2["a","` + strings.Repeat(`\\`, million/2) + `"]`,
		"spaces":           `2["a"` + strings.Repeat(" ", million) + `]`,
		"deep and shallow": `2["a"` + strings.Repeat(","+strings.Repeat("[", 511)+strings.Repeat("]", 511), 970) + `]`,
	} {
		in := []byte(s)
		var d Decoder
		allocs := testing.AllocsPerRun(1, func() {
			p, _, err := d.Text(in)
			if err != nil {
				t.Fatal(name, err)
			}
			steps := 0
			for rest := p.Args; len(rest) > 0; steps++ {
				left := len(rest)
				if _, rest = rest.Next(); len(rest) >= left {
					t.Fatalf("%s: argument %d: %d bytes left after %d", name, steps, len(rest), left)
				}
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func TestALongIDStopsTheDecoderAtItsSeventeenthDigit(t *testing.T) {
	_, err := text("2" + strings.Repeat("9", 1_000_000))
	fault, ok := errors.AsType[*DecodeError](err)
	if !ok || fault.Offset != 16 {
		t.Errorf("%v", err)
	}
}
