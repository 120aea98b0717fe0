//! How does a goroutine go on? Node by node, until it waits, ends, or comes to a branch that nobody can decide: then there are several
//! states.
//!
//! ```go
//! n, err := work()     // a call: its body is run, or its results are unknown
//! if err != nil {      // two states from here on: in one err is nil, in the other it is not
//!     return
//! }
//! results <- n         // waits
//! ```
//!
//! Not here: whether what it waits for comes (`wait`), calls (`call`).

use super::Machine;
use super::call::Flow;
use super::code::Code;
use super::hash;
use super::value::{Case, Event, Kind, Pid, Site, State, Then, Turn, Value, Wait};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::flow::{BlockId, BlockKind};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// How many states one step may lead to.
const MOST_FORKS: usize = 64;

/// What becomes of a goroutine in one little step.
pub(super) enum Tick {
    Go,
    /// It waits, or has ended.
    Stop,
    Fork(Vec<State>),
    Cut,
}

impl Machine<'_, '_> {
    /// Lets a goroutine go on until it waits or ends; answers all states that this may lead to.
    pub(super) fn advance(&mut self, state: State, pid: Pid) -> Vec<State> {
        let mut done = Vec::new();
        let mut waiting = vec![state];
        // Ways that meet again in the same state are gone on once.
        let mut met: FxHashSet<u64> = FxHashSet::default();
        let mut forked = false;
        while let Some(mut state) = waiting.pop() {
            loop {
                if self.ticks == 0 {
                    self.complete = false;
                    return done;
                }
                self.ticks -= 1;
                if forked && self.is_join(&state, pid) && !met.insert(hash::of(&mut state, &mut self.numbers)) {
                    break;
                }
                match self.tick(&mut state, pid) {
                    Tick::Go => {}
                    Tick::Stop => {
                        done.push(state);
                        break;
                    }
                    Tick::Fork(states) => {
                        forked = true;
                        self.spend(states.iter().map(State::weight).sum());
                        waiting.extend(states.into_iter().rev());
                        break;
                    }
                    Tick::Cut => break,
                }
            }
            if done.len() + waiting.len() > MOST_FORKS {
                self.complete = false;
                break;
            }
        }
        done
    }

    /// Whether a goroutine is where several ways come together.
    fn is_join(&self, state: &State, pid: Pid) -> bool {
        let Some(frame) = state.goroutines[pid].frames.last() else { return false };
        let block = &self.codes[frame.code].graph.blocks[frame.block as usize];
        frame.at == 0 && frame.memo.is_empty() && frame.chosen.is_none() && block.preds.len() > 1
    }

    fn tick(&mut self, state: &mut State, pid: Pid) -> Tick {
        if state.goroutines[pid].wait != Wait::Nothing {
            return Tick::Stop;
        }
        if state.goroutines[pid].frames.is_empty() {
            return Tick::Stop;
        }
        let code = self.code_at(state, pid);
        let frame = state.frame(pid);
        let (block, at) = (BlockId(frame.block), frame.at);
        if let Some(&node) = code.graph.block(block).nodes.get(at) {
            for &event in code.events((block, at)) {
                if state.frame(pid).memo.iter().all(|(of, _)| *of != event) {
                    return self.event(state, pid, &code, event);
                }
            }
            return self.node(state, pid, &code, node);
        }
        if block == code.graph.exit {
            return self.leave(state, pid, &code);
        }
        if block == code.graph.panic {
            return Tick::Cut;
        }
        self.branch(state, pid, &code, block)
    }

    /// A call or receive inside of a node.
    fn event(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, event: ExprId) -> Tick {
        let tree = self.summaries.sema.tree(code.decl);
        if let Expr::Unary { op: Op::Arrow, x } = tree.expr(event) {
            let chan = self.eval(state, pid, *x);
            state.goroutine(pid).wait = Wait::Receive { chan, expr: event };
            return Tick::Stop;
        }
        let call = self.prepare(state, pid, code, event);
        let flow = self.invoke(state, pid, call, Then::Answer(event));
        self.after_call(state, pid, flow, Some(event))
    }

