package sio5

import (
	"slices"
	"strings"
	"testing"
)

func TestArgsAreWalkedOneByOne(t *testing.T) {
	for _, test := range []struct {
		args string
		want []string
	}{
		{``, nil},
		{`1`, []string{`1`}},
		{`1,{"x":2}`, []string{`1`, `{"x":2}`}},
		{"1 ,\n{ \"x\" : [ 2 , 3 ] } , null", []string{`1`, `{ "x" : [ 2 , 3 ] }`, `null`}},
		{`"a,b","]","\"","\\",",\\\","`, []string{`"a,b"`, `"]"`, `"\""`, `"\\"`, `",\\\","`}},
		{`[[],["]"]],{"}":{}},-1.5e7,true,""`, []string{`[[],["]"]]`, `{"}":{}}`, `-1.5e7`, `true`, `""`}},
	} {
		p, err := text("3[" + test.args + "]")
		if err != nil || string(p.Args) != test.args {
			t.Errorf("%s: %q, %v", test.args, p.Args, err)
			continue
		}
		var got []string
		for arg := range p.Args.All() {
			got = append(got, string(arg))
		}
		if !slices.Equal(got, test.want) || p.Args.Len() != len(test.want) {
			t.Errorf("%s: %q (Len %d), want %q", test.args, got, p.Args.Len(), test.want)
		}
	}
}

func TestAWalkOverArgsCanStopEarly(t *testing.T) {
	for arg := range Args(`1,2`).All() {
		if string(arg) != "1" {
			t.Fatalf("%q", arg)
		}
		break
	}
}

func TestWithoutArgumentsNextReturnsNothing(t *testing.T) {
	for _, args := range []Args{nil, {}, Args("  ")} {
		if arg, rest := args.Next(); arg != nil || rest != nil {
			t.Errorf("%q: %q, %q", args, arg, rest)
		}
	}
}

func TestAppendingToAnArgumentLeavesTheNextOneAlone(t *testing.T) {
	p, err := text(`2["a",1,2]`)
	if err != nil {
		t.Fatal(err)
	}
	arg, rest := p.Args.Next()
	_ = append(arg, "XYZ"...)
	_ = append(p.Event, "XYZ"...)
	_ = append(p.Args, "XYZ"...)
	if string(rest) != "2" || string(p.Data) != `["a",1,2]` {
		t.Errorf("%q, %q", rest, p.Data)
	}
}

func TestArgsThatAreNotJSONDoNotPanic(t *testing.T) {
	for _, args := range append(badValues, strings.Repeat("]", 20), `"\`, `{"`, `[\`) {
		if n := Args(args).Len(); n > len(args) {
			t.Errorf("%q: %d arguments", args, n)
		}
	}
}
