package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestThePageShowsTheTable(t *testing.T) {
	rows, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := current("../../../"+page, rows); err != nil {
		t.Error(err)
	}
}

func TestTheTableIsWholeAndItsTestsExist(t *testing.T) {
	rows, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range append(faultsOf(rows), missing(os.DirFS("../../.."), rows)...) {
		t.Error(fault)
	}
}

func TestFaultsOfTheTableAreFound(t *testing.T) {
	whole := func(change func(rows []row)) []row {
		rows := make([]row, rowCount)
		for i := range rows {
			rows[i] = row{number: i + 1, tests: []string{"socketio.TestX"}}
		}
		change(rows)
		return rows
	}
	for _, tt := range []struct {
		name string
		rows []row
		want []string
	}{
		{"nothing", whole(func([]row) {}), nil},
		{"no test", whole(func(rows []row) { rows[8].tests = nil }), []string{"row 9: neither tested nor planned"}},
		{"may be planned", whole(func(rows []row) { rows[70] = row{number: 71, planned: "later"} }), nil},
		{"planned too long", whole(func(rows []row) { rows[8] = row{number: 9, planned: "later"} }),
			[]string{"row 9: planned, but it is not one of those that may be"}},
		{"both", whole(func(rows []row) { rows[70].planned = "later" }), []string{"row 71: both tested and planned"}},
		{"differs", whole(func(rows []row) { rows[8].differs = "It is otherwise, as it should be." }), nil},
		{"differs by two sentences", whole(func(rows []row) { rows[8].differs = "It is otherwise. So be it." }),
			[]string{`row 9: what differs wants a test and one sentence, not "It is otherwise. So be it."`}},
		{"a number twice", whole(func(rows []row) { rows[8].number = 8 }), []string{"row 8: stands where 9 should"}},
		{"one too few", whole(func([]row) {})[:rowCount-1], []string{"there are 172 rows, not 173"}},
	} {
		if got := faultsOf(tt.rows); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRowsAreReadAndCounted(t *testing.T) {
	rows, err := parse("# Group\n1. It does a thing.\n  eio4.TestA/with a name\n  interop: room\n  differs: It does it so.\n\n2. Another.\n  planned: later\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []row{
		{number: 1, group: "Group", capability: "It does a thing.", tests: []string{"eio4.TestA/with a name", "interop: room"}, differs: "It does it so."},
		{number: 2, group: "Group", capability: "Another.", planned: "later"},
	}
	if got, want := fmt.Sprint(rows), fmt.Sprint(want); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if got := count(rows); got != "rows: 2, tested: 1, planned: 1, different: 1" {
		t.Error(got)
	}
	if _, err := parse("# Group\nnonsense"); err == nil {
		t.Error("nonsense is a row")
	}
	page, err := fill("before\n"+begin+"old\n"+end+"after\n", rows)
	if err != nil || strings.Contains(page, "old") || !strings.HasPrefix(page, "before\n"+begin) || !strings.HasSuffix(page, end+"after\n") {
		t.Errorf("the page is %q, %v", page, err)
	}
	if !strings.Contains(page, "| 1 | It does a thing. | `eio4.TestA/with a name`<br>`interop: room` | It does it so. |\n") {
		t.Errorf("the page lacks row 1: %s", page)
	}
	if _, err := fill("no place", rows); err == nil {
		t.Error("a page without a place for the table is filled")
	}
}

func TestTestsThatCannotFailAreFound(t *testing.T) {
	const code = `package eio4

import ("testing"; "net/http"; "errors"; "socketio/sio5")

func TestDirect(t *testing.T) { if false { t.Error("x") } }
func TestByHelper(t *testing.T) { check(t) }
func TestByMethod(t *testing.T) { rig{t}.want() }
func TestByTable(t *testing.T) { for _, f := range table { f(t) } }
func TestByOtherPackage(t *testing.T) { sio5.Check(t) }
func FuzzIt(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { t.Fatalf("x") }) }
func TestEmpty(t *testing.T) {}
func TestRunsOnly(t *testing.T) { run(); t.Log("done") }
func TestTextOfAnError(t *testing.T) { _ = errors.New("x").Error() }
func TestAnswersOnly(t *testing.T) { http.Error(nil, "x", 400) }
func TestFieldNamedAsAHelper(t *testing.T) { _ = struct{ check int }{check: 1} }

func run() {}
func check(t *testing.T) { t.Fatal("x") }
type rig struct{ *testing.T }
func (r rig) want() { r.Errorf("x") }
var table = []func(*testing.T){check}
`
	const script = `const helper = async (t) => {
  equal(1, 1, "one");
};

export const matrix = {
  "direct": async (t) => {
    holds(true, "true", 1);
  },

  "by a helper": (t) => helper(t),
  "nothing": async (t) => {
    await t.connect();
  },
  [` + "`${path}: template`" + `]: async (t) => equal(1, 1, "one"),
};
`
	tree := fstest.MapFS{
		"eio4/a_test.go":                 {Data: []byte(code)},
		"sio5/check.go":                  {Data: []byte("package sio5\n\nimport \"testing\"\n\nfunc Check(t *testing.T) { t.FailNow() }\n")},
		"interop/js/node/some.mjs":       {Data: []byte(script)},
		"docs/clients.md":                {Data: []byte("\n| room | what |\n")},
		"internal/cmd/official/suite.go": {Data: []byte(`{name: "engine.io v4", path: "x"}`)},
	}
	const none, unknown = "contains no check", "does not exist"
	for reference, want := range map[string]string{
		"eio4.TestDirect": "", "eio4.TestDirect/sub test": "", "eio4.TestByHelper": "", "eio4.TestByMethod": "",
		"eio4.TestByTable": "", "eio4.TestByOtherPackage": "", "eio4.FuzzIt": "",
		"eio4.TestEmpty": none, "eio4.TestRunsOnly": none, "eio4.TestTextOfAnError": none, "eio4.TestAnswersOnly": none,
		"eio4.TestFieldNamedAsAHelper": none, "eio4.TestNowhere": unknown, "eio9.TestDirect": unknown,
		"interop/js/node/some.mjs: direct": "", "interop/js/node/some.mjs: by a helper": "",
		"interop/js/node/some.mjs: ${path}: template": "", "interop/js/node/some.mjs: nothing": none,
		"interop/js/node/some.mjs: else": "interop/js/node/some.mjs has no test of that title",
		"interop: room":                  "", "interop: dance": "docs/clients.md does not have it",
		"suite: engine.io v4": "", "suite: engine.io v9": "internal/cmd/official/suite.go does not have it",
		"nonsense": "names neither a test in Go nor one of a script", "some: nonsense": "no such kind of test",
	} {
		got := ""
		if err := exists(tree, newSources(tree), reference); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", reference, got, want)
		}
	}
}

func TestTestsThatDidNotPassAreFound(t *testing.T) {
	ran := parseOutcomes([]byte(strings.Join([]string{
		`{"Action":"start","Package":"socketio/eio4"}`,
		`not JSON`,
		`{"Action":"run","Package":"socketio/eio4","Test":"TestNeverEnds"}`,
		`{"Action":"pass","Package":"socketio/eio4","Test":"TestA"}`,
		`{"Action":"pass","Package":"socketio/eio4","Test":"TestA/sub_test"}`,
		`{"Action":"skip","Package":"socketio/eio4","Test":"TestA/left_out"}`,
		`{"Action":"fail","Package":"socketio","Test":"TestB"}`,
		`{"Action":"pass","Package":"socketio","Test":"TestC"}`,
		`{"Action":"skip","Package":"socketio","Test":"TestC/one"}`,
		`{"Action":"pass","Package":"socketio","Test":"TestCD"}`,
	}, "\n")))
	for reference, want := range map[string]string{
		"eio4.TestA": "", "eio4.TestA/sub test": "", "eio4.TestA/left out": "was skipped", "eio4.TestA/else": "did not run",
		"eio4.TestNeverEnds": "did not run", "socketio.TestB": "failed", "socketio.TestC": "all of it was skipped",
		"socketio.TestCD": "", "interop: room": "",
	} {
		faults := failed([]row{{number: 5, tests: []string{reference}}}, ran)
		if got := strings.Join(faults, ""); strings.TrimPrefix(got, "row 5: "+reference+": ") != want {
			t.Errorf("%s: %q, want %q", reference, got, want)
		}
	}
}
