//! Which values does a function leave behind where they outlive it?
//!
//! ```go
//! return &meta{magic: b[:8]}   // returned, in a struct
//! ids[name] = m[1]             // in a package variable
//! s.last = line                // in a field of something from outside
//! tokens.Store(m[1], true)     // in a map of the library
//! ```
//!
//! Not here: what the values are (`summary::values`), what callers do with results (`callers`).

use crate::ast::{AssignOp, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{EffectKind, Target};
use crate::project::DeclId;
use crate::sema::{Callee, LocalId, LocalKind, Object, Value};
use crate::summary::Summaries;
use crate::types::Kind;
use rustc_hash::FxHashMap;

/// Who keeps a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Keeper {
    Returned {
        index: u32,
    },
    /// A package variable, or something in it.
    Global,
    /// Something that comes from outside of the function and lives for who knows how long.
    Field,
    /// Who receives from a channel.
    Sent,
}

/// A value that outlives the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Kept {
    pub(in crate::rules) value: ExprId,
    pub(in crate::rules) keeper: Keeper,
    /// The statement by which it leaves.
    pub(in crate::rules) place: StmtId,
    /// The statement in which it stands: another one if a local variable holds it in between.
    pub(in crate::rules) value_place: StmtId,
}

impl Kept {
    /// Whether a `return` has it in its own text.
    pub(in crate::rules) fn is_direct_return(&self) -> bool {
        matches!(self.keeper, Keeper::Returned { .. }) && self.place == self.value_place
    }
}

/// All values that outlive a function.
pub(in crate::rules) fn all(summaries: &Summaries, decl: DeclId) -> Vec<Kept> {
    let Some(body) = summaries.sema.tree(decl).func().and_then(|func| func.body) else { return Vec::new() };
    let mut search = Search { summaries, decl, held: FxHashMap::default(), leaving: Vec::new() };
    search.statements(body);
    search.settle()
}

/// Where an assignment puts a value.
enum Place {
    Keeper(Keeper),
    /// Into a local variable that was made here.
    Local(LocalId),
    Nowhere,
}

struct Search<'a, 'p> {
    summaries: &'a Summaries<'p>,
    decl: DeclId,
    /// What was put into local variables, and where.
    held: FxHashMap<LocalId, Vec<(ExprId, StmtId)>>,
    leaving: Vec<(ExprId, Keeper, StmtId)>,
}

impl Search<'_, '_> {
    fn statements(&mut self, body: StmtId) {
        let (tree, parents) = (self.summaries.sema.tree(self.decl), self.summaries.sema.parents(self.decl));
        let mut nodes = Vec::new();
        tree.walk(Node::Stmt(body), |node| {
            nodes.push(node);
            true
        });
        for node in nodes {
            match node {
                Node::Stmt(id) => match tree.stmt(id) {
                    Stmt::Return { results } if parents.func_lit(tree, node).is_none() => {
                        for (index, &result) in results.iter().enumerate() {
                            self.leaves(result, Keeper::Returned { index: index as u32 }, id);
                        }
                    }
                    Stmt::Assign { lhs, op, rhs } => self.assign(id, lhs, *op, rhs),
                    Stmt::IncDec { x, .. } => self.key(*x, id),
                    Stmt::Send { value, .. } => self.leaves(*value, Keeper::Sent, id),
                    _ => {}
                },
                Node::Expr(id) if matches!(tree.expr(id), Expr::Call { .. }) => self.call(id),
                Node::Expr(_) => {}
            }
        }
    }

    fn assign(&mut self, stmt: StmtId, lhs: &[ExprId], op: AssignOp, rhs: &[ExprId]) {
        for &target in lhs {
            self.key(target, stmt);
        }
        if lhs.len() != rhs.len() || matches!(op, AssignOp::Op(_)) {
            return;
        }
        for (&target, &value) in lhs.iter().zip(rhs) {
            match self.place(target) {
                Place::Keeper(keeper) => self.leaves(value, keeper, stmt),
                Place::Local(local) => self.holds(local, value, stmt),
                Place::Nowhere => {}
            }
        }
    }

    /// The key of a map that is written to stays in the map.
    fn key(&mut self, target: ExprId, stmt: StmtId) {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        let Expr::Index { x, ref indices } = *tree.expr(tree.unparen(target)) else { return };
        let [key] = **indices else { return };
        if !matches!(sema.behind(sema.type_of(self.decl, x)), Kind::Map(..)) {
            return;
        }
        match self.place(target) {
            Place::Keeper(keeper) => self.leaves(key, keeper, stmt),
            Place::Local(local) => self.holds(local, key, stmt),
            Place::Nowhere => {}
        }
    }

    fn holds(&mut self, local: LocalId, value: ExprId, stmt: StmtId) {
        let parts = self.parts(value);
        self.held.entry(local).or_default().extend(parts.into_iter().map(|part| (part, stmt)));
    }

    fn leaves(&mut self, value: ExprId, keeper: Keeper, stmt: StmtId) {
        self.leaving.push((value, keeper, stmt));
    }

