package main

import (
	"fmt"
	"go/constant"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A declaration: its place in the order of a file, and its text. A package's name in it is written «path».
type declaration struct {
	key, text string
}

// reader follows what is exported of some packages to all that it needs.
type reader struct {
	packages map[string]*pkg
	waiting  []types.Object
	seen     map[types.Object]bool
}

// pkg is a package on one platform.
type pkg struct {
	types        *types.Package
	declarations []declaration
	// The names of unexported methods of its exported interfaces: only types that have them implement these.
	private map[string]bool
}

// declarations gives what others can see of the public packages on a platform, and of those that these lead to.
func declarations(imports *importer, public []string) map[string]*pkg {
	r := &reader{packages: map[string]*pkg{}, seen: map[types.Object]bool{}}
	for _, path := range public {
		typed, err := imports.Import(path)
		if err != nil {
			continue
		}
		r.pkg(typed)
		for _, name := range typed.Scope().Names() {
			if object := typed.Scope().Lookup(name); object.Exported() {
				r.reach(object)
			}
		}
	}
	for len(r.waiting) > 0 {
		object := r.waiting[len(r.waiting)-1]
		r.waiting = r.waiting[:len(r.waiting)-1]
		r.declare(object)
	}
	maps.DeleteFunc(r.packages, func(path string, of *pkg) bool {
		return len(of.declarations) == 0 && !slices.Contains(public, path)
	})
	return r.packages
}

func (r *reader) pkg(typed *types.Package) *pkg {
	if known := r.packages[typed.Path()]; known != nil {
		return known
	}
	made := &pkg{types: typed, private: map[string]bool{}}
	for _, name := range typed.Scope().Names() {
		named, ok := typed.Scope().Lookup(name).(*types.TypeName)
		if !ok || !named.Exported() {
			continue
		}
		if of, ok := named.Type().Underlying().(*types.Interface); ok {
			for method := range of.ExplicitMethods() {
				if !method.Exported() {
					made.private[method.Name()] = true
				}
			}
		}
	}
	r.packages[typed.Path()] = made
	return made
}

// reach notes that a declaration is needed.
func (r *reader) reach(object types.Object) {
	if object.Pkg() == nil || object.Pkg() == types.Unsafe || r.seen[object] {
		return
	}
	r.seen[object] = true
	r.waiting = append(r.waiting, object)
}

func (r *reader) declare(object types.Object) {
	of := r.pkg(object.Pkg())
	add := func(key, text string) { of.declarations = append(of.declarations, declaration{key, text}) }
	name := object.Name()
	switch object := object.(type) {
	case *types.Const:
		typ := ""
		if basic, ok := object.Type().(*types.Basic); !ok || basic.Info()&types.IsUntyped == 0 {
			typ = " " + r.typ(object.Type())
		}
		add("1"+name, fmt.Sprintf("const %s%s = %s", name, typ, value(object)))
	case *types.Var:
		add("2"+name, fmt.Sprintf("var %s %s", name, r.typ(object.Type())))
	case *types.TypeName:
		r.declareType(object, add)
	case *types.Func:
		signature := object.Signature()
		add("4"+name, "func "+name+r.typeParams(signature.TypeParams())+r.signature(signature))
	}
}

func (r *reader) declareType(object *types.TypeName, add func(key, text string)) {
	name := object.Name()
	if alias, ok := object.Type().(*types.Alias); ok && object.IsAlias() {
		add("3"+name, "type "+name+r.typeParams(alias.TypeParams())+" = "+r.typ(alias.Rhs()))
		return
	}
	if object.IsAlias() {
		add("3"+name, "type "+name+" = "+r.typ(object.Type()))
		return
	}
	named := object.Type().(*types.Named)
	add("3"+name, "type "+name+r.typeParams(named.TypeParams())+" "+r.typ(named.Underlying()))
	private := r.pkg(object.Pkg()).private
	for method := range named.Methods() {
		signature := method.Signature()
		receiver := name
		if params := signature.RecvTypeParams(); params.Len() > 0 {
			var names []string
			for param := range params.TypeParams() {
				names = append(names, param.Obj().Name())
			}
			receiver += "[" + strings.Join(names, ", ") + "]"
		}
		if _, ok := signature.Recv().Type().(*types.Pointer); ok {
			receiver = "*" + receiver
		}
		head := "func (" + receiver + ") " + method.Name()
		switch {
		case method.Exported():
			add("5"+name+"."+method.Name(), head+r.typeParams(signature.TypeParams())+r.signature(signature))
		case private[method.Name()]:
			add("5"+name+"."+method.Name(), head+"()")
		}
	}
}

func value(object *types.Const) string {
	val := object.Val()
	basic, _ := object.Type().Underlying().(*types.Basic)
	switch val.Kind() {
	case constant.Bool:
		return val.String()
	case constant.String:
		return strconv.Quote(constant.StringVal(val))
	}
	if basic != nil && basic.Kind() == types.UntypedRune {
		if number, exact := constant.Int64Val(val); exact && number >= 0 && strconv.IsPrint(rune(number)) {
			return strconv.QuoteRuneToASCII(rune(number))
		}
		return "'\\x00' + " + val.ExactString()
	}
	text := val.ExactString()
	if basic != nil && basic.Info()&types.IsFloat != 0 {
		// 22/7 would be a division of integers.
		above, below, isRatio := strings.Cut(text, "/")
		switch {
		case isRatio:
			return above + ".0 / " + below + ".0"
		case strings.Trim(text, "-0123456789") == "":
			return text + ".0"
		}
	}
	return text
}

func (r *reader) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var params []string
	for param := range list.TypeParams() {
		params = append(params, param.Obj().Name()+" "+r.constraint(param.Constraint()))
	}
	return "[" + strings.Join(params, ", ") + "]"
}

