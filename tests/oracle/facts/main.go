// Command facts answers, from the source of Go and of the modules in a module cache, what they declare.
//
//	facts check          reads claims from standard input, one a line, and answers each with a line; see claims.go
//	facts about TYPE...  prints, as TOML, every exported function, method and field of the standard library with one of the types:
//	                     this is how src/facts/results.toml is made
package main

import (
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
)

func main() {
	switch os.Args[1] {
	case "check":
		// Named by the environment: the module cache with the packages outside of the standard library.
		check(worlds(os.Getenv("GOLEAKLINT_GOMODCACHE")))
	case "about":
		about(worlds("")[0], os.Args[2:])
	}
}

func results(function *types.Func) []string {
	var texts []string
	for result := range function.Signature().Results().Variables() {
		texts = append(texts, types.TypeString(result.Type(), nil))
	}
	return texts
}

func about(std types.Importer, wanted []string) {
	output, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		panic(err)
	}
	var functions, fields []string
	function := func(name string, object *types.Func) {
		texts := results(object)
		if object.Exported() && slices.ContainsFunc(texts, func(text string) bool { return slices.Contains(wanted, text) }) {
			functions = append(functions, fmt.Sprintf("%q = [\"%s\"]", name, strings.Join(texts, "\", \"")))
		}
	}
	for path := range strings.FieldsSeq(string(output)) {
		if strings.Contains(path, "internal") || strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, "cmd/") {
			continue
		}
		pkg, err := std.Import(path)
		if err != nil {
			continue
		}
		for _, name := range pkg.Scope().Names() {
			object := pkg.Scope().Lookup(name)
			if !object.Exported() {
				continue
			}
			switch object := object.(type) {
			case *types.Func:
				function(path+"."+name, object)
			case *types.Var:
				if slices.Contains(wanted, types.TypeString(object.Type(), nil)) {
					fields = append(fields, fmt.Sprintf("%q = %q", path+"."+name, types.TypeString(object.Type(), nil)))
				}
			case *types.TypeName:
				named, ok := object.Type().(*types.Named)
				if !ok {
					continue
				}
				methods := types.NewMethodSet(types.NewPointer(named))
				if types.IsInterface(named) {
					methods = types.NewMethodSet(named)
				}
				for method := range methods.Methods() {
					receiver := "(*" + name + ")"
					if types.IsInterface(named) {
						receiver = name
					}
					function(path+"."+receiver+"."+method.Obj().Name(), method.Obj().(*types.Func))
				}
				structure, ok := named.Underlying().(*types.Struct)
				if !ok {
					continue
				}
				for field := range structure.Fields() {
					if text := types.TypeString(field.Type(), nil); field.Exported() && slices.Contains(wanted, text) {
						fields = append(fields, fmt.Sprintf("%q = %q", path+"."+name+"."+field.Name(), text))
					}
				}
			}
		}
	}
	sort.Strings(functions)
	sort.Strings(fields)
	fmt.Printf("[results]\n%s\n\n[fields]\n%s\n", strings.Join(functions, "\n"), strings.Join(fields, "\n"))
}
