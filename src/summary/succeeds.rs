//! Which functions of the module say that they can fail, and never do?
//!
//! ```go
//! func newHandler(c *config) (*handler, error) { return &handler{c}, nil } // err is nil behind `h, err := newHandler(c)`
//! ```
//!
//! Not here: functions of libraries, and calls through an interface: what they return is theirs to change.

use super::Summaries;
use crate::ast::{ExprId, Node, Stmt};
use crate::project::DeclId;
use crate::sema::{Callee, LocalKind, Type, once_in};

impl Summaries<'_> {
    /// Whether a result of a call is its last one, an error, and always nil.
    pub fn always_succeeds(&self, decl: DeclId, call: ExprId, result: u32) -> bool {
        let results = self.sema.results_of(decl, call);
        if results.last() != Some(&Type::ERROR) || results.len() != result as usize + 1 {
            return false;
        }
        let Callee::Function(function) = self.sema.callee(decl, call) else { return false };
        !function.decls.is_empty() && function.decls.iter().all(|&callee| once_in(&self.succeeds, callee, || self.returns_no_error(callee)))
    }

    /// Whether each return of a function has nil for its last result, and nothing deferred may set it.
    fn returns_no_error(&self, decl: DeclId) -> bool {
        let (tree, parents, scopes) = (self.sema.tree(decl), self.sema.parents(decl), self.sema.scopes(decl));
        let is_named = scopes.locals.iter().any(|local| local.function.is_none() && matches!(local.kind, LocalKind::Result(_)));
        if is_named && !tree.index.defers.is_empty() {
            return false;
        }
        let Some(body) = tree.func().and_then(|func| func.body) else { return false };
        let mut returns = 0;
        let mut is_nil = true;
        tree.walk(Node::Stmt(body), |node| {
            if let Node::Stmt(stmt) = node
                && let Stmt::Return { results } = tree.stmt(stmt)
                && parents.func_lit(tree, node).is_none()
            {
                returns += 1;
                is_nil &= results.last().is_some_and(|&last| tree.ident(tree.unparen(last)) == Some("nil"));
            }
            is_nil
        });
        is_nil && returns > 0
    }
}
