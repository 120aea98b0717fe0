//! Does a package belong to a program that is soon over? What it keeps is gone with it.
//!
//! ```go
//! package main // and nothing in it serves, accepts, or waits in an endless loop
//! ```
//!
//! Not here: packages that only such programs use.

use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::parse::DeclKind;
use crate::rule::Pass;
use crate::sema::Callee;

/// Whether a package is a program of which nothing says that it goes on and on.
pub(in crate::rules) fn is_short_lived(pass: &Pass) -> bool {
    let project = pass.project();
    if project.package(pass.package).name != "main" {
        return false;
    }
    let decls = pass.decls(|decl| decl.kind == DeclKind::Func);
    !decls.into_iter().any(|decl| {
        let tree = project.tree(decl);
        let serves = |&call: &ExprId| match pass.sema().callee(decl, call) {
            Callee::Function(function) => {
                let accepts = || pass.sema().facts.acquires(&function.key).iter().any(|_| function.name().starts_with("Accept"));
                pass.sema().facts.serves(&function.key) || accepts()
            }
            _ => false,
        };
        let waits = (0..tree.stmts.len() as u32).map(StmtId).any(|stmt| match *tree.stmt(stmt) {
            Stmt::For { cond: None, body, .. } => receives(tree, body),
            Stmt::Select { body } => matches!(tree.stmt(body), Stmt::Block { list } if list.is_empty()),
            _ => false,
        });
        waits || tree.index.calls.iter().any(serves)
    })
}

/// Whether something in a loop waits for a channel.
fn receives(tree: &crate::ast::Tree, body: StmtId) -> bool {
    let mut found = false;
    tree.walk(Node::Stmt(body), |node| {
        found |= match node {
            Node::Stmt(id) => matches!(tree.stmt(id), Stmt::Select { .. }),
            Node::Expr(id) => matches!(tree.expr(id), Expr::Unary { op: Op::Arrow, .. }),
        };
        !found
    });
    found
}
