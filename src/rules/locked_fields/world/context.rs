//! Who ends a context that is a field, where only a function in the field beside it does?
//!
//! ```go
//! t.ctx, t.cancel = context.WithCancel(context.Background())
//! t.cancel()     // lets others go on
//! <-t.ctx.Done() // waits
//! ```
//!
//! Not here: contexts with parents, which end with them.

use super::{At, Does, Reader};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, Mention};
use crate::types::Place;

impl Reader<'_, '_, '_> {
    /// `x.ctx, x.cancel = context.WithCancel(context.Background())`, where only this package calls the function.
    pub(super) fn context(&mut self, cancel: Place) -> Option<()> {
        let (pass, sema) = (self.locks.pass, self.locks.pass.sema());
        for Mention { decl, at, number } in sema.mentions(self.field) {
            if pass.project().file(decl.file).test || number.is_some() {
                return None;
            }
            self.context_mentioned(decl, at, cancel)?;
        }
        for Mention { decl, at, number } in sema.mentions(cancel) {
            let (tree, parents) = (sema.tree(decl), sema.parents(decl));
            let Some(Node::Expr(selector)) = parents.parent(Node::Expr(at)) else { return None };
            let Expr::Selector { x, .. } = *tree.expr(selector) else { return None };
            if number.is_some() || pass.project().file(decl.file).test {
                return None;
            }
            match parents.parent(Node::Expr(selector))? {
                Node::Expr(call) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == selector) => {
                    let owner = pass.summaries.lock_path(decl, x);
                    self.deed(Does::Free, decl, Node::Expr(call), owner);
                }
                Node::Stmt(stmt) if is_made_to_cancel(pass, decl, stmt, self.field, cancel) => {}
                _ => return None,
            }
        }
        (!self.world.made.is_empty()).then_some(())
    }

    fn context_mentioned(&mut self, decl: DeclId, ident: ExprId, cancel: Place) -> Option<()> {
        let (pass, sema) = (self.locks.pass, self.locks.pass.sema());
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let Some(Node::Expr(selector)) = parents.parent(Node::Expr(ident)) else { return None };
        let Expr::Selector { x, .. } = *tree.expr(selector) else { return None };
        let (done, call) = match parents.parent(Node::Expr(selector))? {
            Node::Stmt(stmt) => match tree.stmt(stmt) {
                Stmt::Assign { lhs, .. } if lhs.contains(&selector) => {
                    self.world.made.push(At { decl, node: Node::Stmt(stmt) });
                    return is_made_to_cancel(pass, decl, stmt, self.field, cancel).then_some(());
                }
                _ => return Some(()),
            },
            Node::Expr(done) => (done, parents.parent(Node::Expr(done))),
        };
        match *tree.expr(done) {
            Expr::Unary { op: Op::And, .. } => return None,
            Expr::Selector { sel, .. } if tree.ident(sel) == Some("Done") => {}
            _ => return Some(()),
        }
        if let Some(Node::Expr(call)) = call
            && let Some(Node::Expr(receive)) = parents.parent(Node::Expr(call))
            && matches!(tree.expr(receive), Expr::Unary { op: Op::Arrow, .. })
        {
            let owner = pass.summaries.lock_path(decl, x);
            self.deed(Does::Wait, decl, Node::Expr(receive), owner);
        }
        Some(())
    }
}

/// Whether a statement gives a context without parents, and what cancels it, to two fields of one value.
fn is_made_to_cancel(pass: &Pass, decl: DeclId, stmt: StmtId, ctx: Place, cancel: Place) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let key = |call: ExprId| match sema.callee(decl, call) {
        Callee::Function(function) => function.key,
        _ => "".into(),
    };
    let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt) else { return false };
    let (&[first, second], &[call]) = (&lhs[..], &rhs[..]) else { return false };
    let (Expr::Selector { x, .. }, Expr::Selector { x: y, .. }) = (tree.expr(first), tree.expr(second)) else { return false };
    let Expr::Call { args, .. } = tree.expr(call) else { return false };
    let is_root = |&parent: &ExprId| {
        matches!(tree.expr(parent), Expr::Call { .. }) && matches!(key(parent).as_str(), "context.Background" | "context.TODO")
    };
    sema.selected_field(decl, first) == Some(ctx)
        && sema.selected_field(decl, second) == Some(cancel)
        && pass.summaries.same_path(decl, *x, *y)
        && key(call) == "context.WithCancel"
        && args.first().is_some_and(is_root)
}
