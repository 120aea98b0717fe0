package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
)

// uses prints what go/types knows about the identifiers, calls and variables of standard library packages, for each file
// `@file NAME` and then one line for each thing:
//
//	u OFFSET DECL       an identifier that is or means the local variable, constant or type declared at offset DECL
//	u OFFSET WHAT       another one: package, universe, label, member, key (the field's name in a composite literal) or import:PATH
//	c START END KIND .. a call: builtin NAME, conversion, literal, value (of function type), unknown, or
//	                    function KEY KEY KEY (the second names a method by the type that it is called on, the third by its alias)
//	t OFFSET TYPE TYPE  a local variable that is declared at OFFSET (the second TYPE has the names of aliases)
//	e START END TYPE .. an expression of a type that is not untyped
func uses(packages []string) {
	// Files that need cgo are left out; so the answers are the same everywhere.
	build.Default.CgoEnabled = false
	build.Default.GOOS, build.Default.GOARCH = "linux", "amd64"
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "source", nil)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, path := range packages {
		if err := usesOf(out, fset, from, path); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", path, err)
			os.Exit(1)
		}
	}
}

func usesOf(out *bufio.Writer, fset *token.FileSet, from types.Importer, path string) error {
	dir := filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(path))
	listed, err := build.Default.ImportDir(dir, 0)
	if err != nil {
		return err
	}
	var files []*ast.File
	for _, name := range listed.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Implicits:  map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: from, FakeImportC: true, Sizes: types.SizesFor("gc", "amd64")}
	pkg, err := config.Check(path, fset, files, info)
	if err != nil {
		return err
	}
	for _, file := range files {
		// Not fset.Position: //line comments would move it.
		base := fset.File(file.FileStart)
		fmt.Fprintf(out, "@file %s\n", base.Name())
		(&usesFile{out, pkg, info, base, map[*ast.Ident]bool{}}).print(file)
	}
	return nil
}

type usesFile struct {
	out  *bufio.Writer
	pkg  *types.Package
	info *types.Info
	base *token.File
	keys map[*ast.Ident]bool
}

func (f *usesFile) print(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CompositeLit:
			for _, elt := range node.Elts {
				if pair, ok := elt.(*ast.KeyValueExpr); ok {
					if key, ok := pair.Key.(*ast.Ident); ok {
						f.keys[key] = true
					}
				}
			}
		case *ast.Ident:
			f.ident(node)
		case *ast.CallExpr:
			fmt.Fprintf(f.out, "c %d %d %s\n", f.base.Offset(node.Pos()), f.base.Offset(node.End()), f.callee(node))
		case *ast.ImportSpec:
			return false
		}
		if expr, ok := node.(ast.Expr); ok {
			f.expr(expr)
		}
		return true
	})
}

func (f *usesFile) ident(ident *ast.Ident) {
	object := f.info.Uses[ident]
	if object == nil {
		object = f.info.Defs[ident]
	}
	if object == nil || ident.Name == "_" {
		return
	}
	at := f.base.Offset(ident.Pos())
	fmt.Fprintf(f.out, "u %d %s\n", at, f.meaning(ident, object))
	if variable, ok := object.(*types.Var); ok && f.info.Defs[ident] == object && f.isLocal(object) {
		fmt.Fprintf(f.out, "t %d %s\n", at, formOf(variable.Type()))
	}
}

func (f *usesFile) isLocal(object types.Object) bool {
	if variable, ok := object.(*types.Var); ok && variable.IsField() {
		return false
	}
	switch object.(type) {
	case *types.Var, *types.Const, *types.TypeName:
		return object.Pkg() == f.pkg && object.Parent() != f.pkg.Scope()
	}
	return false
}

func (f *usesFile) meaning(ident *ast.Ident, object types.Object) string {
	if f.isLocal(object) {
		return fmt.Sprint(f.base.Offset(object.Pos()))
	}
	switch object := object.(type) {
	case *types.Label:
		return "label"
	case *types.PkgName:
		return "import:" + plainPath(object.Imported().Path())
	}
	switch {
	case object.Parent() == types.Universe:
		return "universe"
	case object.Pkg() == f.pkg && object.Parent() == f.pkg.Scope():
		return "package"
	case f.keys[ident]:
		return "key"
	}
	return "member"
}

func (f *usesFile) callee(call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	if f.info.Types[fun].IsType() {
		return "conversion"
	}
	switch index := fun.(type) {
	case *ast.IndexExpr:
		fun = ast.Unparen(index.X)
	case *ast.IndexListExpr:
		fun = ast.Unparen(index.X)
	}
	var object types.Object
	var on types.Type
	switch fun := fun.(type) {
	case *ast.FuncLit:
		return "literal"
	case *ast.Ident:
		object = f.info.Uses[fun]
	case *ast.SelectorExpr:
		object = f.info.Uses[fun.Sel]
		if selection := f.info.Selections[fun]; selection != nil {
			on = selection.Recv()
		}
	}
	switch object := object.(type) {
	case *types.Builtin:
		return "builtin " + object.Name()
	case *types.Var:
		return "value"
	case *types.Func:
		own := ""
		if recv := object.Signature().Recv(); recv != nil {
			own = nameOf(recv.Type()) + "."
		} else if object.Pkg() != nil {
			own = plainPath(object.Pkg().Path()) + "."
		}
		seen, alias := own, own
		if on != nil {
			seen, alias = nameOf(on)+".", aliasOf(on)+"."
		}
		return "function " + own + object.Name() + " " + seen + object.Name() + " " + alias + object.Name()
	}
	return "unknown"
}

