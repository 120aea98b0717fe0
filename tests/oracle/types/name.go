package main

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// plain is an import path as the source writes it.
func plain(path string) string {
	if strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, "cmd/vendor/") {
		_, path, _ = strings.Cut(path, "vendor/")
	}
	return path
}

// origin is the generic field, method or function that an object comes from.
func origin(object types.Object) types.Object {
	switch object := object.(type) {
	case *types.Func:
		return object.Origin()
	case *types.Var:
		return object.Origin()
	}
	return object
}

// qualified names an object for everybody: `net/http.Client.Do`, `net/http.Response.Body`, `os.Open`; "-" if it has no such name,
// as what is local.
func (s *session) qualified(object types.Object) string {
	pkg := object.Pkg()
	if pkg == nil {
		return "-"
	}
	path := plain(pkg.Path())
	switch object := object.(type) {
	case *types.Func:
		if recv := object.Signature().Recv(); recv != nil {
			of := types.Unalias(recv.Type())
			if pointer, ok := of.(*types.Pointer); ok {
				of = types.Unalias(pointer.Elem())
			}
			if named, ok := of.(*types.Named); ok {
				if named.Obj().Parent() != pkg.Scope() {
					return "-"
				}
				return path + "." + named.Obj().Name() + "." + object.Name()
			}
			return s.member(path, object)
		}
	case *types.Var:
		if object.IsField() {
			return s.member(path, object)
		}
	}
	if object.Parent() == pkg.Scope() {
		return path + "." + object.Name()
	}
	return "-"
}

func (s *session) member(path string, object types.Object) string {
	s.lock.Lock()
	owners, ok := s.owners[object.Pkg()]
	s.lock.Unlock()
	if !ok {
		owners = s.members(object.Pkg())
		s.lock.Lock()
		s.owners[object.Pkg()] = owners
		s.lock.Unlock()
	}
	if name, ok := owners[object]; ok {
		return path + "." + name
	}
	return "-"
}

// members names the fields and abstract methods of a package: `T.field`, and `T.field.inner` in a struct without a name.
func (s *session) members(pkg *types.Package) map[types.Object]string {
	var declared []*types.TypeName
	for _, name := range pkg.Scope().Names() {
		if object, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok {
			declared = append(declared, object)
		}
	}
	slices.SortFunc(declared, func(a, b *types.TypeName) int { return cmp.Compare(a.Pos(), b.Pos()) })
	owners := map[types.Object]string{}
	for at, object := range declared {
		// In `type B A` the fields of B are those of A: they stand elsewhere.
		end := token.Pos(s.fset.File(object.Pos()).Base() + s.fset.File(object.Pos()).Size())
		if at+1 < len(declared) && declared[at+1].Pos() < end {
			end = declared[at+1].Pos()
		}
		var of func(types.Type, string, int)
		note := func(member types.Object, name string) bool {
			if member.Pos() < object.Pos() || member.Pos() > end || owners[member] != "" {
				return false
			}
			owners[member] = name
			return true
		}
		of = func(ty types.Type, name string, depth int) {
			if depth > 20 {
				return
			}
			switch ty := ty.(type) {
			case *types.Struct:
				for field := range ty.Fields() {
					if member := name + "." + field.Name(); note(field, member) {
						of(field.Type(), member, depth+1)
					}
				}
			case *types.Interface:
				for method := range ty.ExplicitMethods() {
					note(method, name+"."+method.Name())
				}
			case *types.Pointer:
				of(ty.Elem(), name, depth+1)
			case *types.Slice:
				of(ty.Elem(), name, depth+1)
			case *types.Array:
				of(ty.Elem(), name, depth+1)
			case *types.Map:
				of(ty.Elem(), name, depth+1)
			case *types.Chan:
				of(ty.Elem(), name, depth+1)
			}
		}
		if named, ok := object.Type().(*types.Named); ok {
			of(named.Underlying(), object.Name(), 0)
		} else if alias, ok := object.Type().(*types.Alias); ok {
			of(alias.Rhs(), object.Name(), 0)
		}
	}
	return owners
}

// A text writes types canonically: two types have the same text if and only if they are identical. Aliases are what they stand
// for, import paths are whole, parameters have no names, interfaces have all their methods in order.
type text struct {
	strings.Builder
	fset *token.FileSet
	// There is something in it that has no type.
	invalid bool
}

func (t *text) ty(ty types.Type) {
	switch ty := types.Unalias(ty).(type) {
	case *types.Basic:
		switch ty.Kind() {
		case types.Invalid:
			t.invalid = true
		case types.UnsafePointer:
			t.WriteString("unsafe.Pointer")
		default:
			// byte is uint8.
			t.WriteString(types.Typ[ty.Kind()].Name())
		}
	case *types.Pointer:
		t.WriteByte('*')
		t.ty(ty.Elem())
	case *types.Slice:
		t.WriteString("[]")
		t.ty(ty.Elem())
	case *types.Array:
		t.invalid = t.invalid || ty.Len() < 0
		fmt.Fprintf(t, "[%d]", ty.Len())
		t.ty(ty.Elem())
	case *types.Map:
		t.WriteString("map[")
		t.ty(ty.Key())
		t.WriteByte(']')
		t.ty(ty.Elem())
	case *types.Chan:
		t.channel(ty)
	case *types.Struct:
		t.structure(ty)
	case *types.Signature:
		t.WriteString("func")
		t.signature(ty)
	case *types.Tuple:
		t.tuple(ty, false)
	case *types.Interface:
		t.inter(ty)
	case *types.Union:
		t.union(ty)
	case *types.TypeParam:
		t.WriteByte('$')
		t.WriteString(ty.Obj().Name())
	case *types.Named:
		t.named(ty)
	default:
		t.invalid = true
	}
}

