//! `rules/range-over-ticker-no-exit.md`: a goroutine ranges over a ticker that somebody stops, which ends nothing.
//!
//! ```go
//! go func() { for range t.C { beat() } }()
//! t.Stop() // does not close t.C
//! ```

use super::spawns::{self, Started, endless};
use crate::ast::{Expr, ExprId, Node};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::Sema;
use crate::types::{Place, Types};

pub(super) const RULE: Rule =
    Rule { id: "range-over-ticker-no-exit", page: include_str!("../../rules/range-over-ticker-no-exit.md"), check };

fn check(pass: &mut Pass) {
    let mut told: Vec<(DeclId, Node)> = Vec::new();
    for started in spawns::all(pass) {
        let Some(endless) = endless::in_body(pass, started.body) else { continue };
        let Some((ticker, node)) = endless.ticker else { continue };
        let decl = endless.body.0;
        if told.contains(&(decl, node)) {
            continue;
        }
        let Some((stopped_in, stop)) = stopped_elsewhere(pass, &started, endless.body, ticker) else { continue };
        told.push((decl, node));
        let name = pass.text(decl, Node::Expr(ticker)).to_owned();
        let finding = Finding {
            rule: pass.rule,
            span: spawns::head(pass, decl, node),
            function: pass.function_name(decl),
            message: format!("this goroutine waits forever: `Stop` does not close the channel of `{name}`, and nothing else ends the loop"),
            severity: pass.severity,
            confidence: Confidence::High,
            labels: vec![
                Label {
                    span: pass.span(stopped_in, Node::Expr(stop)),
                    text: "the ticker is stopped here: no tick comes any more".to_owned(),
                },
                Label {
                    span: spawns::head(pass, started.decl, Node::Stmt(started.stmt)),
                    text: "the goroutine is started here".to_owned(),
                },
            ],
            help: Some("wait in a `select` for a channel that is closed where the ticker is stopped, and return".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}

/// Where another goroutine stops the ticker for which the body of a started one waits.
pub(super) fn stopped_elsewhere(pass: &Pass, started: &Started, body: spawns::BodyId, ticker: ExprId) -> Option<(DeclId, ExprId)> {
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

fn field_stop(pass: &Pass, started: &Started, body: spawns::BodyId, field: Place) -> Option<(DeclId, ExprId)> {
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
