package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// listed lists a package that is only declarations of its own.
func listed(t *testing.T, declarations string) []string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", "package p\n"+declarations, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("socketio/p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list(pkg)
}

func TestEachThingThatIsExportedHasItsLine(t *testing.T) {
	for _, tt := range []struct {
		source string
		want   []string
	}{
		{`const A, b = 1, 2`, []string{"const A untyped int = 1"}},
		{`type T string; const A T = "x"`, []string{`const A T = "x"`, "type T string"}},
		{`var V map[string][]func(name string) (err error)`, []string{"var V map[string][]func(string) error"}},
		{`func F(a, b int, more ...string) (n int, err error) { return }; func f() {}`, []string{"func F(int, int, ...string) (int, error)"}},
		{`type S struct { A int; b int; C func(x int) }`, []string{"type S struct", "type S struct, A int", "type S struct, C func(int)"}},
		{`type S struct{}; func (S) V(); func (*S) P(); func (S) v()`, []string{"method (*S) P()", "method (S) V()", "type S struct"}},
		{`type e struct{}; func (e) M() {}; type S struct{ e }`, []string{"method (S) M()", "type S struct"}},
		{`type I interface { M(x int) error; m() }`, []string{"type I interface { M(int) error; unexported methods }"}},
		{`type B interface { M() }; type I interface { B; N() }`, []string{"type B interface { M() }", "type I interface { M(); N() }"}},
		{`type N interface { ~int | ~string }`, []string{"type N interface { ~int | ~string }"}},
		{`type G[K comparable, V any] map[K]V`, []string{"type G[K comparable, V any] map[K]V"}},
		{`func F[T any](x T) []T { return nil }`, []string{"func F[T any](T) []T"}},
		{`type S struct{}; func (S) M[T any](x T) {}`, []string{"method (S) M[T any](T)", "type S struct"}},
		{`type T int; type A = T`, []string{"type A = T", "type T int"}},
	} {
		if got := listed(t, tt.source); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.source, got, tt.want)
		}
	}
}

func TestWhatIsGoneOrAnotherIsAFault(t *testing.T) {
	const before = `type S struct { A int }; func (*S) M(x int) {}; func F() {}; type I interface { M() }; const C = 1`
	for _, tt := range []struct {
		name, after string
		gone        int
	}{
		{"nothing", before, 0},
		{"a parameter of another name", strings.Replace(before, "M(x int)", "M(y int)", 1), 0},
		{"things that are new", before + `; func G() {}; func (*S) N() {}`, 0},
		{"a field more", strings.Replace(before, "A int", "A int; B int", 1), 0},
		{"a field of another type", strings.Replace(before, "A int", "A string", 1), 1},
		{"a field less", strings.Replace(before, "A int", "", 1), 1},
		{"a method of another signature", strings.Replace(before, "M(x int)", "M(x int) error", 1), 1},
		{"a function that is gone", strings.Replace(before, "func F() {}; ", "", 1), 1},
		{"an interface that asks for more", strings.Replace(before, "M() }", "M(); N() }", 1), 1},
		{"a constant of another value", strings.Replace(before, "C = 1", "C = 2", 1), 1},
		{"a type that is another", strings.Replace(before, "struct { A int }", "int", 1), 2},
	} {
		then, now := listing{"p": listed(t, before)}, listing{"p": listed(t, strings.Replace(tt.after, "M(x int) error {}", "M(x int) error { return nil }", 1))}
		var out strings.Builder
		err := judge(&out, compare(then, now), false)
		if gone := strings.Count(out.String(), "gone: p: "); gone != tt.gone || (err != nil) != (tt.gone > 0) {
			t.Errorf("%s: %v, and it says %s, want %d", tt.name, err, out.String(), tt.gone)
		}
		if err := judge(&out, compare(then, now), true); err != nil {
			t.Errorf("%s, announced: %v", tt.name, err)
		}
	}
	if err := judge(new(strings.Builder), compare(listing{"p": {"func F()"}}, listing{}), false); err == nil {
		t.Error("a package that is gone is no fault")
	}
}

func TestWhatIsBreakingIsAnnouncedForTheNextVersion(t *testing.T) {
	for changelog, want := range map[string]bool{
		"# C\n\n## [Unreleased]\n\n### Breaking\n\n- F is gone.\n":                             true,
		"# C\n\n## [Unreleased]\n\n### Breaking changes\n- F is gone.\n\n## [1.0.0]\n":         true,
		"# C\n\n## [Unreleased]\n\n### Breaking\n\n### Added\n\n- G.\n":                        false,
		"# C\n\n## [Unreleased]\n\n### Added\n\n- G.\n":                                        false,
		"# C\n\n## [Unreleased]\n\n- G.\n\n## [1.0.0]\n\n### Breaking\n\n- Of another time.\n": false,
	} {
		if got := announces(changelog); got != want {
			t.Errorf("%q: %v, want %v", changelog, got, want)
		}
	}
}

func TestPackagesThatNobodyImportsHaveNoFile(t *testing.T) {
	for path, want := range map[string]bool{
		"socketio": true, "socketio/engineio": true, "socketio/adapter/redis": true,
		"socketio/internal/ws": false, "socketio/adapter/redis/internal/x": false, "socketio/cmd/sio": false, "socketio/cmd/sio/demo": false,
		"socketio/interop/soak": false, "socketio/browser": true, "socketio/browser/build": false, "socketio/examplesx": true,
	} {
		if got := isPublic(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
