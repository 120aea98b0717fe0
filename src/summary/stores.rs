//! Which of its parameters does a function store where they outlive the call?
//!
//! ```go
//! func (s *set) add(f *os.File) { s.all = append(s.all, f) } // stores f
//! func start(ctx context.Context) { go run(ctx) }            // so does a goroutine
//! func size(f *os.File) int64 { i, _ := f.Stat(); return i.Size() } // does not
//! ```
//!
//! The question is asked to stay silent, so what is not understood counts as storing.
//!
//! Not here: results that hold a parameter; whoever asks follows the result.

use super::{Effects, Slot, Summaries};
use crate::ast::{AssignOp, Expr, ExprId, Node, Stmt, StmtId};
use crate::facts::EffectKind::{Borrows, MayReturnAlias, ReturnsAlias, ReturnsCopy, Wraps, WrapsCloses};
use crate::facts::Target;
use crate::project::DeclId;
use crate::sema::Callee;

impl Summaries<'_> {
    pub(super) fn sum_stores(&self, decl: DeclId, body: StmtId, depth: u8, effects: &mut Effects) {
        let mut found: Vec<Slot> = Vec::new();
        for root in self.stored(decl, body) {
            self.sema.tree(decl).walk(Node::Expr(root), |node| {
                if let Node::Expr(id) = node {
                    found.extend(self.local_of(decl, id).and_then(|local| self.slot(decl, local)));
                }
                true
            });
        }
        for call in self.calls_in(decl, body) {
            found.extend(self.stored_by_call(decl, call, depth));
        }
        for slot in found {
            if !effects.stores.contains(&slot) {
                effects.stores.push(slot);
            }
        }
    }

    /// `x.f = p`, `m[k] = p`, `global = append(global, p)`, `ch <- p`, `go run(p)`, and closures but for those called where they stand.
    fn stored(&self, decl: DeclId, body: StmtId) -> Vec<ExprId> {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let mut stored = Vec::new();
        tree.walk(Node::Stmt(body), |node| {
            match node {
                Node::Stmt(id) => match tree.stmt(id) {
                    Stmt::Assign { lhs, rhs, op } if *op != AssignOp::Define => {
                        let outside = |&target: &ExprId| self.local_of(decl, target).is_none() && tree.ident(target) != Some("_");
                        if lhs.iter().any(outside) {
                            stored.extend(rhs.iter().copied());
                        }
                    }
                    Stmt::Send { value, .. } => stored.push(*value),
                    Stmt::Go { call } => stored.push(*call),
                    _ => {}
                },
                Node::Expr(id) if matches!(tree.expr(id), Expr::FuncLit { .. }) => {
                    let called = match parents.parent(node) {
                        Some(Node::Expr(around)) => matches!(tree.expr(around), Expr::Call { fun, .. } if *fun == id),
                        _ => false,
                    };
                    if !called {
                        stored.push(id);
                    }
                    return called;
                }
                Node::Expr(_) => {}
            }
            true
        });
        stored
    }

    /// What a function hands on to one that stores it, or that nobody knows and that belongs to something from outside.
    fn stored_by_call(&self, decl: DeclId, call: ExprId, depth: u8) -> Vec<Slot> {
        let tree = self.sema.tree(decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return Vec::new() };
        let given = args.iter().enumerate().filter_map(|(at, &arg)| {
            let local = self.local_of(decl, self.unconverted(decl, arg))?;
            Some((at as u32, self.slot(decl, local)?))
        });
        let given: Vec<(u32, Slot)> = given.collect();
        if given.is_empty() {
            return Vec::new();
        }
        let stores = |at: u32| match self.sema.callee(decl, call) {
            Callee::Builtin(_) | Callee::Conversion(_) | Callee::Closure(_) => false,
            Callee::Function(function) if !function.decls.is_empty() => depth
                .checked_sub(1)
                .is_some_and(|depth| function.decls.iter().any(|&callee| self.effects(callee, depth).stores.contains(&Slot::Param(at)))),
            Callee::Function(function) => {
                let from_outside = |receiver: ExprId| self.root(decl, receiver).is_none_or(|root| self.slot(decl, root).is_some());
                !self.borrows(&function.key, at) && function.receiver.is_some_and(from_outside)
            }
            Callee::Variable(_) | Callee::Unknown => true,
        };
        given.into_iter().filter(|&(at, _)| stores(at)).map(|(_, slot)| slot).collect()
    }

    /// Whether a library function is known to be done with an argument when it returns, or hands it on in its result.
    pub(super) fn borrows(&self, key: &str, at: u32) -> bool {
        let known = [Borrows, MayReturnAlias, ReturnsAlias, ReturnsCopy, Wraps, WrapsCloses];
        let target = Target::Arg(at as usize);
        self.sema.facts.effects(key).iter().any(|effect| effect.target == target && known.contains(&effect.kind))
    }
}
