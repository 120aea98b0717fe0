//! Who stops a ticker for which a goroutine waits?
//!
//! ```go
//! go func() { for range b.t.C { beat() } }()
//! func (b *beat) Stop() { b.t.Stop() } // another one
//! ```
//!
//! Not here: whether the goroutine's loop has a way out (`endless`).

use super::{BodyId, Started};
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Mention, Sema};
use crate::types::Place;

/// Where another goroutine stops the ticker for which the body of a started one waits.
pub(in crate::rules) fn stopped_elsewhere(pass: &Pass, started: &Started, body: BodyId, ticker: ExprId) -> Option<(DeclId, ExprId)> {
    let sema = pass.sema();
    let tree = sema.tree(body.0);
    match *tree.expr(tree.unparen(ticker)) {
        Expr::Ident(_) if body == started.body => {
            let bound = started.bound(sema, tree.unparen(ticker))?;
            let outer = sema.tree(bound.decl);
            match *outer.expr(outer.unparen(bound.expr)) {
                Expr::Ident(_) if !is_main(pass, bound.decl) => local_stop(pass, started, bound.decl, outer.unparen(bound.expr)),
                Expr::Selector { .. } => field_stop(pass, started, body, sema.selected_field(bound.decl, bound.expr)?),
                _ => None,
            }
        }
        Expr::Selector { .. } => field_stop(pass, started, body, sema.selected_field(body.0, ticker)?),
        _ => None,
    }
}

/// `main` ends with the process.
fn is_main(pass: &Pass, decl: DeclId) -> bool {
    matches!(pass.function_name(decl).as_str(), "main" | "init" | "TestMain")
}

fn local_stop(pass: &Pass, started: &Started, decl: DeclId, ident: ExprId) -> Option<(DeclId, ExprId)> {
    let sema = pass.sema();
    let local = sema.scopes(decl).of_ident(ident)?;
    let uses: Vec<ExprId> = sema.scopes(decl).uses(local).collect();
    // Who sets it again only paused; what `main` starts ends with the process.
    if uses.iter().any(|&ident| is_selected(sema, decl, ident, "Reset").is_some()) || super::runs_at_start(pass, decl) {
        return None;
    }
    uses.into_iter().find_map(|ident| {
        let stop = is_selected(sema, decl, ident, "Stop")?;
        (!started.runs(sema, decl, Node::Expr(stop)) && comes_after(sema, started, decl, stop)).then_some((decl, stop))
    })
}

/// Whether a stop may run when the goroutine does: it is deferred, handed on, in another function, or stands behind the start.
fn comes_after(sema: &Sema, started: &Started, decl: DeclId, stop: ExprId) -> bool {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let is_call = matches!(parents.parent(Node::Expr(stop)), Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { .. }));
    let is_deferred = parents.stmt(Node::Expr(stop)).is_some_and(|stmt| matches!(tree.stmt(stmt), Stmt::Defer { .. }));
    let is_elsewhere = decl != started.decl || parents.func_lit(tree, Node::Expr(stop)) != parents.func_lit(tree, Node::Stmt(started.stmt));
    !is_call || is_deferred || is_elsewhere || tree.expr_range(stop).start > tree.range(Node::Stmt(started.stmt)).start
}

fn field_stop(pass: &Pass, started: &Started, body: BodyId, field: Place) -> Option<(DeclId, ExprId)> {
    let sema = pass.sema();
    let (mut found, mut made) = (None, 0);
    for Mention { decl, at, .. } in sema.mentions(field).into_iter().filter(|of| !pass.project().file(of.decl.file).test) {
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let Some(Node::Expr(expr)) = parents.parent(Node::Expr(at)) else { continue };
        if !matches!(*tree.expr(expr), Expr::Selector { sel, .. } if sel == at) {
            continue;
        }
        let is_written = |stmt: StmtId| matches!(tree.stmt(stmt), Stmt::Assign { lhs, .. } if lhs.contains(&expr));
        made += usize::from(matches!(parents.parent(Node::Expr(expr)), Some(Node::Stmt(stmt)) if is_written(stmt)));
        // Who sets it again, or makes another one, only paused.
        if is_selected(sema, decl, expr, "Reset").is_some() || made > 1 {
            return None;
        }
        let Some(stop) = is_selected(sema, decl, expr, "Stop") else { continue };
        let elsewhere = !started.runs(sema, decl, Node::Expr(stop)) && (decl, None) != body && !is_main(pass, decl);
        if found.is_none() && elsewhere && comes_after(sema, started, decl, stop) {
            found = Some((decl, stop));
        }
    }
    found
}

/// `t.Stop` around `t`.
fn is_selected(sema: &Sema, decl: DeclId, ticker: ExprId, name: &str) -> Option<ExprId> {
    let tree = sema.tree(decl);
    match sema.parents(decl).parent(Node::Expr(ticker))? {
        Node::Expr(around) => match *tree.expr(around) {
            Expr::Selector { x, sel } if x == ticker && tree.ident(sel) == Some(name) => Some(around),
            _ => None,
        },
        Node::Stmt(_) => None,
    }
}
