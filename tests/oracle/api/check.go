package main

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
)

// check reads what was written, with go/types: on every platform the same must be declared as in the source, and every type must have
// the same exported fields and methods, those of embedded types included.
func check(texts map[string][]string, platforms []platform, public []string, wanted []map[string]*pkg) {
	type file struct {
		tree *ast.File
		on   set
	}
	fset := token.NewFileSet()
	packages := map[string][]file{}
	for path, list := range texts {
		for at, text := range list {
			tree, err := parser.ParseFile(fset, fmt.Sprintf("%s/%d.go", path, at), text, parser.SkipObjectResolution)
			if err != nil {
				fail(err)
			}
			on := ^set(0)
			if first, _, _ := strings.Cut(text, "\n"); constraint.IsGoBuild(first) {
				on = holds(strings.TrimPrefix(first, "//go:build "), platforms)
			}
			packages[path] = append(packages[path], file{tree, on})
		}
	}
	each(platforms, func(at int, p platform) {
		imports := newImporter(fset, p, func(path string) []*ast.File {
			var trees []*ast.File
			for _, file := range packages[path] {
				if file.on>>at&1 == 1 {
					trees = append(trees, file.tree)
				}
			}
			return trees
		})
		imports.complain = func(err error) {
			if !strings.Contains(err.Error(), "missing function body") {
				fail(p, err)
			}
		}
		found := declarations(imports, slices.DeleteFunc(slices.Clone(public), func(path string) bool { return wanted[at][path] == nil }))
		for path, source := range wanted[at] {
			if found[path] == nil {
				fail(p, path, "is missing")
			}
			compare(p, path, found[path], source)
		}
	})
}

func compare(p platform, path string, found, wanted *pkg) {
	in := func(of *pkg) map[declaration]bool {
		all := map[declaration]bool{}
		for _, declaration := range of.declarations {
			all[declaration] = true
		}
		return all
	}
	a, b := in(found), in(wanted)
	for declaration := range b {
		if !a[declaration] {
			fail(p, path, "lacks", declaration.text)
		}
		name := strings.TrimLeft(declaration.key, "12345")
		object, ok := wanted.types.Scope().Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		have, want := selectable(found.types.Scope().Lookup(name).Type()), selectable(object.Type())
		if !maps.Equal(have, want) {
			fail(p, path, name, "has", slices.Sorted(maps.Keys(have)), "and not", slices.Sorted(maps.Keys(want)))
		}
	}
	if len(a) != len(b) {
		fail(p, path, len(a), "declarations and not", len(b))
	}
}

// selectable gives the exported fields and methods of a type, also those that it has from embedded types.
func selectable(typ types.Type) map[string]bool {
	all := map[string]bool{}
	methods := types.NewMethodSet(types.NewPointer(typ))
	if types.IsInterface(typ) {
		methods = types.NewMethodSet(typ)
	}
	for selection := range methods.Methods() {
		if selection.Obj().Exported() {
			all[selection.Obj().Name()+fmt.Sprint(selection.Indirect())] = true
		}
	}
	names := map[string]bool{}
	seen := map[types.Type]bool{}
	waiting := []types.Type{typ}
	for len(waiting) > 0 {
		typ := waiting[0]
		waiting = waiting[1:]
		if pointer, ok := typ.Underlying().(*types.Pointer); ok {
			typ = pointer.Elem()
		}
		if of, ok := typ.Underlying().(*types.Struct); ok && !seen[typ] {
			seen[typ] = true
			for field := range of.Fields() {
				names[field.Name()] = field.Exported()
				if field.Embedded() {
					waiting = append(waiting, field.Type())
				}
			}
		}
	}
	for name, exported := range names {
		if object, _, indirect := types.LookupFieldOrMethod(typ, true, nil, name); exported && object != nil {
			all[fmt.Sprint(name, indirect)] = true
		}
	}
	return all
}

func fail(what ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"api: what was written is not what was read:"}, what...)...)
	os.Exit(1)
}
