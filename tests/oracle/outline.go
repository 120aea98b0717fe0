package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// outline prints, for each file, `@file NAME`, and then `rejected` or what the file declares, one line for each thing:
//
//	generated
//	package p
//	import NAME PATH START END          NAME is - if there is none, PATH is in hexadecimal
//	decl KIND START END BODY BODY RECEIVER NAME OFFSET NAME OFFSET ...
//
// Missing ranges are 0 0, a missing receiver is -.
func outline() {
	answers(func(name string, src []byte) []byte {
		var out bytes.Buffer
		fmt.Fprintf(&out, "@file %s\n", name)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			out.WriteString("rejected\n")
			return out.Bytes()
		}
		// Not fset.Position: //line comments would move it.
		base := fset.File(file.FileStart).Base()
		outlineFile(&out, file, func(pos token.Pos) int { return int(pos) - base })
		return out.Bytes()
	})
}

// answers calls answer for every file named on standard input, on all processors, and prints the answers in order.
func answers(answer func(name string, src []byte) []byte) {
	var pending []chan []byte
	limit := make(chan struct{}, runtime.GOMAXPROCS(0)*2)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name := lines.Text()
		done := make(chan []byte, 1)
		pending = append(pending, done)
		go func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			src, err := os.ReadFile(name)
			if err != nil {
				done <- []byte("@file " + name + "\nunread\n")
				return
			}
			done <- answer(name, src)
		}()
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, done := range pending {
		out.Write(<-done)
	}
}

func outlineFile(out *bytes.Buffer, file *ast.File, offset func(token.Pos) int) {
	if ast.IsGenerated(file) {
		out.WriteString("generated\n")
	}
	fmt.Fprintf(out, "package %s\n", file.Name.Name)
	for _, spec := range file.Imports {
		name := "-"
		if spec.Name != nil {
			name = spec.Name.Name
		}
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			path = spec.Path.Value
		}
		path = strings.ToValidUTF8(path, "\uFFFD")
		fmt.Fprintf(out, "import %s %x %d %d\n", name, path, offset(spec.Pos()), offset(spec.End()))
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			body, bodyEnd := 0, 0
			if decl.Body != nil {
				body, bodyEnd = offset(decl.Body.Pos()), offset(decl.Body.End())
			}
			fmt.Fprintf(out, "decl func %d %d %d %d %s", offset(decl.Pos()), offset(decl.End()), body, bodyEnd, receiver(decl))
			fmt.Fprintf(out, " %s %d\n", decl.Name.Name, offset(decl.Name.Pos()))
		case *ast.GenDecl:
			if decl.Tok == token.IMPORT {
				continue
			}
			fmt.Fprintf(out, "decl %s %d %d 0 0 -", decl.Tok, offset(decl.Pos()), offset(decl.End()))
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						fmt.Fprintf(out, " %s %d", name.Name, offset(name.Pos()))
					}
				case *ast.TypeSpec:
					fmt.Fprintf(out, " %s %d", spec.Name.Name, offset(spec.Name.Pos()))
				}
			}
			out.WriteString("\n")
		}
	}
}

// receiver gives the name of the receiver's base type: T for (t *T[K]).
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return "-"
	}
	typ := decl.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.ParenExpr:
			typ = x.X
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "-"
		}
	}
}
