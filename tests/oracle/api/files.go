package main

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
)

// api has the declarations of all platforms.
type api struct {
	lock     sync.Mutex
	packages map[string]*merged
}

// merged is a package on all platforms that have it.
type merged struct {
	name string
	on   set
	// The platforms of each declaration.
	declarations map[declaration]set
	// The names of the packages that it mentions.
	imports map[string]string
}

func newAPI() *api { return &api{packages: map[string]*merged{}} }

func (a *api) add(platform int, packages map[string]*pkg) {
	a.lock.Lock()
	defer a.lock.Unlock()
	names := map[string]string{"unsafe": "unsafe"}
	for path, pkg := range packages {
		names[path] = pkg.types.Name()
	}
	for path, pkg := range packages {
		m := a.packages[path]
		if m == nil {
			m = &merged{name: pkg.types.Name(), declarations: map[declaration]set{}, imports: map[string]string{}}
			a.packages[path] = m
		}
		m.on |= 1 << platform
		for _, declaration := range pkg.declarations {
			m.declarations[declaration] |= 1 << platform
			for path := range mentioned(declaration.text) {
				m.imports[path] = names[path]
			}
		}
	}
}

// mentioned gives the paths in «path».
func mentioned(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, found := strings.Cut(text, "«")
			path, after, _ := strings.Cut(rest, "»")
			if !found || !yield(path) {
				return
			}
			text = after
		}
	}
}

// files writes a package: a file for each set of platforms on which some declarations are the same.
func (a *api) files(path string, platforms []platform) []string {
	m := a.packages[path]
	names := qualifiers(path, m)
	// The first one may be empty: on some platform the package may have nothing but its name.
	groups := map[set][]declaration{m.on: nil}
	for declaration, on := range m.declarations {
		groups[on] = append(groups[on], declaration)
	}
	var texts []string
	order := slices.SortedFunc(maps.Keys(groups), func(a, b set) int {
		// The most common first.
		return cmp.Or(bits.OnesCount64(uint64(b))-bits.OnesCount64(uint64(a)), cmp.Compare(a, b))
	})
	for _, on := range order {
		group := groups[on]
		slices.SortFunc(group, func(a, b declaration) int { return strings.Compare(a.key+"\x00"+a.text, b.key+"\x00"+b.text) })
		texts = append(texts, write(path, m, group, constraintOf(on, m.on, platforms), names))
	}
	return texts
}

func constraintOf(on, all set, platforms []platform) string {
	expr := buildExpr(on, all, platforms)
	if expr != "" && holds(expr, platforms)&all != on {
		panic("the constraint " + expr + " is not that of its platforms")
	}
	return expr
}

// qualifiers gives each package that is mentioned a name of its own, that no declaration has.
func qualifiers(path string, m *merged) map[string]string {
	taken := map[string]bool{}
	for declaration := range m.declarations {
		taken[strings.TrimLeft(declaration.key, "12345")] = true
	}
	names := map[string]string{path: ""}
	for _, imported := range slices.Sorted(maps.Keys(m.imports)) {
		if imported == path {
			continue
		}
		name := m.imports[imported]
		for at := 2; taken[name]; at++ {
			name = fmt.Sprintf("%s%d", m.imports[imported], at)
		}
		taken[name] = true
		names[imported] = name
	}
	return names
}

func write(path string, m *merged, group []declaration, expr string, names map[string]string) string {
	var out strings.Builder
	if expr != "" {
		fmt.Fprintf(&out, "//go:build %s\n\n", expr)
	}
	fmt.Fprintf(&out, "package %s\n", m.name)
	imports := map[string]bool{}
	var body strings.Builder
	for _, declaration := range group {
		text := declaration.text
		for imported := range mentioned(text) {
			name := names[imported]
			if imported != path {
				imports[imported] = true
				name += "."
			}
			text = strings.ReplaceAll(text, "«"+imported+"»", name)
		}
		body.WriteString(text)
		body.WriteByte('\n')
	}
	for _, imported := range slices.Sorted(maps.Keys(imports)) {
		name := ""
		if last := imported[strings.LastIndexByte(imported, '/')+1:]; names[imported] != last {
			name = names[imported] + " "
		}
		fmt.Fprintf(&out, "import %s%q\n", name, imported)
	}
	out.WriteString(body.String())
	return out.String()
}
