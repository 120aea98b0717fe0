//! May the program end, or stop to serve, soon after its first client came?
//!
//! ```go
//! func callback(w http.ResponseWriter, r *http.Request) {
//! 	codes[r.FormValue("state")] = r.FormValue("code")
//! 	done <- true // main waits for this, and ends
//! }
//! ```
//!
//! Not here: programs that serve nobody (`module::lifetime`).

use super::guard::all;
use super::site::Site;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::project::{DeclId, PackageId};
use crate::rule::Pass;
use crate::sema::{Callee, Function};

/// What stops a server.
const STOPS: &[&str] = &["net/http.Server.Shutdown", "net/http.Server.Close"];

/// Whether what grows may not have long to do so.
pub(super) fn ends_soon(pass: &Pass, site: &Site) -> bool {
    let parts = parts(site);
    let sema = pass.sema();
    let calls = |&(decl, within): &Part| calls(pass, decl, within).into_iter().map(move |call| (decl, call)).collect::<Vec<_>>();
    let calls: Vec<(DeclId, ExprId)> = parts.iter().flat_map(calls).collect();
    let callee = |&(decl, call): &(DeclId, ExprId)| match sema.callee(decl, call) {
        Callee::Function(function) => Some(function),
        _ => None,
    };
    if calls.iter().any(|&(decl, call)| pass.summaries.never_returns(decl, call)) {
        return true;
    }
    if site.is_handler() {
        let stops = |function: Function| STOPS.contains(&&*function.key);
        return calls.iter().filter_map(callee).any(stops) || !goes_on(pass, site, &parts);
    }
    // A handler's panic ends nothing.
    calls.iter().filter_map(callee).any(|function| function.decls.iter().any(|&callee| panics(pass, callee)))
        || !goes_on(pass, site, &parts)
}

/// A function on the way, or the part of it that is looked at.
type Part = (DeclId, Option<Node>);

/// What runs when something grows: of the function in which it begins only the handler or loop.
fn parts(site: &Site) -> Vec<Part> {
    site.decls().into_iter().map(|decl| (decl, site.entry.node.filter(|_| decl == site.entry.decl))).collect()
}

fn is_in(pass: &Pass, decl: DeclId, node: Node, within: Option<Node>) -> bool {
    within.is_none_or(|within| pass.sema().parents(decl).within(node, within))
}

fn calls(pass: &Pass, decl: DeclId, within: Option<Node>) -> Vec<ExprId> {
    let all = pass.sema().tree(decl).index.calls.iter().copied();
    all.filter(|&call| is_in(pass, decl, Node::Expr(call), within)).collect()
}

/// Whether a function may panic, or end the program.
fn panics(pass: &Pass, decl: DeclId) -> bool {
    let is_panic = |call: ExprId| matches!(pass.sema().callee(decl, call), Callee::Builtin("panic"));
    calls(pass, decl, None).into_iter().any(|call| is_panic(call) || pass.summaries.never_returns(decl, call))
}

/// Whether the program goes on while something grows: what it calls itself does not come back, or after `go serve()` it waits for something that
/// does not come from there.
fn goes_on(pass: &Pass, site: &Site, own: &[Part]) -> bool {
    let Some(aside) = served_aside(pass) else { return true };
    let project = pass.project();
    let packages = (0..project.packages.len() as u32).map(PackageId).filter(|&package| project.package(package).name == "main");
    let files = packages.flat_map(|package| project.package(package).files.iter().copied());
    let decls = files.flat_map(|file| (0..project.file(file).outline.decls.len() as u32).map(move |index| DeclId { file, index }));
    let is_main = |decl: DeclId| project.decl(decl).receiver.is_none() && project.decl(decl).names.iter().any(|(name, _)| name == "main");
    let mains: Vec<DeclId> = decls.filter(|&decl| is_main(decl)).collect();
    let is_known = if site.is_handler() { aside.is_empty() } else { mains.is_empty() || is_called(pass, site, is_main) };
    let told: Vec<&str> = own.iter().flat_map(|&(decl, within)| told(pass, decl, within)).collect();
    is_known || aside.into_iter().chain(mains).any(|decl| waits(pass, decl, &told))
}

