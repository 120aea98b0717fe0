package main

import (
	"bufio"
	"os"
	"slices"
	"strings"
)

// An edit replaces one file of a package.
type edit struct{ path, file, replacement string }

// edits prints each package with its own tests as it is, and then with each of its edits.
func edits(out *bufio.Writer, command, dir string, parallel int) {
	var wanted []edit
	var patterns []string
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Split(lines.Text(), "\t")
		wanted = append(wanted, edit{words[0], words[1], words[2]})
		patterns = append(patterns, words[0])
	}
	slices.Sort(patterns)
	session := load(command, dir, slices.Compact(patterns), parallel)
	// Everything that the edited packages import is needed until the end.
	for _, p := range session.packages {
		p.refs++
	}
	session.run(func(unit *unit) {
		printed := false
		for number, edit := range wanted {
			if unit.path != plain(edit.path) {
				continue
			}
			if !printed {
				session.write(out, unit)
				printed = true
			}
			text, err := os.ReadFile(edit.replacement)
			if err != nil {
				fail(err)
			}
			for _, p := range session.packages {
				if p.ImportPath == unit.ImportPath {
					other := session.check(p, true, map[string][]byte{edit.file: text})
					other.edit = number
					session.write(out, other)
				}
			}
		}
	})
}
