//! What stands around a node? A tree's nodes name their children; this is the way back up.
//!
//! ```go
//! for { if x { defer f() } } // the parents of the defer: block, if, block, for
//! ```
//!
//! Not here: in which order nodes run (`flow`).

use super::{Decl, Expr, ExprId, Node, Stmt, StmtId, Tree};

/// The parent of every node of a tree; a node of the declaration itself has none.
#[derive(Clone, Debug)]
pub struct Parents {
    exprs: Vec<Option<Node>>,
    stmts: Vec<Option<Node>>,
}

impl Parents {
    /// Reads the parents off a tree's arenas.
    pub fn of(tree: &Tree) -> Parents {
        let mut parents = Parents { exprs: vec![None; tree.exprs.len()], stmts: vec![None; tree.stmts.len()] };
        let exprs = (0..tree.exprs.len()).map(|at| Node::Expr(ExprId(at as u32)));
        let stmts = (0..tree.stmts.len()).map(|at| Node::Stmt(StmtId(at as u32)));
        let mut children = Vec::new();
        for parent in exprs.chain(stmts) {
            children.clear();
            tree.children(parent, &mut children);
            for child in &children {
                match child {
                    Node::Expr(id) => parents.exprs[id.0 as usize] = Some(parent),
                    Node::Stmt(id) => parents.stmts[id.0 as usize] = Some(parent),
                }
            }
        }
        parents
    }

    pub fn parent(&self, node: Node) -> Option<Node> {
        match node {
            Node::Expr(id) => self.exprs[id.0 as usize],
            Node::Stmt(id) => self.stmts[id.0 as usize],
        }
    }

    /// The nodes around a node, innermost first.
    pub fn ancestors(&self, node: Node) -> impl Iterator<Item = Node> {
        std::iter::successors(self.parent(node), |&node| self.parent(node))
    }

    /// The innermost function literal around a node; `None` in the declaration's own body.
    pub fn func_lit(&self, tree: &Tree, node: Node) -> Option<ExprId> {
        self.ancestors(node).find_map(|around| match around {
            Node::Expr(id) if matches!(tree.expr(id), Expr::FuncLit { .. }) => Some(id),
            _ => None,
        })
    }

    /// The statement that a node is, or is part of.
    pub fn stmt(&self, node: Node) -> Option<StmtId> {
        std::iter::once(node).chain(self.ancestors(node)).find_map(|around| match around {
            Node::Stmt(id) => Some(id),
            Node::Expr(_) => None,
        })
    }

    /// The body of the innermost function around a node.
    pub fn body(&self, tree: &Tree, node: Node) -> Option<StmtId> {
        match self.func_lit(tree, node) {
            Some(lit) => match tree.expr(lit) {
                Expr::FuncLit { body, .. } => Some(*body),
                _ => None,
            },
            None => match &tree.decl {
                Decl::Func(func) => func.body,
                _ => None,
            },
        }
    }

    /// Whether `node` is `around` or inside of it.
    pub fn within(&self, node: Node, around: Node) -> bool {
        node == around || self.ancestors(node).any(|above| above == around)
    }

    /// Whether a statement is a loop by its keyword.
    pub fn is_loop(tree: &Tree, id: StmtId) -> bool {
        matches!(tree.stmt(id), Stmt::For { .. } | Stmt::Range { .. })
    }
}
