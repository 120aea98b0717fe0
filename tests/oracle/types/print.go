package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// text writes a unit. Offsets are in bytes of the file; tables are the unit's own, and an entry comes before its first use.
//
//	@unit PATH ERRORS           a package and its own tests, or an external test package, and how many errors there are
//	@edit NUMBER                with this edit
//	@file PATH                  what follows is in this file
//	F NUMBER PATH               a file of a declaration
//	T NUMBER TYPE               a type's canonical text
//	O NUMBER D FILE OFFSET NAME an object that is declared there, and its name for everybody, or -
//	O NUMBER N NAME             an object of package unsafe
//	O NUMBER U NAME             a predeclared one; `error.Error` too
//	O NUMBER P PATH             an imported package
//	O NUMBER L OFFSET           a label of this file
//	I OFFSET =OFFSET            an identifier that is declared in this file, and has no name for everybody
//	I OFFSET NUMBER             an identifier that is this object
//	E START END MODE TYPE VALUE an expression. MODE: t type, b builtin, z no value, n nil, c constant, k value of a comma-ok form, v
//	                            another value. TYPE is a number, - for b and z. VALUE only if the constant is an integer.
//	C START END KIND ..         a call: b NAME builtin, t conversion, l function literal, d function value, f OBJECT function,
//	                            m OBJECT concrete method, i OBJECT abstract method
//
// What cgo declares, and what is built on it, is left out; so is the blank identifier.
func (s *session) text(unit *unit) []byte {
	p := &printer{session: s, unit: unit, files: map[string]int{}, types: map[string]int{}, objects: map[types.Object]int{}, known: map[types.Type]int{}, unfinished: map[ast.Expr]bool{}}
	fmt.Fprintf(&p.out, "@unit %s %d\n", unit.path, len(unit.errors))
	if unit.edit >= 0 {
		fmt.Fprintf(&p.out, "@edit %d\n", unit.edit)
	}
	for _, file := range unit.files {
		// Not fset.Position: //line comments would move it.
		p.base = s.fset.File(file.FileStart)
		fmt.Fprintf(&p.out, "@file %s\n", p.base.Name())
		ast.Inspect(file, p.node)
	}
	return p.out.Bytes()
}

type printer struct {
	*session
	unit    *unit
	base    *token.File
	out     bytes.Buffer
	files   map[string]int
	types   map[string]int
	known   map[types.Type]int
	objects map[types.Object]int
	// See giveUp.
	unfinished map[ast.Expr]bool
}

func (p *printer) node(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.Ident:
		p.ident(node)
	case *ast.TypeSwitchStmt:
		// The variable of each clause is declared here.
		if assign, ok := node.Assign.(*ast.AssignStmt); ok {
			if name, ok := assign.Lhs[0].(*ast.Ident); ok && name.Name != "_" {
				fmt.Fprintf(&p.out, "I %d =%[1]d\n", p.base.Offset(name.Pos()))
			}
		}
	}
	if expr, ok := node.(ast.Expr); ok {
		p.expr(expr)
	}
	if call, ok := node.(*ast.CallExpr); ok {
		p.call(call)
	}
	return true
}

func (p *printer) ident(ident *ast.Ident) {
	object := p.unit.info.Uses[ident]
	if object == nil {
		object = p.unit.info.Defs[ident]
	}
	if object == nil || ident.Name == "_" {
		return
	}
	at := p.base.Offset(ident.Pos())
	if name, ok := object.(*types.PkgName); ok && name.Imported().Path() == "C" {
		return
	}
	object = origin(object)
	if pos := object.Pos(); pos.IsValid() && object.Pkg() == p.unit.pkg && p.fset.File(pos) == p.base && p.isPlace(object) && p.qualified(object) == "-" {
		fmt.Fprintf(&p.out, "I %d =%d\n", at, p.base.Offset(pos))
		return
	}
	if number, ok := p.object(object); ok {
		fmt.Fprintf(&p.out, "I %d %d\n", at, number)
	}
}

func (p *printer) isPlace(object types.Object) bool {
	switch object.(type) {
	case *types.PkgName, *types.Label:
		return false
	}
	return true
}

// object numbers an object.
func (p *printer) object(object types.Object) (int, bool) {
	if number, ok := p.objects[object]; ok {
		return number, true
	}
	var what string
	switch of := object.(type) {
	case *types.PkgName:
		what = "P " + plain(of.Imported().Path())
	case *types.Label:
		what = fmt.Sprintf("L %d", p.base.Offset(of.Pos()))
	default:
		switch {
		case object.Pkg() == types.Unsafe:
			what = "N unsafe." + object.Name()
		case object.Pkg() == nil:
			name := object.Name()
			if function, ok := object.(*types.Func); ok && function.Signature().Recv() != nil {
				name = "error." + name
			}
			what = "U " + name
		case !object.Pos().IsValid():
			return 0, false
		default:
			file := p.fset.File(object.Pos())
			number, ok := p.files[file.Name()]
			if !ok {
				number = len(p.files)
				p.files[file.Name()] = number
				fmt.Fprintf(&p.out, "F %d %s\n", number, file.Name())
			}
			what = fmt.Sprintf("D %d %d %s", number, file.Offset(object.Pos()), p.qualified(object))
		}
	}
	number := len(p.objects)
	p.objects[object] = number
	fmt.Fprintf(&p.out, "O %d %s\n", number, what)
	return number, true
}

