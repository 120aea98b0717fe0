//! Small declarations and the trees they become, and what is left of broken ones.

#![allow(clippy::unwrap_used)]

use super::{DeclKind, Mentions, OutlineDecl, declaration};
use crate::ast::{Decl, Expr, Node, Range, SpecKind, Stmt, Tree};
use crate::finding::Problem;
use crate::source::{FileId, SourceFile};
use std::path::PathBuf;

/// Reads a text that is one declaration.
pub(super) fn read(text: &str) -> (Tree, Vec<Problem>) {
    let kind = match text.split([' ', '(']).next() {
        Some("const") => DeclKind::Const,
        Some("type") => DeclKind::Type,
        Some("var") => DeclKind::Var,
        _ => DeclKind::Func,
    };
    let file = SourceFile::new(FileId(0), PathBuf::from("a.go"), text.to_owned());
    let range = Range { start: 0, end: text.len() as u32 };
    declaration(&file, &OutlineDecl { kind, names: Vec::new(), receiver: None, range, body: None, mentions: Mentions::default() })
}

/// The tree of a valid declaration: every node as its kind with its children in brackets.
pub(super) fn shown(text: &str) -> String {
    let (tree, problems) = read(text);
    assert_eq!(problems, [], "{text}");
    show(&tree, text)
}

/// The tree of a valid expression.
pub(super) fn shown_expr(text: &str) -> String {
    let all = shown(&format!("var _ = {text}"));
    all.strip_prefix("var[spec[_ ").and_then(|all| all.strip_suffix("]]")).unwrap().to_owned()
}

/// The trees of a valid function's statements.
pub(super) fn shown_body(text: &str) -> String {
    let all = shown(&format!("func _() {{ {text} }}"));
    all.strip_prefix("func[_ functype block[").and_then(|all| all.strip_suffix("]]")).unwrap().to_owned()
}

pub(super) fn show(tree: &Tree, text: &str) -> String {
    match &tree.decl {
        Decl::Bad => "bad".to_owned(),
        Decl::Gen(decl) => {
            let specs: Vec<String> = decl.specs.iter().map(|spec| spec_text(tree, text, &spec.kind)).collect();
            format!("{:?}[{}]", decl.tok, specs.join(" ")).to_lowercase_head()
        }
        Decl::Func(func) => {
            let mut parts = Vec::new();
            for field in func.recv.iter().flat_map(|list| &list.fields) {
                parts.push(Node::Expr(field.ty));
            }
            parts.extend([Node::Expr(func.name), Node::Expr(func.ty)]);
            parts.extend(func.body.map(Node::Stmt));
            format!("func[{}]", list(tree, text, &parts))
        }
    }
}

trait Head {
    fn to_lowercase_head(&self) -> String;
}

impl Head for str {
    /// With a small letter at the start.
    fn to_lowercase_head(&self) -> String {
        self[..1].to_lowercase() + &self[1..]
    }
}

fn spec_text(tree: &Tree, text: &str, kind: &SpecKind) -> String {
    let mut nodes = Vec::new();
    let decl = crate::ast::GenDecl {
        range: Range::default(),
        tok: crate::ast::GenTok::Var,
        grouped: false,
        specs: Box::new([crate::ast::Spec { range: Range::default(), kind: kind.clone() }]),
    };
    tree.spec_children(&decl, &mut nodes);
    let alias = if matches!(kind, SpecKind::Type { alias: true, .. }) { "alias" } else { "spec" };
    format!("{alias}[{}]", list(tree, text, &nodes))
}

fn list(tree: &Tree, text: &str, nodes: &[Node]) -> String {
    nodes.iter().map(|&node| node_text(tree, text, node)).collect::<Vec<_>>().join(" ")
}

