//! `rules/goroutine-nil-channel.md`: a send or receive on a channel that is nil.
//!
//! ```go
//! var done chan struct{}; <-done
//! ```

use super::stuck;
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use rustc_hash::FxHashMap;

pub(super) const RULE: Rule = Rule { id: "goroutine-nil-channel", page: include_str!("../../rules/goroutine-nil-channel.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "goroutine-nil-channel");
    let mut compared = FxHashMap::default();
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.has(Keyword::Arrow)) {
        fields(pass, decl, &mut compared);
    }
}

/// `<-h.quit`, and nobody ever sets `quit`. `compared` says of the names of fields that were looked at whether the package asks if one
/// of that name is nil.
fn fields<'a>(pass: &mut Pass<'a>, decl: DeclId, compared: &mut FxHashMap<&'a str, bool>) {
    let tree = pass.project().tree(decl);
    let mut found: Vec<(Node, ExprId)> = Vec::new();
    for (at, expr) in tree.exprs.iter().enumerate() {
        if let Expr::Unary { op: Op::Arrow, x } = expr {
            found.push((Node::Expr(ExprId(at as u32)), *x));
        }
    }
    for (at, stmt) in tree.stmts.iter().enumerate() {
        if let Stmt::Send { chan, .. } = stmt {
            found.push((Node::Stmt(crate::ast::StmtId(at as u32)), *chan));
        }
    }
    for (node, chan) in found {
        let Expr::Selector { sel, .. } = *tree.expr(tree.unparen(chan)) else { continue };
        let Some(place) = pass.sema().field(decl, sel) else { continue };
        if is_in_select(pass, decl, node) || !pass.sema().is_never_set(place) {
            continue;
        }
        let field = pass.sema().name_at(place);
        if *compared.entry(field).or_insert_with(|| is_compared(pass, field)) {
            continue;
        }
        let name = pass.text(decl, Node::Expr(chan)).to_owned();
        let declared = crate::source::Span::new(place.file, place.offset, place.offset + tree.ident(sel).map_or(1, str::len) as u32);
        let finding = Finding {
            rule: pass.rule,
            span: pass.span(decl, node),
            function: pass.function_name(decl),
            message: format!("this waits forever: `{name}` is nil, for no code ever sets it"),
            severity: pass.severity,
            confidence: Confidence::Medium,
            labels: vec![Label { span: declared, text: "the field is never set in this package".to_owned() }],
            help: None,
            fix: None,
        };
        pass.report(finding);
    }
}

/// Whether an operation is a case of a `select`: a nil channel switches the case off there.
fn is_in_select(pass: &Pass, decl: DeclId, node: Node) -> bool {
    let (tree, parents) = (pass.sema().tree(decl), pass.sema().parents(decl));
    let mut at = Some(node);
    while let Some(node) = at {
        let Some(up) = parents.parent(node) else { return false };
        if let Node::Stmt(stmt) = up {
            match tree.stmt(stmt) {
                Stmt::Comm { comm, .. } => return comm.map(Node::Stmt) == Some(node),
                Stmt::Block { .. } => return false,
                _ => {}
            }
        }
        at = Some(up);
    }
    false
}

/// Whether the package asks if a field of this name is nil: then it knows.
fn is_compared(pass: &Pass, name: &str) -> bool {
    pass.decls(|decl| decl.mentions.name(name)).into_iter().any(|decl| {
        let tree = pass.project().tree(decl);
        tree.exprs.iter().any(|expr| match expr {
            Expr::Binary { op: Op::Eql | Op::Neq, x, .. } => match tree.expr(tree.unparen(*x)) {
                Expr::Selector { sel, .. } => tree.ident(*sel) == Some(name),
                _ => false,
            },
            _ => false,
        })
    })
}
