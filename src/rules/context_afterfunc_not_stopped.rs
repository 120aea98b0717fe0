//! `rules/context-afterfunc-not-stopped.md`: a function waits for a long-lived context, and is not taken back on every path.
//!
//! ```go
//! context.AfterFunc(s.ctx, func() { conn.Close() })
//! ```

use super::lifetime;
use crate::ast::{Expr, ExprId};
use crate::finding::Confidence;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::Object;

pub(super) const RULE: Rule =
    Rule { id: "context-afterfunc-not-stopped", page: include_str!("../../rules/context-afterfunc-not-stopped.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|pass, candidate| {
        let lives_on = candidate.args().first().is_some_and(|&context| lives_on(pass, candidate.decl(), context));
        lives_on.then_some(Confidence::Medium)
    });
}

/// Whether a context is a field or a package variable, so that it may live as long as the process.
fn lives_on(pass: &Pass, decl: DeclId, context: ExprId) -> bool {
    let tree = pass.sema().tree(decl);
    match tree.expr(tree.unparen(context)) {
        Expr::Selector { .. } => true,
        Expr::Ident(_) => matches!(pass.sema().object(decl, tree.unparen(context)), Object::Package(_)),
        _ => false,
    }
}
