package socketio_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// layers is the picture of README.md, top row first. A package belongs to the longest
// name that is its directory or a parent of it; "." is the root package alone. A package
// imports from rows below its own and from its own name, never up and never sideways.
var layers = [][]string{
	{"cmd", "examples", "bench", "interop", "internal/cmd", "tools", "browser/build"},
	{"adapter/redis", "adapter/nats", "adapter/postgres", "metrics", "otel", "admin"},
	{"auth", "dedupe", "presence", "publish"},
	{"socketiotest", "internal/fleet", "msgpack", "webtransport"},
	{"."},
	{"internal/cluster", "internal/forward"},
	{"engineio", "adapter"},
	{"eio4", "eio3", "sio5"},
	{"internal/ws"},
	{"internal/serial", "internal/wheel", "internal/rate", "internal/safelog", "internal/hint", "internal/transcript", "internal/child", "internal/corpus", "browser"},
}

// codecs turn bytes into packets and back and do nothing else, so these are closed to them.
var (
	codecs = []string{"eio4", "eio3", "sio5", "msgpack"}
	impure = []string{"context", "log", "log/slog", "net", "net/http", "os"}
)

// What the core module may require, in all files and in tests; whoever needs more is a
// module of its own, so that drivers don't land in every user's build.
var (
	dependencies     = []string{"github.com/klauspost/compress"}
	testDependencies = []string{"github.com/google/go-cmp", "go.uber.org/goleak"}
)

func TestImportsPointDown(t *testing.T) {
	tree, err := load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range tree.violations() {
		t.Error(v)
	}
}

func TestPlantedViolationsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name, file, imports string
		want                string // part of the one violation; empty where it is none
	}{
		{"up a row", "eio4/packet.go", "core/engineio", "eio4 is below engineio"},
		{"up to the root", "internal/ws/conn.go", "core", "internal/ws is below ."},
		{"up from a nested package", "adapter/adaptertest/run.go", "core", "adapter/adaptertest is below ."},
		{"up from another module", "msgpack/codec.go", "core/adapter/redis", "msgpack is below adapter/redis"},
		{"up from a test", "sio5/decode_test.go", "core/engineio", "sio5 is below engineio"},
		{"sideways", "eio4/packet.go", "core/sio5", "eio4 is beside sio5"},
		{"a package nobody placed", "util/strings.go", "core/eio4", "util has no layer"},
		{"an import nobody placed", "engineio/conn.go", "core/util", "util has no layer"},
		{"a codec that does I/O", "sio5/decode.go", "net", "sio5 is a codec"},
		{"a dependency of the core", "engineio/conn.go", "github.com/gorilla/websocket", "the core module must not require"},
		{"a test's dependency outside a test", "engineio/conn.go", "github.com/google/go-cmp/cmp", "the core module must not require"},

		{"down a row", "engineio/conn.go", "core/eio4", ""},
		{"down several", "server.go", "core/internal/wheel", ""},
		{"within a name", "internal/cmd/setup/main.go", "core/internal/cmd/npm", ""},
		{"the core's dependency", "engineio/conn.go", "github.com/klauspost/compress/flate", ""},
		{"a test's dependency", "engineio/conn_test.go", "github.com/google/go-cmp/cmp", ""},
		{"a dependency of another module", "adapter/redis/bus.go", "github.com/redis/go-redis/v9", ""},
		{"what is not ours", "node_modules/x/x.go", "core/engineio", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree, err := load(fstest.MapFS{
				"go.mod":               {Data: []byte("module core\n")},
				"adapter/redis/go.mod": {Data: []byte("module core/adapter/redis\n")},
				tt.file:                {Data: []byte(fmt.Sprintf("package p\n\nimport %q\n", tt.imports))},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := tree.violations()
			if tt.want == "" && len(got) > 0 {
				t.Errorf("violations = %q, want none", got)
			}
			if tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("violations = %q, want one with %q", got, tt.want)
			}
		})
	}
}

