// Command api prints what the standard library declares for others, as Go without bodies: for each package one or more files, each for
// the platforms on which its declarations are the same. That is how src/project/standard.data is made.
//
//	@package os
//	@file
//	package os
//	…
//	func Open(string) (*File, error)
//
// It reads Go's own source with go/types, once for each platform. A package is printed if it is public, or if something public leads to it.
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
)

func main() {
	src := newSource(runtime.GOROOT())
	platforms := ports()
	public := src.public()
	api := newAPI()
	found := make([]map[string]*pkg, len(platforms))
	each(platforms, func(at int, p platform) {
		found[at] = declarations(newImporter(src.fset, p, func(path string) []*ast.File { return src.on(path, p) }), public)
		api.add(at, found[at])
	})
	texts := map[string][]string{}
	for path := range api.packages {
		texts[path] = api.files(path, platforms)
	}
	check(texts, platforms, public, found)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, "@version %s\n", runtime.Version())
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(out, "@package %s\n", path)
		for _, text := range texts[path] {
			fmt.Fprintf(out, "@file\n%s", text)
		}
	}
}

// each does something for all platforms, as many at once as there are processors.
func each(platforms []platform, do func(at int, p platform)) {
	var wait sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for at, p := range platforms {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			do(at, p)
		})
	}
	wait.Wait()
}
