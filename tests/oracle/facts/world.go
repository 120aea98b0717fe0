package main

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A world has the packages of Go's own source, and of the modules in a module cache, as one platform sees them. What a package says
// is taken from its declarations; what cannot be imported is missing in them and does no other harm.
type world struct {
	goos     string
	goroot   string
	modules  map[string]module
	fset     *token.FileSet
	packages map[string]*types.Package
}

// A module of the cache at its highest version there.
type module struct {
	version   string
	directory string
}

func worlds(cache string) []*world {
	modules := modulesOf(cache)
	var worlds []*world
	for _, goos := range []string{"linux", "windows", "darwin"} {
		worlds = append(worlds, &world{goos, build.Default.GOROOT, modules, token.NewFileSet(), map[string]*types.Package{}})
	}
	return worlds
}

// modulesOf finds GOMODCACHE/github.com/!i!b!m/sarama@v1.61.1.
func modulesOf(cache string) map[string]module {
	modules := map[string]module{}
	if cache == "" {
		return modules
	}
	filepath.WalkDir(cache, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil
		}
		name, _ := filepath.Rel(cache, path)
		if name == "cache" {
			return fs.SkipDir
		}
		escaped, version, found := strings.Cut(filepath.ToSlash(name), "@")
		if !found {
			return nil
		}
		name = upper.ReplaceAllStringFunc(escaped, func(letter string) string { return strings.ToUpper(letter[1:]) })
		if known, found := modules[name]; !found || older(known.version, version) {
			modules[name] = module{version, path}
		}
		return fs.SkipDir
	})
	return modules
}

var upper = regexp.MustCompile("![a-z]")

// older compares v1.2.3 and v1.10.0-rc.1, as far as it matters which of two is read.
func older(a, b string) bool {
	numbers := func(version string) (numbers []int, release bool) {
		version, _, _ = strings.Cut(version, "+")
		version, _, before := strings.Cut(version, "-")
		for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
			number, _ := strconv.Atoi(part)
			numbers = append(numbers, number)
		}
		return numbers, !before
	}
	numbersA, releaseA := numbers(a)
	numbersB, releaseB := numbers(b)
	if order := slices.Compare(numbersA, numbersB); order != 0 {
		return order < 0
	}
	return !releaseA && releaseB
}

// paths are the import paths that a path without major versions stands for: pgx/pgxpool for pgx/v4/pgxpool and pgx/v5/pgxpool.
func (w *world) paths(path string) []string {
	paths := []string{path}
	for name := range w.modules {
		without := strip(name)
		if rest, found := strings.CutPrefix(path, without); found && without != name && (rest == "" || rest[0] == '/') {
			paths = append(paths, name+rest)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

var major = regexp.MustCompile(`/v[0-9]+([/.]|$)`)

// strip leaves major versions out of import paths.
func strip(text string) string { return major.ReplaceAllString(text, "$1") }

// directory is where a package of the standard library or of a module in the cache lies, and the module's version.
func (w *world) directory(path string) (string, string) {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return filepath.Join(w.goroot, "src", path), ""
	}
	for name := path; name != "."; name = filepath.ToSlash(filepath.Dir(name)) {
		if module, found := w.modules[name]; found {
			return filepath.Join(module.directory, strings.TrimPrefix(path, name)), module.version
		}
	}
	return "", ""
}

// Import satisfies types.Importer.
func (w *world) Import(path string) (*types.Package, error) { return w.ImportFrom(path, "", 0) }

// ImportFrom satisfies types.ImporterFrom: Go's own source has packages of others in a vendor directory.
func (w *world) ImportFrom(path, from string, _ types.ImportMode) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	directory, _ := w.directory(path)
	own := strings.HasPrefix(from, filepath.Join(w.goroot, "src"))
	if strings.Contains(strings.Split(path, "/")[0], ".") && own {
		path = "vendor/" + path
		directory = filepath.Join(w.goroot, "src", path)
	}
	if known, found := w.packages[path]; found {
		if known == nil {
			return nil, os.ErrNotExist
		}
		return known, nil
	}
	w.packages[path] = nil
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = w.goos, "amd64", false
	found, err := context.ImportDir(directory, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range found.GoFiles {
		if file, _ := parser.ParseFile(w.fset, filepath.Join(directory, name), nil, parser.SkipObjectResolution); file != nil {
			files = append(files, file)
		}
	}
	config := types.Config{Importer: w, IgnoreFuncBodies: true, FakeImportC: true, Error: func(error) {}, Sizes: types.SizesFor("gc", "amd64")}
	pkg, _ := config.Check(path, w.fset, files, nil)
	w.packages[path] = pkg
	return pkg, nil
}