// sources is what the rules look at: every Go file of every module of the tree.
type sources struct {
	module  string   // path of the root module
	modules []string // directories with a go.mod, "." for the root
	files   []source
}

type source struct {
	name    string
	imports []string
}

// load reads the imports of all Go files, whatever their build constraints.
func load(tree fs.FS) (*sources, error) {
	var s sources
	gomod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, err
	}
	s.module = strings.Fields(string(gomod))[1]
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.Name() == "go.mod":
			s.modules = append(s.modules, path.Dir(name))
		case path.Ext(name) == ".go":
			f, err := parse(tree, name)
			if err != nil {
				return err
			}
			s.files = append(s.files, f)
		}
		return nil
	})
	return &s, err
}

// skipped are the directories the go command doesn't look into, and npm's.
func skipped(dir string) bool {
	return dir == "testdata" || dir == "node_modules" || dir != "." && strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_")
}

func parse(tree fs.FS, name string) (source, error) {
	f := source{name: name}
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return f, err
	}
	ast, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return f, err
	}
	for _, i := range ast.Imports {
		f.imports = append(f.imports, strings.Trim(i.Path.Value, "\"`"))
	}
	return f, nil
}

// violations says which file breaks which rule.
func (s *sources) violations() []string {
	var all []string
	for _, f := range s.files {
		dir := path.Dir(f.name)
		if _, _, ok := layer(dir); !ok {
			all = append(all, fmt.Sprintf("%s: %s has no layer: give it one in arch_test.go, .golangci.yml and README.md", f.name, dir))
			continue
		}
		for _, imported := range f.imports {
			if why := s.forbidden(f.name, dir, imported); why != "" {
				all = append(all, fmt.Sprintf("%s imports %s: %s", f.name, imported, why))
			}
		}
	}
	return all
}

// forbidden says why a file in dir may not import a package, or "" when it may.
func (s *sources) forbidden(file, dir, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case imported == s.module:
		return upward(dir, ".")
	case strings.HasPrefix(imported, s.module+"/"):
		return upward(dir, strings.TrimPrefix(imported, s.module+"/"))
	case strings.Contains(first, "."):
		if s.inCore(dir) && !required(imported, strings.HasSuffix(file, "_test.go")) {
			return "the core module must not require it"
		}
	case slices.Contains(codecs, dir) && slices.Contains(impure, imported) && !strings.HasSuffix(file, "_test.go"):
		return dir + " is a codec and does no I/O"
	}
	return ""
}

// upward says why a package in from may not import one in to.
func upward(from, to string) string {
	fromRow, fromName, _ := layer(from)
	toRow, toName, ok := layer(to)
	switch {
	case !ok:
		return to + " has no layer"
	case toRow < fromRow:
		return fmt.Sprintf("%s is below %s", from, to)
	case toRow == fromRow && toName != fromName:
		return fmt.Sprintf("%s is beside %s", from, to)
	}
	return ""
}

// layer finds the row and the name a directory belongs to.
func layer(dir string) (row int, name string, ok bool) {
	for i, names := range layers {
		for _, n := range names {
			if within(dir, n) && len(n) > len(name) {
				row, name, ok = i, n, true
			}
		}
	}
	return row, name, ok
}

// inCore reports whether dir is part of the root module.
func (s *sources) inCore(dir string) bool {
	return !slices.ContainsFunc(s.modules, func(m string) bool { return m != "." && within(dir, m) })
}

func required(imported string, test bool) bool {
	allowed := func(m string) bool { return within(imported, m) }
	return slices.ContainsFunc(dependencies, allowed) || test && slices.ContainsFunc(testDependencies, allowed)
}

// within reports whether a slash-separated path is parent or lies below it.
func within(p, parent string) bool { return p == parent || strings.HasPrefix(p, parent+"/") }
