//! Does a body have a loop that no path leaves?
//!
//! ```go
//! for { poll(); time.Sleep(d) } // nothing leaves it
//! for range t.C { poll() }      // nor this: Stop does not close the channel of a ticker
//! for !stopped.Load() { poll() } // this may end
//! ```
//!
//! A `return`, a `break`, a `goto`, a `panic` that stands in the loop, `os.Exit` and the like, and a callee that never returns are ways
//! out. That a callee may panic is none, but where the function mentions `recover` nothing is said.
//!
//! Not here: whether somebody wants the loop to end (the rules).

use super::{BodyId, flow_of, received, run_by};
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::flow::{BlockId, Dominators, EdgeKind, LoopId, LoopKind, Loops};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::lifetime::body::Body;
use crate::sema::{Callee, Sema};

/// How many calls lead to the loop at most.
const DEPTH: u8 = 3;

/// A loop that no path leaves.
pub(in crate::rules) struct Endless {
    pub(in crate::rules) body: BodyId,
    /// The `for`.
    pub(in crate::rules) stmt: StmtId,
    /// The ticker for which the loop waits, and where.
    pub(in crate::rules) ticker: Option<(ExprId, Node)>,
}

/// The first loop of a body that no path leaves, or that of a function that it calls as a statement.
pub(in crate::rules) fn in_body(pass: &Pass, body: BodyId) -> Option<Endless> {
    within(pass, body, DEPTH)
}

fn within(pass: &Pass, id: BodyId, depth: u8) -> Option<Endless> {
    let sema = pass.sema();
    let tree = sema.tree(id.0);
    // A panic of what it calls may end it, where somebody recovers.
    if pass.project().decl(id.0).mentions.name("recover") {
        return None;
    }
    let body = flow_of(pass, id)?;
    let returns = |call| body.returns(call);
    let reached = Dominators::of(&body.graph, &returns);
    let loops = Loops::of(&body.graph, tree);
    for (at, each) in loops.all.iter().enumerate() {
        let (LoopKind::For(stmt) | LoopKind::Range(stmt)) = each.kind else { continue };
        let ticker = ticker(sema, id.0, stmt);
        let is_range = matches!(each.kind, LoopKind::Range(_));
        let is_endless = !each.conditional || is_range && ticker.is_some();
        if is_endless
            && !may_end_in_callee(pass, &body, &loops, LoopId(at as u32))
            && reached.reached(each.header)
            && !is_left(&body, &loops, LoopId(at as u32), each.header)
        {
            return Some(Endless { body: id, stmt, ticker });
        }
    }
    let depth = depth.checked_sub(1)?;
    let blocks = body.graph.ids().filter(|&block| reached.reached(block));
    let nodes = blocks.flat_map(|block| body.graph.block(block).nodes.iter().copied());
    nodes.into_iter().find_map(|node| {
        let Node::Stmt(stmt) = node else { return None };
        let Stmt::Expr { x } = *tree.stmt(stmt) else { return None };
        let Expr::Call { fun, .. } = *tree.expr(tree.unparen(x)) else { return None };
        let (callee, _) = run_by(sema, id.0, fun)?;
        within(pass, callee, depth)
    })
}

/// Whether a function that the loop calls may end the goroutine.
fn may_end_in_callee(pass: &Pass, body: &Body, loops: &Loops, id: LoopId) -> bool {
    let ends = |decl: DeclId| pass.project().decl(decl).mentions.name("Goexit");
    body.graph
        .ids()
        .filter(|&block| loops.contains(id, block))
        .flat_map(|block| &body.graph.block(block).calls)
        .any(|&call| matches!(pass.sema().callee(body.decl, call), Callee::Function(function) if function.decls.iter().copied().any(ends)))
}

/// Whether a path leads out of a loop; that a ticker has no more ticks is none.
fn is_left(body: &Body, loops: &Loops, id: LoopId, header: BlockId) -> bool {
    let returns = |call| body.returns(call);
    body.graph.ids().filter(|&block| loops.contains(id, block)).any(|block| {
        let is_end = |kind: EdgeKind| block == header && matches!(kind, EdgeKind::Done(_));
        body.graph.edges(block, &returns).iter().any(|edge| !(loops.contains(id, edge.to) || is_end(edge.kind)))
    })
}

/// The ticker of `for range t.C`, or of a `for` with `<-t.C` among its own statements: most turns pass it, but for a `continue` before.
fn ticker(sema: &Sema, decl: DeclId, stmt: StmtId) -> Option<(ExprId, Node)> {
    let tree = sema.tree(decl);
    match *tree.stmt(stmt) {
        Stmt::Range { x, .. } => Some((ticker_of(sema, decl, x)?, Node::Stmt(stmt))),
        Stmt::For { body, .. } => {
            let Stmt::Block { list } = tree.stmt(body) else { return None };
            list.iter().find_map(|&inner| {
                let received = received(tree, inner)?;
                Some((ticker_of(sema, decl, received)?, Node::Stmt(inner)))
            })
        }
        _ => None,
    }
}

/// `t` of `t.C`, if it is a ticker.
fn ticker_of(sema: &Sema, decl: DeclId, chan: ExprId) -> Option<ExprId> {
    let tree = sema.tree(decl);
    match *tree.expr(tree.unparen(chan)) {
        Expr::Selector { x, sel } if tree.ident(sel) == Some("C") => {
            (sema.key_of(decl, x).trim_start_matches('*') == "time.Ticker").then_some(x)
        }
        _ => None,
    }
}