// constraint writes `~int | ~string` without the interface around it.
func (r *reader) constraint(typ types.Type) string {
	if of, ok := typ.(*types.Interface); ok && of.IsImplicit() {
		return r.typ(of.EmbeddedType(0))
	}
	return r.typ(typ)
}

func (r *reader) signature(signature *types.Signature) string {
	var params []string
	for at := range signature.Params().Len() {
		typ := signature.Params().At(at).Type()
		if slice, ok := typ.(*types.Slice); ok && signature.Variadic() && at == signature.Params().Len()-1 {
			params = append(params, "..."+r.typ(slice.Elem()))
		} else {
			params = append(params, r.typ(typ))
		}
	}
	var results []string
	for result := range signature.Results().Variables() {
		results = append(results, r.typ(result.Type()))
	}
	text := "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return text
	case 1:
		return text + " " + results[0]
	}
	return text + " (" + strings.Join(results, ", ") + ")"
}

// name writes the name of a type, and notes that it is needed.
func (r *reader) name(object types.Object, args *types.TypeList) string {
	r.reach(object)
	text := object.Name()
	if object.Pkg() != nil {
		text = "«" + object.Pkg().Path() + "»" + text
	}
	if args.Len() == 0 {
		return text
	}
	var list []string
	for arg := range args.Types() {
		list = append(list, r.typ(arg))
	}
	return text + "[" + strings.Join(list, ", ") + "]"
}

func (r *reader) typ(typ types.Type) string {
	switch typ := typ.(type) {
	case *types.Basic:
		if typ.Kind() == types.UnsafePointer {
			return "«unsafe»Pointer"
		}
		if typ.Kind() == types.Invalid {
			panic("something exported has a type that is unknown")
		}
		return typ.Name()
	case *types.Alias:
		return r.name(typ.Obj(), typ.TypeArgs())
	case *types.Named:
		return r.name(typ.Obj(), typ.TypeArgs())
	case *types.TypeParam:
		return typ.Obj().Name()
	case *types.Pointer:
		return "*" + r.typ(typ.Elem())
	case *types.Slice:
		return "[]" + r.typ(typ.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", typ.Len(), r.typ(typ.Elem()))
	case *types.Map:
		return "map[" + r.typ(typ.Key()) + "]" + r.typ(typ.Elem())
	case *types.Chan:
		elem := r.typ(typ.Elem())
		if inner, ok := typ.Elem().(*types.Chan); ok && inner.Dir() == types.RecvOnly {
			elem = "(" + elem + ")"
		}
		return [...]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[typ.Dir()] + elem
	case *types.Signature:
		return "func" + r.signature(typ)
	case *types.Struct:
		return r.structType(typ)
	case *types.Interface:
		return r.interfaceType(typ)
	case *types.Union:
		var terms []string
		for term := range typ.Terms() {
			tilde := ""
			if term.Tilde() {
				tilde = "~"
			}
			terms = append(terms, tilde+r.typ(term.Type()))
		}
		return strings.Join(terms, " | ")
	}
	panic(fmt.Sprintf("%T", typ))
}

// structType writes the fields that others can see or that give them something. One more stands for all others.
func (r *reader) structType(typ *types.Struct) string {
	var fields []string
	hidden, comparable := false, true
	for field := range typ.Fields() {
		switch {
		case field.Embedded() && (field.Exported() || r.promotes(field.Type())):
			fields = append(fields, r.typ(field.Type()))
		case field.Exported():
			fields = append(fields, field.Name()+" "+r.typ(field.Type()))
		default:
			hidden = true
			comparable = comparable && types.Comparable(field.Type())
		}
	}
	switch {
	case hidden && comparable:
		fields = append(fields, "_ int")
	case hidden:
		fields = append(fields, "_ func()")
	}
	if len(fields) == 0 {
		return "struct{}"
	}
	return "struct {\n\t" + strings.Join(fields, "\n\t") + "\n}"
}

// promotes says whether a struct in which an unexported type is embedded gets from it what others can see.
func (r *reader) promotes(typ types.Type) bool {
	if pointer, ok := typ.(*types.Pointer); ok {
		typ = pointer.Elem()
	}
	seen := map[types.Type]bool{}
	waiting := []types.Type{typ}
	for len(waiting) > 0 {
		typ := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if seen[typ] {
			continue
		}
		seen[typ] = true
		if named, ok := types.Unalias(typ).(*types.Named); ok && named.Obj().Pkg() != nil {
			private := r.pkg(named.Obj().Pkg()).private
			for method := range named.Methods() {
				if method.Exported() || private[method.Name()] {
					return true
				}
			}
		}
		switch under := typ.Underlying().(type) {
		case *types.Interface:
			if under.NumMethods() > 0 {
				return true
			}
		case *types.Struct:
			for field := range under.Fields() {
				if field.Exported() {
					return true
				}
				if field.Embedded() {
					embedded := field.Type()
					if pointer, ok := embedded.(*types.Pointer); ok {
						embedded = pointer.Elem()
					}
					waiting = append(waiting, embedded)
				}
			}
		}
	}
	return false
}

func (r *reader) interfaceType(typ *types.Interface) string {
	var lines []string
	for method := range typ.ExplicitMethods() {
		if method.Exported() {
			lines = append(lines, method.Name()+r.signature(method.Signature()))
		} else {
			// Nobody else can call it or have it.
			lines = append(lines, method.Name()+"()")
		}
	}
	slices.Sort(lines)
	for embedded := range typ.EmbeddedTypes() {
		lines = append(lines, r.typ(embedded))
	}
	if len(lines) == 0 {
		return "interface{}"
	}
	return "interface {\n\t" + strings.Join(lines, "\n\t") + "\n}"
}
