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
use crate::sema::{Callee, Type, once_in};

impl Summaries<'_> {
    /// Whether the error that a call returns as its last result is always nil.
    pub fn always_succeeds(&self, decl: DeclId, call: ExprId) -> bool {
        if self.sema.results_of(decl, call).last() != Some(&Type::ERROR) {
            return false;
        }
        let Callee::Function(function) = self.sema.callee(decl, call) else { return false };
        !function.decls.is_empty() && function.decls.iter().all(|&callee| once_in(&self.succeeds, callee, || self.returns_no_error(callee)))
    }

    /// Whether each return of a function has nil for its last result.
    fn returns_no_error(&self, decl: DeclId) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
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
