//! Where does control go at the end of a block, and what is known from there on? Along the one edge that can be taken, or along all of
//! which nobody knows; then each state assumes what its edge says.
//!
//! ```go
//! if err != nil { … }     // in one state err is nil from here on, in the other it is not
//! for _, x := range xs {} // as many turns as xs is long
//! ```
//!
//! Not here: nodes (`step`).

use super::Machine;
use super::code::Code;
use super::compare::{EQUAL, GREATER, LESS};
use super::eval::outcomes;
use super::step::Tick;
use super::value::{Event, Fact, Kind, Pid, Site, State, Value, Wait};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::flow::{BlockId, BlockKind, EdgeKind};
use crate::sema::Type;
use crate::types::Kind as TypeKind;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// How many blocks a function goes through.
const MOST_BLOCKS: u32 = 150;

impl Machine<'_, '_> {
    /// The head of a `range`: another turn, or the end.
    pub(super) fn range(
        &mut self,
        state: &mut State,
        pid: Pid,
        code: &Rc<Code>,
        stmt: StmtId,
        targets: [Option<ExprId>; 2],
        x: ExprId,
    ) -> Tick {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let ty = sema.type_of(code.decl, x);
        let define = matches!(sema.tree(code.decl).stmt(stmt), Stmt::Range { define: true, .. });
        if sema.is_chan(ty) {
            if state.frame(pid).chosen != Some(stmt) {
                let known = state.frame(pid).turns.iter().find(|(of, ..)| *of == stmt).map(|&(_, value, _)| value);
                let chan = known.unwrap_or(state.frame(pid).last);
                if known.is_none() {
                    state.frame_mut(pid).turns.push((stmt, chan, 0));
                }
                state.goroutine(pid).wait = Wait::Range { chan, stmt };
                return Tick::Stop;
            }
            let frame = state.frame_mut(pid);
            let (value, ok) = std::mem::replace(&mut frame.received, (Value::Unknown, Value::Unknown));
            frame.chosen = None;
            frame.last = ok;
            frame.at += 1;
            if ok == Value::Bool(false) {
                frame.turns.retain(|(of, ..)| *of != stmt);
            }
            let value = if value == Value::Unknown { state.symbol() } else { value };
            if let Some(key) = targets[0].filter(|_| ok != Value::Bool(false)) {
                self.set(state, pid, code, key, value, define);
            }
            return Tick::Go;
        }
        let at = match state.frame(pid).turns.iter().position(|(of, ..)| *of == stmt) {
            Some(at) => at,
            None => {
                let over = match state.frame(pid).last {
                    Value::Unknown => state.symbol(),
                    over => over,
                };
                let frame = state.frame_mut(pid);
                frame.turns.push((stmt, over, 0));
                frame.turns.len() - 1
            }
        };
        let (_, over, turn) = state.frame(pid).turns[at];
        let over = state.resolved(over);
        // What was written to some of its elements, nobody knows of which.
        let is_known = matches!(over, Value::Ref(id) if !state.object(id).open);
        state.guessed |= !is_known && self.is_written(state, code, stmt);
        let (length, element) = match over {
            Value::Nil => (0, None),
            Value::Int(count) if count > super::MOST_TURNS => {
                state.scaled = true;
                (super::MANY, None)
            }
            Value::Int(count) => (count, None),
            Value::Sym(sym) if matches!(sema.behind(ty), TypeKind::Basic(basic) if basic.is_integer()) => {
                state.learn(sym, Fact::Is(Value::Int(super::MANY)));
                (super::MANY, None)
            }
            Value::Sym(sym) => {
                let length = state.length_of(sym);
                (turns(self.count(state, length)), None)
            }
            Value::Ref(id) if state.object(id).open => {
                let length = state.length_of_open(id);
                (turns(self.count(state, length)), None)
            }
            Value::Ref(id) => match &state.object(id).kind {
                Kind::List(values) => (values.len() as i64, values.get(turn as usize).map(|&value| (Value::Int(i64::from(turn)), value))),
                Kind::Map(entries) => (entries.len() as i64, entries.get(turn as usize).copied()),
                _ => (super::MANY, None),
            },
            _ => (super::MANY, None),
        };
        let more = i64::from(turn) < length;
        {
            let frame = state.frame_mut(pid);
            frame.last = Value::Bool(more);
            frame.at += 1;
            match more {
                true => frame.turns[at].2 += 1,
                false => drop(frame.turns.remove(at)),
            }
        }
        if more {
            let is_count = matches!(over, Value::Int(_) | Value::Sym(_)) || element.is_none();
            for (which, target) in targets.into_iter().enumerate() {
                let Some(target) = target else { continue };
                let value = match (element, which) {
                    (Some((key, _)), 0) => key,
                    (Some((_, value)), _) => value,
                    (None, 0) if is_count && !matches!(sema.behind(ty), TypeKind::Map(..)) => Value::Int(i64::from(turn)),
                    _ => {
                        let ty = sema
                            .scopes(code.decl)
                            .of_ident(target)
                            .map_or(sema.type_of(code.decl, target), |local| sema.type_of_local(code.decl, local));
                        let place = match over {
                            Value::Sym(sym) => Some((sym, turn, which)),
                            _ => None,
                        };
                        let known = place.and_then(|(sym, turn, which)| {
                            let mut elements = state.elements.iter();
                            elements.find(|&&(of, at, half, _)| (of, at, half) == (sym, turn, which)).map(|&(.., value)| value)
                        });
                        match known {
                            Some(value) => value,
                            None => {
                                let value = self.external(state, ty);
                                // The same in the next loop over it.
                                if let Some((sym, turn, which)) = place {
                                    state.elements.push((sym, turn, which, value));
                                }
                                value
                            }
                        }
                    }
                };
                self.set(state, pid, code, target, value, define);
            }
        }
        Tick::Go
    }

