//! Which locks are certainly held at a place, and which ones does a body take on its way? Within a function along its graph, and through
//! static calls: what a caller holds is held in what it calls.
//!
//! ```go
//! func (w *workers) stop() {
//! 	w.mu.Lock()
//! 	defer w.mu.Unlock() // runs at the end: w.mu is held until then
//! 	w.join()            // in join, w.mu is held by this caller
//! }
//! ```
//!
//! Not here: who waits for whom (`behind`).

use super::At;
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::flow::{self, Domain, Place as Spot};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::lifetime::body::Body;
use crate::rules::spawns::{self, BodyId};
use crate::sema::{Callee, LocalId, LocalKind, Type};
use crate::summary::DEPTH;
use crate::summary::locks::{Act, LockOp, Path, Root, Token};
use crate::types::{Global, Place};
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Through how many calls it is asked what a function takes, and who calls it.
pub(super) const STEPS: u8 = 2;

/// Which lock of a value, or which lock at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Field(Place),
    /// `struct{ sync.Mutex }`, by the type that has it.
    Embedded(Type),
    Package(Global),
    Local(DeclId, LocalId),
}

/// A lock, and the value that it is a field of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) name: Name,
    /// `None` for variables.
    pub(super) owner: Option<Path>,
    /// What summaries of other functions call it.
    pub(super) class: CompactString,
}

/// A lock that a goroutine has.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) lock: Lock,
    pub(super) read: bool,
    /// Where it was taken.
    pub(super) site: At,
    /// The call from a function that holds it.
    pub(super) call: Option<At>,
}

/// A lock that is taken in a body, or in what it calls.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) lock: Lock,
    pub(super) read: bool,
    /// Where it is taken.
    pub(super) site: At,
    /// Where that is in the body: the call, if it is taken in another one.
    pub(super) spot: Spot,
    /// At the end of the body: the spot is that of the `defer`.
    pub(super) deferred: bool,
    /// A condition may pass by it.
    pub(super) guarded: bool,
}

/// How a function literal, or a function at a call, is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// As a goroutine.
    Go,
    /// At the end of the function around it.
    Deferred(StmtId),
    /// Where the call stands.
    Called(ExprId),
    /// By somebody, some time.
    Unknown,
}

/// The calls of a function.
pub(super) struct Calls {
    pub(super) all: Vec<(DeclId, ExprId, Run)>,
    /// Nobody else can call it.
    pub(super) complete: bool,
}

/// The graph of a body, and what is held at the beginning of each block if nothing is held when it starts.
pub(super) struct Flow<'a> {
    pub(super) body: Body<'a>,
    before: Vec<Option<Vec<Held>>>,
}

/// Answers that were given, by question.
type Known<Q, A> = RefCell<FxHashMap<Q, A>>;

/// What is known of a package's bodies.
pub(super) struct Locks<'p, 'a> {
    pub(super) pass: &'p Pass<'a>,
    flows: Known<BodyId, Option<Rc<Flow<'a>>>>,
    calls: Known<DeclId, Rc<Calls>>,
    takes: Known<(BodyId, u8), Rc<Vec<Take>>>,
    given: Known<DeclId, Rc<BTreeSet<CompactString>>>,
}

impl<'p, 'a> Locks<'p, 'a> {
    pub(super) fn new(pass: &'p Pass<'a>) -> Locks<'p, 'a> {
        let (flows, calls, takes, given) = Default::default();
        Locks { pass, flows, calls, takes, given }
    }

