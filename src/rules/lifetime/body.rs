//! What is asked of one function's body for each of its acquisitions: where its variables are mentioned and written, and which
//! conditions say the same. Computed once a body.
//!
//! ```go
//! if useTLS { conn, err = tls.Dial(…) } // `useTLS`, here and below, is one condition
//! …
//! if useTLS { conn.Close() }
//! ```
//!
//! Not here: what a path knows (`walk`).

use crate::ast::{Expr, ExprId, Node, Op, StmtId};
use crate::flow::{self, Dominators, EdgeKind, Graph, Place};
use crate::project::DeclId;
use crate::sema::{Callee, LocalId, Value};
use crate::summary::Summaries;
use crate::types::Kind as TypeKind;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::cell::{Cell, OnceCell, RefCell};
use std::hash::{Hash, Hasher};

/// How many acquisitions of one body are followed.
const MOST_QUESTIONS: usize = 200;

/// A condition, the same for all expressions that say the same.
pub(in crate::rules) type Key = u64;

/// A whole number, the same for all expressions that say the same, and the constant with which it is compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Compared {
    pub(in crate::rules) number: Key,
    pub(in crate::rules) op: Op,
    pub(in crate::rules) with: i64,
    /// It is never less.
    pub(in crate::rules) least: i64,
}

/// A variable where it is mentioned.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Mention {
    pub(in crate::rules) local: LocalId,
    pub(in crate::rules) ident: ExprId,
    /// The function literal, of this body, in which it is mentioned.
    pub(in crate::rules) lit: Option<ExprId>,
}

/// A function's or function literal's body.
pub(in crate::rules) struct Body<'a> {
    pub(in crate::rules) summaries: &'a Summaries<'a>,
    pub(in crate::rules) decl: DeclId,
    /// The function literal that it is the body of.
    pub(in crate::rules) lit: Option<ExprId>,
    pub(in crate::rules) graph: Graph,
    mentions: FxHashMap<Place, Vec<Mention>>,
    /// How many edges test a condition, or compare a number with a constant.
    tests: FxHashMap<Key, usize>,
    /// The variables in a condition.
    locals: RefCell<FxHashMap<Key, Vec<LocalId>>>,
    dominators: OnceCell<Dominators>,
    /// How many more acquisitions are followed: generated code has thousands in one function.
    questions: Cell<usize>,
    returns: RefCell<FxHashMap<ExprId, bool>>,
}

