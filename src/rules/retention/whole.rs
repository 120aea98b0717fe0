//! What else does a function do with something large? It may look how large it is, or hand it on to somebody who keeps it anyway.
//!
//! ```go
//! if n := len(b); n != 48 { return nil } // so it is small
//! archive(b)                             // somebody may keep all of it
//! return b[16:32]
//! ```
//!
//! Asked of each small part that is kept; what is the same for all of a function is computed once.
//!
//! Not here: which parts are kept (`kept`).

use crate::ast::{Expr, ExprId, Node, Op};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::Callee;
use crate::summary::Slot;
use crate::summary::values::{Source, View, Window};
use std::cell::OnceCell;

/// Names that say that something is measured or limited: `fi.Size()`, `io.LimitedReader`.
const LIMITS: [&str; 5] = ["Size", "LimitedReader", "MaxBytesReader", "LimitReader", "MaxBytesHandler"];

/// A function, and what it does with large things.
pub(super) struct Whole<'p, 'a> {
    pub(super) pass: &'p Pass<'a>,
    pub(super) decl: DeclId,
    is_limited: OnceCell<bool>,
    handed_on: OnceCell<Vec<Source>>,
}

impl<'p, 'a> Whole<'p, 'a> {
    pub(super) fn new(pass: &'p Pass<'a>, decl: DeclId) -> Whole<'p, 'a> {
        Whole { pass, decl, is_limited: OnceCell::new(), handed_on: OnceCell::new() }
    }

    /// Whether somebody measures the whole, made at a call, but to see that it is long enough: it may be small. What is read from something
    /// limited is as well.
    pub(super) fn is_measured(&self, view: &View, at: ExprId) -> bool {
        let scopes = self.pass.sema().scopes(self.decl);
        let tree = self.pass.sema().tree(self.decl);
        let names_limit = || (0..tree.exprs.len() as u32).any(|expr| tree.ident(ExprId(expr)).is_some_and(|name| LIMITS.contains(&name)));
        *self.is_limited.get_or_init(names_limit)
            || view.holders.iter().flat_map(|&holder| scopes.uses(holder)).any(|ident| self.measures(ident, at))
    }

    /// Whether a mention of the whole asks for its length, or hands it to an own function, which may.
    fn measures(&self, ident: ExprId, at: ExprId) -> bool {
        let sema = self.pass.sema();
        let (tree, parents) = (sema.tree(self.decl), sema.parents(self.decl));
        let Some(Node::Expr(call)) = parents.parent(Node::Expr(ident)) else { return false };
        if !matches!(tree.expr(call), Expr::Call { .. }) {
            return false;
        }
        let is_bound = |node: Option<Node>| matches!(node, Some(Node::Expr(expr)) if matches!(tree.expr(expr), Expr::Slice { .. } | Expr::Index { .. }));
        match sema.callee(self.decl, call) {
            Callee::Builtin("len") => match parents.parent(Node::Expr(call)) {
                Some(Node::Expr(around)) => match *tree.expr(around) {
                    // `len(b) < 8`: too short
                    Expr::Binary { op: Op::Lss | Op::Leq, x, .. } => x != call,
                    Expr::Binary { op: Op::Gtr | Op::Geq, y, .. } => y != call,
                    // `b[len(b)-16:]`
                    Expr::Binary { op: Op::Sub | Op::Add, .. } => !is_bound(parents.parent(Node::Expr(around))),
                    _ => !is_bound(Some(Node::Expr(around))),
                },
                _ => true,
            },
            Callee::Function(function) => !function.decls.is_empty() && call != at,
            _ => false,
        }
    }

    /// Whether the whole is handed to somebody who may keep it.
    pub(super) fn is_handed_on(&self, view: &View) -> bool {
        self.handed_on.get_or_init(|| self.find_handed_on()).contains(&view.source)
    }

    /// What is handed as a whole to somebody who may keep it.
    fn find_handed_on(&self) -> Vec<Source> {
        let summaries = self.pass.summaries;
        let tree = self.pass.project().tree(self.decl);
        let mut found = Vec::new();
        for &call in &tree.index.calls {
            let Expr::Call { args, .. } = tree.expr(call) else { continue };
            for (at, &arg) in args.iter().enumerate().filter(|&(_, &arg)| summaries.local_of(self.decl, arg).is_some()) {
                let Some(view) = summaries.view(self.decl, arg).filter(|view| view.window == Window::Whole) else { continue };
                let keeps = match summaries.sema.callee(self.decl, call) {
                    Callee::Builtin(_) | Callee::Conversion(_) => false,
                    Callee::Closure(_) | Callee::Unknown | Callee::Variable(_) => true,
                    Callee::Function(function) => {
                        let stores = |&callee: &DeclId| summaries.effects(callee, 1).stores.contains(&Slot::Param(at as u32));
                        function.decls.iter().any(stores)
                    }
                };
                if keeps {
                    found.push(view.source);
                }
            }
        }
        found
    }
}
