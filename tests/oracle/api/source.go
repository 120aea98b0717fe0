package main

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A platform is a GOOS and a GOARCH.
type platform struct {
	os, arch string
	cgo      bool
}

// source is Go's own source; each file is read and parsed once, whatever the number of platforms.
type source struct {
	root   string // GOROOT/src
	fset   *token.FileSet
	lock   sync.Mutex
	folder map[string][]*file
}

type file struct {
	path, name string
	data       []byte
	parse      func() *ast.File
}

func newSource(goroot string) *source {
	return &source{root: filepath.Join(goroot, "src"), fset: token.NewFileSet(), folder: map[string][]*file{}}
}

// public lists the import paths that everybody may use.
func (s *source) public() []string {
	var paths []string
	err := filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == s.root {
			return err
		}
		name := entry.Name()
		inside, _ := filepath.Rel(s.root, path)
		inside = filepath.ToSlash(inside)
		if name == "internal" || name == "vendor" || name == "testdata" || inside == "cmd" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		// unsafe is the compiler's, and builtin is a page.
		if inside != "unsafe" && inside != "builtin" && len(s.files(inside)) > 0 {
			paths = append(paths, inside)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return paths
}

// files reads the Go files of a package, tests aside.
func (s *source) files(path string) []*file {
	s.lock.Lock()
	defer s.lock.Unlock()
	if files, ok := s.folder[path]; ok {
		return files
	}
	var files []*file
	names, _ := filepath.Glob(filepath.Join(s.root, path, "*.go"))
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		f := &file{path: name, name: base, data: data}
		f.parse = sync.OnceValue(func() *ast.File {
			tree, err := parser.ParseFile(s.fset, name, data, parser.SkipObjectResolution)
			if err != nil {
				panic(err)
			}
			for _, decl := range tree.Decls {
				if decl, ok := decl.(*ast.FuncDecl); ok && decl.Body != nil {
					decl.Body = &ast.BlockStmt{Lbrace: decl.Body.Lbrace, Rbrace: decl.Body.Rbrace}
				}
			}
			return tree
		})
		files = append(files, f)
	}
	s.folder[path] = files
	return files
}

// on gives the files that are built for a platform.
func (s *source) on(path string, p platform) []*ast.File {
	files := s.files(path)
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled, context.Compiler = p.os, p.arch, p.cgo, "gc"
	context.ToolTags = slices.DeleteFunc(slices.Clone(context.ToolTags), func(tag string) bool {
		// `amd64.v1` is of the platform on which this runs.
		return !strings.HasPrefix(tag, "goexperiment.")
	})
	context.OpenFile = func(path string) (io.ReadCloser, error) {
		at := slices.IndexFunc(files, func(f *file) bool { return f.path == path })
		return io.NopCloser(bytes.NewReader(files[at].data)), nil
	}
	var trees []*ast.File
	for _, f := range files {
		if ok, err := context.MatchFile(filepath.Join(s.root, path), f.name); err != nil || !ok {
			continue
		}
		tree := f.parse()
		usesC := slices.ContainsFunc(tree.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` })
		if (p.cgo || !usesC) && tree.Name.Name != "documentation" {
			trees = append(trees, tree)
		}
	}
	return trees
}

// An importer has the packages of one platform.
type importer struct {
	fset  *token.FileSet
	files func(path string) []*ast.File
	sizes types.Sizes
	// What go/types complains about.
	complain func(error)
	packages map[string]*types.Package
}

func newImporter(fset *token.FileSet, p platform, files func(path string) []*ast.File) *importer {
	// Of Go's source itself only what cgo declares is unknown, and nothing exported needs it.
	complain := func(error) {}
	return &importer{fset, files, types.SizesFor("gc", p.arch), complain, map[string]*types.Package{}}
}

func (i *importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		path = "vendor/" + path
	}
	if pkg, ok := i.packages[path]; ok {
		return pkg, nil
	}
	trees := i.files(path)
	if len(trees) == 0 {
		i.packages[path] = nil
		return nil, fs.ErrNotExist
	}
	config := types.Config{
		Importer:         i,
		IgnoreFuncBodies: true,
		FakeImportC:      true,
		Sizes:            i.sizes,
		Error:            i.complain,
	}
	pkg, _ := config.Check(path, i.fset, trees, nil)
	i.packages[path] = pkg
	return pkg, nil
}
