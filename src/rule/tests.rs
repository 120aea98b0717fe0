//! Which comments speak of a declaration, or of a part of it?

use super::{BOUNDED, OWNER, Options, Pass};
use crate::ast::{ExprId, Node, StmtId};
use crate::facts::Facts;
use crate::finding::Severity;
use crate::project::{DeclId, PackageId, load_texts};
use crate::sema::Sema;
use crate::source::FileId;
use crate::summary::Summaries;

#[test]
#[allow(clippy::unwrap_used)]
fn a_comment_speaks_of_what_stands_below_or_before_it() {
    let text = "package p

//goleaklint:bounded by the number of codecs
var a = 1

// b is an index.
// goleaklint:bounded
//
// It has few entries.
var b = 1

var c = 1 //goleaklint:bounded
var d = 1

//goleaklint:bounded

var e = 1

//goleaklint:boundedx
var f = \"//goleaklint:bounded\"

var (
	g = 1
	//goleaklint:bounded
	h = 1
	i = 1 //goleaklint:bounded
	j = 1
)

//goleaklint:owner
func k() {
	l := 1 //goleaklint:bounded
	m := l
	_ = m
}
";
    let (project, _) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)]);
    let summaries = Summaries::new(Sema::new(&project, Facts::shipped()));
    let (options, package) = (Options::default(), PackageId(0));
    let pass = Pass {
        rule: "r",
        severity: Severity::Note,
        package,
        summaries: &summaries,
        options: &options,
        silencers: &[],
        findings: Vec::new(),
    };
    let decls = pass.decls(|_| true);
    let name = |decl: &DeclId| project.decl(*decl).names.first().map_or("", |(name, _)| name.as_str());
    let bounded: Vec<&str> = decls.iter().filter(|decl| pass.has_directive(**decl, None, BOUNDED)).map(name).collect();
    assert_eq!(bounded, ["a", "b", "c"]);
    let group = decls.iter().copied().find(|decl| name(decl) == "g").unwrap();
    let tree = project.tree(group);
    let idents = (0..tree.exprs.len() as u32).map(ExprId).filter(|&expr| tree.ident(expr).is_some());
    let idents = idents.filter(|&ident| pass.has_directive(group, Some(Node::Expr(ident)), BOUNDED));
    assert_eq!(idents.filter_map(|ident| tree.ident(ident)).collect::<Vec<_>>(), ["h", "i"]);
    let owners: Vec<&str> = decls.iter().filter(|decl| pass.has_directive(**decl, None, OWNER)).map(name).collect();
    assert_eq!(owners, ["k"]);
    let function = DeclId { file: FileId(0), index: decls.len() as u32 - 1 };
    let stmts = (0..project.tree(function).stmts.len() as u32).map(|at| Node::Stmt(StmtId(at)));
    let said: Vec<&str> =
        stmts.filter(|&stmt| pass.has_directive(function, Some(stmt), BOUNDED)).map(|stmt| pass.text(function, stmt)).collect();
    assert_eq!(said, ["l := 1"]);
}