    /// The end of a block: along the edge that can be taken.
    pub(super) fn branch(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, block: BlockId) -> Tick {
        let steps = &mut state.frame_mut(pid).steps;
        *steps += 1;
        if *steps > MOST_BLOCKS {
            return Tick::Cut;
        }
        let edges = code.graph.block(block).edges.clone();
        let mut ways = Vec::new();
        for edge in &edges {
            let holds = self.holds(state, pid, code, edge.kind);
            if holds == Some(false) {
                continue;
            }
            ways.push((edge.to, edge.kind, holds.is_some()));
        }
        self.note_asked(state, code, &edges);
        // What was decided once is decided the same way again.
        let key = match ways[..] {
            [(_, EdgeKind::True(cond) | EdgeKind::False(cond), false), _] => self.key_of(state, pid, code, cond),
            _ => None,
        };
        let known = key.and_then(|(key, negated)| {
            let decided = state.decided.iter().find(|(known, _)| *known == key);
            decided.map(|(_, truth)| *truth != negated)
        });
        if let Some(truth) = known {
            ways.retain(|(_, kind, _)| matches!(kind, EdgeKind::True(_)) == truth);
        }
        match ways[..] {
            [] if edges.is_empty() => {
                // `select {}` stopped before; here nothing leads on.
                state.goroutine(pid).wait = Wait::Forever;
                Tick::Stop
            }
            [] => Tick::Cut,
            [(to, ..)] => {
                self.enter(state, pid, code, to);
                Tick::Go
            }
            _ => {
                // Nobody knows how often a loop turns that counts to what is computed.
                let counts = self.counts_turns(code, &edges);
                let mut states = Vec::new();
                for (to, kind, _) in ways {
                    let mut next = state.clone();
                    next.guessed |= counts;
                    if let Some(site) = site_of(code, kind) {
                        next.tell(pid, site, Event::Chose(self.is_usual(code, kind)));
                    }
                    if let Some((key, negated)) = key {
                        next.decided.push((key, matches!(kind, EdgeKind::True(_)) != negated));
                    }
                    if self.assume(&mut next, pid, code, kind) {
                        self.enter(&mut next, pid, code, to);
                        states.push(next);
                    }
                }
                Tick::Fork(states)
            }
        }
    }