/// The functions that start what serves with `go`; `None` if one calls it itself.
fn served_aside(pass: &Pass) -> Option<Vec<DeclId>> {
    let sema = pass.sema();
    let servers = sema.facts.servers();
    let mut aside: Vec<DeclId> = Vec::new();
    for decl in servers.iter().flat_map(|name| all(pass, name.name)) {
        let is_server = |call: ExprId| matches!(sema.callee(decl, call), Callee::Function(function) if sema.facts.serves(&function.key));
        for &call in sema.tree(decl).index.calls.iter().filter(|&&call| is_server(call)) {
            if !is_started(pass, decl, Node::Expr(call)) {
                return None;
            }
            aside.push(decl);
        }
    }
    Some(aside)
}

/// Whether a loop is a part of what is called, not of what is started with `go`.
fn is_called(pass: &Pass, site: &Site, is_main: impl Fn(DeclId) -> bool) -> bool {
    let decl = site.entry.decl;
    let is_in_go = |decl: DeclId, node: Node| is_started(pass, decl, node);
    if site.entry.node.is_some_and(|node| is_in_go(decl, node)) {
        return false;
    }
    let calls = pass.module().calls(pass.sema(), decl);
    is_main(decl) || calls.is_none_or(|calls| calls.iter().any(|&(decl, call)| call.is_none_or(|call| !is_in_go(decl, Node::Expr(call)))))
}

/// Whether a node stands in a `go` statement.
fn is_started(pass: &Pass, decl: DeclId, node: Node) -> bool {
    let (tree, parents) = (pass.sema().tree(decl), pass.sema().parents(decl));
    let is_go = |node: Node| matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Go { .. }));
    parents.ancestors(node).any(is_go)
}

/// The channels that a piece of code sends to or closes, by their last names.
fn told<'p>(pass: &Pass<'p>, decl: DeclId, within: Option<Node>) -> Vec<&'p str> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let sent = (0..tree.stmts.len() as u32).map(StmtId).filter_map(|stmt| match *tree.stmt(stmt) {
        Stmt::Send { chan, .. } if is_in(pass, decl, Node::Stmt(stmt), within) => Some(chan),
        _ => None,
    });
    let closed = calls(pass, decl, within).into_iter().filter_map(|call| match (sema.callee(decl, call), tree.expr(call)) {
        (Callee::Builtin("close"), Expr::Call { args, .. }) => args.first().copied(),
        _ => None,
    });
    sent.chain(closed).filter_map(|chan| last_name(pass, decl, chan)).collect()
}

/// `done` of `s.done`
fn last_name<'p>(pass: &Pass<'p>, decl: DeclId, expr: ExprId) -> Option<&'p str> {
    let tree = pass.sema().tree(decl);
    match *tree.expr(tree.unparen(expr)) {
        Expr::Selector { sel, .. } => tree.ident(sel),
        _ => tree.ident(tree.unparen(expr)),
    }
}

/// Whether a function waits, for something else than that time goes by or that a handler tells it.
fn waits(pass: &Pass, decl: DeclId, told: &[&str]) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let is_own = |node: Node| !is_started(pass, decl, node);
    let mut exprs = (0..tree.exprs.len() as u32).map(ExprId).filter(|&expr| is_own(Node::Expr(expr)));
    let mut stmts = (0..tree.stmts.len() as u32).map(StmtId).filter(|&stmt| is_own(Node::Stmt(stmt)));
    let receives = exprs.any(|expr| match *tree.expr(expr) {
        Expr::Unary { op: Op::Arrow, x } => match sema.callee(decl, tree.unparen(x)) {
            Callee::Function(function) => function.key != "time.After",
            _ => last_name(pass, decl, x).is_none_or(|name| !told.contains(&name)),
        },
        Expr::Call { fun, .. } => last_name(pass, decl, fun) == Some("Wait"),
        _ => false,
    });
    let is_endless = |stmt: StmtId| match tree.stmt(stmt) {
        Stmt::For { cond: None, .. } => true,
        Stmt::Select { body } => matches!(tree.stmt(*body), Stmt::Block { list } if list.is_empty()),
        _ => false,
    };
    receives || stmts.any(is_endless)
}
