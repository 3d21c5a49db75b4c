// Package contract reads what a Go package declares with [socketio.Event] and
// [socketio.Call], and writes it for others: types for TypeScript, JSON Schema and AsyncAPI.
package contract

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"socketio"
)

// A Contract is what a package declares.
type Contract struct {
	Package string // its import path
	Name    string // its name
	Doc     string
	Events  []Event // in the order of the source
	Types   []*Type // that have a name, in the order of their first use
}

// An Event is a constant of type socketio.Event or socketio.Call.
type Event struct {
	Name       string // as it is on the wire
	Const      string // as it is in Go
	Doc        string
	Args       []Shape
	Call       bool    // it is answered
	Answer     []Shape // of a Call
	Refusable  bool    // what is sent has a method Validate, whose error answers a Call
	FromClient bool    // clients send it
	FromServer bool    // servers send it
}

// A Type is a struct or a set of constants that others refer to by its name.
type Type struct {
	Name   string
	Doc    string
	Fields []Field // of a struct
	Values []any   // of a set of constants: strings or int64
}

// A Field is a member of a Type.
type Field struct {
	Name     string // in JSON
	Doc      string
	Shape    Shape
	Optional bool // it may be missing
}

// Load reads the package that pattern names, as the go command would find it from dir.
func Load(dir, pattern string) (*Contract, error) { return load(dir, pattern, nil) }

// load is Load with files, by their names, that are not on the disk.
func load(dir, pattern string, overlay map[string][]byte) (*Contract, error) {
	found, err := packages.Load(&packages.Config{
		Dir:     dir,
		Mode:    packages.LoadSyntax, // what is imported comes from the cache of the go command
		Overlay: overlay,
	}, pattern)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s is %d packages, and one is wanted", pattern, len(found))
	}
	pkg := found[0]
	var broken []error
	for _, e := range pkg.Errors {
		broken = append(broken, e)
	}
	if err := errors.Join(broken...); err != nil {
		return nil, err
	}
	r := &reader{pkg: pkg, docs: docs(pkg), named: map[types.Object]*Type{}, names: map[string]bool{}}
	c := &Contract{Package: pkg.PkgPath, Name: pkg.Name, Doc: packageDoc(pkg)}
	if err := r.read(c); err != nil {
		return nil, err
	}
	if len(c.Events) == 0 {
		return nil, fmt.Errorf("%s declares no constants of type socketio.Event or socketio.Call", pkg.PkgPath)
	}
	return c, nil
}

// A reader goes through a package.
type reader struct {
	pkg   *packages.Package
	docs  map[token.Pos]string
	named map[types.Object]*Type
	names map[string]bool // that are taken
	order []*Type
	at    token.Pos // of the constant that is read
}

// read collects the events in the order of the source.
func (r *reader) read(c *Contract) error {
	scope := r.pkg.Types.Scope()
	var constants []*types.Const
	for _, name := range scope.Names() {
		if k, ok := scope.Lookup(name).(*types.Const); ok && k.Exported() {
			constants = append(constants, k)
		}
	}
	slices.SortFunc(constants, func(a, b *types.Const) int { return int(a.Pos() - b.Pos()) })
	var failed []error
	for _, k := range constants {
		e, ok, err := r.event(k)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %s: %w", r.pkg.Fset.Position(r.at), k.Name(), err))
		}
		if ok {
			c.Events = append(c.Events, e)
		}
	}
	c.Types = r.order
	return errors.Join(append(failed, twice(c.Events))...)
}

// twice finds names that two constants have.
func twice(events []Event) error {
	seen := map[string]string{}
	for _, e := range events {
		if other, ok := seen[e.Name]; ok {
			return fmt.Errorf("%s and %s are both %q", other, e.Const, e.Name)
		}
		seen[e.Name] = e.Const
	}
	return nil
}

// What marks the direction of an event, in the comment above it or above its group.
const (
	fromClient = "sio:client"
	fromServer = "sio:server"
)

