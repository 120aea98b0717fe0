package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what `go list -json` says about a package.
type listed struct {
	Dir, ImportPath, Name, ForTest string
	GoFiles, CgoFiles, Imports     []string
	ImportMap                      map[string]string
	DepOnly                        bool
	Module                         *struct{ GoVersion string }
}

// A package in go list's sense: `p`, `p [p.test]` (with its tests in the package), `p_test [p.test]`, and dependencies of those.
type pack struct {
	listed
	// What it imports; always before it in the list.
	deps []*pack
	// How many packages that are still to be checked import it.
	refs int
	// Printed: the bodies of its functions are checked.
	target bool
	done   chan struct{}
	types  *types.Package
}

// path is the import path without what tells a test's variant apart.
func (p *pack) path() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

// sources are the paths of its files.
func (p *pack) sources() []string {
	var paths []string
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		paths = append(paths, name)
	}
	return paths
}

// list asks the go command for packages and all that they import, dependencies first.
func list(command, dir string, patterns []string) []*pack {
	if len(patterns) == 0 {
		for _, module := range strings.Fields(string(run(command, dir, "list", "-m", "-f", "{{if .Main}}{{.Dir}}{{end}}"))) {
			patterns = append(patterns, filepath.Join(module, "..."))
		}
	}
	fields := "-json=Dir,ImportPath,Name,ForTest,GoFiles,CgoFiles,Imports,ImportMap,DepOnly,Module"
	output := run(command, dir, append([]string{"list", "-e", "-deps", "-test", fields, "--"}, patterns...)...)
	var packages []*pack
	by := map[string]*pack{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		p := &pack{done: make(chan struct{})}
		if err := decoder.Decode(&p.listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fail(err)
		}
		// A test's generated main package, and packages without files.
		if strings.HasSuffix(p.ImportPath, ".test") || len(p.GoFiles)+len(p.CgoFiles) == 0 {
			continue
		}
		packages = append(packages, p)
		by[p.ImportPath] = p
		for _, path := range p.Imports {
			if dep := by[path]; dep != nil {
				p.deps = append(p.deps, dep)
			}
		}
	}
	for _, p := range packages {
		switch {
		case p.path() == "unsafe":
		case p.ForTest == "":
			// With its tests it is checked as the other one.
			p.target = !p.DepOnly && by[fmt.Sprintf("%s [%s.test]", p.ImportPath, p.ImportPath)] == nil
		default:
			tested := by[p.ForTest]
			p.target = (p.path() == p.ForTest || p.path() == p.ForTest+"_test") && (tested == nil || !tested.DepOnly)
		}
	}
	return packages
}

func run(command, dir string, arguments ...string) []byte {
	cmd := exec.Command(command, arguments...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=")
	output, err := cmd.Output()
	if err != nil && len(output) == 0 {
		fail(fmt.Errorf("%s %v in %s: %w", command, arguments, dir, err))
	}
	return output
}