    /// The graph of a body; `None` if it cannot be trusted.
    pub(super) fn flow(&self, body: BodyId) -> Option<Rc<Flow<'a>>> {
        if let Some(known) = self.flows.borrow().get(&body) {
            return known.clone();
        }
        let found = spawns::flow_of(self.pass, body).map(|of| {
            let before = self.solve(&of, Vec::new());
            Rc::new(Flow { body: of, before })
        });
        self.flows.borrow_mut().insert(body, found.clone());
        found
    }

    fn solve(&self, body: &Body<'a>, entry: Vec<Held>) -> Vec<Option<Vec<Held>>> {
        let solution = flow::solve(&body.graph, &Holding { locks: self, body, entry });
        match solution.complete {
            true => solution.before,
            false => vec![None; body.graph.blocks.len()],
        }
    }

    /// What is certainly held at a place of a body, if some locks are when it starts.
    pub(super) fn held_at(&self, body: BodyId, spot: Spot, entry: Vec<Held>) -> Vec<Held> {
        let Some(flow) = self.flow(body) else { return Vec::new() };
        let anew = if entry.is_empty() { None } else { Some(self.solve(&flow.body, entry)) };
        let before = anew.as_ref().unwrap_or(&flow.before);
        let Some(mut state) = before[spot.0.0 as usize].clone() else { return Vec::new() };
        let holding = Holding { locks: self, body: &flow.body, entry: Vec::new() };
        for (at, &node) in flow.body.graph.block(spot.0).nodes.iter().enumerate().take(spot.1) {
            holding.transfer((spot.0, at), node, &mut state);
        }
        state
    }

    /// What is certainly held when a body starts, whoever starts it.
    pub(super) fn entry(&self, (decl, lit): BodyId, steps: u8) -> Vec<Held> {
        let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
        if let Some(lit) = lit {
            let Run::Called(call) = self.run(decl, lit) else { return Vec::new() };
            return self.held_at_call(decl, call, steps);
        }
        let calls = self.calls(decl);
        if !calls.complete {
            return Vec::new();
        }
        let mut found: Option<Vec<Held>> = None;
        for &(caller, call, run) in &calls.all {
            let here = match run {
                Run::Called(_) => self.handed(caller, call, decl, self.held_at_call(caller, call, steps)),
                _ => return Vec::new(),
            };
            match &mut found {
                Some(found) => found.retain(|held| here.iter().any(|other| other.lock == held.lock && other.read == held.read)),
                None => found = Some(here),
            }
        }
        found.unwrap_or_default()
    }

    /// What each caller of a function holds where it calls it.
    pub(super) fn held_by_callers(&self, decl: DeclId) -> Vec<(At, Vec<Held>)> {
        let calls = self.calls(decl);
        let called = calls.all.iter().filter(|(_, _, run)| matches!(run, Run::Called(_)));
        let held = called.map(|&(caller, call, _)| {
            let at = At { decl: caller, node: Node::Expr(call) };
            let found = self.handed(caller, call, decl, self.held_at_call(caller, call, 1));
            (at, found.into_iter().map(|held| Held { call: Some(at), ..held }).collect())
        });
        held.collect()
    }

    fn held_at_call(&self, decl: DeclId, call: ExprId, steps: u8) -> Vec<Held> {
        let sema = self.pass.sema();
        let body = (decl, sema.parents(decl).func_lit(sema.tree(decl), Node::Expr(call)));
        let Some(spot) = self.flow(body).and_then(|flow| flow.body.graph.place_of(call)) else { return Vec::new() };
        self.held_at(body, spot, self.entry(body, steps))
    }

    /// What is held, in the names of a function that is called.
    fn handed(&self, caller: DeclId, call: ExprId, callee: DeclId, held: Vec<Held>) -> Vec<Held> {
        let named = held.into_iter().filter_map(|held| {
            let owner = match &held.lock.owner {
                Some(owner) => Some(self.down(caller, call, callee, owner)?),
                None => None,
            };
            Some(Held { lock: Lock { owner, ..held.lock }, ..held })
        });
        named.collect()
    }

    /// The locks that a body takes, itself or by what it calls; not those of goroutines that it starts.
    pub(super) fn takes(&self, body: BodyId, steps: u8) -> Rc<Vec<Take>> {
        if let Some(known) = self.takes.borrow().get(&(body, steps)) {
            return known.clone();
        }
        let found = Rc::new(self.flow(body).map_or(Vec::new(), |flow| self.takes_in(&flow, steps)));
        self.takes.borrow_mut().insert((body, steps), found.clone());
        found
    }

    fn takes_in(&self, flow: &Flow<'a>, steps: u8) -> Vec<Take> {
        let (decl, graph) = (flow.body.decl, &flow.body.graph);
        let tree = self.pass.sema().tree(decl);
        let mut found = Vec::new();
        for block in graph.ids() {
            for (at, &node) in graph.block(block).nodes.iter().enumerate() {
                let spot = (block, at);
                let deferred = match node {
                    Node::Stmt(stmt) => match *tree.stmt(stmt) {
                        Stmt::Go { .. } => continue,
                        Stmt::Defer { call } => Some(call),
                        _ => None,
                    },
                    Node::Expr(_) => None,
                };
                let first = found.len();
                match deferred {
                    Some(call) => self.takes_of(decl, call, spot, steps, &mut found),
                    None => graph.walk(tree, node, |expr| {
                        self.takes_of(decl, expr, spot, steps, &mut found);
                        true
                    }),
                }
                if found.len() > first {
                    let guarded = super::guard::is_guarded(self.pass, &flow.body, spot);
                    for take in &mut found[first..] {
                        take.guarded |= guarded;
                        take.deferred = deferred.is_some();
                    }
                }
            }
        }
        found
    }

    /// What an expression takes.
    fn takes_of(&self, decl: DeclId, expr: ExprId, spot: Spot, steps: u8, found: &mut Vec<Take>) {
        let sema = self.pass.sema();
        if let Some(op) = self.pass.summaries.lock_op(decl, expr).filter(|op| op.act == Act::Take)
            && let Some(lock) = self.lock(decl, &op)
        {
            let site = At { decl, node: op.node };
            found.push(Take { lock, read: op.token == Token::Read, site, spot, deferred: false, guarded: false });
        }
        let Some(steps) = steps.checked_sub(1).filter(|_| matches!(sema.tree(decl).expr(expr), Expr::Call { .. })) else { return };
        match sema.callee(decl, expr) {
            Callee::Closure(lit) => {
                found.extend(self.takes((decl, Some(lit)), steps).iter().map(|take| Take { spot, ..take.clone() }));
            }
            Callee::Function(function) => {
                let [callee] = function.decls[..] else { return };
                for take in self.takes((callee, None), steps).iter() {
                    let owner = match &take.lock.owner {
                        Some(owner) => match self.up(decl, expr, callee, owner) {
                            Some(owner) => Some(owner),
                            None => continue,
                        },
                        None => None,
                    };
                    found.push(Take { lock: Lock { owner, ..take.lock.clone() }, spot, ..take.clone() });
                }
            }
            _ => {}
        }
    }

    /// The lock of an operation; `None` if it is a place of a semaphore, or nobody knows whose it is.
    fn lock(&self, decl: DeclId, op: &LockOp) -> Option<Lock> {
        let sema = self.pass.sema();
        let tree = sema.tree(decl);
        let Node::Expr(node) = op.node else { return None };
        let x = match *tree.expr(node) {
            Expr::Call { fun, .. } => match *tree.expr(tree.unparen(fun)) {
                Expr::Selector { x, .. } => x,
                _ => return None,
            },
            Expr::Selector { x, .. } | Expr::Unary { x, .. } => x,
            _ => return None,
        };
        if op.token == Token::Place {
            return None;
        }
        let mut own = self.pass.summaries.lock_path(decl, x)?;
        let class = op.path.class().map(CompactString::from).unwrap_or_default();
        if op.path.fields.len() > own.fields.len() {
            let name = Name::Embedded(sema.pointee(sema.type_of(decl, x)));
            return Some(Lock { name, owner: Some(own), class });
        }
        let name = match (sema.selected_field(decl, x), own.root) {
            (Some(field), _) => {
                own.fields.pop()?;
                return Some(Lock { name: Name::Field(field), owner: Some(own), class });
            }
            (None, _) if !own.fields.is_empty() => return None,
            (None, Root::Package(global)) => Name::Package(global),
            (None, Root::Local(local)) => Name::Local(decl, local),
        };
        Some(Lock { name, owner: None, class })
    }

    /// A path of a called function, in the names of the caller.
    pub(super) fn up(&self, caller: DeclId, call: ExprId, callee: DeclId, path: &Path) -> Option<Path> {
        let sema = self.pass.sema();
        let Root::Local(local) = path.root else { return Some(path.clone()) };
        let local = sema.scopes(callee).local(local);
        if !local.writes.is_empty() || local.address_taken || local.variadic || local.function.is_some() {
            return None;
        }
        let tree = sema.tree(caller);
        let Expr::Call { fun, ref args, .. } = *tree.expr(call) else { return None };
        let given = match local.kind {
            LocalKind::Receiver => match *tree.expr(tree.unparen(fun)) {
                Expr::Selector { x, .. } => x,
                _ => return None,
            },
            LocalKind::Param(number) => *args.get(number as usize)?,
            _ => return None,
        };
        let mut found = self.pass.summaries.lock_path(caller, given)?;
        found.fields.extend(path.fields.iter().cloned());
        Some(found)
    }

    /// A path of a caller, in the names of the function that it calls.
    fn down(&self, caller: DeclId, call: ExprId, callee: DeclId, path: &Path) -> Option<Path> {
        if let Root::Package(_) = path.root {
            return Some(path.clone());
        }
        let sema = self.pass.sema();
        let tree = sema.tree(caller);
        let Expr::Call { fun, ref args, .. } = *tree.expr(call) else { return None };
        let receiver = match *tree.expr(tree.unparen(fun)) {
            Expr::Selector { x, .. } => Some((LocalKind::Receiver, x)),
            _ => None,
        };
        let args = args.iter().enumerate().map(|(number, &arg)| (LocalKind::Param(number as u32), arg));
        receiver.into_iter().chain(args).find_map(|(kind, given)| {
            let given = self.pass.summaries.lock_path(caller, given)?;
            if given.root != path.root || !path.fields.starts_with(&given.fields) {
                return None;
            }
            self.bound(callee, kind, &path.fields[given.fields.len()..])
        })
    }

    /// A path that begins with the receiver or a parameter of a function.
    pub(super) fn bound(&self, callee: DeclId, kind: LocalKind, fields: &[CompactString]) -> Option<Path> {
        let scopes = self.pass.sema().scopes(callee);
        let is_it = |local: &&crate::sema::Local| local.function.is_none() && local.kind == kind;
        let local = scopes.locals.iter().find(is_it).filter(|local| local.writes.is_empty() && !local.variadic)?;
        Some(Path { root: Root::Local(scopes.of_ident(local.ident)?), fields: fields.to_vec() })
    }

    /// How a function literal is run.
    pub(super) fn run(&self, decl: DeclId, lit: ExprId) -> Run {
        let sema = self.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let Some(Node::Expr(call)) = parents.parent(Node::Expr(lit)) else { return Run::Unknown };
        match *tree.expr(call) {
            Expr::Call { fun, .. } if fun == lit => self.run_of_call(decl, call),
            Expr::Call { .. } => match sema.callee(decl, call) {
                Callee::Function(function) if sema.facts.spawns(&function.key).is_some() => Run::Go,
                _ => Run::Unknown,
            },
            _ => Run::Unknown,
        }
    }

    fn run_of_call(&self, decl: DeclId, call: ExprId) -> Run {
        let sema = self.pass.sema();
        match sema.parents(decl).parent(Node::Expr(call)) {
            Some(Node::Stmt(stmt)) => match sema.tree(decl).stmt(stmt) {
                Stmt::Go { .. } => Run::Go,
                Stmt::Defer { .. } => Run::Deferred(stmt),
                _ => Run::Called(call),
            },
            _ => Run::Called(call),
        }
    }

    /// Where a function is called.
    pub(super) fn calls(&self, decl: DeclId) -> Rc<Calls> {
        if let Some(known) = self.calls.borrow().get(&decl) {
            return known.clone();
        }
        let found = Rc::new(self.find_calls(decl).unwrap_or(Calls { all: Vec::new(), complete: false }));
        self.calls.borrow_mut().insert(decl, found.clone());
        found
    }

    fn find_calls(&self, decl: DeclId) -> Option<Calls> {
        let (pass, sema) = (self.pass, self.pass.sema());
        let outline = pass.project().decl(decl);
        let (name, _) = outline.names.first()?;
        let mut calls = Calls { all: Vec::new(), complete: !name.starts_with(char::is_uppercase) };
        for caller in sema.decls_that_mention(pass.project().file(decl.file).package, name) {
            if pass.project().file(caller.file).test {
                continue;
            }
            let (tree, parents) = (sema.tree(caller), sema.parents(caller));
            for ident in (0..tree.exprs.len() as u32).map(ExprId).filter(|&id| tree.ident(id) == Some(name.as_str())) {
                if tree.func().is_some_and(|func| func.name == ident) {
                    continue;
                }
                let value = match parents.parent(Node::Expr(ident)) {
                    Some(Node::Expr(around)) if matches!(tree.expr(around), Expr::Selector { sel, .. } if *sel == ident) => around,
                    _ => ident,
                };
                let Callee::Function(function) = sema.function_value(caller, value) else { continue };
                // The method of an interface may be this one.
                let is_abstract = function.decls.is_empty() && function.receiver.is_some() && outline.receiver.is_some();
                if is_abstract {
                    calls.complete = false;
                }
                if !function.decls.contains(&decl) {
                    continue;
                }
                match parents.parent(Node::Expr(value)) {
                    Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == value) => {
                        calls.all.push((caller, call, self.run_of_call(caller, call)));
                    }
                    _ => calls.complete = false,
                }
            }
        }
        Some(calls)
    }

    /// The classes of locks that a function literal of a declaration may give back for the function around it, whenever it runs.
    fn given_by_literals(&self, decl: DeclId) -> Rc<BTreeSet<CompactString>> {
        if let Some(known) = self.given.borrow().get(&decl) {
            return known.clone();
        }
        let tree = self.pass.sema().tree(decl);
        let literals = tree.index.func_lits.iter().filter(|&&lit| !matches!(self.run(decl, lit), Run::Deferred(_)));
        let found: Rc<BTreeSet<CompactString>> = Rc::new(literals.flat_map(|&lit| self.given_by(decl, lit)).collect());
        self.given.borrow_mut().insert(decl, found.clone());
        found
    }

    fn given_by(&self, decl: DeclId, lit: ExprId) -> Vec<CompactString> {
        let ops = self.pass.summaries.lock_ops(decl, Node::Expr(lit));
        // What it takes first is its own.
        let is_first = |at: usize| ops[..at].iter().all(|before| before.path != ops[at].path);
        let first = (0..ops.len()).filter(|&at| is_first(at) && matches!(ops[at].act, Act::Give | Act::Escape));
        first.filter_map(|at| ops[at].path.class().map(CompactString::from)).collect()
    }
}

