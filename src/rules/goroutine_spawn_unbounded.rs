//! `rules/goroutine-spawn-unbounded.md`: each turn of a loop without an end starts a goroutine, and all wait for the same end.
//!
//! ```go
//! for { go func() { <-cancel }(); time.Sleep(d) }
//! ```

use super::spawns::{self, Started, waits};
use crate::ast::{Expr, ExprId, Node, Op, Parents, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{Dominators, EdgeKind, LoopId, LoopKind, Loops, Place};
use crate::rule::{Pass, Rule};
use crate::rules::lifetime::body::Body;
use crate::sema::{Type, Value};

pub(super) const RULE: Rule =
    Rule { id: "goroutine-spawn-unbounded", page: include_str!("../../rules/goroutine-spawn-unbounded.md"), check };

fn check(pass: &mut Pass) {
    for started in spawns::all(pass) {
        let finding = judge(pass, &started);
        pass.findings.extend(finding);
    }
}

fn judge(pass: &Pass, started: &Started) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(started.decl);
    // Most goroutines are not started in a loop, or give something back: what they send may be a place.
    let is_loop = |node: Node| matches!(node, Node::Stmt(stmt) if Parents::is_loop(tree, stmt));
    if !sema.parents(started.decl).ancestors(Node::Stmt(started.stmt)).any(is_loop) || spawns::sends(sema, started.body) {
        return None;
    }
    let body = spawns::around(pass, started.decl, started.stmt)?;
    let loops = Loops::of(&body.graph, tree);
    let start = body.graph.place(started.stmt)?;
    let block = start.0;
    let id = loops.around(block).find(|&id| is_endless(pass, started, &loops, id))?;
    let around = loops.get(id).kind.stmt();
    let returns = |call| body.returns(call);
    let reached = Dominators::of(&body.graph, &returns);
    if !reached.reached(block)
        || pass.project().decl(started.decl).mentions.name("SetLimit")
        || is_limited(pass, &body, &loops, id, &reached, start)
    {
        return None;
    }
    let wait = waits::of(pass, started, around)?;
    let is_guarded = reached
        .edges_before(&body.graph, block)
        .into_iter()
        .any(|(from, edge)| loops.contains(id, from) && from != loops.get(id).header && decides(pass, &body, edge.kind));
    let confidence = if is_guarded { Confidence::Medium } else { Confidence::High };
    let shown = wait.thing.map_or_else(|| "nothing".to_owned(), |thing| format!("`{}`", pass.text(wait.decl, Node::Expr(thing))));
    Some(Finding {
        rule: pass.rule,
        span: spawns::head(pass, started.decl, Node::Stmt(started.stmt)),
        function: pass.function_name(started.decl),
        message: format!("each turn of this endless loop starts a goroutine that waits for {shown}: they pile up"),
        severity: pass.severity,
        confidence: confidence.min(wait.confidence),
        labels: vec![
            Label { span: spawns::head(pass, wait.decl, wait.node), text: "every path of the goroutine waits here".to_owned() },
            Label { span: spawns::head(pass, started.decl, Node::Stmt(around)), text: "the loop that starts them".to_owned() },
        ],
        help: Some("let the goroutine end when its work is done, or start it once, before the loop".to_owned()),
        fix: None,
    })
}

/// A `for` without a condition, or over a channel.
fn is_endless(pass: &Pass, started: &Started, loops: &Loops, id: LoopId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(started.decl);
    match loops.get(id).kind {
        LoopKind::For(_) => !loops.get(id).conditional,
        LoopKind::Range(stmt) => matches!(*tree.stmt(stmt), Stmt::Range { x, .. } if sema.is_chan(sema.type_of(started.decl, x))),
        LoopKind::Goto(_) => false,
    }
}

/// Whether something in the loop lets a turn wait for the goroutines of those before: it waits, takes a place, sends, or receives an answer.
fn is_limited(pass: &Pass, body: &Body, loops: &Loops, id: LoopId, reached: &Dominators, start: Place) -> bool {
    let tree = pass.sema().tree(body.decl);
    let waits = |call: ExprId| match *tree.expr(call) {
        Expr::Call { fun, .. } => match *tree.expr(tree.unparen(fun)) {
            Expr::Selector { sel, .. } => matches!(tree.ident(sel), Some("Wait" | "Acquire" | "TryAcquire" | "Lock" | "Reserve")),
            _ => false,
        },
        _ => false,
    };
    body.graph.ids().filter(|&block| loops.contains(id, block)).any(|block| {
        body.graph.block(block).nodes.iter().enumerate().any(|(at, &node)| {
            let is_later = if block == start.0 { at > start.1 } else { reached.dominates(start.0, block) };
            let mut limited = false;
            tree.walk(node, |inner| {
                match inner {
                    Node::Expr(expr) => match tree.expr(expr) {
                        Expr::FuncLit { .. } => return false,
                        Expr::Call { .. } => limited |= waits(expr),
                        Expr::Unary { op: Op::Arrow, .. } => limited |= is_later,
                        _ => {}
                    },
                    Node::Stmt(stmt) => match tree.stmt(stmt) {
                        Stmt::Send { .. } => limited = true,
                        Stmt::Select { .. } => return node == inner,
                        _ => {}
                    },
                }
                true
            });
            limited
        })
    })
}

/// Whether an edge is taken for another reason than that something came and is no error: then the turns that start a goroutine may be few.
fn decides(pass: &Pass, body: &Body, edge: EdgeKind) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(body.decl);
    let is_error = |expr: ExprId| sema.type_of(body.decl, expr) == Type::ERROR;
    let came = |ident: ExprId| {
        let scopes = sema.scopes(body.decl);
        let local = scopes.of_ident(ident).map(|local| scopes.local(local));
        local.is_some_and(|local| {
            local.writes.iter().all(|write| match write.value {
                Value::Result { of, index: 1, .. } => matches!(tree.expr(tree.unparen(of)), Expr::Unary { op: Op::Arrow, .. }),
                _ => false,
            })
        })
    };
    match edge {
        EdgeKind::True(cond) | EdgeKind::False(cond) => match *tree.expr(tree.unparen(cond)) {
            Expr::Binary { x, y, .. } => !(is_error(x) || is_error(y)),
            Expr::Ident(_) => !came(tree.unparen(cond)),
            _ => true,
        },
        EdgeKind::Case { .. } | EdgeKind::NotCase { .. } | EdgeKind::Default(_) => true,
        _ => false,
    }
}
