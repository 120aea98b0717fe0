//! `rules/errgroup-limit-self-deadlock.md`: a function of a limited `errgroup` starts another one of the same group, and waits for a place.
//!
//! ```go
//! g.SetLimit(1); g.Go(func() error { g.Go(sub); return nil }) // the inner Go waits for the outer one to end
//! ```

use super::spawns;
use crate::ast::{Expr, ExprId, Node, Parents, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId, Sema};

pub(super) const RULE: Rule =
    Rule { id: "errgroup-limit-self-deadlock", page: include_str!("../../rules/errgroup-limit-self-deadlock.md"), check };

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.mentions.name("SetLimit") && decl.mentions.name("Go")) {
        let sema = pass.sema();
        let tree = sema.tree(decl);
        for &inner in &tree.index.calls {
            let finding = judge(pass, sema, decl, inner);
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, sema: &Sema, decl: DeclId, inner: ExprId) -> Option<Finding> {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let group = group_of(sema, decl, inner, "Go")?;
    // The innermost function literal around the call is one that the same group runs, and not another goroutine.
    let lit = parents.func_lit(tree, Node::Expr(inner))?;
    let Some(Node::Expr(outer)) = parents.parent(Node::Expr(lit)) else { return None };
    if group_of(sema, decl, outer, "Go") != Some(group) || is_started(sema, decl, inner) {
        return None;
    }
    // One limit, for the whole function.
    let mut limits = tree.index.calls.iter().copied().filter(|&call| group_of(sema, decl, call, "SetLimit") == Some(group));
    let limit = limits.next().filter(|_| limits.next().is_none())?;
    let block = parents.ancestors(Node::Expr(limit)).nth(1)?;
    if parents.body(tree, Node::Expr(limit)).map(Node::Stmt) != Some(block) {
        return None;
    }
    let Expr::Call { args, .. } = tree.expr(limit) else { return None };
    let count = args.first().and_then(|&arg| sema.int(decl, arg));
    if count.is_some_and(|count| count < 0) {
        return None;
    }
    // A single one that starts others leaves places for them.
    let is_loop = |node: Node| matches!(node, Node::Stmt(stmt) if Parents::is_loop(tree, stmt));
    if count != Some(1) && !parents.ancestors(Node::Expr(outer)).any(is_loop) {
        return None;
    }
    let confidence = if count == Some(1) { Confidence::High } else { Confidence::Medium };
    let name = sema.scopes(decl).local(group).name.to_string();
    Some(Finding {
        rule: pass.rule,
        span: spawns::head(pass, decl, Node::Expr(inner)),
        function: pass.function_name(decl),
        message: format!("`{name}.Go` waits for a place while it runs in one: when all places wait, none gets free"),
        severity: pass.severity,
        confidence,
        labels: vec![
            Label { span: spawns::head(pass, decl, Node::Expr(limit)), text: "the number of places is limited here".to_owned() },
            Label { span: spawns::head(pass, decl, Node::Expr(outer)), text: "this is run by the same group".to_owned() },
        ],
        help: Some("use a second group for what is started inside, or `TryGo`".to_owned()),
        fix: None,
    })
}

/// The local variable of an `errgroup.Group` on which a call calls a method.
fn group_of(sema: &Sema, decl: DeclId, call: ExprId, method: &str) -> Option<LocalId> {
    let tree = sema.tree(decl);
    let Expr::Call { fun, .. } = *tree.expr(call) else { return None };
    let Expr::Selector { x, sel } = *tree.expr(tree.unparen(fun)) else { return None };
    if tree.ident(sel) != Some(method) {
        return None;
    }
    let Callee::Function(function) = sema.callee(decl, call) else { return None };
    let is_group = function.key.strip_prefix("golang.org/x/sync/errgroup.Group.") == Some(method);
    is_group.then(|| sema.scopes(decl).of_ident(tree.unparen(x))).flatten()
}

/// `go g.Go(f)` waits in a goroutine of its own.
fn is_started(sema: &Sema, decl: DeclId, call: ExprId) -> bool {
    matches!(sema.parents(decl).parent(Node::Expr(call)), Some(Node::Stmt(stmt)) if matches!(sema.tree(decl).stmt(stmt), Stmt::Go { .. }))
}
