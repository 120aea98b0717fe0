//! `rules/afterfunc-not-stopped.md`: a function waits long for its time, and keeps what it captures until then.
//!
//! ```go
//! time.AfterFunc(time.Hour, func() { use(big) })
//! ```

use super::lifetime;
use crate::ast::{Expr, ExprId, Node};
use crate::finding::Confidence;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::LocalKind;
use crate::types::Kind;

pub(super) const RULE: Rule = Rule { id: "afterfunc-not-stopped", page: include_str!("../../rules/afterfunc-not-stopped.md"), check };

/// A shorter wait is not worth a word.
const SECONDS: i64 = 10;

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|pass, candidate| {
        let large = candidate.args().get(1).is_some_and(|&function| captures_much(pass, candidate.decl(), function));
        (large && !candidate.is_short(0, SECONDS)).then_some(Confidence::Low)
    });
}

/// Whether a function literal captures a receiver, a buffer, a request or something that can be closed.
fn captures_much(pass: &Pass, decl: DeclId, function: ExprId) -> bool {
    let sema = pass.sema();
    let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
    let Expr::FuncLit { .. } = tree.expr(tree.unparen(function)) else { return false };
    let inside = tree.expr_range(function);
    let mut found = false;
    tree.walk(Node::Expr(function), |node| {
        if let Node::Expr(ident) = node
            && let Some(local) = scopes.of_ident(ident)
            && tree.expr_range(scopes.local(local).ident).start < inside.start
        {
            let ty = sema.type_of_local(decl, local);
            let key = sema.key(ty);
            let bytes = matches!(sema.behind(ty), Kind::Slice(_));
            let closer = sema.types.member_of(ty, "Close", decl.file).is_some();
            found |= scopes.local(local).kind == LocalKind::Receiver || key == "*net/http.Request" || bytes || closer;
        }
        !found
    });
    found
}