func (f *usesFile) expr(expr ast.Expr) {
	found, ok := f.info.Types[expr]
	if !ok || found.Type == nil || found.IsVoid() || found.IsBuiltin() || found.IsNil() {
		return
	}
	// A constant has the type that its surroundings give it.
	if found.Value != nil {
		return
	}
	if _, union := found.Type.(*types.Union); union {
		return
	}
	of := found.Type
	if tuple, ok := of.(*types.Tuple); ok && found.HasOk() {
		of = tuple.At(0).Type()
	}
	form := formOf(of)
	fmt.Fprintf(f.out, "e %d %d %s\n", f.base.Offset(expr.Pos()), f.base.Offset(expr.End()), form)
}

// plainPath is the import path as the source writes it.
func plainPath(path string) string {
	return strings.TrimPrefix(path, "vendor/")
}

// aliasOf names a type, or what it points to, as the source does.
func aliasOf(of types.Type) string {
	if pointer, ok := of.(*types.Pointer); ok {
		of = pointer.Elem()
	}
	if alias, ok := of.(*types.Alias); ok && alias.Obj().Pkg() != nil {
		return plainPath(alias.Obj().Pkg().Path()) + "." + alias.Obj().Name()
	}
	return nameOf(of)
}

// nameOf names a type or what it points to.
func nameOf(of types.Type) string {
	of = types.Unalias(of)
	if pointer, ok := of.(*types.Pointer); ok {
		of = types.Unalias(pointer.Elem())
	}
	if named, ok := of.(*types.Named); ok {
		if pkg := named.Obj().Pkg(); pkg != nil {
			return plainPath(pkg.Path()) + "." + named.Obj().Name()
		}
		return named.Obj().Name()
	}
	return "-"
}

// formOf writes a type as far as the analyser has words for it: no parameters, no directions, no fields. It does so twice: with
// what aliases stand for, and with the aliases' names.
func formOf(of types.Type) string {
	var out strings.Builder
	writeForm(&out, of, false, 0)
	written := out.String()
	out.Reset()
	writeForm(&out, of, true, 0)
	return written + " " + out.String()
}

func writeForm(out *strings.Builder, of types.Type, aliases bool, depth int) {
	if depth > 40 {
		out.WriteString("deep")
		return
	}
	inside := func(word string, parts ...types.Type) {
		out.WriteString(word + "(")
		for at, part := range parts {
			if at > 0 {
				out.WriteByte(',')
			}
			writeForm(out, part, aliases, depth+1)
		}
		out.WriteByte(')')
	}
	if alias, ok := of.(*types.Alias); ok && aliases && alias.Obj().Pkg() != nil {
		out.WriteString(plainPath(alias.Obj().Pkg().Path()) + "." + alias.Obj().Name())
		return
	}
	switch of := types.Unalias(of).(type) {
	case *types.Basic:
		switch name := strings.TrimPrefix(of.Name(), "untyped "); name {
		case "byte":
			out.WriteString("uint8")
		case "rune":
			out.WriteString("int32")
		case "Pointer":
			out.WriteString("unsafe.Pointer")
		default:
			out.WriteString(name)
		}
	case *types.Named:
		if pkg := of.Obj().Pkg(); pkg != nil && of.Obj().Parent() != pkg.Scope() {
			// A type declared in a function: what is behind it.
			writeForm(out, of.Underlying(), aliases, depth+1)
			return
		}
		out.WriteString(nameOf(of))
	case *types.Pointer:
		inside("*", of.Elem())
	case *types.Slice:
		inside("[]", of.Elem())
	case *types.Array:
		inside(fmt.Sprintf("[%d]", of.Len()), of.Elem())
	case *types.Map:
		inside("map", of.Key(), of.Elem())
	case *types.Chan:
		inside("chan", of.Elem())
	case *types.Signature:
		inside("func", tupleOf(of.Results())...)
	case *types.Tuple:
		inside("tuple", tupleOf(of)...)
	case *types.Struct:
		out.WriteString("struct")
	case *types.Interface:
		if of.NumMethods() == 0 && of.NumEmbeddeds() == 0 {
			out.WriteString("any")
			return
		}
		out.WriteString("interface")
	case *types.TypeParam:
		out.WriteString("parameter")
	default:
		out.WriteString("other")
	}
}

func tupleOf(tuple *types.Tuple) []types.Type {
	var parts []types.Type
	for at := range tuple.Len() {
		parts = append(parts, tuple.At(at).Type())
	}
	return parts
}