    /// A number for what a condition asks, the same wherever the same is asked of the same values, and whether the condition is its
    /// opposite: `err != io.EOF` asks what `err == io.EOF` does. `None` if it asks a call that may answer otherwise the next time, or for
    /// what has no value here. What may have been written meanwhile is a matter of `doubt`.
    fn key_of(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, cond: ExprId) -> Option<(u64, bool)> {
        let tree = self.summaries.sema.tree(code.decl);
        let negated = matches!(tree.expr(tree.unparen(cond)), Expr::Binary { op: Op::Neq, .. });
        let mut hasher = FxHasher::default();
        self.ask(state, pid, code, cond, &mut hasher)?;
        Some((hasher.finish(), negated))
    }

    fn ask(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, expr: ExprId, hasher: &mut FxHasher) -> Option<()> {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let tree = sema.tree(code.decl);
        let expr = tree.unparen(expr);
        match tree.expr(expr) {
            Expr::Binary { op, x, y } => {
                (if *op == Op::Neq { Op::Eql } else { *op } as u8).hash(hasher);
                self.ask(state, pid, code, *x, hasher)?;
                self.ask(state, pid, code, *y, hasher)?;
            }
            Expr::Index { x, indices } => {
                "index".hash(hasher);
                self.ask(state, pid, code, *x, hasher)?;
                indices.iter().try_for_each(|&index| self.ask(state, pid, code, index, hasher))?;
            }
            Expr::Call { args, .. } => {
                let name = match sema.callee(code.decl, expr) {
                    crate::sema::Callee::Builtin("len") => "len".into(),
                    crate::sema::Callee::Function(function) if function.receiver.is_none() && is_function_of_values(&function.key) => {
                        function.key
                    }
                    _ => return None,
                };
                name.hash(hasher);
                args.iter().try_for_each(|&arg| self.ask(state, pid, code, arg, hasher))?;
            }
            // A variable of another package, such as io.EOF, stays what it is.
            Expr::Selector { x, sel } if matches!(sema.object(code.decl, *x), crate::sema::Object::Import(_)) => {
                (tree.ident(*x), tree.ident(*sel)).hash(hasher);
            }
            Expr::BasicLit(_) | Expr::Ident(_) | Expr::Selector { .. } => match self.eval(state, pid, expr) {
                Value::Unknown => return None,
                value => state.resolved(value).hash(hasher),
            },
            _ => return None,
        }
        Some(())
    }

    /// Whether an edge is the one that nobody wonders about: there is no error.
    fn is_usual(&self, code: &Code, kind: EdgeKind) -> bool {
        let sema = &self.summaries.sema;
        let tree = sema.tree(code.decl);
        let (cond, truth) = match kind {
            EdgeKind::True(cond) => (cond, true),
            EdgeKind::False(cond) => (cond, false),
            _ => return false,
        };
        let Expr::Binary { op, x, y } = *tree.expr(tree.unparen(cond)) else { return false };
        let is_nil = match op {
            Op::Eql => truth,
            Op::Neq => !truth,
            _ => return false,
        };
        is_nil && tree.ident(tree.unparen(y)) == Some("nil") && sema.type_of(code.decl, x) == Type::ERROR
    }

