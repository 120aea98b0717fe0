//! `rules/goroutine-blocked-select.md`: no case of a `select` can become ready any more.
//!
//! ```go
//! select { case <-a: case b <- 1: } // and nobody else has a or b
//! ```

use super::stuck;
use crate::ast::{BranchTok, Expr, ExprId, Node, Stmt, StmtId, Tree};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{self, Loops};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "goroutine-blocked-select", page: include_str!("../../rules/goroutine-blocked-select.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "goroutine-blocked-select");
    let words = [Keyword::Select, Keyword::Break, Keyword::Go];
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && words.into_iter().all(|word| decl.mentions.has(word))) {
        let tree = pass.project().tree(decl);
        for &go in &tree.index.gos {
            let Stmt::Go { call } = *tree.stmt(go) else { continue };
            let Expr::Call { fun, .. } = tree.expr(tree.unparen(call)) else { continue };
            if let Expr::FuncLit { body, .. } = tree.expr(tree.unparen(*fun)) {
                breaks_out_of_select(pass, decl, *body);
            }
        }
    }
}

/// `for { select { case v, ok := <-c: if !ok { break } } }`: the `break` leaves the `select`, and the loop spins.
fn breaks_out_of_select(pass: &mut Pass, decl: DeclId, body: StmtId) {
    let tree = pass.project().tree(decl);
    let graph = flow::graph(tree, body);
    let loops = Loops::of(&graph, tree);
    let mut found = Vec::new();
    tree.walk(Node::Stmt(body), |node| {
        if let Node::Stmt(select) = node
            && let Some(leaving) = leaves_only_select(tree, select)
        {
            found.push((select, leaving));
        }
        !matches!(node, Node::Expr(expr) if matches!(tree.expr(expr), Expr::FuncLit { .. }))
    });
    for (select, leaving) in found {
        let around = graph.place(select).and_then(|(block, _)| loops.innermost(block));
        let is_endless = around.is_some_and(|of| !loops.has_exit(&graph, of, &|_| true));
        if !is_endless {
            continue;
        }
        let mut span = pass.span(decl, Node::Stmt(select));
        span.end = span.start + "select".len() as u32;
        let finding = Finding {
            rule: pass.rule,
            span,
            function: pass.function_name(decl),
            message: "this goroutine never ends: `break` leaves the `select`, not the loop around it".to_owned(),
            severity: pass.severity,
            confidence: Confidence::Medium,
            labels: vec![Label {
                span: pass.span(decl, Node::Stmt(leaving)),
                text: "once the channel is closed, the loop spins here".to_owned(),
            }],
            help: Some("return here, or give the `for` a label and break to it".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}

/// The `break` behind the test of `ok` in a case `v, ok := <-c`, if it leaves the `select` only.
fn leaves_only_select(tree: &Tree, select: StmtId) -> Option<StmtId> {
    tree.clauses(select).iter().find_map(|&clause| {
        let Stmt::Comm { comm: Some(comm), body } = tree.stmt(clause) else { return None };
        let Stmt::Assign { lhs, .. } = tree.stmt(*comm) else { return None };
        let ok = tree.ident(*lhs.get(1)?)?;
        body.iter().find_map(|&stmt| {
            let Stmt::If { cond, body, .. } = *tree.stmt(stmt) else { return None };
            if !is_not(tree, cond, ok) {
                return None;
            }
            let Stmt::Block { list } = tree.stmt(body) else { return None };
            list.iter().copied().find(|&stmt| matches!(tree.stmt(stmt), Stmt::Branch { tok: BranchTok::Break, label: None }))
        })
    })
}

/// `!ok`
fn is_not(tree: &Tree, cond: ExprId, name: &str) -> bool {
    match *tree.expr(tree.unparen(cond)) {
        Expr::Unary { op: crate::ast::Op::Not, x } => tree.ident(tree.unparen(x)) == Some(name),
        _ => false,
    }
}