func (t *text) named(ty *types.Named) {
	object := ty.Obj()
	if pkg := object.Pkg(); pkg != nil {
		t.WriteString(plain(pkg.Path()))
		t.WriteByte('.')
		t.WriteString(object.Name())
		if object.Parent() != pkg.Scope() {
			// A local type: another one may have its name.
			file := t.fset.File(object.Pos())
			name := file.Name()
			fmt.Fprintf(t, "@%s:%d", name[strings.LastIndexAny(name, `/\`)+1:], file.Offset(object.Pos()))
		}
	} else {
		t.WriteString(object.Name())
	}
	if arguments := ty.TypeArgs(); arguments.Len() > 0 {
		for at := range arguments.Len() {
			t.WriteString([]string{"[", ","}[min(at, 1)])
			t.ty(arguments.At(at))
		}
		t.WriteByte(']')
	}
}

func (t *text) channel(ty *types.Chan) {
	switch ty.Dir() {
	case types.SendOnly:
		t.WriteString("chan<- ")
	case types.RecvOnly:
		t.WriteString("<-chan ")
	default:
		t.WriteString("chan ")
		if inner, ok := types.Unalias(ty.Elem()).(*types.Chan); ok && inner.Dir() == types.RecvOnly {
			t.WriteByte('(')
			t.ty(inner)
			t.WriteByte(')')
			return
		}
	}
	t.ty(ty.Elem())
}

func (t *text) structure(ty *types.Struct) {
	t.WriteString("struct{")
	for at := range ty.NumFields() {
		if at > 0 {
			t.WriteString("; ")
		}
		field := ty.Field(at)
		if field.Embedded() {
			t.WriteByte('+')
		}
		t.WriteString(field.Name())
		t.WriteByte(' ')
		t.ty(field.Type())
		if tag := ty.Tag(at); tag != "" {
			t.WriteByte(' ')
			t.WriteString(strconv.Quote(tag))
		}
	}
	t.WriteByte('}')
}

func (t *text) signature(ty *types.Signature) {
	if parameters := ty.TypeParams(); parameters.Len() > 0 {
		for at := range parameters.Len() {
			parameter := parameters.At(at)
			t.WriteString([]string{"[", ","}[min(at, 1)])
			t.ty(parameter)
			t.WriteByte(' ')
			t.ty(parameter.Constraint())
		}
		t.WriteByte(']')
	}
	t.tuple(ty.Params(), ty.Variadic())
	switch results := ty.Results(); results.Len() {
	case 0:
	case 1:
		t.WriteByte(' ')
		t.ty(results.At(0).Type())
	default:
		t.WriteByte(' ')
		t.tuple(results, false)
	}
}

func (t *text) tuple(ty *types.Tuple, variadic bool) {
	t.WriteByte('(')
	for at := range ty.Len() {
		if at > 0 {
			t.WriteString(", ")
		}
		of := ty.At(at).Type()
		if slice, ok := types.Unalias(of).(*types.Slice); ok && variadic && at == ty.Len()-1 {
			t.WriteString("...")
			of = slice.Elem()
		}
		t.ty(of)
	}
	t.WriteByte(')')
}

func (t *text) inter(ty *types.Interface) {
	var parts []string
	for method := range ty.Methods() {
		part := &text{fset: t.fset}
		part.WriteString(method.Name())
		part.signature(method.Signature())
		t.invalid = t.invalid || part.invalid
		parts = append(parts, part.String())
	}
	var elements func(*types.Interface)
	elements = func(of *types.Interface) {
		for embedded := range of.EmbeddedTypes() {
			if inner, ok := embedded.Underlying().(*types.Interface); ok && types.Unalias(embedded).String() != "comparable" {
				elements(inner)
				continue
			}
			part := &text{fset: t.fset}
			part.ty(embedded)
			t.invalid = t.invalid || part.invalid
			parts = append(parts, part.String())
		}
	}
	elements(ty)
	slices.Sort(parts)
	t.WriteString("interface{")
	t.WriteString(strings.Join(slices.Compact(parts), "; "))
	t.WriteByte('}')
}

func (t *text) union(ty *types.Union) {
	for at := range ty.Len() {
		if at > 0 {
			t.WriteByte('|')
		}
		if ty.Term(at).Tilde() {
			t.WriteByte('~')
		}
		t.ty(ty.Term(at).Type())
	}
}
