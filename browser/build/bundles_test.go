package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

const dir = ".." // of package browser

func TestBundlesAreWhatTheSourcesMake(t *testing.T) {
	expected := map[string]bool{}
	for _, b := range bundles {
		made, err := b.build(dir)
		if err != nil {
			t.Fatalf("%s: %v", b.name, err)
		}
		if len(made) != 2 || made[b.name] == nil || made[b.name+".map"] == nil {
			t.Errorf("%s: %d files are made, want it and its map", b.name, len(made))
		}
		for name, want := range made {
			expected[name] = true
			have, err := os.ReadFile(filepath.Join(dir, "dist", name))
			if err != nil || !bytes.Equal(have, want) {
				t.Errorf("dist/%s is not what the sources make: run go generate ./browser", name)
			}
		}
	}
	have, err := contents(filepath.Join(dir, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range have {
		if !expected[name] && !strings.HasPrefix(name, "types/") {
			t.Errorf("dist/%s is made by nothing", name)
		}
	}
}

func TestBundlesAreMadeAlikeAgain(t *testing.T) {
	b := bundles[1]
	first, err := b.build(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.build(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name := range first {
		if !bytes.Equal(first[name], again[name]) {
			t.Errorf("%s differs from one time to the next", name)
		}
		if bytes.Contains(first[name], []byte(os.Getenv("HOME")+"/")) {
			t.Errorf("%s names a directory of this machine", name)
		}
	}
}

func TestNoBundleIsLargerThanItMayBe(t *testing.T) {
	limited := 0
	for _, b := range bundles {
		_, packed, err := sizes(filepath.Join(dir, "dist", b.name))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.over(packed); err != nil {
			t.Error(err)
		}
		if b.limit > 0 {
			limited++
		}
	}
	if limited != 3 {
		t.Errorf("%d bundles have a limit, want 3", limited)
	}
	if err := (bundle{name: "x", limit: 10}).over(11); err == nil {
		t.Error("11 bytes where 10 are allowed are no error")
	}
}

// A strict Content-Security-Policy forbids to run text as a program.
func TestNoBundleRunsTextAsAProgram(t *testing.T) {
	forbidden := regexp.MustCompile(`\beval\(|\bFunction\(|setTimeout\("|setInterval\("|document\.write|innerHTML`)
	for _, b := range bundles {
		text, err := os.ReadFile(filepath.Join(dir, "dist", b.name))
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s has %s", b.name, found)
		}
	}
}

func TestBundlersLeaveOutWhatAPageDoesNotUse(t *testing.T) {
	dist, err := filepath.Abs(filepath.Join(dir, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, uses string
		most       int // bytes
	}{
		{"npm/socket.io.esm.mjs", "protocol", 50},
		{"npm/socket.io.lite.esm.mjs", "protocol", 50},
		{"npm/socket.io.esm.mjs", "io", 30_000},
		{"npm/socket.io.lite.esm.mjs", "io", 12_000},
	} {
		program := `import { ` + tt.uses + ` as used } from "./` + tt.name + `"; console.log(used)`
		made, err := files(api.Build(api.BuildOptions{
			Stdin:  &api.StdinOptions{Contents: program, ResolveDir: dist},
			Bundle: true, MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true, Format: api.FormatESModule,
		}), ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, content := range made {
			if len(content) > tt.most || !bytes.Contains(content, []byte("console.log")) {
				t.Errorf("a page that uses %s gets %d bytes of %s, want %d at most", tt.uses, len(content), tt.name, tt.most)
			}
		}
		if len(made) != 1 {
			t.Errorf("%d files are made, want 1", len(made))
		}
	}
}
