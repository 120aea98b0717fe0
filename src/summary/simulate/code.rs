//! A body that can be run: its graph, what is evaluated before each node, and which variables are still wanted later.
//!
//! ```go
//! v := first(<-c, second()) // events, in order: <-c, second(), first(…)
//! ```
//!
//! Not here: what happens at an event (`step`).

use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId, Tree};
use crate::flow::{self, BlockId, Graph, Place};
use crate::project::DeclId;
use crate::sema::{LocalId, LocalKind, Sema};
use rustc_hash::FxHashMap;

/// A function's or a function literal's body.
pub(super) struct Code {
    pub(super) decl: DeclId,
    pub(super) lit: Option<ExprId>,
    pub(super) graph: Graph,
    /// The calls and receives of each node, in the order in which they are made.
    events: FxHashMap<Place, Vec<ExprId>>,
    /// For each block the variables that it and what comes behind it mention.
    wanted: Vec<Box<[u64]>>,
    pub(super) receiver: Option<LocalId>,
    /// The parameters by number; those without a name are missing.
    pub(super) params: Vec<(u32, LocalId, bool)>,
    /// The named results in order.
    pub(super) results: Vec<LocalId>,
    /// A function literal's variables from around it.
    pub(super) captures: Vec<LocalId>,
}

impl Code {
    /// The body of a declaration or of a function literal in it; `None` if there is none or it has parts that nobody can read.
    pub(super) fn of(sema: &Sema, decl: DeclId, lit: Option<ExprId>) -> Option<Code> {
        let tree = sema.tree(decl);
        let body = match lit {
            None => tree.func()?.body?,
            Some(lit) => match tree.expr(lit) {
                Expr::FuncLit { body, .. } => *body,
                _ => return None,
            },
        };
        let graph = flow::graph(tree, body);
        if !graph.broken.is_empty() {
            return None;
        }
        let scopes = sema.scopes(decl);
        let own = |kind: fn(&LocalKind) -> bool| {
            let locals = (0..scopes.locals.len() as u32).map(LocalId);
            locals.filter(move |&id| scopes.local(id).function == lit && kind(&scopes.local(id).kind)).collect::<Vec<_>>()
        };
        let params = own(|kind| matches!(kind, LocalKind::Param(_)));
        let params = params.into_iter().filter_map(|id| match scopes.local(id).kind {
            LocalKind::Param(number) => Some((number, id, scopes.local(id).variadic)),
            _ => None,
        });
        let mut code = Code {
            decl,
            lit,
            events: FxHashMap::default(),
            wanted: Vec::new(),
            receiver: if lit.is_none() { scopes.receiver() } else { None },
            params: params.collect(),
            results: own(|kind| matches!(kind, LocalKind::Result(_))),
            captures: Vec::new(),
            graph,
        };
        code.captures = captured(sema, decl, lit, body);
        code.find_events(tree);
        code.find_wanted(sema);
        Some(code)
    }

    pub(super) fn events(&self, place: Place) -> &[ExprId] {
        self.events.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Whether a variable is mentioned in a block or behind it.
    pub(super) fn is_wanted(&self, block: BlockId, local: LocalId) -> bool {
        let word = self.wanted[block.0 as usize].get(local.0 as usize / 64).copied().unwrap_or_default();
        word & (1 << (local.0 % 64)) != 0 || self.results.contains(&local)
    }

    fn find_events(&mut self, tree: &Tree) {
        for id in self.graph.ids() {
            for (at, &node) in self.graph.block(id).nodes.iter().enumerate() {
                let taken = match node {
                    Node::Stmt(stmt) if self.graph.is_comm(stmt) => received(tree, stmt),
                    _ => None,
                };
                let mut found = Vec::new();
                self.graph.walk(tree, node, |expr| {
                    let is_event = matches!(tree.expr(expr), Expr::Call { .. } | Expr::Unary { op: Op::Arrow, .. });
                    if is_event && Some(expr) != taken {
                        found.push(expr);
                    }
                    true
                });
                found.sort_by_key(|&expr| {
                    let range = tree.expr_range(expr);
                    (range.end, std::cmp::Reverse(range.start))
                });
                if !found.is_empty() {
                    self.events.insert((id, at), found);
                }
            }
        }
    }

    fn find_wanted(&mut self, sema: &Sema) {
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let words = scopes.locals.len().div_ceil(64);
        let mut wanted: Vec<Box<[u64]>> = Vec::new();
        for id in self.graph.ids() {
            let mut here = vec![0u64; words].into_boxed_slice();
            let mut want = |expr: ExprId| {
                if let Some(local) = scopes.of_ident(expr) {
                    here[local.0 as usize / 64] |= 1 << (local.0 % 64);
                }
            };
            for &node in &self.graph.block(id).nodes {
                self.graph.walk(tree, node, |expr| {
                    if let Expr::FuncLit { body, .. } = tree.expr(expr) {
                        tree.walk(Node::Stmt(*body), |inner| {
                            if let Node::Expr(inner) = inner {
                                want(inner);
                            }
                            true
                        });
                    }
                    want(expr);
                    true
                });
            }
            wanted.push(here);
        }
        loop {
            let mut changed = false;
            for id in self.graph.ids().rev() {
                for edge in &self.graph.block(id).edges {
                    let behind = wanted[edge.to.0 as usize].clone();
                    for (here, behind) in wanted[id.0 as usize].iter_mut().zip(behind) {
                        changed |= behind & !*here != 0;
                        *here |= behind;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        self.wanted = wanted;
    }
}

/// The receive of a `select`'s case.
fn received(tree: &Tree, comm: StmtId) -> Option<ExprId> {
    match tree.stmt(comm) {
        Stmt::Expr { x } => Some(tree.unparen(*x)),
        Stmt::Assign { rhs, .. } => rhs.first().map(|&x| tree.unparen(x)),
        _ => None,
    }
}

/// The variables from around a function literal that it mentions.
fn captured(sema: &Sema, decl: DeclId, lit: Option<ExprId>, body: StmtId) -> Vec<LocalId> {
    let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
    let Some(lit) = lit else { return Vec::new() };
    let range = tree.expr_range(lit);
    let mut found = Vec::new();
    tree.walk(Node::Stmt(body), |node| {
        if let Node::Expr(expr) = node
            && let Some(local) = scopes.of_ident(expr)
        {
            let declared = tree.expr_range(scopes.local(local).ident).start;
            let is_value = !matches!(scopes.local(local).kind, LocalKind::Const | LocalKind::Type | LocalKind::TypeParam);
            if is_value && !(range.start..range.end).contains(&declared) && !found.contains(&local) {
                found.push(local);
            }
        }
        true
    });
    found
}