    /// Whether control takes an edge; `None` if nobody knows.
    fn holds(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, kind: EdgeKind) -> Option<bool> {
        let last = state.resolved(state.frame(pid).last);
        match kind {
            EdgeKind::Next => Some(true),
            EdgeKind::True(_) => match last {
                Value::Bool(value) => Some(value),
                _ => None,
            },
            EdgeKind::False(_) => match last {
                Value::Bool(value) => Some(!value),
                _ => None,
            },
            EdgeKind::Each(_) => match last {
                Value::Bool(more) => Some(more),
                _ => None,
            },
            EdgeKind::Done(_) => match last {
                Value::Bool(more) => Some(!more),
                _ => None,
            },
            EdgeKind::Comm(clause) => state.frame(pid).chosen.map(|chosen| chosen == clause),
            EdgeKind::Case { switch, value } | EdgeKind::NotCase { switch, value } => {
                let is_case = matches!(kind, EdgeKind::Case { .. });
                let tree = self.summaries.sema.tree(code.decl);
                let Stmt::Switch { tag: Some(tag), .. } = tree.stmt(switch) else { return None };
                if !is_pure(tree, *tag) || !is_pure(tree, value) {
                    return None;
                }
                let (tag, value) = (self.eval(state, pid, *tag), self.eval(state, pid, value));
                self.equal(state, tag, value).map(|equal| equal == is_case)
            }
            EdgeKind::Default(_) => None,
            EdgeKind::NoReturn => Some(false),
        }
    }

    /// Notes what an edge tells; `false` if it contradicts what is known.
    fn assume(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, kind: EdgeKind) -> bool {
        let (cond, truth) = match kind {
            EdgeKind::True(cond) => (cond, true),
            EdgeKind::False(cond) => (cond, false),
            EdgeKind::Case { switch, value } | EdgeKind::NotCase { switch, value } => {
                let is_case = matches!(kind, EdgeKind::Case { .. });
                let tree = self.summaries.sema.tree(code.decl);
                return match *tree.stmt(switch) {
                    Stmt::Switch { tag: Some(tag), .. } if is_pure(tree, tag) && is_pure(tree, value) => {
                        self.assume_compared(state, pid, (tag, value), Op::Eql, is_case)
                    }
                    _ => true,
                };
            }
            _ => return true,
        };
        let last = state.resolved(state.frame(pid).last);
        if let Value::Sym(sym) = last {
            state.learn(sym, Fact::Is(Value::Bool(truth)));
            return true;
        }
        let tree = self.summaries.sema.tree(code.decl);
        let Expr::Binary { op, x, y } = *tree.expr(tree.unparen(cond)) else { return true };
        // What calls resulted in is not known any more, but for lengths.
        if !is_pure(tree, x) || !is_pure(tree, y) {
            return true;
        }
        self.assume_compared(state, pid, (x, y), op, truth)
    }

    /// One side of a comparison; a length is that of what it was asked of.
    fn side(&mut self, state: &mut State, pid: Pid, expr: ExprId) -> Value {
        let code = self.code_at(state, pid);
        let tree = self.summaries.sema.tree(code.decl);
        if let Expr::Call { fun, ref args, .. } = *tree.expr(tree.unparen(expr))
            && let (Some("len"), [arg]) = (tree.ident(fun), &args[..])
        {
            let of = self.eval(state, pid, *arg);
            return match state.resolved(of) {
                Value::Sym(sym) => state.length_of(sym),
                _ => Value::Unknown,
            };
        }
        self.eval(state, pid, expr)
    }

