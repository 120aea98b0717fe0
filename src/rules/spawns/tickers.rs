//! Who stops a ticker for which a goroutine waits?
//!
//! ```go
//! go func() { for range b.t.C { beat() } }()
//! func (b *beat) Stop() { b.t.Stop() } // another one
//! ```
//!
//! Not here: whether the goroutine's loop has a way out (`endless`).

use super::{BodyId, Started};
use crate::ast::{Expr, ExprId, Node};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::Sema;
use crate::types::{Place, Types};

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
                Expr::Selector { sel, .. } => field_stop(pass, started, body, place(sema, bound.decl, sel)?),
                _ => None,
            }
        }
        Expr::Selector { sel, .. } => field_stop(pass, started, body, place(sema, body.0, sel)?),
        _ => None,
    }
}

/// `main` ends with the process.
fn is_main(pass: &Pass, decl: DeclId) -> bool {
    matches!(pass.function_name(decl).as_str(), "main" | "init" | "TestMain")
}

/// The field that a selector names.
fn place(sema: &Sema, decl: DeclId, sel: ExprId) -> Option<Place> {
    sema.types.info(decl).member(sel).and_then(Types::member_place)
}

fn local_stop(pass: &Pass, started: &Started, decl: DeclId, ident: ExprId) -> Option<(DeclId, ExprId)> {
    let sema = pass.sema();
    let local = sema.scopes(decl).of_ident(ident)?;
    let mut uses = sema.scopes(decl).uses(local);
    uses.find_map(|ident| {
        let stop = is_stop(sema, decl, ident)?;
        (!started.runs(sema, decl, Node::Expr(stop))).then_some((decl, stop))
    })
}

fn field_stop(pass: &Pass, started: &Started, body: BodyId, field: Place) -> Option<(DeclId, ExprId)> {
    let sema = pass.sema();
    let decls = pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.name("Stop"));
    decls.into_iter().filter(|&decl| !is_main(pass, decl) && !pass.project().file(decl.file).test).find_map(|decl| {
        let tree = sema.tree(decl);
        (0..tree.exprs.len() as u32).map(ExprId).find_map(|expr| {
            let Expr::Selector { sel, .. } = *tree.expr(expr) else { return None };
            let stop = is_stop(sema, decl, expr)?;
            let elsewhere = !started.runs(sema, decl, Node::Expr(stop)) && (decl, None) != body;
            (elsewhere && place(sema, decl, sel) == Some(field)).then_some((decl, stop))
        })
    })
}

/// `t.Stop` around `t`.
fn is_stop(sema: &Sema, decl: DeclId, ticker: ExprId) -> Option<ExprId> {
    let tree = sema.tree(decl);
    match sema.parents(decl).parent(Node::Expr(ticker))? {
        Node::Expr(around) => match *tree.expr(around) {
            Expr::Selector { x, sel } if x == ticker && tree.ident(sel) == Some("Stop") => Some(around),
            _ => None,
        },
        Node::Stmt(_) => None,
    }
}
