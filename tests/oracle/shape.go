package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// shape answers which nodes go/parser sees in which bytes.
//
// Standard input has one path a line. For every path the answer is one line "file PATH accepted" or "file PATH rejected", and for
// an accepted file one line for every declaration except imports: "decl START END KIND NODES HASH". HASH is the sum of a hash of every
// node's kind, detail and byte range, so that its order does not matter. With the argument "nodes" an input line is "PATH\tSTART", and
// the answer has every node of the declaration that starts there: "node KIND START END", then "end".
func shape(args []string) {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	if len(args) > 0 && args[0] == "nodes" {
		for in.Scan() {
			path, start, _ := strings.Cut(in.Text(), "\t")
			at, _ := strconv.Atoi(start)
			printNodes(out, path, at)
			out.Flush()
		}
		return
	}
	var paths []string
	for in.Scan() {
		paths = append(paths, in.Text())
	}
	answers := make([]string, len(paths))
	var wait sync.WaitGroup
	for worker := range runtime.NumCPU() {
		wait.Go(func() {
			for at := worker; at < len(paths); at += runtime.NumCPU() {
				answers[at] = hashes(paths[at])
			}
		})
	}
	wait.Wait()
	for _, answer := range answers {
		out.WriteString(answer)
	}
}

// read parses a file; base is the position of its first byte.
func read(path string) (file *ast.File, base int, err error) {
	fset := token.NewFileSet()
	file, err = parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	return file, 1, err
}

func hashes(path string) string {
	file, base, err := read(path)
	if err != nil {
		return fmt.Sprintf("file %s rejected\n", path)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "file %s accepted\n", path)
	for _, decl := range file.Decls {
		kind := declKind(decl)
		if kind == "" {
			continue
		}
		nodes, sum := 0, uint64(0)
		eachNode(decl, base, func(kind string, start, end int) {
			nodes++
			sum += hashNode(kind, start, end)
		})
		fmt.Fprintf(&out, "decl %d %d %s %d %d\n", int(decl.Pos())-base, int(decl.End())-base, kind, nodes, sum)
	}
	return out.String()
}

func printNodes(out *bufio.Writer, path string, at int) {
	if file, base, err := read(path); err == nil {
		for _, decl := range file.Decls {
			if int(decl.Pos())-base == at && declKind(decl) != "" {
				eachNode(decl, base, func(kind string, start, end int) { fmt.Fprintf(out, "node %s %d %d\n", kind, start, end) })
			}
		}
	}
	out.WriteString("end\n")
}

func declKind(decl ast.Decl) string {
	if gen, ok := decl.(*ast.GenDecl); ok {
		if gen.Tok == token.IMPORT {
			return ""
		}
		return gen.Tok.String()
	}
	return "func"
}

// hashNode is FNV-1a.
func hashNode(kind string, start, end int) uint64 {
	sum := uint64(14695981039346656037)
	step := func(b byte) { sum = (sum ^ uint64(b)) * 1099511628211 }
	for i := range len(kind) {
		step(kind[i])
	}
	for _, n := range [2]int{start, end} {
		for range 4 {
			step(byte(n))
			n >>= 8
		}
	}
	return sum
}

func eachNode(root ast.Node, base int, visit func(kind string, start, end int)) {
	ast.Inspect(root, func(node ast.Node) bool {
		if node != nil {
			visit(kindOf(node), int(node.Pos())-base, int(node.End())-base)
		}
		return true
	})
}

// flag writes which of a node's optional parts are there.
func flag(kind string, parts ...bool) string {
	for _, part := range parts {
		if part {
			kind += "1"
		} else {
			kind += "0"
		}
	}
	return kind
}

func count(kind string, numbers ...int) string {
	for _, n := range numbers {
		kind += "," + strconv.Itoa(n)
	}
	return kind
}