    fn after_call(&mut self, state: &mut State, pid: Pid, flow: Flow, event: Option<ExprId>) -> Tick {
        match flow {
            Flow::Done(value) => {
                if let Some(event) = event {
                    let value = match value {
                        Value::Unknown => state.symbol(),
                        value => value,
                    };
                    state.frame_mut(pid).memo.push((event, value));
                }
                Tick::Go
            }
            Flow::Under => Tick::Go,
            Flow::Fork(ways) => {
                let ways = ways.into_iter().map(|(mut state, value)| {
                    if let Some(event) = event {
                        state.frame_mut(pid).memo.push((event, value));
                    }
                    state
                });
                Tick::Fork(ways.collect())
            }
            Flow::Cut => Tick::Cut,
        }
    }

    /// What a node does when its calls are made.
    fn node(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, node: Node) -> Tick {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let decl = code.decl;
        let tree = sema.tree(decl);
        let next = |state: &mut State| {
            let frame = state.frame_mut(pid);
            frame.at += 1;
            frame.memo.clear();
            Tick::Go
        };
        let stmt = match node {
            Node::Expr(expr) => {
                let is_loop = code.graph.block(BlockId(state.frame(pid).block)).kind == BlockKind::ForHead;
                let before = std::mem::replace(&mut self.counting, is_loop);
                let value = self.eval(state, pid, expr);
                self.counting = before;
                // A loop that begins anew has made no turns yet.
                if let Some(Node::Stmt(around)) = sema.parents(decl).parent(node)
                    && matches!(tree.stmt(around), Stmt::Range { x, .. } if *x == expr)
                {
                    state.frame_mut(pid).turns.retain(|(of, ..)| *of != around);
                }
                state.frame_mut(pid).last = value;
                return next(state);
            }
            Node::Stmt(stmt) => stmt,
        };
        match tree.stmt(stmt) {
            _ if code.graph.is_comm(stmt) => {
                self.comm(state, pid, code, stmt);
                next(state)
            }
            Stmt::Assign { lhs, op, rhs } => {
                self.here = Some(Site { decl, node });
                self.assign(state, pid, code, lhs, *op, rhs);
                self.here = None;
                next(state)
            }
            Stmt::Decl(spec) => {
                self.var(state, pid, code, spec);
                next(state)
            }
            Stmt::IncDec { x, inc } => {
                let value = self.eval(state, pid, *x);
                let op = if *inc { Op::Add } else { Op::Sub };
                let value = match self.binary(state, op, value, Value::Int(1)) {
                    Value::Unknown => state.symbol(),
                    value => value,
                };
                self.set(state, pid, code, *x, value, false);
                next(state)
            }
            Stmt::Send { chan, value } => {
                let (chan, value) = (self.eval(state, pid, *chan), self.eval(state, pid, *value));
                state.goroutine(pid).wait = Wait::Send { chan, value };
                Tick::Stop
            }
            Stmt::Go { call } => {
                let call = tree.unparen(*call);
                let prepared = self.prepare(state, pid, code, call);
                let site = Site { decl, node };
                match self.start(state, pid, prepared, site, None) {
                    Flow::Cut => Tick::Cut,
                    _ => next(state),
                }
            }
            Stmt::Defer { call } => {
                let call = tree.unparen(*call);
                let prepared = self.prepare(state, pid, code, call);
                state.frame_mut(pid).defers.push(prepared);
                next(state)
            }
            Stmt::Return { results } => {
                let mut values = Vec::new();
                match results[..] {
                    [] => {}
                    [only] => values = self.all_of(state, pid, tree.unparen(only)),
                    _ => values.extend(results.iter().map(|&result| self.eval(state, pid, result)).collect::<Vec<_>>()),
                }
                if !values.is_empty() {
                    for (&local, &value) in code.results.iter().zip(&values) {
                        let raw = self.raw(state, pid, code, local);
                        if self.is_shared(decl, local) {
                            self.overwrite(state, raw, value);
                        } else {
                            self.declare(state, pid, code, local, value);
                        }
                    }
                }
                state.frame_mut(pid).results = values;
                state.tell(pid, Site { decl, node }, Event::Returned);
                next(state)
            }
            Stmt::Select { body } => {
                if state.frame(pid).chosen.is_some() {
                    return next(state);
                }
                self.select(state, pid, code, *body)
            }
            Stmt::Range { key, value, x, .. } => self.range(state, pid, code, stmt, [*key, *value], *x),
            _ => next(state),
        }
    }