    /// The value itself, or what it is put together of.
    fn parts(&self, value: ExprId) -> Vec<ExprId> {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        let mut parts = Vec::new();
        let mut stack = vec![value];
        while let Some(expr) = stack.pop() {
            match tree.expr(expr) {
                Expr::Paren { x } | Expr::Unary { op: Op::And, x } => stack.push(*x),
                Expr::CompositeLit { elts, .. } => {
                    let is_map = matches!(sema.behind(sema.type_of(self.decl, expr)), Kind::Map(..));
                    for &elt in elts {
                        match *tree.expr(elt) {
                            Expr::KeyValue { key, value } => {
                                stack.push(value);
                                stack.extend(is_map.then_some(key));
                            }
                            _ => stack.push(elt),
                        }
                    }
                }
                // What is spread is copied.
                Expr::Call { args, ellipsis: false, .. } if matches!(sema.callee(self.decl, expr), Callee::Builtin("append")) => {
                    stack.extend(args.iter().copied());
                }
                _ => parts.push(expr),
            }
        }
        parts
    }

    /// Where a target of an assignment is.
    fn place(&self, target: ExprId) -> Place {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        let mut expr = target;
        let mut direct = true;
        loop {
            expr = match *tree.expr(expr) {
                Expr::Paren { x } => x,
                Expr::Selector { x, sel } => {
                    if matches!(sema.object(self.decl, x), Object::Import(_)) {
                        return if tree.ident(sel).is_some() { Place::Keeper(Keeper::Global) } else { Place::Nowhere };
                    }
                    direct = false;
                    x
                }
                Expr::Index { x, .. } | Expr::Star { x } => {
                    direct = false;
                    x
                }
                Expr::Ident(_) => break,
                _ => return Place::Nowhere,
            };
        }
        match sema.object(self.decl, expr) {
            Object::Package(_) => Place::Keeper(Keeper::Global),
            Object::Local(local) => self.local_place(local, direct),
            _ => Place::Nowhere,
        }
    }

    fn local_place(&self, id: LocalId, direct: bool) -> Place {
        let sema = &self.summaries.sema;
        let local = sema.scopes(self.decl).local(id);
        if direct {
            return Place::Local(id);
        }
        let by_reference = matches!(
            sema.behind(sema.type_of_local(self.decl, id)),
            Kind::Pointer(_) | Kind::Map(..) | Kind::Slice(_) | Kind::Interface(_)
        );
        let is_given = matches!(local.kind, LocalKind::Receiver | LocalKind::Param(_));
        match (by_reference, is_given) {
            (false, true) => Place::Nowhere,
            (true, true) => Place::Keeper(Keeper::Field),
            (false, false) => Place::Local(id),
            (true, false) if self.is_fresh(id) => Place::Local(id),
            (true, false) => Place::Keeper(Keeper::Field),
        }
    }

    /// Whether a variable only gets what is made here.
    fn is_fresh(&self, id: LocalId) -> bool {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        sema.scopes(self.decl).local(id).writes.iter().all(|write| match write.value {
            Value::Zero => true,
            Value::Expr(value) => match tree.expr(tree.unparen(value)) {
                Expr::CompositeLit { .. } => true,
                Expr::Unary { op: Op::And, x } => matches!(tree.expr(tree.unparen(*x)), Expr::CompositeLit { .. }),
                Expr::Call { .. } => matches!(sema.callee(self.decl, value), Callee::Builtin("make" | "new" | "append")),
                Expr::Ident(_) => tree.ident(value) == Some("nil"),
                _ => false,
            },
            _ => false,
        })
    }

    /// What a library function stores: `m.Store(k, v)`, `list.PushBack(v)`.
    fn call(&mut self, call: ExprId) {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(self.decl), sema.parents(self.decl));
        let Callee::Function(function) = sema.callee(self.decl, call) else { return };
        let (Some(receiver), Expr::Call { args, .. }) = (function.receiver, tree.expr(call)) else { return };
        let mut stored = Vec::new();
        for effect in sema.facts.effects(&function.key) {
            match (effect.kind, effect.target) {
                (EffectKind::Inserts, Target::Receiver) => stored.extend(args.iter().copied()),
                (EffectKind::Stores, Target::Arg(at)) => stored.extend(args.get(at).copied()),
                _ => {}
            }
        }
        stored.dedup();
        let (Some(stmt), false) = (parents.stmt(Node::Expr(call)), stored.is_empty()) else { return };
        let receiver = match *tree.expr(tree.unparen(receiver)) {
            Expr::Unary { op: Op::And, x } => x,
            _ => receiver,
        };
        match self.place(receiver) {
            Place::Keeper(keeper) => stored.into_iter().for_each(|value| self.leaves(value, keeper, stmt)),
            Place::Local(local) => stored.into_iter().for_each(|value| self.holds(local, value, stmt)),
            Place::Nowhere => {}
        }
    }

    /// What leaves, with what the local variables hold that leave.
    fn settle(self) -> Vec<Kept> {
        let mut kept: Vec<Kept> = Vec::new();
        for &(value, keeper, place) in &self.leaving {
            let mut seen: Vec<LocalId> = Vec::new();
            let mut parts: Vec<(ExprId, StmtId)> = self.parts(value).into_iter().map(|part| (part, place)).collect();
            while let Some((value, value_place)) = parts.pop() {
                let local = self.summaries.local_of(self.decl, value);
                let is_text = self.summaries.is_text(self.summaries.sema.type_of(self.decl, value));
                match local.filter(|local| !is_text && self.held.contains_key(local)) {
                    Some(local) if !seen.contains(&local) => {
                        seen.push(local);
                        parts.extend(self.held.get(&local).into_iter().flatten().copied());
                        kept.push(Kept { value, keeper, place, value_place });
                    }
                    Some(_) => {}
                    None => kept.push(Kept { value, keeper, place, value_place }),
                }
            }
        }
        kept.sort_by_key(|kept| (kept.value, kept.place));
        kept
    }
}