    /// Notes that a comparison holds, or does not; `false` if it contradicts what is known.
    fn assume_compared(&mut self, state: &mut State, pid: Pid, (x, y): (ExprId, ExprId), op: Op, truth: bool) -> bool {
        let (a, b) = (self.side(state, pid, x), self.side(state, pid, y));
        let (a, b) = (state.resolved(a), state.resolved(b));
        let sema = &self.summaries.sema;
        let decl = self.code_at(state, pid).decl;
        let is_unsigned = |expr: ExprId| matches!(sema.behind(sema.type_of(decl, expr)), TypeKind::Basic(basic) if basic.is_unsigned());
        if matches!(a, Value::Sym(_)) && is_unsigned(x) {
            state.relations.push((a, Value::Int(0), EQUAL | GREATER));
        }
        if let Some(outcomes) = outcomes(op)
            && (matches!(a, Value::Sym(_)) || matches!(b, Value::Sym(_)))
            && ![a, b].contains(&Value::Unknown)
        {
            let all = LESS | EQUAL | GREATER;
            let holds = if truth { outcomes } else { all & !outcomes };
            if state.ordering(a, b) & holds == 0 {
                return false;
            }
            state.relations.push((a, b, holds));
        }
        let equal = match op {
            Op::Eql => truth,
            Op::Neq => !truth,
            _ => return true,
        };
        let (sym, other) = match (a, b) {
            (Value::Sym(sym), other) | (other, Value::Sym(sym)) => (sym, other),
            _ => return true,
        };
        match (equal, other) {
            (true, Value::Nil | Value::Int(_) | Value::Text(_) | Value::Bool(_)) => {
                if other == Value::Nil && state.is_not_nil(Value::Sym(sym)) {
                    return false;
                }
                state.learn(sym, Fact::Is(other));
            }
            (false, Value::Nil) => state.learn(sym, Fact::NotNil),
            (false, Value::Bool(other)) => state.learn(sym, Fact::Is(Value::Bool(!other))),
            _ => {}
        }
        true
    }

    /// Control gets to a block.
    fn enter(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, to: BlockId) {
        // for i := …; each turn has its own i.
        if code.graph.block(to).kind == BlockKind::ForPost
            && let Some(stmt) = code.graph.block(to).stmt
            && let Stmt::For { init: Some(init), .. } = self.summaries.sema.tree(code.decl).stmt(stmt)
        {
            for &local in self.summaries.sema.scopes(code.decl).written_by(*init) {
                if self.is_shared(code.decl, local) {
                    let value = self.variable(state, pid, code, local);
                    self.declare(state, pid, code, local, value);
                }
            }
        }
        let frame = state.frame_mut(pid);
        frame.block = to.0;
        frame.at = 0;
        frame.memo.clear();
        frame.chosen = None;
        if code.graph.block(to).kind != BlockKind::RangeHead {
            frame.last = Value::Unknown;
        }
        frame.vars.retain(|&(local, _)| code.is_wanted(to, local));
    }
}

/// Whether a function of the standard library answers by its arguments alone.
fn is_function_of_values(key: &str) -> bool {
    let package = key.rsplit_once('.').map_or("", |(package, _)| package);
    matches!(package, "strings" | "bytes" | "errors" | "strconv" | "unicode" | "unicode/utf8" | "path" | "path/filepath" | "slices")
}

/// The number of turns that a length is.
fn turns(length: Value) -> i64 {
    match length {
        Value::Int(length) => length,
        _ => super::MANY,
    }
}

/// Where a branch is.
fn site_of(code: &Code, kind: EdgeKind) -> Option<Site> {
    let node = match kind {
        EdgeKind::True(cond) | EdgeKind::False(cond) => Node::Expr(cond),
        EdgeKind::Case { value, .. } | EdgeKind::NotCase { value, .. } => Node::Expr(value),
        EdgeKind::Default(stmt) | EdgeKind::Comm(stmt) | EdgeKind::Each(stmt) | EdgeKind::Done(stmt) => Node::Stmt(stmt),
        EdgeKind::Next | EdgeKind::NoReturn => return None,
    };
    Some(Site { decl: code.decl, node })
}

/// Whether an expression can be evaluated again: it makes no calls, but for lengths, and receives nothing.
fn is_pure(tree: &crate::ast::Tree, expr: ExprId) -> bool {
    let mut pure = true;
    tree.walk(Node::Expr(expr), |node| {
        if let Node::Expr(expr) = node {
            pure &= match *tree.expr(expr) {
                Expr::Call { fun, .. } => tree.ident(fun) == Some("len"),
                Expr::Unary { op: Op::Arrow, .. } | Expr::FuncLit { .. } => false,
                _ => true,
            };
        }
        pure
    });
    pure
}