/// What is certainly held along the graph of a body.
struct Holding<'x, 'p, 'a> {
    locks: &'x Locks<'p, 'a>,
    body: &'x Body<'a>,
    entry: Vec<Held>,
}

impl Domain for Holding<'_, '_, '_> {
    type State = Vec<Held>;

    fn entry(&self) -> Vec<Held> {
        self.entry.clone()
    }

    /// Both ways must hold it.
    fn join(&self, into: &mut Vec<Held>, from: &Vec<Held>) -> bool {
        let before = into.len();
        into.retain(|held| from.iter().any(|other| other.lock == held.lock && other.read == held.read));
        into.len() < before
    }

    fn transfer(&self, _place: Spot, node: Node, state: &mut Vec<Held>) {
        let decl = self.body.decl;
        let (summaries, tree) = (self.locks.pass.summaries, self.locks.pass.sema().tree(decl));
        for (local, _) in self.body.writes(node) {
            state.retain(|held| held.lock.owner.as_ref().is_none_or(|owner| owner.root != Root::Local(local)));
        }
        if matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Go { .. } | Stmt::Defer { .. })) {
            return;
        }
        self.body.graph.walk(tree, node, |expr| {
            if let Some(op) = summaries.lock_op(decl, expr)
                && let Some(lock) = self.locks.lock(decl, &op)
            {
                match op.act {
                    Act::Take if !self.locks.given_by_literals(decl).contains(&lock.class) => {
                        let site = At { decl, node: op.node };
                        state.push(Held { lock, read: op.token == Token::Read, site, call: None });
                    }
                    Act::Take | Act::TryTake => {}
                    Act::Give | Act::Escape => state.retain(|held| held.lock != lock),
                }
            }
            if !state.is_empty() && matches!(tree.expr(expr), Expr::Call { .. }) {
                let gives = match summaries.sema.callee(decl, expr) {
                    Callee::Closure(lit) => self.locks.given_by(decl, lit).into_iter().collect(),
                    _ => summaries.gives_back(decl, expr, DEPTH),
                };
                state.retain(|held| !gives.contains(&held.lock.class));
            }
            true
        });
    }

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}
