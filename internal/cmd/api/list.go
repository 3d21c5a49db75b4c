package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// list returns a line for each thing that a package exports, in order.
func list(pkg *types.Package) []string {
	l := lister{pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		if object := pkg.Scope().Lookup(name); object.Exported() {
			l.object(object)
		}
	}
	slices.Sort(l.lines)
	return slices.Compact(l.lines)
}

type lister struct {
	pkg   *types.Package
	lines []string
}

func (l *lister) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// text is a type as the package itself writes it.
func (l *lister) text(t types.Type) string {
	return types.TypeString(nameless(t), func(p *types.Package) string {
		if p == l.pkg {
			return ""
		}
		return p.Path()
	})
}

func (l *lister) object(object types.Object) {
	switch o := object.(type) {
	case *types.Const:
		l.add("const %s %s = %s", o.Name(), l.text(o.Type()), o.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.add("func %s%s", o.Name(), l.signature(o))
	case *types.TypeName:
		if o.IsAlias() {
			l.add("type %s = %s", o.Name(), l.text(types.Unalias(o.Type())))
			return
		}
		l.named(o.Name(), o.Type().(*types.Named))
	}
}

// named lists a type, its fields and its methods.
func (l *lister) named(name string, t *types.Named) {
	head := "type " + name + l.parameters(t.TypeParams())
	switch u := t.Underlying().(type) {
	case *types.Struct:
		l.add("%s struct", head)
		for f := range u.Fields() {
			if f.Exported() {
				l.add("%s struct, %s %s", head, f.Name(), l.text(f.Type()))
			}
		}
	case *types.Interface:
		l.add("%s %s", head, l.contract(u))
		return // its methods are its type
	default:
		l.add("%s %s", head, l.text(u))
	}
	of := types.NewMethodSet(t)
	for s := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		m := s.Obj().(*types.Func)
		if !m.Exported() {
			continue
		}
		receiver := "*" + name
		if of.Lookup(m.Pkg(), m.Name()) != nil {
			receiver = name
		}
		l.add("method (%s) %s%s", receiver, m.Name(), l.signature(m))
	}
}

// contract is an interface: whoever implements it has to have all of it, so it is one line.
func (l *lister) contract(u *types.Interface) string {
	var parts []string
	for m := range u.Methods() {
		if m.Exported() {
			parts = append(parts, m.Name()+l.signature(m))
		} else {
			parts = append(parts, "unexported methods")
		}
	}
	for e := range u.EmbeddedTypes() {
		if _, ok := e.Underlying().(*types.Interface); !ok { // a constraint
			parts = append(parts, l.text(e))
		}
	}
	slices.Sort(parts)
	return "interface { " + strings.Join(slices.Compact(parts), "; ") + " }"
}

func (l *lister) signature(f *types.Func) string {
	s := f.Signature()
	return l.parameters(s.TypeParams()) + strings.TrimPrefix(l.text(withoutParameters(s)), "func")
}

// parameters is a list of type parameters with their constraints.
func (l *lister) parameters(list *types.TypeParamList) string {
	var parts []string
	for p := range list.TypeParams() {
		parts = append(parts, p.Obj().Name()+" "+l.text(p.Constraint()))
	}
	if len(parts) == 0 {
		return ""
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func withoutParameters(s *types.Signature) *types.Signature {
	return types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())
}

// nameless returns a type without the names of parameters and results, which programs do
// not see.
func nameless(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Signature:
		if t.TypeParams().Len() > 0 {
			return t
		}
		return types.NewSignatureType(nil, nil, nil, unnamed(t.Params()), unnamed(t.Results()), t.Variadic())
	case *types.Pointer:
		return types.NewPointer(nameless(t.Elem()))
	case *types.Slice:
		return types.NewSlice(nameless(t.Elem()))
	case *types.Array:
		return types.NewArray(nameless(t.Elem()), t.Len())
	case *types.Chan:
		return types.NewChan(t.Dir(), nameless(t.Elem()))
	case *types.Map:
		return types.NewMap(nameless(t.Key()), nameless(t.Elem()))
	}
	return t
}

func unnamed(tuple *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range tuple.Variables() {
		vars = append(vars, types.NewParam(v.Pos(), v.Pkg(), "", nameless(v.Type())))
	}
	return types.NewTuple(vars...)
}
