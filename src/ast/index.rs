//! Where in a declaration are its calls, its `go` and `defer` statements, its function literals? Made once, at lowering, so that
//! fifty rules do not walk the tree fifty times.
//!
//! ```go
//! defer f.Close() // index.defers has the statement, index.calls the call
//! ```
//!
//! Not here: which function a call calls (`sema`).

use super::{Expr, ExprId, Stmt, StmtId, Tree};

/// The nodes that rules ask for, in the order of the arena (children before parents).
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub calls: Vec<ExprId>,
    pub func_lits: Vec<ExprId>,
    pub defers: Vec<StmtId>,
    pub gos: Vec<StmtId>,
}

impl Index {
    /// Reads the lists off a tree's arenas.
    pub fn of(tree: &Tree) -> Index {
        let mut index = Index::default();
        for (at, expr) in tree.exprs.iter().enumerate() {
            let id = ExprId(at as u32);
            match expr {
                Expr::Call { .. } => index.calls.push(id),
                Expr::FuncLit { .. } => index.func_lits.push(id),
                _ => {}
            }
        }
        for (at, stmt) in tree.stmts.iter().enumerate() {
            let id = StmtId(at as u32);
            match stmt {
                Stmt::Defer { .. } => index.defers.push(id),
                Stmt::Go { .. } => index.gos.push(id),
                _ => {}
            }
        }
        index
    }
}