fn node_text(tree: &Tree, text: &str, node: Node) -> String {
    let range = tree.range(node);
    let label = match node {
        Node::Expr(id) => match tree.expr(id) {
            Expr::Ident(name) => return name.to_string(),
            Expr::BasicLit(_) => return text[range.start as usize..range.end as usize].to_owned(),
            Expr::Unary { op, .. } => format!("unary{op:?}"),
            Expr::Binary { op, .. } => format!("{op:?}"),
            Expr::ChanType { dir, .. } => format!("chan{dir:?}"),
            Expr::FuncType { .. } => "functype".to_owned(),
            other => first_word(other),
        },
        Node::Stmt(id) => match tree.stmt(id) {
            Stmt::Decl(decl) => return spec_text(tree, text, &decl.specs[0].kind),
            Stmt::Empty { implicit: true } => return format!("nothing@{}", range.start),
            other => first_word(other),
        },
    };
    let mut children = Vec::new();
    tree.children(node, &mut children);
    let label = label.to_lowercase();
    if children.is_empty() { label } else { format!("{label}[{}]", list(tree, text, &children)) }
}

fn first_word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn declarations_become_go_asts_nodes() {
    for (text, want) in [
        ("var a, b int = 1, x.y", "var[spec[a b int 1 selector[x y]]]"),
        ("const (\n a = iota\n b\n)", "const[spec[a iota] spec[b]]"),
        (
            "type T[P any, Q ~int | string] struct {\n A\n *B\n c, d P \"t\"\n}",
            "type[spec[T P any Q or[unarytilde[int] string] structtype[A star[B] c d P \"t\"]]]",
        ),
        ("type A = []map[string]*T", "type[alias[A arraytype[maptype[string star[T]]]]]"),
        ("type I interface { m(x int) error; ~int; E }", "type[spec[I interfacetype[m functype[x int error] unarytilde[int] E]]]"),
        (
            "func (t *T[K]) M(a, b int, c ...string) (n int, err error)",
            "func[star[index[T K]] M functype[a b int c ellipsis[string] n int err error]]",
        ),
    ] {
        assert_eq!(shown(text), want, "{text}");
    }
}

#[test]
fn statements_become_go_asts_nodes() {
    for (text, want) in [
        ("if x := f(); x > 0 { return x } else if y { } else { }", "if[assign[x call[f]] gtr[x 0] block[return[x]] if[y block block]]"),
        ("for i := 0; i < n; i++ { continue }", "for[assign[i 0] lss[i n] incdec[i] block[branch]]"),
        ("for k, v := range m { delete(m, k) }", "range[k v m block[expr[call[delete m k]]]]"),
        ("for range 10 { }", "range[10 block]"),
        ("switch x := f(); x { case 1, 2: a(); default: }", "switch[assign[x call[f]] x block[case[1 2 expr[call[a]]] case]]"),
        ("switch t := x.(type) { case int, []T: }", "typeswitch[assign[t typeassert[x]] block[case[int arraytype[T]]]]"),
        ("select { case v, ok := <-c: case d <- 1: default: }", "select[block[comm[assign[v ok unaryarrow[c]]] comm[send[d 1]] comm]]"),
        ("go func() { defer f.Close() }()", "go[call[funclit[functype block[defer[call[selector[f Close]]]]]]]"),
        ("L: for { break L }; var x T; goto L", "labeled[L for[block[branch[L]]]] spec[x T] branch[L]"),
        ("a[i:j:k], b = <-c, T{k: {1}}", "assign[slice[a i j k] b unaryarrow[c] compositelit[T keyvalue[k compositelit[1]]]]"),
        ("f[int](x...); g[A, B](y)", "expr[call[index[f int] x]] expr[call[index[g A B] y]]"),
        ("x := a &^ b << 2 == c || !d", "assign[x lor[eql[shl[andnot[a b] 2] c] unarynot[d]]]"),
    ] {
        assert_eq!(shown_body(text), want, "{text}");
    }
}

#[test]
fn a_node_has_go_asts_bytes() {
    let text = "func f() (int) { return (x) ; }";
    let (tree, _) = read(text);
    let spans: Vec<&str> = (0..tree.stmts.len() as u32).map(|id| slice(text, tree.stmt_range(crate::ast::StmtId(id)))).collect();
    assert_eq!(spans, ["return (x)", "{ return (x) ; }"]);
    let func = tree.func().unwrap();
    assert_eq!((slice(text, func.range), slice(text, tree.expr_range(func.ty))), (text, "func f() (int)"));
}

