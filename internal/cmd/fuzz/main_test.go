package main

import (
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTargetsBelongToThePackageNamedAfterThem(t *testing.T) {
	out := `FuzzDecode
FuzzPayload
ok  	socketio/eio4	0.003s
?   	socketio/internal/cmd/npm	[no test files]
ok  	socketio/internal/wheel	0.002s
FuzzDecode
ok  	socketio/sio5	0.003s
`
	want := []target{
		{pkg: "socketio/eio4", name: "FuzzDecode"},
		{pkg: "socketio/eio4", name: "FuzzPayload"},
		{pkg: "socketio/sio5", name: "FuzzDecode"},
	}
	if got := parseList([]byte(out)); !slices.Equal(got, want) {
		t.Errorf("targets = %v, want %v", got, want)
	}
}

func TestTheLastFiguresOfATargetAreInTheTable(t *testing.T) {
	targets := []target{{pkg: "socketio/eio4", name: "FuzzDecode"}, {pkg: "socketio/sio5", name: "FuzzText", executions: 5, interesting: 1}}
	out := &progress{target: &targets[0], to: io.Discard}
	for _, part := range []string{
		"fuzz: elapsed: 0s, gathering baseline coverage: 0/9 completed\nfuzz: elapsed: 3s, execs: 325017 (108336/sec), new inter",
		"esting: 11 (total: 202)\nfuzz: elapsed: 6s, execs: 680218 (118402/sec), new interesting: 12 (total: 203)\nPASS\n",
	} {
		if n, err := io.WriteString(out, part); n != len(part) || err != nil {
			t.Errorf("took %d bytes of %d, %v", n, len(part), err)
		}
	}
	var table strings.Builder
	printTable(&table, targets)
	const want = `  executions    new  target
      680218     12  socketio/eio4 FuzzDecode
           5      1  socketio/sio5 FuzzText
      680223         in all
`
	if table.String() != want {
		t.Errorf("the table is\n%s, want\n%s", table.String(), want)
	}
}

// The page of the figures has a row for each target, and no other.
func TestThePageListsEveryTarget(t *testing.T) {
	root := os.DirFS("../../..")
	declared := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\) \{$`)
	var want []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || len(name) > 1 && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, "_test.go"):
			code, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			for _, found := range declared.FindAllSubmatch(code, -1) {
				want = append(want, path.Join("socketio", path.Dir(name))+" "+string(found[1]))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(root, "docs/design/fuzzing.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\S+ Fuzz\\w+)`").FindAllSubmatch(page, -1) {
		got = append(got, string(row[1]))
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("the page lists\n%q, and there are\n%q", got, want)
	}
}
