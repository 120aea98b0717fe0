package main

import (
	"encoding/json"
	"fmt"
	"go/build/constraint"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A set of platforms: a bit for each.
type set uint64

// ports asks the go command for all platforms.
func ports() []platform {
	output, err := exec.Command(filepath.Join(runtime.GOROOT(), "bin", "go"), "tool", "dist", "list", "-json").Output()
	if err != nil {
		panic(err)
	}
	var list []struct {
		GOOS, GOARCH string
		CgoSupported bool
	}
	if err := json.Unmarshal(output, &list); err != nil {
		panic(err)
	}
	var platforms []platform
	for _, port := range list {
		platforms = append(platforms, platform{port.GOOS, port.GOARCH, port.CgoSupported})
	}
	if len(platforms) > 64 {
		panic("more platforms than bits")
	}
	return platforms
}

// derived has the systems on which another one's tag is on too.
var derived = map[string]string{"android": "linux", "illumos": "solaris", "ios": "darwin"}

// buildExpr writes a set of platforms as a //go:build expression, in the shortest way it knows.
func buildExpr(wanted, all set, platforms []platform) string {
	if wanted == all {
		return ""
	}
	candidates := []string{byArch(wanted, all, platforms), bySystem(wanted, all, platforms)}
	for _, text := range []string{byArch(all&^wanted, all, platforms), bySystem(all&^wanted, all, platforms)} {
		candidates = append(candidates, "!("+text+")")
	}
	candidates = slices.DeleteFunc(candidates, func(text string) bool { return text == "" || text == "!()" })
	return slices.MinFunc(candidates, func(a, b string) int { return len(a) - len(b) })
}

func where(platforms []platform, holds func(platform) bool) set {
	var found set
	for at, platform := range platforms {
		if holds(platform) {
			found |= 1 << at
		}
	}
	return found
}

// byArch is `amd64 || arm64`, if the set is all platforms with these; else nothing.
func byArch(wanted, all set, platforms []platform) string {
	var arches []string
	for at, platform := range platforms {
		if wanted>>at&1 == 1 && !slices.Contains(arches, platform.arch) {
			arches = append(arches, platform.arch)
		}
	}
	if where(platforms, func(p platform) bool { return slices.Contains(arches, p.arch) })&all != wanted {
		return ""
	}
	return strings.Join(arches, " || ")
}

// bySystem is `linux && !android || freebsd && (386 || arm)`.
func bySystem(wanted, all set, platforms []platform) string {
	var terms []string
	done := set(0)
	for _, base := range []bool{true, false} {
		for at, first := range platforms {
			os := first.os
			if (derived[os] == "") != base || slices.IndexFunc(platforms, func(p platform) bool { return p.os == os }) != at {
				continue
			}
			own := where(platforms, func(p platform) bool { return p.os == os })
			if wanted&own&^done == 0 {
				continue
			}
			tagged := where(platforms, func(p platform) bool { return p.os == os || derived[p.os] == os })
			term := os
			var others []string
			for other, of := range derived {
				if of == os {
					others = append(others, other)
				}
			}
			slices.Sort(others)
			arches := arches(wanted&own, all&own, platforms)
			covered := tagged
			if arches != nil {
				covered &= where(platforms, func(p platform) bool { return slices.Contains(arches, p.arch) })
			}
			if covered&all&^wanted != 0 {
				for _, other := range others {
					term += " && !" + other
				}
				covered &= own
			}
			switch {
			case len(arches) == 1:
				term += " && " + arches[0]
			case len(arches) > 1:
				term += " && (" + strings.Join(arches, " || ") + ")"
			}
			done |= covered & all
			terms = append(terms, term)
		}
	}
	if done != wanted {
		panic(fmt.Sprintf("a constraint is wrong: %b instead of %b", done, wanted))
	}
	return strings.Join(terms, " || ")
}

// arches lists those of the platforms in `wanted`; nil if it is all there are.
func arches(wanted, all set, platforms []platform) []string {
	if wanted == all {
		return nil
	}
	var arches []string
	for at, platform := range platforms {
		if wanted>>at&1 == 1 {
			arches = append(arches, platform.arch)
		}
	}
	return arches
}

// holds says which platforms an expression is true for, as go/build sees it.
func holds(expr string, platforms []platform) set {
	parsed, err := constraint.Parse("//go:build " + expr)
	if err != nil {
		panic(err)
	}
	return where(platforms, func(p platform) bool {
		return parsed.Eval(func(tag string) bool { return tag == p.os || tag == p.arch || tag == derived[p.os] })
	})
}
