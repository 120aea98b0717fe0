//! When is it safe to put a `defer` behind an acquisition? Where nothing releases it so far, and it is acquired once in each call.
//!
//! ```go
//! f, err := os.Open(p)
//! if err != nil {
//! 	return err
//! }
//! defer f.Close() // this line
//! ```
//!
//! Not here: applying it (`fix`).

use super::body::Body;
use super::sites::Site;
use crate::ast::{AssignOp, Expr, ExprId, Node, Stmt, StmtId};
use crate::facts::{ErrorResult, Release as Way};
use crate::finding::{Edit, Fix, Safety};
use crate::flow;
use crate::rule::Pass;
use crate::source::Span;

/// The rules for which that is the whole repair.
const RULES: [&str; 9] = [
    "conn-not-closed",
    "context-cancel-lost",
    "file-not-closed",
    "http-body-not-closed",
    "iter-pull-not-stopped",
    "sql-rows-not-closed",
    "sql-stmt",
    "sql-tx-not-finished",
    "ticker-not-stopped",
];

/// The fix, where it is safe; else the help has to do.
pub(super) fn of(pass: &Pass, body: &Body, site: &Site) -> Option<Fix> {
    let tree = pass.project().tree(body.decl);
    let (scopes, parents) = (pass.sema().scopes(body.decl), pass.sema().parents(body.decl));
    let [(holder, held)] = site.holders[..] else { return None };
    if !RULES.contains(&pass.rule) || !held.same || flow::reaches_again(&body.graph, site.place, &|call| body.returns(call)) {
        return None;
    }
    let stmt = parents.stmt(Node::Expr(site.call))?;
    let Stmt::Assign { op: AssignOp::Define, lhs, .. } = tree.stmt(stmt) else { return None };
    // `f, _ := open()` may give nil, and its release would panic.
    let is_last_blank = lhs.last().is_some_and(|&last| tree.ident(last) == Some("_"));
    if site.error.is_none() && (is_last_blank || site.held.resource.error != ErrorResult::None && lhs.len() > 1) {
        return None;
    }
    let Some(Node::Stmt(block)) = parents.parent(Node::Stmt(stmt)) else { return None };
    let Stmt::Block { list } = tree.stmt(block) else { return None };
    let at = list.iter().position(|&other| other == stmt)?;
    let behind = match site.error {
        Some((error, _)) => *list.get(at + 1).filter(|&&next| checks(body, scopes, next, error))?,
        None => stmt,
    };
    let name = &scopes.local(holder).name;
    let component = if held.whole { site.held.resource.component.as_str() } else { "" };
    let call = match &site.held.resource.release[..] {
        [Way::Call, ..] => format!("{name}()"),
        // Both end a transaction; after the one the other does nothing.
        ways if ways.contains(&Way::Method("Rollback".into())) => format!("{name}.Rollback()"),
        [Way::Method(method), ..] => format!("{name}{component}.{method}()"),
        _ => return None,
    };
    let source = &pass.project().file(body.decl.file).source;
    let (start, end) = (tree.stmt_range(stmt).start as usize, tree.stmt_range(behind).end as usize);
    let line_start = start - (source.position(start as u32).column as usize - 1);
    let indent = source.text.get(line_start..start).filter(|indent| indent.chars().all(|c| c == '\t' || c == ' '))?;
    let line_end = source.text[end..].find('\n').map_or(source.text.len(), |at| end + at);
    let tail = source.text[end..line_end].trim();
    if !tail.is_empty() && !tail.starts_with("//") {
        return None;
    }
    if source.comments_meet(source.position(end as u32).line) {
        return None;
    }
    let at = source.text[..line_end].trim_end_matches('\r').len() as u32;
    let edit = Edit { span: Span::new(body.decl.file, at, at), text: format!("\n{indent}defer {call}") };
    Some(Fix { title: format!("add `defer {call}`"), safety: Safety::Safe, edits: vec![edit] })
}

/// Whether nothing but its own methods is done with what can be read to its end, and no `Close` among them: then that is how it is given
/// back where it is, and a `Close` behind it does nothing.
pub(super) fn is_only_drained(body: &Body, site: &Site) -> bool {
    let sema = &body.summaries.sema;
    let (tree, parents, scopes) = (sema.tree(body.decl), sema.parents(body.decl), sema.scopes(body.decl));
    let [(holder, _)] = site.holders[..] else { return false };
    let info = scopes.local(holder);
    let reads = |ident: ExprId| match parents.parent(Node::Expr(ident)) {
        Some(Node::Expr(method)) => match *tree.expr(method) {
            Expr::Selector { x, sel } if x == ident && tree.ident(sel) != Some("Close") => {
                matches!(parents.parent(Node::Expr(method)), Some(Node::Expr(call)) if matches!(*tree.expr(call), Expr::Call { fun, .. } if fun == method))
            }
            _ => false,
        },
        _ => false,
    };
    let drains = site.held.resource.release.iter().any(|way| matches!(way, Way::Drain(_)));
    drains && !info.captured && scopes.uses(holder).filter(|&ident| ident != info.ident).all(reads)
}

/// Whether a statement is `if err != nil { … }` without an `else`, behind which there was no error.
fn checks(body: &Body, scopes: &crate::sema::Scopes, stmt: StmtId, error: crate::sema::LocalId) -> bool {
    let tree = body.summaries.sema.tree(body.decl);
    let Stmt::If { init: None, cond, body: failed, else_: None, .. } = *tree.stmt(stmt) else { return false };
    let asks = match *tree.expr(tree.unparen(cond)) {
        Expr::Binary { op: crate::ast::Op::Neq, x, y } => scopes.of_ident(x) == Some(error) && tree.ident(y) == Some("nil"),
        _ => false,
    };
    let Stmt::Block { list } = tree.stmt(failed) else { return false };
    let leaves = list.last().is_some_and(|&last| match *tree.stmt(last) {
        Stmt::Return { .. } | Stmt::Branch { .. } => true,
        Stmt::Expr { x } => matches!(tree.expr(tree.unparen(x)), Expr::Call { .. }) && !body.returns(tree.unparen(x)),
        _ => false,
    });
    asks && leaves
}