// event makes an Event of a constant, if it is one.
func (r *reader) event(k *types.Const) (e Event, ok bool, err error) {
	t, ok := types.Unalias(k.Type()).(*types.Named)
	if !ok || !ours(t.Obj()) || t.Obj().Name() != "Event" && t.Obj().Name() != "Call" {
		return e, false, nil
	}
	r.at = k.Pos()
	doc, marks := directions(r.docs[k.Pos()])
	e = Event{
		Name: constant.StringVal(k.Val()), Const: k.Name(), Doc: doc,
		FromClient: marks[fromClient] || !marks[fromServer], FromServer: marks[fromServer] || !marks[fromClient],
	}
	sent := t.TypeArgs().At(0)
	if e.Args, err = r.arguments(sent); err != nil {
		return e, false, err
	}
	e.Refusable = r.validates(sent)
	if e.Call = t.Obj().Name() == "Call"; e.Call {
		e.Answer, err = r.arguments(t.TypeArgs().At(1))
	}
	return e, err == nil, err
}

// home is the package of Event and Call.
var home = reflect.TypeFor[socketio.None]().PkgPath()

func ours(of *types.TypeName) bool { return of.Pkg() != nil && of.Pkg().Path() == home }

// arguments are those that a payload becomes.
func (r *reader) arguments(t types.Type) (args []Shape, err error) {
	if n, ok := types.Unalias(t).(*types.Named); ok && ours(n.Obj()) {
		switch n.Obj().Name() {
		case "None":
			return nil, nil
		case "Args2", "Args3":
			for each := range n.TypeArgs().Types() {
				arg, err := r.shape(each)
				if err != nil {
					return nil, err
				}
				args = append(args, arg)
			}
			return args, nil
		}
	}
	arg, err := r.shape(t)
	return []Shape{arg}, err
}

// validates says whether t, or what it points to, has a method Validate that returns an error.
func (r *reader) validates(t types.Type) bool { return has(t, "Validate") }

// docs are the comments above constants, types and fields, by where these are declared. A
// constant without one has that of its group.
func docs(pkg *packages.Package) map[token.Pos]string {
	all := map[token.Pos]string{}
	note := func(names []*ast.Ident, comments ...*ast.CommentGroup) {
		for _, name := range names {
			for _, c := range comments {
				if c != nil {
					all[name.Pos()] = text(c)
					break
				}
			}
		}
	}
	for _, file := range pkg.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GenDecl:
				for _, spec := range n.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						note(spec.Names, spec.Doc, spec.Comment, n.Doc)
						if marks := text(n.Doc); spec.Doc != nil && strings.Contains(marks, "sio:") {
							for _, name := range spec.Names {
								all[name.Pos()] += "\n" + onlyMarks(marks)
							}
						}
					case *ast.TypeSpec:
						note([]*ast.Ident{spec.Name}, spec.Doc, n.Doc, spec.Comment)
					}
				}
			case *ast.Field:
				note(n.Names, n.Doc, n.Comment)
			}
			return true
		})
	}
	return all
}

// text is a comment with its directives, which CommentGroup.Text leaves out.
func text(c *ast.CommentGroup) string {
	if c == nil {
		return ""
	}
	lines := []string{c.Text()}
	for _, line := range c.List {
		if mark, ok := strings.CutPrefix(line.Text, "//sio:"); ok {
			lines = append(lines, "sio:"+strings.TrimSpace(mark))
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// onlyMarks are the lines of a comment that say a direction.
func onlyMarks(comment string) string {
	var marks []string
	for line := range strings.Lines(comment) {
		if strings.HasPrefix(line, "sio:") {
			marks = append(marks, strings.TrimSpace(line))
		}
	}
	return strings.Join(marks, "\n")
}

// directions takes the directives out of a comment.
func directions(comment string) (doc string, marks map[string]bool) {
	marks = map[string]bool{}
	var lines []string
	for line := range strings.Lines(comment) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "sio:") {
			marks[trimmed] = true
			continue
		}
		lines = append(lines, strings.TrimRight(line, "\n"))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), marks
}

func packageDoc(pkg *packages.Package) string {
	for _, file := range pkg.Syntax {
		if file.Doc != nil {
			return strings.TrimSpace(file.Doc.Text())
		}
	}
	return ""
}
