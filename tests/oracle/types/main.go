// Command types prints what go/types knows about whole trees of Go source, for linux/amd64, with their tests.
//
//	types print [-go GO] DIR [PATTERN...]    every identifier, expression and call; the lines are described in print.go
//	types check [-go GO] DIR [PATTERN...]    only the errors, and how many units have none
//	types measure [-go GO] DIR [PATTERN...]  checks everything, keeps it all, and prints the time and the memory that this took
//	types files [-go GO] DIR [PATTERN...]    lines `PACKAGE FILE`: what is checked, but for external tests
//	types edits [-go GO] DIR                 reads lines `PACKAGE FILE REPLACEMENT`, prints each package with its own tests, and again
//	                                         for each line with the text of the replacement in place of the file
//
// Without patterns all packages of the main modules of DIR are meant. What they import is checked too, as far as its declarations.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: types print|check|measure|files|edits [-go GO] [-p N] DIR [PATTERN...]"))
	}
	flags := flag.NewFlagSet("types", flag.ExitOnError)
	command := flags.String("go", "go", "the go command")
	parallel := flags.Int("p", runtime.GOMAXPROCS(0), "how many packages are checked at a time")
	flags.Parse(os.Args[2:])
	if flags.NArg() == 0 {
		fail(fmt.Errorf("no directory is named"))
	}
	dir, patterns := flags.Arg(0), flags.Args()[1:]
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	// Little is kept, and much is thrown away.
	debug.SetGCPercent(50)
	switch os.Args[1] {
	case "print":
		session := load(*command, dir, patterns, *parallel)
		session.run(func(unit *unit) { session.write(out, unit) })
	case "check":
		session := load(*command, dir, patterns, *parallel)
		good, bad := 0, 0
		session.run(func(unit *unit) {
			session.lock.Lock()
			defer session.lock.Unlock()
			if len(unit.errors) == 0 {
				good++
				return
			}
			bad++
			fmt.Fprintf(out, "%s: %d errors; the first: %v\n", unit.ImportPath, len(unit.errors), unit.errors[0])
		})
		fmt.Fprintf(out, "%d units without errors, %d with\n", good, bad)
	case "measure":
		debug.SetGCPercent(100)
		start := time.Now()
		session := load(*command, dir, patterns, *parallel)
		listed := time.Since(start)
		session.keep = true
		units := 0
		session.run(func(unit *unit) {
			session.lock.Lock()
			units++
			session.lock.Unlock()
		})
		fmt.Fprintf(out, "list %.2f s, parse and check %.2f s, peak %d MB, %d units, %d packages\n",
			listed.Seconds(), (time.Since(start) - listed).Seconds(), peak(), units, len(session.packages))
		runtime.KeepAlive(session)
	case "files":
		for _, p := range list(*command, dir, patterns) {
			if p.target && (p.ForTest == "" || p.path() == p.ForTest) {
				for _, name := range p.sources() {
					fmt.Fprintf(out, "%s\t%s\n", p.path(), name)
				}
			}
		}
	case "edits":
		edits(out, *command, dir, *parallel)
	default:
		fail(fmt.Errorf("unknown question %s", os.Args[1]))
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

// peak is the largest memory that this process has had, in MB.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes := 0
	fmt.Sscan(rest, &kilobytes)
	return kilobytes / 1024
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "oracle:", err)
	os.Exit(1)
}