    /// All values of a `return f()`.
    fn all_of(&mut self, state: &mut State, pid: Pid, expr: ExprId) -> Vec<Value> {
        match self.results_of(state, pid, expr) {
            values if values.len() > 1 => values,
            _ => vec![self.eval(state, pid, expr)],
        }
    }

    fn select(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, body: StmtId) -> Tick {
        let tree = self.summaries.sema.tree(code.decl);
        let Stmt::Block { list } = tree.stmt(body) else { return Tick::Cut };
        let mut cases = Vec::new();
        let mut default = None;
        for &clause in list {
            let Stmt::Comm { comm, .. } = tree.stmt(clause) else { return Tick::Cut };
            let Some(comm) = *comm else {
                default = Some(clause);
                continue;
            };
            let received = |x: ExprId| match tree.expr(tree.unparen(x)) {
                Expr::Unary { op: Op::Arrow, x } => *x,
                _ => x,
            };
            let (chan, sends) = match tree.stmt(comm) {
                Stmt::Send { chan, value } => (*chan, Some(*value)),
                Stmt::Expr { x } => (received(*x), None),
                Stmt::Assign { rhs, .. } => (received(rhs[0]), None),
                _ => return Tick::Cut,
            };
            let chan = self.eval(state, pid, chan);
            let sends = sends.map(|value| self.eval(state, pid, value));
            cases.push(Case { clause, chan, sends });
        }
        state.goroutine(pid).wait = if cases.is_empty() && default.is_none() { Wait::Forever } else { Wait::Select { cases, default } };
        Tick::Stop
    }

    /// The assignment of the case that a `select` has taken.
    fn comm(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, stmt: StmtId) {
        let tree = self.summaries.sema.tree(code.decl);
        let (value, ok) = state.frame(pid).received;
        if let Stmt::Assign { lhs, op, .. } = tree.stmt(stmt) {
            let define = *op == crate::ast::AssignOp::Define;
            for (&target, value) in lhs.iter().zip([value, ok]) {
                let value = if value == Value::Unknown { state.symbol() } else { value };
                self.set(state, pid, code, target, value, define);
            }
        }
        state.frame_mut(pid).received = (Value::Unknown, Value::Unknown);
    }

    /// A function is left: what was deferred runs, and then the caller goes on.
    fn leave(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>) -> Tick {
        state.frame_mut(pid).memo.clear();
        if let Some(call) = state.frame_mut(pid).defers.pop() {
            let flow = self.invoke(state, pid, call, Then::Nothing);
            return self.after_call(state, pid, flow, None);
        }
        let mut values = std::mem::take(&mut state.frame_mut(pid).results);
        if !code.results.is_empty() {
            values = code.results.clone().into_iter().map(|local| self.variable(state, pid, code, local)).collect();
        }
        let then = state.frame(pid).then;
        state.goroutine(pid).frames.pop();
        let value = super::call::tuple(state, values);
        if let Then::Once(once, _) = then {
            state.object_mut(once).kind = Kind::Once(Turn::Done);
        }
        if state.goroutines[pid].frames.is_empty() {
            state.lose(value);
            if let Some(group) = state.goroutines[pid].group
                && let Kind::Group(count) = &mut state.object_mut(group).kind
            {
                *count -= 1;
            }
            return Tick::Stop;
        }
        if let Then::Answer(call) | Then::Once(_, call) = then {
            let value = if value == Value::Unknown { state.symbol() } else { value };
            state.frame_mut(pid).memo.push((call, value));
        }
        Tick::Go
    }
}
