//! When is it safe to wrap the rest of the loop's body into a function that is called at once?
//!
//! ```go
//! func() {
//! 	f := mustOpen(p)
//! 	defer f.Close()
//! 	use(f)
//! }()
//! ```
//!
//! From the acquiring statement to the end of the body nothing may leave the loop or the function, and the defer and the acquiring
//! statement have to stand in the body itself.
//!
//! Not here: applying it (`fix`).

use super::{Cost, Site};
use crate::ast::{Expr, LitKind, Node, Stmt};
use crate::finding::{Edit, Fix, Safety};
use crate::rule::Pass;
use crate::source::Span;

/// The fix, where it is safe; else the help has to do.
pub(super) fn of(site: &Site, pass: &Pass, cost: &Cost) -> Option<Fix> {
    let tree = pass.project().tree(site.decl);
    let loop_stmt = site.loops.get(*site.around.first()?).kind.stmt();
    let (Stmt::For { body, .. } | Stmt::Range { body, .. }) = *tree.stmt(loop_stmt) else { return None };
    let Stmt::Block { list } = tree.stmt(body) else { return None };
    let acquire = cost.acquire?;
    let first = list.iter().position(|&stmt| stmt == acquire)?;
    let defer = list.iter().position(|&stmt| stmt == site.defer)?;
    let rest = &list[first..];
    if first >= defer || rest.iter().any(|&stmt| leaves(site, pass, stmt)) {
        return None;
    }
    let (start, end) = (tree.stmt_range(acquire).start, tree.stmt_range(*list.last()?).end);
    let source = &pass.project().file(site.decl.file).source;
    let column = source.position(start).column as usize - 1;
    let line_start = start as usize - column;
    let indent = source.text.get(line_start..start as usize)?;
    if !indent.chars().all(|c| c == '\t' || c == ' ') {
        return None;
    }
    // A comment behind the last statement stays behind it.
    let line_end = source.text[end as usize..].find('\n').map_or(source.text.len(), |at| end as usize + at);
    let tail = source.text[end as usize..line_end].trim();
    if !tail.is_empty() && !tail.starts_with("//") {
        return None;
    }
    let end = if tail.is_empty() { end } else { line_end as u32 };
    let text = source.slice(start, end).trim_end_matches('\r');
    if [source.position(start).line - 1, source.position(end).line].into_iter().any(|line| source.comments_meet(line)) {
        return None;
    }
    let mut wrapped = "func() {\n".to_owned();
    for (at, line) in text.lines().enumerate() {
        let line = if at == 0 { format!("{indent}{line}") } else { line.to_owned() };
        wrapped.push_str(if line.is_empty() { "" } else { "\t" });
        wrapped.push_str(&line);
        wrapped.push('\n');
    }
    wrapped.push_str(indent);
    wrapped.push_str("}()");
    let span = Span::new(site.decl.file, start, start + text.len() as u32);
    Some(Fix { title: "wrap the iteration in a function".to_owned(), safety: Safety::Safe, edits: vec![Edit { span, text: wrapped }] })
}

/// Whether a statement, or one in it, leaves the loop's body, defers something else, recovers, or cannot be moved by a tab.
fn leaves(site: &Site, pass: &Pass, stmt: crate::ast::StmtId) -> bool {
    let tree = pass.project().tree(site.decl);
    let mut found = false;
    tree.walk(Node::Stmt(stmt), |node| {
        found |= match node {
            Node::Stmt(id) => match tree.stmt(id) {
                Stmt::Return { .. } | Stmt::Branch { .. } | Stmt::Labeled { .. } | Stmt::Bad => true,
                Stmt::Defer { .. } => id != site.defer,
                _ => false,
            },
            Node::Expr(id) => match tree.expr(id) {
                Expr::Ident(name) => name == "recover",
                Expr::BasicLit(LitKind::String) => pass.text(site.decl, node).contains('\n'),
                Expr::Bad => true,
                // What a closure does inside stays inside.
                Expr::FuncLit { .. } => return false,
                _ => false,
            },
        };
        !found
    });
    found
}
