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
use crate::ast::{AssignOp, Expr, Node, Stmt, StmtId};
use crate::facts::Release as Way;
use crate::finding::{Edit, Fix, Safety};
use crate::flow;
use crate::rule::Pass;
use crate::source::Span;

/// The rules for which that is the whole repair.
const RULES: [&str; 8] = [
    "conn-not-closed",
    "context-cancel-lost",
    "file-not-closed",
    "http-body-not-closed",
    "iter-pull-not-stopped",
    "sql-rows-not-closed",
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
    let Stmt::Assign { op: AssignOp::Define, .. } = tree.stmt(stmt) else { return None };
    let Some(Node::Stmt(block)) = parents.parent(Node::Stmt(stmt)) else { return None };
    let Stmt::Block { list } = tree.stmt(block) else { return None };
    let at = list.iter().position(|&other| other == stmt)?;
    let behind = match site.error {
        Some((error, _)) => *list.get(at + 1).filter(|&&next| checks(tree, scopes, next, error))?,
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
    let newline = if source.text[..line_end].ends_with('\r') { "\r\n" } else { "\n" };
    let at = source.text[..line_end].trim_end_matches('\r').len() as u32;
    let edit = Edit { span: Span::new(body.decl.file, at, at), text: format!("{newline}{indent}defer {call}") };
    Some(Fix { title: format!("add `defer {call}`"), safety: Safety::Safe, edits: vec![edit] })
}

/// Whether a statement is `if err != nil { … }` without an `else`.
fn checks(tree: &crate::ast::Tree, scopes: &crate::sema::Scopes, stmt: StmtId, error: crate::sema::LocalId) -> bool {
    let Stmt::If { init: None, cond, else_: None, .. } = *tree.stmt(stmt) else { return false };
    match *tree.expr(tree.unparen(cond)) {
        Expr::Binary { op: crate::ast::Op::Neq, x, y } => scopes.of_ident(x) == Some(error) && tree.ident(y) == Some("nil"),
        _ => false,
    }
}
