package contract

import (
	"fmt"
	"go/constant"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// A Shape is what a Go type is in JSON, and in binary attachments.
type Shape struct {
	Kind   Kind
	Elem   *Shape  // of Array and Map
	Length int     // of an Array that always has so many
	Ref    *Type   // of Named
	Fields []Field // of Object
	Format string  // of String, as JSON Schema calls it
	Null   bool    // it may be null
}

// A Kind is the sort of a Shape.
type Kind int

// The kinds.
const (
	Any Kind = iota
	Boolean
	Integer
	Number
	String
	Binary // an attachment: ArrayBuffer or Buffer
	Array
	Map
	Object // a struct without a name
	Named  // one of Contract.Types
)

// shape says what t becomes by the rules of [socketio.Event].
func (r *reader) shape(t types.Type) (Shape, error) {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return r.namedShape(t)
	case *types.Pointer:
		s, err := r.shape(t.Elem())
		s.Null = s.Kind != Any
		return s, err
	case *types.Basic:
		return basic(t)
	case *types.Slice:
		if isByte(t.Elem()) {
			return Shape{Kind: Binary}, nil
		}
		return r.array(t.Elem(), 0)
	case *types.Array:
		if isByte(t.Elem()) {
			return Shape{Kind: String, Format: "byte"}, nil
		}
		return r.array(t.Elem(), int(t.Len()))
	case *types.Map:
		elem, err := r.shape(t.Elem())
		return Shape{Kind: Map, Elem: &elem}, err
	case *types.Struct:
		fields, err := r.fields(t)
		return Shape{Kind: Object, Fields: fields}, err
	case *types.Interface:
		return Shape{Kind: Any}, nil
	default:
		return Shape{}, fmt.Errorf("%s cannot be sent", t)
	}
}

func (r *reader) array(of types.Type, length int) (Shape, error) {
	elem, err := r.shape(of)
	return Shape{Kind: Array, Elem: &elem, Length: length}, err
}

func isByte(t types.Type) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Kind() == types.Uint8
}

func basic(t *types.Basic) (Shape, error) {
	switch info := t.Info(); {
	case info&types.IsBoolean != 0:
		return Shape{Kind: Boolean}, nil
	case info&types.IsInteger != 0:
		return Shape{Kind: Integer}, nil
	case info&types.IsFloat != 0:
		return Shape{Kind: Number}, nil
	case info&types.IsString != 0:
		return Shape{Kind: String}, nil
	}
	return Shape{}, fmt.Errorf("%s cannot be sent", t)
}

// namedShape is shape for a type with a name, whose methods may say what it becomes.
func (r *reader) namedShape(t *types.Named) (Shape, error) {
	switch name := t.Obj().Name(); {
	case t.Obj().Pkg() == nil: // error, comparable
		return Shape{Kind: Any}, nil
	case t.Obj().Pkg().Path() == "time" && name == "Time":
		return Shape{Kind: String, Format: "date-time"}, nil
	case has(t, "MarshalJSONTo"), has(t, "MarshalJSON"):
		return Shape{Kind: Any}, nil
	case has(t, "MarshalText"), has(t, "AppendText"):
		return Shape{Kind: String}, nil
	}
	switch under := t.Underlying().(type) {
	case *types.Struct:
		named, err := r.structType(t, under)
		return Shape{Kind: Named, Ref: named}, err
	case *types.Basic:
		if named := r.enum(t, under); named != nil {
			return Shape{Kind: Named, Ref: named}, nil
		}
	}
	return r.shape(t.Underlying())
}

// has says whether t or a pointer to it has a method of that name.
func has(t types.Type, method string) bool {
	found, _, _ := types.LookupFieldOrMethod(t, true, nil, method)
	_, ok := found.(*types.Func)
	return ok
}

// structType returns the Type of a struct; its fields may refer to itself.
func (r *reader) structType(t *types.Named, under *types.Struct) (*Type, error) {
	if known, ok := r.named[t.Obj()]; ok && t.TypeArgs().Len() == 0 {
		return known, nil
	}
	named := r.add(t)
	var err error
	named.Fields, err = r.fields(under)
	return named, err
}

// add makes a Type for t, with a name that nobody has yet.
func (r *reader) add(t *types.Named) *Type {
	name := t.Obj().Name()
	for arg := range t.TypeArgs().Types() {
		if n, ok := types.Unalias(arg).(*types.Named); ok {
			name += n.Obj().Name()
		} else {
			name += strings.Map(letters, arg.String())
		}
	}
	for base, i := name, 2; r.names[name]; i++ {
		name = fmt.Sprint(base, i)
	}
	named := &Type{Name: name, Doc: r.docs[t.Obj().Pos()]}
	r.names[name] = true
	r.named[t.Obj()] = named
	r.order = append(r.order, named)
	return named
}

func letters(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
		return c
	}
	return -1
}

// enum returns the Type of a string or an integer that constants are declared for; nil if
// there are none.
func (r *reader) enum(t *types.Named, under *types.Basic) *Type {
	if known, ok := r.named[t.Obj()]; ok {
		return known
	}
	var constants []*types.Const
	scope := t.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if k, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(k.Type(), t) {
			constants = append(constants, k)
		}
	}
	if len(constants) == 0 || under.Info()&(types.IsString|types.IsInteger) == 0 {
		return nil
	}
	slices.SortFunc(constants, func(a, b *types.Const) int { return int(a.Pos() - b.Pos()) })
	named := r.add(t)
	for _, k := range constants {
		if under.Info()&types.IsString != 0 {
			named.Values = append(named.Values, constant.StringVal(k.Val()))
		} else if n, exact := constant.Int64Val(k.Val()); exact {
			named.Values = append(named.Values, n)
		}
	}
	return named
}

// fields are the members of a struct, those of embedded structs among them.
func (r *reader) fields(of *types.Struct) (fields []Field, err error) {
	for i := range of.NumFields() {
		f := of.Field(i)
		name, options, tagged := tag(of.Tag(i))
		if name == "-" && len(options) == 0 || !f.Exported() && !f.Embedded() {
			continue
		}
		if inner := embedded(f); inner != nil && (!tagged || name == "") || slices.Contains(options, "inline") && inner != nil {
			more, err := r.fields(inner)
			if err != nil {
				return nil, err
			}
			fields = append(fields, more...)
			continue
		}
		if name == "" {
			name = f.Name()
		}
		shape, err := r.shape(f.Type())
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name(), err)
		}
		if slices.Contains(options, "string") && (shape.Kind == Integer || shape.Kind == Number) {
			shape = Shape{Kind: String, Null: shape.Null}
		}
		optional := slices.Contains(options, "omitempty") || slices.Contains(options, "omitzero")
		fields = append(fields, Field{Name: name, Doc: r.docs[f.Pos()], Shape: shape, Optional: optional})
	}
	return fields, nil
}

// tag takes a json tag apart.
func tag(s string) (name string, options []string, tagged bool) {
	value, tagged := reflect.StructTag(s).Lookup("json")
	parts := strings.Split(value, ",")
	return strings.Trim(parts[0], "'"), parts[1:], tagged
}

// embedded returns the struct that a field embeds; nil if it does not.
func embedded(f *types.Var) *types.Struct {
	if !f.Embedded() {
		return nil
	}
	t := types.Unalias(f.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	inner, _ := t.Underlying().(*types.Struct)
	return inner
}
