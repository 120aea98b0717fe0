package main

import (
	"bufio"
	"cmp"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A claim is one line of what the facts say: what kind of claim, and its words.
type claim struct {
	kind  string
	words []string
}

// check answers each line of standard input with a line: "ok", sometimes with more about it; "absent" if the package is not here;
// or what is wrong. A path without a major version is true if it is for every major version that has such a function.
func check(worlds []*world) {
	lines := bufio.NewScanner(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for lines.Scan() {
		words := strings.Split(lines.Text(), "\t")
		fmt.Fprintln(output, answer(worlds, claim{words[0], words[1:]}))
	}
}

func answer(worlds []*world, claim claim) string {
	outcome := "absent"
	paths := worlds[0].paths(claim.words[0])
	if claim.kind == "results" {
		// Types may have changed; those of the newest version count.
		present := func(path string) bool { return claim.on(worlds, path) != "absent" && claim.on(worlds, path) != missing }
		paths = slices.DeleteFunc(paths, func(path string) bool { return !present(path) })
		paths = paths[max(0, len(paths)-1):]
	}
	for _, path := range paths {
		switch answer := claim.on(worlds, path); {
		case answer == "absent":
		case answer == missing:
			outcome = cmp.Or(strings.TrimPrefix(outcome, "absent"), missing)
		case strings.HasPrefix(answer, "ok"):
			outcome = answer
		default:
			return answer
		}
	}
	return outcome
}

const missing = "Go has no such name"

// on is what one path says, on the first platform that has the name.
func (c claim) on(worlds []*world, path string) string {
	outcome := "absent"
	for _, world := range worlds {
		directory, version := world.directory(path)
		if _, err := os.Stat(directory); err != nil || directory == "" {
			continue
		}
		// A package without a file for the platform is an error too.
		pkg, err := world.Import(path)
		if err != nil {
			outcome = missing
			continue
		}
		switch wrong := c.check(world, pkg); {
		case wrong == missing:
			outcome = missing
		case strings.HasPrefix(wrong, "ok"):
			return wrong
		default:
			return fmt.Sprintf("%s (in %s %s)", wrong, path, version)
		}
	}
	return outcome
}

func (c claim) check(world *world, pkg *types.Package) string {
	receiver, name := c.words[1], c.words[2]
	rest := c.words[3:]
	if c.kind == "type" || c.kind == "member" {
		object, ok := pkg.Scope().Lookup(receiver).(*types.TypeName)
		if !ok {
			return missing
		}
		if c.kind == "member" {
			if _, ok := member(object.Type(), pkg, name).(*types.Func); !ok {
				return "it has no such method"
			}
		}
		return "ok"
	}
	object := lookup(pkg, receiver, name)
	if object == nil {
		return missing
	}
	if c.kind == "field" {
		if _, ok := object.(*types.Var); !ok {
			return "it is no field"
		}
		return "ok"
	}
	if c.kind == "variable" {
		if variable, ok := object.(*types.Var); !ok || text(variable.Type()) != strip(rest[0]) {
			return "Go says " + text(object.Type())
		}
		return "ok"
	}
	function, ok := object.(*types.Func)
	if !ok {
		return "it is no function"
	}
	signature := function.Signature()
	switch c.kind {
	case "function":
		return "ok" + "\t" + strings.Join(results(function), " | ") + "\t" + written(pkg, receiver, function) + "\t" + declared(function)
	case "results":
		if got := strip(strings.Join(results(function), " | ")); got != strip(rest[0]) {
			return "Go says " + got
		}
	case "error":
		return errorResult(signature, rest[0])
	case "owned":
		if owned, wrong := owned(pkg, function, rest[0], rest[1]); owned == nil {
			return wrong
		}
	case "release":
		owned, wrong := owned(pkg, function, rest[0], rest[1])
		if wrong != "" && wrong != "nothing" {
			return wrong
		}
		return release(world, pkg, function, owned, rest[2])
	case "effect":
		return effect(signature, rest[0], rest[1])
	}
	return "ok"
}

func lookup(pkg *types.Package, receiver, name string) types.Object {
	if receiver == "" {
		return pkg.Scope().Lookup(name)
	}
	of, ok := pkg.Scope().Lookup(receiver).(*types.TypeName)
	if !ok {
		return nil
	}
	return member(of.Type(), pkg, name)
}

// member is a field or a method of a value that can be addressed.
func member(of types.Type, pkg *types.Package, name string) types.Object {
	object, _, _ := types.LookupFieldOrMethod(of, true, pkg, name)
	return object
}

func text(of types.Type) string { return strip(types.TypeString(of, nil)) }

// written is how a call's function is written, and so its fact: with a star if only a pointer has the method.
func written(pkg *types.Package, receiver string, function *types.Func) string {
	if receiver == "" {
		return pkg.Path() + "." + function.Name()
	}
	of := pkg.Scope().Lookup(receiver).Type()
	if types.NewMethodSet(of).Lookup(pkg, function.Name()) == nil {
		receiver = "(*" + receiver + ")"
	}
	return pkg.Path() + "." + receiver + "." + function.Name()
}

// declared is the name that the method has where it is declared; another one if the type has it from an embedded field.
func declared(function *types.Func) string {
	receiver := ""
	if recv := function.Signature().Recv(); recv != nil {
		switch of := deref(recv.Type()).(type) {
		case *types.Named:
			receiver = of.Obj().Name()
		default:
			return ""
		}
	}
	return function.Pkg().Path() + "\t" + receiver + "\t" + function.Name()
}

func deref(of types.Type) types.Type {
	if pointer, ok := types.Unalias(of).(*types.Pointer); ok {
		return types.Unalias(pointer.Elem())
	}
	return types.Unalias(of)
}

func isError(of types.Type) bool { return types.Identical(of, types.Universe.Lookup("error").Type()) }

// errorResult: "last", "none" or a number.
func errorResult(signature *types.Signature, stated string) string {
	results := signature.Results()
	last := results.Len() > 0 && isError(results.At(results.Len()-1).Type())
	index, err := strconv.Atoi(stated)
	switch {
	case stated == "last" && !last:
		return "the last result is no error"
	case stated == "none" && last:
		return "the last result is an error"
	case err == nil && (index >= results.Len() || !isError(results.At(index).Type())):
		return "that result is no error"
	}
	return "ok"
}

// owned is the type of what is owned, or what is wrong: "result:0", "receiver", "arg:1" or "none", then its component.
func owned(pkg *types.Package, function *types.Func, what, component string) (types.Type, string) {
	signature := function.Signature()
	kind, number, _ := strings.Cut(what, ":")
	index, _ := strconv.Atoi(number)
	var of types.Type
	switch {
	case kind == "none":
		return nil, "nothing"
	case kind == "receiver" && signature.Recv() != nil:
		of = signature.Recv().Type()
	case kind == "result" && index < signature.Results().Len():
		of = signature.Results().At(index).Type()
	case kind == "arg" && index < signature.Params().Len():
		of = signature.Params().At(index).Type()
	default:
		return nil, "there is no " + what
	}
	for component != "" {
		switch {
		case component == "[*]":
			switch inner := deref(of).Underlying().(type) {
			case *types.Array:
				of = inner.Elem()
			case *types.Slice:
				of = inner.Elem()
			default:
				return nil, text(of) + " has no elements"
			}
			component = ""
		default:
			name, rest, more := strings.Cut(component[1:], ".")
			component = ""
			if more {
				component = "." + rest
			}
			object := member(of, pkg, strings.TrimSuffix(name, "()"))
			switch object := object.(type) {
			case *types.Func:
				of = object.Signature().Results().At(0).Type()
			case *types.Var:
				of = object.Type()
			default:
				return nil, text(of) + " has no " + name
			}
		}
	}
	return of, ""
}

// release says whether there is such a way to release what is owned, written as in the facts.
func release(world *world, pkg *types.Package, function *types.Func, owned types.Type, way string) string {
	kind, rest, _ := strings.Cut(way, ":")
	switch {
	case way == "call":
		if _, ok := owned.Underlying().(*types.Signature); !ok {
			return text(owned) + " cannot be called"
		}
	case kind == "func":
		words := strings.Split(rest, " ")
		for _, path := range world.paths(words[0]) {
			other, err := world.Import(path)
			if err != nil {
				continue
			}
			if releasing, ok := lookup(other, words[1], words[2]).(*types.Func); ok {
				return takes(releasing.Signature(), owned)
			}
		}
		return "there is no function " + strings.Join(words, " ")
	case kind == "drain" && strings.Trim(rest, "0123456789") == "":
		index, _ := strconv.Atoi(rest)
		if index >= function.Signature().Results().Len() {
			return "there is no result " + rest
		}
		if _, ok := function.Signature().Results().At(index).Type().Underlying().(*types.Signature); !ok {
			return "result " + rest + " cannot be called"
		}
	case kind == "drain":
		return method(owned, pkg, rest)
	case kind == "field":
		names := strings.Split(rest, ".")
		for _, name := range names[:len(names)-1] {
			field, ok := member(owned, pkg, name).(*types.Var)
			if !ok {
				return text(owned) + " has no field " + name
			}
			owned = field.Type()
		}
		return method(owned, pkg, names[len(names)-1])
	default:
		return method(owned, pkg, way)
	}
	return "ok"
}

func method(of types.Type, pkg *types.Package, name string) string {
	if of == nil {
		return "nothing is owned that could have a method " + name
	}
	if _, ok := member(of, pkg, name).(*types.Func); !ok {
		return text(of) + " has no method " + name
	}
	return "ok"
}

// takes says whether a function can be given what is owned.
func takes(signature *types.Signature, owned types.Type) string {
	if owned == nil {
		return "ok"
	}
	for parameter := range signature.Params().Variables() {
		of := parameter.Type()
		if types.ConvertibleTo(owned, of) {
			return "ok"
		}
	}
	if recv := signature.Recv(); recv != nil {
		return "ok"
	}
	return "it takes no " + text(owned)
}

// effect says whether there is such a target, and whether it can have such an effect.
func effect(signature *types.Signature, target, kind string) string {
	params := signature.Params()
	var of types.Type
	switch number, _ := strings.CutPrefix(target, "arg:"); {
	case target == "receiver":
		if signature.Recv() == nil {
			return "it has no receiver"
		}
		of = signature.Recv().Type()
	case target != "call":
		index, _ := strconv.Atoi(number)
		if index >= params.Len() && !signature.Variadic() {
			return "it has no argument " + number
		}
		of = params.At(min(index, params.Len()-1)).Type()
	}
	_, isFunction := underlying(of).(*types.Signature)
	// testing.F.Fuzz takes any function.
	if of, ok := underlying(of).(*types.Interface); ok && of.Empty() {
		isFunction = true
	}
	switch {
	case slices.Contains([]string{"spawns", "repeats"}, kind) && !isFunction:
		return fmt.Sprintf("%s cannot be called", target)
	case slices.Contains([]string{"wraps", "wraps_closes", "returns_alias", "may_return_alias", "returns_copy", "big"}, kind) && signature.Results().Len() == 0:
		return "it has no result"
	case slices.Contains([]string{"closes_chan", "sends", "receives"}, kind):
		if _, ok := underlying(of).(*types.Chan); !ok {
			return target + " is no channel"
		}
	case slices.Contains([]string{"on_success", "on_error"}, kind):
		return errorResult(signature, "last")
	}
	return "ok"
}

func underlying(of types.Type) types.Type {
	if of == nil {
		return nil
	}
	return of.Underlying()
}
