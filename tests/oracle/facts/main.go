// Command facts answers, from Go's own source, what the standard library declares.
//
//	facts check          reads "func os.Open", "field net/http.Response.Body" and "type io.Closer" from standard input, one a line, and prints
//	                     the name, a tab, and the result types or the field's type joined by " | "; "missing" if there is none
//	facts about TYPE...  prints, as TOML, every exported function, method and field of the standard library with one of the types:
//	                     this is how src/facts/results.toml is made
package main

import (
	"bufio"
	"fmt"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
)

func main() {
	// One platform for everybody, and no C compiler.
	build.Default.GOOS, build.Default.GOARCH, build.Default.CgoEnabled = "linux", "amd64", false
	std := importer.ForCompiler(token.NewFileSet(), "source", nil)
	switch os.Args[1] {
	case "check":
		check(std)
	case "about":
		about(std, os.Args[2:])
	}
}

func check(std types.Importer) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		kind, name, _ := strings.Cut(lines.Text(), " ")
		slash := strings.LastIndex(name, "/") + 1
		dot := slash + strings.Index(name[slash:], ".")
		pkg, err := std.Import(name[:dot])
		if err != nil {
			fmt.Printf("%s\tmissing\n", name)
			continue
		}
		first, second, _ := strings.Cut(name[dot+1:], ".")
		fmt.Printf("%s\t%s\n", name, answer(pkg, kind, first, second))
	}
}

func answer(pkg *types.Package, kind, first, second string) string {
	object := pkg.Scope().Lookup(first)
	if object == nil {
		return "missing"
	}
	if kind == "type" {
		return types.TypeString(object.Type(), nil)
	}
	if second != "" {
		object, _, _ = types.LookupFieldOrMethod(object.Type(), true, pkg, second)
	}
	switch object := object.(type) {
	case *types.Func:
		return strings.Join(results(object), " | ")
	case *types.Var:
		return types.TypeString(object.Type(), nil)
	}
	return "missing"
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
