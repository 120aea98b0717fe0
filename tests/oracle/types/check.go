package main

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"sync"
)

// A session checks a list of packages, each once, several at a time.
type session struct {
	fset     *token.FileSet
	packages []*pack
	parallel int
	// Everything is kept until the end, as a program does that needs it all.
	keep bool
	kept []*unit

	// Of the output, the counts, and what is below.
	lock   sync.Mutex
	owners map[*types.Package]map[types.Object]string
}

// A unit is a package that was checked with the bodies of its functions.
type unit struct {
	listed
	path   string
	files  []*ast.File
	pkg    *types.Package
	info   *types.Info
	errors []error
	// The number of the edit that was made, or -1.
	edit int
}

func load(command, dir string, patterns []string, parallel int) *session {
	session := &session{fset: token.NewFileSet(), parallel: parallel, owners: map[*types.Package]map[types.Object]string{}}
	session.packages = list(command, dir, patterns)
	for _, p := range session.packages {
		for _, dep := range p.deps {
			dep.refs++
		}
	}
	return session
}

// run checks all packages, and hands over the targets as they are ready.
func (s *session) run(ready func(*unit)) {
	slots := make(chan struct{}, s.parallel)
	var all sync.WaitGroup
	for _, p := range s.packages {
		// Dependencies come first, so the oldest of those at work never waits.
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			s.one(p, ready)
		})
	}
	all.Wait()
}

func (s *session) one(p *pack, ready func(*unit)) {
	defer close(p.done)
	for _, dep := range p.deps {
		<-dep.done
	}
	s.lock.Lock()
	unused := p.refs == 0 && !p.target
	s.lock.Unlock()
	if !unused {
		unit := s.check(p, p.target, nil)
		p.types = unit.pkg
		if p.target {
			ready(unit)
		}
		if s.keep {
			s.lock.Lock()
			s.kept = append(s.kept, unit)
			s.lock.Unlock()
			return
		}
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, dep := range append(p.deps, p) {
		if dep != p {
			dep.refs--
		}
		if dep.refs == 0 {
			delete(s.owners, dep.types)
			dep.types = nil
		}
	}
}

// check parses a package and checks it, with the bodies of functions or without. Files in edited have another text.
func (s *session) check(p *pack, bodies bool, edited map[string][]byte) *unit {
	unit := &unit{listed: p.listed, path: plain(p.path()), edit: -1}
	if p.path() == "unsafe" {
		unit.pkg = types.Unsafe
		return unit
	}
	mode := parser.SkipObjectResolution
	if s.keep {
		mode |= parser.ParseComments
	}
	for _, name := range p.sources() {
		var text any
		if other, ok := edited[name]; ok {
			text = other
		}
		file, err := parser.ParseFile(s.fset, name, text, mode)
		if err != nil {
			unit.errors = append(unit.errors, err)
		}
		if file != nil {
			unit.files = append(unit.files, file)
		}
	}
	config := types.Config{
		FakeImportC:      true,
		IgnoreFuncBodies: !bodies,
		Importer:         importer{p},
		Sizes:            types.SizesFor("gc", "amd64"),
		Error:            func(err error) { unit.errors = append(unit.errors, err) },
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	if bodies {
		unit.info = &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{},
			Defs:  map[*ast.Ident]types.Object{},
			Uses:  map[*ast.Ident]types.Object{},
		}
		if s.keep {
			// What golang.org/x/tools/go/packages asks for.
			unit.info.Implicits = map[ast.Node]types.Object{}
			unit.info.Instances = map[*ast.Ident]types.Instance{}
			unit.info.Scopes = map[ast.Node]*types.Scope{}
			unit.info.Selections = map[*ast.SelectorExpr]*types.Selection{}
			unit.info.FileVersions = map[*ast.File]string{}
		}
	}
	unit.pkg, _ = config.Check(unit.path, s.fset, unit.files, unit.info)
	return unit
}

// An importer knows the packages that a package imports.
type importer struct{ of *pack }

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if other, ok := i.of.ImportMap[path]; ok {
		path = other
	}
	for _, dep := range i.of.deps {
		if dep.ImportPath == path && dep.types != nil {
			return dep.types, nil
		}
	}
	return nil, missing(path)
}

type missing string

func (path missing) Error() string { return "no package " + string(path) }

func (s *session) write(out *bufio.Writer, unit *unit) {
	text := s.text(unit)
	s.lock.Lock()
	defer s.lock.Unlock()
	if _, err := out.Write(text); err != nil {
		fail(err)
	}
}