func kindOf(node ast.Node) string {
	switch n := node.(type) {
	case *ast.Ident:
		return "Ident"
	case *ast.BasicLit:
		return "BasicLit" + n.Kind.String()
	case *ast.CompositeLit:
		return count(flag("CompositeLit", n.Type != nil), len(n.Elts))
	case *ast.FuncLit:
		return "FuncLit"
	case *ast.ParenExpr:
		return "ParenExpr"
	case *ast.SelectorExpr:
		return "SelectorExpr"
	case *ast.IndexExpr:
		return "IndexExpr,1"
	case *ast.IndexListExpr:
		return count("IndexExpr", len(n.Indices))
	case *ast.SliceExpr:
		return flag("SliceExpr", n.Low != nil, n.High != nil, n.Max != nil)
	case *ast.TypeAssertExpr:
		return flag("TypeAssertExpr", n.Type != nil)
	case *ast.CallExpr:
		return count(flag("CallExpr", n.Ellipsis.IsValid()), len(n.Args))
	case *ast.StarExpr:
		return "StarExpr"
	case *ast.UnaryExpr:
		return "UnaryExpr" + n.Op.String()
	case *ast.BinaryExpr:
		return "BinaryExpr" + n.Op.String()
	case *ast.KeyValueExpr:
		return "KeyValueExpr"
	case *ast.ArrayType:
		return flag("ArrayType", n.Len != nil)
	case *ast.Ellipsis:
		return flag("Ellipsis", n.Elt != nil)
	case *ast.StructType:
		return "StructType"
	case *ast.FuncType:
		return flag("FuncType", n.TypeParams != nil, n.Results != nil)
	case *ast.InterfaceType:
		return "InterfaceType"
	case *ast.MapType:
		return "MapType"
	case *ast.ChanType:
		return count("ChanType", int(n.Dir))
	case *ast.Field:
		return count(flag("Field", n.Tag != nil), len(n.Names))
	case *ast.FieldList:
		return count("FieldList", len(n.List))
	case *ast.DeclStmt:
		return "DeclStmt"
	case *ast.EmptyStmt:
		return flag("EmptyStmt", n.Implicit)
	case *ast.LabeledStmt:
		return "LabeledStmt"
	case *ast.ExprStmt:
		return "ExprStmt"
	case *ast.SendStmt:
		return "SendStmt"
	case *ast.IncDecStmt:
		return "IncDecStmt" + n.Tok.String()
	case *ast.AssignStmt:
		return count("AssignStmt"+n.Tok.String(), len(n.Lhs), len(n.Rhs))
	case *ast.GoStmt:
		return "GoStmt"
	case *ast.DeferStmt:
		return "DeferStmt"
	case *ast.ReturnStmt:
		return count("ReturnStmt", len(n.Results))
	case *ast.BranchStmt:
		return flag("BranchStmt"+n.Tok.String(), n.Label != nil)
	case *ast.BlockStmt:
		return count("BlockStmt", len(n.List))
	case *ast.IfStmt:
		return flag("IfStmt", n.Init != nil, n.Else != nil)
	case *ast.CaseClause:
		return count(flag("CaseClause", n.List != nil), len(n.List), len(n.Body))
	case *ast.SwitchStmt:
		return flag("SwitchStmt", n.Init != nil, n.Tag != nil)
	case *ast.TypeSwitchStmt:
		return flag("TypeSwitchStmt", n.Init != nil)
	case *ast.CommClause:
		return count(flag("CommClause", n.Comm != nil), len(n.Body))
	case *ast.SelectStmt:
		return "SelectStmt"
	case *ast.ForStmt:
		return flag("ForStmt", n.Init != nil, n.Cond != nil, n.Post != nil)
	case *ast.RangeStmt:
		return flag("RangeStmt", n.Key != nil, n.Value != nil, n.Key != nil && n.Tok == token.DEFINE)
	case *ast.GenDecl:
		return count(flag("GenDecl"+n.Tok.String(), n.Lparen.IsValid()), len(n.Specs))
	case *ast.ValueSpec:
		return count(flag("ValueSpec", n.Type != nil), len(n.Names), len(n.Values))
	case *ast.TypeSpec:
		return flag("TypeSpec", n.TypeParams != nil, n.Assign.IsValid())
	case *ast.FuncDecl:
		return flag("FuncDecl", n.Recv != nil, n.Body != nil)
	default:
		return fmt.Sprintf("unknown:%T", node)
	}
}
