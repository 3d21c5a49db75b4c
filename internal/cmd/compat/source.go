package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// module is the path of the core module. Those of the others are the directories that
// they are in, below it.
const module = "socketio"

// sources are the tests of the tree, and what they call, parsed when they are asked for.
type sources struct {
	tree     fs.FS
	packages map[string]*source
}

// source is what of a package may fail a test: its test files, and other files that
// import testing. Tests of a directory's two packages are taken together.
type source struct {
	functions map[string][]declaration // also variables, which may hold functions
	methods   map[string][]declaration
}

// A declaration is one of a file.
type declaration struct {
	node    ast.Node
	imports map[string]string // what the file calls a package: its path
}

func newSources(tree fs.FS) *sources { return &sources{tree, map[string]*source{}} }

// find says so if there is no such function, or if nothing in it, and in what it calls,
// fails a test. It goes by names and not by types: it is to find a test that was left
// empty, and not to outwit anybody.
func (s *sources) find(t testID) error {
	pkg, err := s.pkg(t.pkg)
	if err != nil {
		return err
	}
	declared := pkg.functions[t.function]
	if len(declared) == 0 {
		return errors.New("does not exist")
	}
	if !s.canFail(t.pkg, declared, map[ast.Node]bool{}) {
		return errNoCheck
	}
	return nil
}

// pkg parses a package.
func (s *sources) pkg(importPath string) (*source, error) {
	if pkg, ok := s.packages[importPath]; ok {
		return pkg, nil
	}
	directory := strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
	files, err := fs.Glob(s.tree, path.Join(directory, "*.go"))
	if err != nil {
		return nil, err
	}
	pkg := &source{map[string][]declaration{}, map[string][]declaration{}}
	for _, name := range files {
		text, err := fs.ReadFile(s.tree, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot be read: %w", err)
		}
		imports := importsOf(file)
		if _, ok := imports["testing"]; ok || strings.HasSuffix(name, "_test.go") {
			pkg.add(file, imports)
		}
	}
	s.packages[importPath] = pkg
	return pkg, nil
}

func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(importPath)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = importPath
	}
	return imports
}

// add takes what a file declares.
func (p *source) add(file *ast.File, imports map[string]string) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			names := p.functions
			if decl.Recv != nil {
				names = p.methods
			}
			if decl.Body != nil {
				names[decl.Name.Name] = append(names[decl.Name.Name], declaration{decl.Body, imports})
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if values, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range values.Names {
						p.functions[name.Name] = append(p.functions[name.Name], declaration{values, imports})
					}
				}
			}
		}
	}
}

// canFail says whether one of the declarations of a package, or what they use, fails a
// test.
func (s *sources) canFail(importPath string, declared []declaration, seen map[ast.Node]bool) bool {
	for _, d := range declared {
		if seen[d.node] {
			continue
		}
		seen[d.node] = true
		w := &walk{s, importPath, d.imports, seen, false}
		ast.Inspect(d.node, w.visit)
		if w.fails {
			return true
		}
	}
	return false
}

// A walk goes through a declaration.
type walk struct {
	*sources
	pkg     string
	imports map[string]string
	seen    map[ast.Node]bool
	fails   bool
}

func (w *walk) visit(n ast.Node) bool {
	if w.fails {
		return false
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if selector, ok := n.Fun.(*ast.SelectorExpr); ok && w.packageOf(selector) == "" {
			w.fails = failsATest(selector.Sel.Name, len(n.Args))
		}
	case *ast.KeyValueExpr:
		ast.Inspect(n.Value, w.visit) // the key may be a field that is named as a function is
		return false
	case *ast.Field:
		ast.Inspect(n.Type, w.visit) // as may a parameter
		return false
	case *ast.SelectorExpr:
		if other := w.packageOf(n); other != "" {
			w.follow(other, n.Sel.Name, false)
		} else {
			w.follow(w.pkg, n.Sel.Name, true)
			ast.Inspect(n.X, w.visit)
		}
		return false
	case *ast.Ident:
		w.follow(w.pkg, n.Name, false)
	}
	return !w.fails
}

// packageOf returns the path of the package that the selector is about, or "".
func (w *walk) packageOf(selector *ast.SelectorExpr) string {
	name, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return w.imports[name.Name]
}

// follow goes on with what is declared by that name in a package of this repository.
func (w *walk) follow(importPath, name string, method bool) {
	if w.fails || (importPath != module && !strings.HasPrefix(importPath, module+"/")) {
		return
	}
	pkg, err := w.sources.pkg(importPath)
	if err != nil {
		return
	}
	declared := pkg.functions[name]
	if method {
		declared = pkg.methods[name]
	}
	w.fails = w.canFail(importPath, declared, w.seen)
}

// failsATest says whether a method of that name, called so, is one of testing.T's that
// fail. An error's Error has no arguments.
func failsATest(method string, arguments int) bool {
	switch method {
	case "Error", "Errorf", "Fatal", "Fatalf":
		return arguments > 0
	case "Fail", "FailNow":
		return arguments == 0
	}
	return false
}
