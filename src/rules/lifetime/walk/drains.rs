//! Is a body read to its end? Then its connection is free, though nobody closes it.
//!
//! ```go
//! all, err := io.ReadAll(resp.Body)
//! show(resp) // reads it, a function of the module
//! ```
//!
//! Not here: what else is done with it (`walk`).

use super::Walker;
use crate::ast::{Expr, ExprId, Node};
use crate::project::DeclId;
use crate::sema::{Callee, LocalId, LocalKind};
use crate::summary::DEPTH;

impl Walker<'_, '_> {
    /// Whether a mention is an argument that is read to its end, perhaps by a function of the module.
    pub(super) fn drains(&self, ident: ExprId) -> bool {
        self.drains_in(self.body.decl, ident, DEPTH)
    }

    fn drains_in(&self, decl: DeclId, ident: ExprId, depth: u8) -> bool {
        let sema = &self.body.summaries.sema;
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let mut around = parents.ancestors(Node::Expr(ident)).take(3);
        around.any(|node| {
            let Node::Expr(call) = node else { return false };
            let (Expr::Call { args, .. }, Callee::Function(function)) = (tree.expr(call), sema.callee(decl, call)) else { return false };
            let is_in = |arg: ExprId| parents.within(Node::Expr(ident), Node::Expr(arg));
            match (&*function.key, &function.decls[..], depth.checked_sub(1)) {
                ("io.ReadAll" | "io/ioutil.ReadAll", ..) => true,
                ("io.Copy", ..) => args.get(1).is_some_and(|&from| is_in(from)),
                (_, &[callee], Some(depth)) => {
                    let at = args.iter().position(|&arg| is_in(arg));
                    let scopes = sema.scopes(callee);
                    let params = (0..scopes.locals.len() as u32).map(LocalId).filter(|&local| {
                        let info = scopes.local(local);
                        info.function.is_none() && at.is_some_and(|at| info.kind == LocalKind::Param(at as u32))
                    });
                    params.into_iter().any(|local| scopes.uses(local).any(|ident| self.drains_in(callee, ident, depth)))
                }
                _ => false,
            }
        })
    }
}