impl<'a> Body<'a> {
    pub(in crate::rules) fn new(summaries: &'a Summaries<'a>, decl: DeclId, lit: Option<ExprId>, body: StmtId) -> Body<'a> {
        let graph = flow::graph(summaries.sema.tree(decl), body);
        let (mentions, tests, locals, dominators, returns) = Default::default();
        let questions = Cell::new(MOST_QUESTIONS);
        let mut body = Body { summaries, decl, lit, graph, mentions, tests, locals, dominators, questions, returns };
        body.find_mentions();
        body.count_tests();
        body
    }

    fn find_mentions(&mut self) {
        let scopes = self.summaries.sema.scopes(self.decl);
        let tree = self.summaries.sema.tree(self.decl);
        let mut found: FxHashMap<Place, Vec<Mention>> = FxHashMap::default();
        for id in self.graph.ids() {
            for (at, &node) in self.graph.block(id).nodes.iter().enumerate() {
                let mut mentions = Vec::new();
                self.graph.walk(tree, node, |expr| {
                    match tree.expr(expr) {
                        Expr::Ident(_) => mentions.extend(scopes.of_ident(expr).map(|local| Mention { local, ident: expr, lit: None })),
                        Expr::FuncLit { body, .. } => {
                            tree.walk(Node::Stmt(*body), |inner| {
                                if let Node::Expr(inner) = inner
                                    && let Some(local) = scopes.of_ident(inner)
                                {
                                    mentions.push(Mention { local, ident: inner, lit: Some(expr) });
                                }
                                true
                            });
                        }
                        _ => {}
                    }
                    true
                });
                if !mentions.is_empty() {
                    found.insert((id, at), mentions);
                }
            }
        }
        self.mentions = found;
    }

    fn count_tests(&mut self) {
        let mut tests: FxHashMap<Key, usize> = FxHashMap::default();
        for id in self.graph.ids() {
            for edge in &self.graph.block(id).edges {
                let (key, compared) = match edge.kind {
                    EdgeKind::True(cond) => (self.condition(cond).map(|(key, _)| key), self.compared(cond)),
                    EdgeKind::Case { switch, value } => (self.case(switch, value), self.compared_case(switch, value)),
                    _ => (None, None),
                };
                for key in key.into_iter().chain(compared.map(|compared| compared.number)) {
                    *tests.entry(key).or_default() += 1;
                }
            }
        }
        self.tests = tests;
    }

    /// The variables that a node mentions, in source order.
    pub(in crate::rules) fn mentions(&self, place: Place) -> &[Mention] {
        self.mentions.get(&place).map_or(&[], Vec::as_slice)
    }

    /// The variables that a node writes, and what.
    pub(in crate::rules) fn writes(&self, node: Node) -> impl Iterator<Item = (LocalId, Value)> + use<'a> {
        let scopes = self.summaries.sema.scopes(self.decl);
        let stmt = match node {
            Node::Stmt(stmt) => Some(stmt),
            Node::Expr(_) => None,
        };
        let written = stmt.map_or(&[][..], |stmt| scopes.written_by(stmt)).iter().copied();
        written.map(move |local| {
            let write = scopes.local(local).writes.iter().find(|write| Some(write.stmt) == stmt);
            (local, write.map_or(Value::Other, |write| write.value))
        })
    }

    pub(in crate::rules) fn returns(&self, call: ExprId) -> bool {
        if let Some(&known) = self.returns.borrow().get(&call) {
            return known;
        }
        let answer = !self.summaries.never_returns(self.decl, call);
        self.returns.borrow_mut().insert(call, answer);
        answer
    }

    /// Whether a path leads from a place to the end of the function.
    pub(in crate::rules) fn ends_behind(&self, (start, _): Place) -> bool {
        let mut seen = vec![false; self.graph.blocks.len()];
        let mut stack = vec![start];
        while let Some(block) = stack.pop() {
            if block == self.graph.exit {
                return true;
            }
            for edge in self.graph.edges(block, &|call| self.returns(call)) {
                if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                    stack.push(edge.to);
                }
            }
        }
        false
    }

    /// Whether more than one place tests a condition, so that it is worth remembering.
    pub(in crate::rules) fn is_tested_again(&self, key: Key) -> bool {
        self.tests.get(&key).is_some_and(|&count| count > 1)
    }

    pub(in crate::rules) fn is_tested(&self, key: Key) -> bool {
        self.tests.contains_key(&key)
    }

    pub(in crate::rules) fn depends_on(&self, key: Key, local: LocalId) -> bool {
        self.locals.borrow().get(&key).is_some_and(|locals| locals.contains(&local))
    }

    /// Whether one more acquisition is followed; what comes on top ends in silence.
    pub(in crate::rules) fn may_ask(&self) -> bool {
        let left = self.questions.get();
        self.questions.set(left.saturating_sub(1));
        left > 0
    }

    /// What must hold where a block begins.
    pub(in crate::rules) fn known_at(&self, place: Place) -> Vec<(ExprId, bool)> {
        let dominators = self.dominators.get_or_init(|| Dominators::of(&self.graph, &|_| true));
        dominators.conditions_at(&self.graph, place.0)
    }

    /// Whether control comes to a place only through another.
    pub(in crate::rules) fn is_always_before(&self, first: Place, then: Place) -> bool {
        let dominators = self.dominators.get_or_init(|| Dominators::of(&self.graph, &|_| true));
        if first.0 == then.0 { first.1 < then.1 } else { dominators.dominates(first.0, then.0) }
    }

    /// Whether control comes back to a place only through another, in front of it.
    pub(in crate::rules) fn is_once_behind(&self, (then, _): Place, (first, _): Place) -> bool {
        let mut seen = vec![false; self.graph.blocks.len()];
        let mut stack = vec![then];
        while let Some(block) = stack.pop() {
            for edge in self.graph.edges(block, &|call| self.returns(call)).iter().filter(|edge| edge.to != first) {
                if edge.to == then {
                    return false;
                }
                if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                    stack.push(edge.to);
                }
            }
        }
        true
    }

    /// A condition and whether it must be false for the expression to be true; `None` if it may be another one each time.
    pub(in crate::rules) fn condition(&self, cond: ExprId) -> Option<(Key, bool)> {
        let tree = self.summaries.sema.tree(self.decl);
        let cond = tree.unparen(cond);
        match *tree.expr(cond) {
            Expr::Binary { op, x, y } => {
                let (x, y) = if tree.ident(tree.unparen(x)) == Some("nil") { (y, x) } else { (x, y) };
                match op {
                    Op::Eql => self.binary(Op::Eql, x, y).map(|key| (key, false)),
                    Op::Neq => self.binary(Op::Eql, x, y).map(|key| (key, true)),
                    Op::Lss => self.binary(Op::Lss, x, y).map(|key| (key, false)),
                    Op::Geq => self.binary(Op::Lss, x, y).map(|key| (key, true)),
                    Op::Gtr => self.binary(Op::Lss, y, x).map(|key| (key, false)),
                    Op::Leq => self.binary(Op::Lss, y, x).map(|key| (key, true)),
                    _ => None,
                }
            }
            _ => self.keyed("is", &[cond]).map(|key| (key, false)),
        }
    }

    /// The condition that a switch's tag equals a value.
    pub(in crate::rules) fn case(&self, switch: StmtId, value: ExprId) -> Option<Key> {
        match self.summaries.sema.tree(self.decl).stmt(switch) {
            crate::ast::Stmt::Switch { tag: Some(tag), .. } => self.binary(Op::Eql, *tag, value),
            _ => None,
        }
    }

    /// A condition that compares a whole number with a constant: `n > 0`, `len(list) == 0`.
    pub(in crate::rules) fn compared(&self, cond: ExprId) -> Option<Compared> {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        let Expr::Binary { op, x, y } = *tree.expr(tree.unparen(cond)) else { return None };
        match (sema.int(self.decl, x), sema.int(self.decl, y)) {
            (None, Some(with)) => self.compared_with(x, op, with),
            (Some(with), None) => self.compared_with(y, flow::mirrored(op)?, with),
            _ => None,
        }
    }

    /// `switch n { case 0:`
    pub(in crate::rules) fn compared_case(&self, switch: StmtId, value: ExprId) -> Option<Compared> {
        match self.summaries.sema.tree(self.decl).stmt(switch) {
            crate::ast::Stmt::Switch { tag: Some(tag), .. } => {
                self.compared_with(*tag, Op::Eql, self.summaries.sema.int(self.decl, value)?)
            }
            _ => None,
        }
    }

    /// Only a variable that nobody else writes, or its length, is the same number from one comparison to the next.
    fn compared_with(&self, x: ExprId, op: Op, with: i64) -> Option<Compared> {
        let sema = &self.summaries.sema;
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let TypeKind::Basic(basic) = sema.types.kind(sema.type_of(self.decl, x)) else { return None };
        let measured = match tree.expr(tree.unparen(x)) {
            Expr::Call { args, .. } if matches!(sema.callee(self.decl, tree.unparen(x)), Callee::Builtin("len" | "cap")) => {
                args.first().copied()
            }
            _ => None,
        };
        let counts = measured.is_some();
        let of = measured.unwrap_or(x);
        let local = scopes.local(scopes.of_ident(tree.unparen(of))?);
        let is_fixed = || matches!(sema.behind(sema.type_of(self.decl, of)), TypeKind::Slice(_) | TypeKind::Basic(_));
        if local.address_taken || local.captured || local.function != self.lit || counts && !is_fixed() {
            return None;
        }
        let is_comparison = matches!(op, Op::Eql | Op::Neq | Op::Lss | Op::Leq | Op::Gtr | Op::Geq);
        let number = self.keyed("number", &[tree.unparen(x)]).filter(|_| is_comparison && basic.is_integer())?;
        Some(Compared { number, op, with, least: if counts || basic.is_unsigned() { 0 } else { i64::MIN } })
    }

    /// A variable as a number that conditions compare.
    pub(in crate::rules) fn number(&self, local: LocalId) -> Key {
        let mut hasher = FxHasher::default();
        ("number", "local", local.0).hash(&mut hasher);
        hasher.finish()
    }

    fn binary(&self, op: Op, x: ExprId, y: ExprId) -> Option<Key> {
        self.keyed(if op == Op::Eql { "==" } else { "<" }, &[x, y])
    }

    /// The fields that a condition asks functions about: `na.Network` of `strings.HasPrefix(na.Network, "ip")`.
    pub(in crate::rules) fn subjects(&self, cond: ExprId) -> Vec<Key> {
        let tree = self.summaries.sema.tree(self.decl);
        let Expr::Call { args, .. } = tree.expr(tree.unparen(cond)) else { return Vec::new() };
        let fields = args.iter().filter(|&&arg| matches!(tree.expr(arg), Expr::Selector { .. }));
        fields.filter_map(|&arg| self.keyed("subject", &[arg])).collect()
    }

    /// The condition that a variable is nil.
    pub(in crate::rules) fn is_nil(&self, local: LocalId) -> Key {
        let mut hasher = FxHasher::default();
        ("==", "local", local.0, "name", "nil").hash(&mut hasher);
        hasher.finish()
    }

    /// The condition that an expression is nil.
    pub(in crate::rules) fn is_nil_expr(&self, expr: ExprId) -> Option<Key> {
        let mut hasher = FxHasher::default();
        "==".hash(&mut hasher);
        if !self.hash_parts(&[expr], &mut hasher, &mut FxHashSet::default()) {
            return None;
        }
        ("name", "nil").hash(&mut hasher);
        Some(hasher.finish())
    }

    /// The condition that a variable is true.
    pub(in crate::rules) fn is_true(&self, local: LocalId) -> Key {
        let mut hasher = FxHasher::default();
        ("is", "local", local.0).hash(&mut hasher);
        hasher.finish()
    }

    fn keyed(&self, kind: &str, parts: &[ExprId]) -> Option<Key> {
        let mut hasher = FxHasher::default();
        kind.hash(&mut hasher);
        let mut locals = FxHashSet::default();
        if !self.hash_parts(parts, &mut hasher, &mut locals) {
            return None;
        }
        let key = hasher.finish();
        let mut locals: Vec<LocalId> = locals.into_iter().collect();
        locals.sort_unstable();
        self.locals.borrow_mut().insert(key, locals);
        Some(key)
    }

    /// Hashes what expressions say, and collects their variables; `false` if they may say something else each time.
    fn hash_parts(&self, parts: &[ExprId], hasher: &mut FxHasher, locals: &mut FxHashSet<LocalId>) -> bool {
        let sema = &self.summaries.sema;
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let mut stable = true;
        for &part in parts {
            tree.walk(Node::Expr(part), |node| {
                let Node::Expr(expr) = node else { return false };
                match tree.expr(expr) {
                    Expr::Paren { .. } => {}
                    Expr::Ident(name) => match scopes.of_ident(expr) {
                        Some(local) => {
                            locals.insert(local);
                            ("local", local.0).hash(hasher);
                        }
                        None => ("name", name.as_str()).hash(hasher),
                    },
                    Expr::BasicLit(_) => {
                        let range = tree.expr_range(expr);
                        sema.project.file(tree.file).source.slice(range.start, range.end).hash(hasher);
                    }
                    Expr::FuncLit { .. } | Expr::Bad => stable = false,
                    Expr::Unary { op, .. } | Expr::Binary { op, .. } => {
                        stable &= *op != Op::Arrow;
                        std::mem::discriminant(op).hash(hasher);
                    }
                    other => std::mem::discriminant(other).hash(hasher),
                }
                stable
            });
        }
        stable
    }
}
