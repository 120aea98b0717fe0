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

use super::site::Site;
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::module::{STOPS, is_started, last_name};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::Callee;

/// Through how many calls what may end the program is looked for.
const DEPTH: usize = 3;

/// A function on the way, or the part of it that is looked at.
type Part = (DeclId, Option<Node>);

/// Whether what grows may not have long to do so.
pub(super) fn ends_soon(pass: &Pass, site: &Site) -> bool {
    // Of the function in which it begins only the handler or loop.
    let parts: Vec<Part> = site.decls().into_iter().map(|decl| (decl, site.entry.node.filter(|_| decl == site.entry.decl))).collect();
    if parts.iter().any(|&(decl, within)| calls(pass, decl, within).into_iter().any(|call| pass.summaries.never_returns(decl, call))) {
        return true;
    }
    // A handler's panic ends nothing.
    if !site.is_handler() {
        return parts.iter().any(|&part| calls_what_panics(pass, part, DEPTH)) || !goes_on(pass, site);
    }
    parts.iter().any(|&part| stops(pass, part, DEPTH)) || !serves_on(pass, &parts)
}

fn is_in(pass: &Pass, decl: DeclId, node: Node, within: Option<Node>) -> bool {
    within.is_none_or(|within| pass.sema().parents(decl).within(node, within))
}

fn calls(pass: &Pass, decl: DeclId, within: Option<Node>) -> Vec<ExprId> {
    let all = pass.sema().tree(decl).index.calls.iter().copied();
    all.filter(|&call| is_in(pass, decl, Node::Expr(call), within)).collect()
}

/// The bodies that a piece of code calls: of functions of the program, and of local function literals.
fn called(pass: &Pass, (decl, within): Part) -> Vec<Part> {
    let calls = calls(pass, decl, within).into_iter();
    let bodies = calls.flat_map(|call| match pass.sema().callee(decl, call) {
        Callee::Function(function) => function.decls.iter().map(|&callee| (callee, None)).collect(),
        Callee::Closure(lit) => vec![(decl, Some(Node::Expr(lit)))],
        _ => Vec::new(),
    });
    bodies.filter(|&(callee, lit)| callee != decl || lit.is_some()).collect()
}

/// Whether a piece of code calls what may panic, or end the program.
fn calls_what_panics(pass: &Pass, part: Part, depth: usize) -> bool {
    let is_panic = |decl: DeclId, call: ExprId| {
        matches!(pass.sema().callee(decl, call), Callee::Builtin("panic")) || pass.summaries.never_returns(decl, call)
    };
    called(pass, part).into_iter().any(|body| {
        calls(pass, body.0, body.1).into_iter().any(|call| is_panic(body.0, call)) || depth > 1 && calls_what_panics(pass, body, depth - 1)
    })
}

/// Whether a piece of code stops a server.
fn stops(pass: &Pass, part: Part, depth: usize) -> bool {
    let is_stop = |call: ExprId| matches!(pass.sema().callee(part.0, call), Callee::Function(function) if STOPS.contains(&&*function.key));
    calls(pass, part.0, part.1).into_iter().any(is_stop)
        || depth > 0 && called(pass, part).into_iter().any(|body| stops(pass, body, depth - 1))
}

/// Whether the program serves until somebody stops it, and not until its handler tells it something.
fn serves_on(pass: &Pass, own: &[Part]) -> bool {
    let serving = pass.module().serving(pass.sema());
    let bodies = own.iter().copied().chain(own.iter().flat_map(|&part| called(pass, part)));
    let told: Vec<&str> = bodies.flat_map(|(decl, within)| told(pass, decl, within)).collect();
    if told.iter().any(|name| serving.waits.contains(*name)) {
        return false;
    }
    // Where nothing is known that serves, something else does.
    if serving.itself { !serving.stops } else { !serving.aside || serving.until_stopped }
}

/// Whether the program goes on while a loop does.
fn goes_on(pass: &Pass, site: &Site) -> bool {
    let serving = pass.module().serving(pass.sema());
    !serving.is_program || serving.itself || serving.until_stopped || is_called(pass, site)
}

/// Whether a loop is a part of what is called, not of what is started with `go`.
fn is_called(pass: &Pass, site: &Site) -> bool {
    let (sema, decl) = (pass.sema(), site.entry.decl);
    if site.entry.node.is_some_and(|node| is_started(sema, decl, node)) {
        return false;
    }
    let is_main = pass.project().decl(decl).names.iter().any(|(name, _)| name == "main");
    let is_call = |&(decl, call): &(DeclId, Option<ExprId>)| call.is_none_or(|call| !is_started(sema, decl, Node::Expr(call)));
    is_main || pass.module().calls(sema, decl).is_none_or(|calls| calls.iter().any(is_call))
}

/// What a piece of code tells others, by the last names of the channels that it sends to or closes; `Wait` of a group, `Done` of a context.
fn told<'p>(pass: &Pass<'p>, decl: DeclId, within: Option<Node>) -> Vec<&'p str> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let sent = (0..tree.stmts.len() as u32).map(StmtId).filter_map(|stmt| match *tree.stmt(stmt) {
        Stmt::Send { chan, .. } if is_in(pass, decl, Node::Stmt(stmt), within) => last_name(sema, decl, chan),
        _ => None,
    });
    let by_calls = calls(pass, decl, within).into_iter().filter_map(|call| {
        let Expr::Call { fun, args, .. } = tree.expr(call) else { return None };
        match sema.callee(decl, call) {
            Callee::Builtin("close") => last_name(sema, decl, *args.first()?),
            Callee::Function(function) if function.key == "sync.WaitGroup.Done" => Some("Wait"),
            Callee::Function(_) | Callee::Builtin(_) | Callee::Conversion(_) => None,
            // `cancel()`
            _ => last_name(sema, decl, *fun).filter(|name| args.is_empty() && name.contains("ancel")).map(|_| "Done"),
        }
    });
    sent.chain(by_calls).collect()
}