fn slice(text: &str, range: Range) -> &str {
    &text[range.start as usize..range.end as usize]
}

#[test]
fn ranges_are_those_of_the_file() {
    let text = "package p\n\nvar a = 1\n\nfunc f() { g(new(1)) }\n";
    let file = SourceFile::new(FileId(3), PathBuf::from("a.go"), text.to_owned());
    let range = Range { start: 22, end: text.len() as u32 - 1 };
    let decl = OutlineDecl { kind: DeclKind::Func, names: Vec::new(), receiver: None, range, body: None, mentions: Mentions::default() };
    let (tree, problems) = declaration(&file, &decl);
    assert_eq!(problems, []);
    let calls: Vec<&str> = tree.index.calls.iter().map(|&id| slice(text, tree.expr_range(id))).collect();
    assert_eq!(calls, ["new(1)", "g(new(1))"]);
    assert_eq!((tree.file, tree.func().unwrap().range), (FileId(3), range));
}

#[test]
fn something_unreadable_costs_itself_and_one_problem() {
    let (tree, problems) = read("func f() {\n\ta()\n\tx := = 1\n\tb()\n\ty := = 2\n\tdefer c()\n}");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].kind, crate::finding::ProblemKind::Syntax);
    let calls: Vec<String> = tree.index.calls.iter().map(|&id| node_text(&tree, "", Node::Expr(id))).collect();
    assert!(["call[a]", "call[b]", "call[c]"].iter().all(|call| calls.contains(&call.to_string())), "{calls:?}");
    assert_eq!(tree.index.defers.len(), 1);
    let bad = tree.exprs.iter().filter(|expr| **expr == Expr::Bad).count() + tree.stmts.iter().filter(|stmt| **stmt == Stmt::Bad).count();
    assert!(bad > 0);
}

#[test]
fn broken_declarations_are_one_problem_each() {
    for text in [
        "func f( {",
        "func",
        "var x =",
        "type T struct {",
        "const )",
        "func f() { \"",
        "func f() { if x { }",
        "var x = 1 2",
        "}",
        "func f() { a[ }",
        "@",
    ] {
        let (tree, problems) = read(text);
        assert_eq!(problems.len(), 1, "{text}: {}", show(&tree, text));
        let span = problems[0].span.unwrap();
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{text}: {span:?}");
    }
}

#[test]
fn deep_source_ends_in_a_tree_or_a_problem() {
    for (open, close, deep) in
        [("(", ")", "x"), ("f(", ")", ""), ("[]T{{", "}}", ""), ("-", "", "x"), ("*", "", "x"), ("func() { ", "}", "")]
    {
        for (depth, fine) in [(5_000, true), (120_000, false)] {
            let text = format!("var x = {}{deep}{}", open.repeat(depth), close.repeat(depth));
            let (tree, problems) = read(&text);
            assert_eq!(problems.is_empty(), fine, "{open} {depth}: {:?}", problems.first().map(|problem| &problem.text));
            assert!(tree.exprs.len() < 1_000_000);
        }
    }
    let (_, problems) = read(&format!("var x = {}", "(".repeat(1_000_000)));
    assert_eq!(problems.len(), 1);
    let long = format!("var x = a{}", "+a".repeat(20_000));
    let (tree, problems) = read(&long);
    assert_eq!((problems.len(), tree.exprs.len()), (0, 40_002));
}

#[test]
fn dense_errors_end() {
    for piece in ["x := = 1\n", "((((\n", "a b c\n", "\"\n", "{ [ (\n", "case default func\n", "` "] {
        let (tree, problems) = read(&format!("func f() {{\n{}}}", piece.repeat(20_000)));
        assert_eq!(problems.len(), 1, "{piece}");
        assert!(tree.index.calls.is_empty(), "{piece}");
    }
}