// ty numbers a type; -1 if there is something in it that has no type.
func (p *printer) ty(of types.Type) int {
	if number, ok := p.known[of]; ok {
		return number
	}
	text := &text{fset: p.fset}
	text.ty(of)
	number, ok := p.types[text.String()]
	switch {
	case text.invalid:
		number = -1
	case !ok:
		number = len(p.types)
		p.types[text.String()] = number
		fmt.Fprintf(&p.out, "T %d %s\n", number, text.String())
	}
	p.known[of] = number
	return number
}

// giveUp marks the constants in an expression that go/types could not finish, because of something of cgo's in it: they never got
// the types that they would have.
func (p *printer) giveUp(expr ast.Expr) {
	switch expr.(type) {
	case *ast.CallExpr, *ast.BinaryExpr, *ast.UnaryExpr, *ast.CompositeLit, *ast.IndexExpr, *ast.SliceExpr, *ast.ParenExpr, *ast.StarExpr:
	default:
		return
	}
	found, ok := p.unit.info.Types[expr]
	if ok && found.Type != nil && found.Type != types.Typ[types.Invalid] {
		return
	}
	ast.Inspect(expr, func(node ast.Node) bool {
		if inner, ok := node.(ast.Expr); ok {
			p.unfinished[inner] = true
		}
		_, literal := node.(*ast.FuncLit)
		return !literal
	})
}

func (p *printer) expr(expr ast.Expr) {
	p.giveUp(expr)
	found, ok := p.unit.info.Types[expr]
	if basic, is := found.Type.(*types.Basic); is && basic.Info()&types.IsUntyped != 0 && p.unfinished[expr] {
		return
	}
	if !ok || found.Type == nil {
		return
	}
	start, end := p.base.Offset(expr.Pos()), p.base.Offset(expr.End())
	mode := "v"
	switch {
	case found.IsBuiltin():
		mode = "b"
	case found.IsVoid():
		mode = "z"
	case found.IsType():
		mode = "t"
	case found.IsNil():
		mode = "n"
	case found.Value != nil:
		mode = "c"
	case found.HasOk():
		mode = "k"
	}
	if mode == "b" || mode == "z" {
		fmt.Fprintf(&p.out, "E %d %d %s -\n", start, end, mode)
		return
	}
	number := p.ty(found.Type)
	if number < 0 {
		return
	}
	fmt.Fprintf(&p.out, "E %d %d %s %d", start, end, mode, number)
	if found.Value != nil && found.Value.Kind() == constant.Int {
		if value := found.Value.ExactString(); len(value) <= 20 {
			fmt.Fprintf(&p.out, " %s", value)
		}
	}
	p.out.WriteByte('\n')
}

func (p *printer) call(call *ast.CallExpr) {
	info := p.unit.info
	fun := ast.Unparen(call.Fun)
	found := info.Types[fun]
	var kind string
	switch {
	case found.IsType():
		if p.ty(found.Type) < 0 {
			return
		}
		kind = "t"
	default:
		switch index := fun.(type) {
		case *ast.IndexExpr:
			if inner := info.Types[index.X]; inner.Type != nil && isFunc(inner.Type) {
				fun = ast.Unparen(index.X)
			}
		case *ast.IndexListExpr:
			fun = ast.Unparen(index.X)
		}
		kind = p.callee(fun)
	}
	if kind != "" {
		fmt.Fprintf(&p.out, "C %d %d %s\n", p.base.Offset(call.Pos()), p.base.Offset(call.End()), kind)
	}
}

func isFunc(of types.Type) bool {
	_, ok := of.Underlying().(*types.Signature)
	return ok
}

func (p *printer) callee(fun ast.Expr) string {
	info := p.unit.info
	var object types.Object
	switch fun := fun.(type) {
	case *ast.FuncLit:
		return "l"
	case *ast.Ident:
		object = info.Uses[fun]
	case *ast.SelectorExpr:
		object = info.Uses[fun.Sel]
	}
	switch object := object.(type) {
	case *types.Builtin:
		return "b " + object.Name()
	case *types.Func:
		kind := "f"
		if recv := object.Signature().Recv(); recv != nil {
			kind = "m"
			if types.IsInterface(recv.Type()) {
				kind = "i"
			}
		}
		if number, ok := p.object(object.Origin()); ok {
			return fmt.Sprintf("%s %d", kind, number)
		}
		return ""
	}
	if found, ok := info.Types[fun]; ok && found.Type != nil && found.IsValue() && p.ty(found.Type) >= 0 {
		return "d"
	}
	return ""
}
