// Command facts answers, from the source of Go and of the modules in a module cache, what they declare.
//
//	facts check          reads claims from standard input, one a line, and answers each with a line; see claims.go
package main

import (
	"go/types"
	"os"
)

func main() {
	// Named by the environment: the module cache with the packages outside of the standard library.
	check(worlds(os.Getenv("GOLEAKLINT_GOMODCACHE")))
}

func results(function *types.Func) []string {
	var texts []string
	for result := range function.Signature().Results().Variables() {
		texts = append(texts, types.TypeString(result.Type(), nil))
	}
	return texts
}
