//! On which paths is something that was acquired lost? The states of one acquisition, along every path from it.
//!
//! ```go
//! resp, err := c.Do(req)      // owned by resp, if err is nil
//! if err != nil {             // True: nothing was acquired, the path does not matter
//! 	return err
//! }
//! if resp.StatusCode != 200 {
//! 	return errStatus        // a leak: resp owns it, and nobody else knows it
//! }
//! defer resp.Body.Close()     // given back, whatever happens behind it
//! ```
//!
//! A path is followed as long as variables of the body hold the resource. It is given up where it is released, where it leaves, and
//! where nobody can tell any more whether there is something to release.
//!
//! Not here: how a leak is told (`words`).

mod conditions;
mod drains;

use super::body::Body;
use super::known::Known;
use super::sites::{Says, Site};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{Kind, Owned, Release as Way};
use crate::flow::{EdgeKind, Place, Trail, Walk, explore};
use crate::project::DeclId;
use crate::sema::{Callee, LocalId, LocalKind, Value};
use crate::summary::{DEPTH, Fate, Held, Slot, Use};

/// How a resource is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// The function returns.
    Returned,
    /// The function ends without a `return`.
    Ended,
    /// The last variable that held it gets another value.
    Overwritten,
    /// The next turn of a loop begins, in which the variable is another one.
    Turned,
}

/// Who has a function literal that mentions the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// This function: it is called here, or by a function that is done with it when it returns.
    Here,
    /// A goroutine.
    Spawned,
    /// Somebody who may call it later.
    Kept,
}

/// One place where it is lost.
#[derive(Clone, Debug)]
pub(super) struct Leak {
    pub(super) loss: Loss,
    /// The node that loses it; none where the function ends.
    pub(super) node: Option<Node>,
    /// The conditions that decided for the path, the last one first.
    pub(super) branches: Vec<EdgeKind>,
    /// A function that nobody knows got it before.
    pub(super) lent: bool,
    /// A goroutine uses it, perhaps for as long as it needs it.
    pub(super) shared: bool,
    /// It was read to its end before.
    pub(super) drained: bool,
}

/// What the walk over all paths found.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) leaks: Vec<Leak>,
    /// Some path gives it back or hands it on.
    pub(super) ever_done: bool,
    /// Some path gives it back although a function that nobody knows got it before: that function only borrows it.
    pub(super) lender: bool,
}

/// Follows one acquisition.
pub(super) fn of(body: &Body, site: &Site) -> Outcome {
    let mut walker = Walker { body, site, outcome: Outcome::default() };
    if walker.is_deferred_before() || site.holders.iter().any(|&(local, held)| walker.is_done_before(local, held, site.call)) {
        return Outcome { ever_done: true, ..Outcome::default() };
    }
    let mut state = State {
        holders: Vec::new(),
        errors: site.error.into_iter().collect(),
        known: Known::default(),
        lent: false,
        shared: false,
        drained: false,
        on_error: None,
    };
    for &(local, held) in &site.holders {
        state.holders.push(Holder { local, whole: held.whole, same: held.same });
    }
    for mut known in Known::behind(body, site.place) {
        for &local in site.others.iter().filter(|&&local| body.is_tested(body.is_nil(local))) {
            known.learn(body.is_nil(local), false);
        }
        walker.start(&State { known, ..state.clone() });
    }
    let mut outcome = walker.outcome;
    if !outcome.lender {
        outcome.leaks.retain(|leak| !leak.lent);
    }
    outcome
}

/// A variable that holds the resource, or something made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holder {
    local: LocalId,
    whole: bool,
    same: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    holders: Vec<Holder>,
    errors: Vec<(LocalId, Says)>,
    known: Known,
    /// A function that nobody knows got it.
    lent: bool,
    /// A goroutine uses it.
    shared: bool,
    /// It was read to its end.
    drained: bool,
    /// A deferred function releases it if this result is an error.
    on_error: Option<LocalId>,
}

impl State {
    fn says(&self, local: LocalId) -> Option<Says> {
        self.errors.iter().find(|(known, _)| *known == local).map(|&(_, says)| says)
    }

    fn holds(&self, local: LocalId) -> Option<Holder> {
        self.holders.iter().find(|holder| holder.local == local).copied()
    }
}

struct Walker<'b, 'a> {
    body: &'b Body<'a>,
    site: &'b Site<'a>,
    outcome: Outcome,
}

impl Walk for Walker<'_, '_> {
    type State = State;

    fn node(&mut self, place: Place, node: Node, state: &mut State, trail: &Trail) -> bool {
        if self.is_turned(node, state) {
            self.lost(Loss::Turned, Some(node), state, trail);
            return false;
        }
        if self.releases_process(place) || !self.mentions(place, state) {
            self.outcome.ever_done = true;
            return false;
        }
        if let Node::Stmt(stmt) = node
            && let Stmt::Return { results } = self.body.summaries.sema.tree(self.body.decl).stmt(stmt)
        {
            let scopes = self.body.summaries.sema.scopes(self.body.decl);
            let is_result = |holder: &Holder| matches!(scopes.local(holder.local).kind, LocalKind::Result(_));
            if results.is_empty() && state.holders.iter().any(is_result) {
                self.outcome.ever_done = true;
                return false;
            }
            if !state.on_error.is_some_and(|error| self.returns_error(error, results)) {
                self.lost(Loss::Returned, Some(node), state, trail);
            }
            return false;
        }
        self.writes(node, state, trail)
    }

    fn edge(&mut self, edge: EdgeKind, state: &mut State) -> bool {
        match edge {
            EdgeKind::True(cond) => self.tested(cond, true, state),
            EdgeKind::False(cond) => self.tested(cond, false, state),
            EdgeKind::Case { switch, value } => self.case(switch, value, true, state),
            EdgeKind::NotCase { switch, value } => self.case(switch, value, false, state),
            // The type of an error that is not nil.
            EdgeKind::Default(switch) => !self.switches_on_error(switch, state),
            EdgeKind::Comm(clause) => {
                let fired = self.takes_from_holder(clause, state) || self.context_ends(clause);
                self.outcome.ever_done |= fired;
                !fired
            }
            // The channel of a ticker is never closed.
            EdgeKind::Done(range) => !self.ranges_over_ticks(range, state),
            _ => true,
        }
    }

    fn exit(&mut self, state: &State, trail: &Trail) {
        self.lost(Loss::Ended, None, state, trail);
    }

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}

impl Walker<'_, '_> {
    /// Follows all paths from the acquisition, beginning with the node that makes the call.
    fn start(&mut self, state: &State) {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let tree = sema.tree(decl);
        let Some(node) = self.body.graph.node(self.site.place) else { return };
        if let Node::Stmt(stmt) = node
            && matches!(tree.stmt(stmt), Stmt::Return { .. })
        {
            // `return cmd, cmd.Start()`
            let call = tree.expr_range(self.site.call);
            let outside = |ident: ExprId| !(call.start..call.end).contains(&tree.expr_range(ident).start);
            let mentions = self.body.mentions(self.site.place).iter();
            if !mentions.clone().any(|mention| state.holds(mention.local).is_some() && outside(mention.ident)) {
                self.outcome.leaks.push(Leak {
                    loss: Loss::Returned,
                    node: Some(node),
                    branches: Vec::new(),
                    lent: false,
                    shared: false,
                    drained: false,
                });
            }
            return;
        }
        let (block, at) = self.site.place;
        explore(&self.body.graph, (block, at + 1), state.clone(), self);
    }

    fn lost(&mut self, loss: Loss, node: Option<Node>, state: &State, trail: &Trail) {
        let decides = |kind: &EdgeKind| {
            matches!(kind, EdgeKind::True(_) | EdgeKind::False(_) | EdgeKind::Case { .. } | EdgeKind::Comm(_) | EdgeKind::Default(_))
        };
        let branches = trail.edges().map(|(_, kind)| kind).filter(decides).take(3).collect();
        let State { lent, shared, drained, .. } = *state;
        self.outcome
            .leaks
            .retain(|leak| !(leak.node == node && leak.loss == loss && (leak.lent, leak.shared, leak.drained) > (lent, shared, drained)));
        if !self.outcome.leaks.iter().any(|leak| leak.node == node && leak.loss == loss) {
            self.outcome.leaks.push(Leak { loss, node, branches, lent, shared, drained });
        }
    }

    /// Whether control is in front of where all that hold it are declared: in the next turn of a loop.
    fn is_turned(&self, node: Node, state: &State) -> bool {
        let (tree, scopes) = (self.body.summaries.sema.tree(self.body.decl), self.body.summaries.sema.scopes(self.body.decl));
        let start = tree.range(node).start;
        let is_behind = |holder: &Holder| start < tree.expr_range(scopes.local(holder.local).ident).start;
        !state.holders.is_empty() && state.holders.iter().all(is_behind)
    }

    fn as_held(&self, holder: Holder) -> Held<'_> {
        Held { whole: holder.whole, same: holder.same, ..self.site.held }
    }

    /// `defer p.Unpin()` may stand before `p.Pin(x)`: it is the same p.
    fn is_deferred_before(&self) -> bool {
        let resource = self.site.held.resource;
        if matches!(resource.owned, Owned::Result(_)) {
            return false;
        }
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let tree = summaries.sema.tree(decl);
        let start = tree.expr_range(self.site.call).start;
        let own = |stmt: StmtId| self.body.graph.place(stmt).is_some() && tree.stmt_range(stmt).start < start;
        tree.index.defers.iter().filter(|&&defer| own(defer)).any(|&defer| {
            let place = self.body.graph.place(defer);
            let releases = |&(local, held): &(LocalId, Held)| {
                let mentions = place.map_or(&[][..], |place| self.body.mentions(place));
                let held = Held { resource, ..held };
                mentions
                    .iter()
                    .filter(|mention| mention.local == local)
                    .any(|mention| matches!(summaries.follow(decl, mention.ident, held, DEPTH), Use::Released | Use::Leaves))
            };
            place.is_some_and(|place| self.releases_process(place)) || self.site.holders.iter().any(releases)
        })
    }

    /// A function literal that stands before the acquisition, and would release what is acquired later.
    fn is_done_before(&self, local: LocalId, held: Held, before: ExprId) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        if !scopes.local(local).captured {
            return false;
        }
        let start = tree.expr_range(before).start;
        scopes.uses(local).filter(|&ident| tree.expr_range(ident).start < start).any(|ident| {
            let inside = parents.func_lit(tree, Node::Expr(ident)) != self.body.lit;
            let held = Held { resource: self.site.held.resource, ..held };
            inside && !matches!(self.body.summaries.follow(decl, ident, held, DEPTH), Use::Ends)
        })
    }

    /// A state of the process, such as a running profile, is ended by a function.
    fn releases_process(&self, place: Place) -> bool {
        let nobody = self.site.holders.is_empty() && !self.site.discarded;
        let Some(node) = self.body.graph.node(place).filter(|_| nobody) else { return false };
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let tree = summaries.sema.tree(decl);
        let mut found = false;
        // A deferred call, and the calls in closures, count as well.
        if !matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Range { .. } | Stmt::Select { .. })) {
            tree.walk(node, |inner| {
                let Node::Expr(expr) = inner else { return true };
                let function = match tree.expr(expr) {
                    Expr::Call { fun, .. } => *fun,
                    Expr::Selector { .. } => expr,
                    _ => return true,
                };
                found |= summaries.may_call(decl, function, &self.site.held.resource.release, DEPTH);
                !found
            });
        }
        found
    }

    /// `<-t.C`, of a timer that this stops as well as `Stop` does.
    fn is_received(&self, ident: ExprId) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        if !self.site.held.resource.release.iter().any(|way| matches!(way, Way::Receive(name) if name == "C")) {
            return false;
        }
        let mut around = parents.ancestors(Node::Expr(ident));
        let selects = matches!(around.next(), Some(Node::Expr(id)) if matches!(tree.expr(id), Expr::Selector { sel, .. } if tree.ident(*sel) == Some("C")));
        selects && matches!(around.next(), Some(Node::Expr(id)) if matches!(tree.expr(id), Expr::Unary { op: Op::Arrow, .. }))
    }

    /// Whether a place is a `select` that waits: which case it takes is not known there.
    fn waits_in_select(&self, place: Place) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        matches!(self.body.graph.node(place), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Select { .. }))
    }

    /// `case <-t.C:`
    fn takes_from_holder(&self, clause: StmtId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return false };
        let mut found = false;
        tree.walk(Node::Stmt(comm), |node| {
            if let Node::Expr(ident) = node
                && let Some(local) = scopes.of_ident(ident)
            {
                found |= state.holds(local).is_some() && self.is_received(ident);
            }
            !found
        });
        found
    }

    /// `for range t.C`, `for range time.Tick(d)`
    fn ranges_over_ticks(&self, range: StmtId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let tree = sema.tree(decl);
        let Stmt::Range { x, .. } = *tree.stmt(range) else { return false };
        let x = tree.unparen(x);
        let is_holder = |expr: ExprId| sema.scopes(decl).of_ident(expr).is_some_and(|local| state.holds(local).is_some());
        match *tree.expr(x) {
            Expr::Selector { x, sel } => is_holder(x) && tree.ident(sel) == Some("C"),
            Expr::Ident(_) => is_holder(x) && self.site.held.resource.kind == Kind::Timer,
            _ => x == self.site.call,
        }
    }

    /// What a node's mentions do. `false`: it is released, or leaves.
    fn mentions(&mut self, place: Place, state: &mut State) -> bool {
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let mut gained: Vec<Holder> = Vec::new();
        let tree = summaries.sema.tree(decl);
        let spawned = matches!(self.body.graph.node(place), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Go { .. }));
        for mention in self.body.mentions(place) {
            self.error_mentioned(mention.ident, mention.local, state);
            let Some(holder) = state.holds(mention.local) else { continue };
            if mention.ident == summaries.sema.scopes(decl).local(mention.local).ident {
                continue;
            }
            state.drained |= self.drains(mention.ident);
            state.shared |= spawned;
            self.outcome.ever_done |= spawned;
            if self.is_received(mention.ident) && !self.waits_in_select(place) {
                return false;
            }
            let keeping = mention.lit.map_or(Keeping::Here, |lit| self.keeping(lit));
            state.shared |= keeping == Keeping::Spawned;
            match summaries.follow(decl, mention.ident, self.as_held(holder), DEPTH) {
                // Whoever has the function uses it on.
                Use::Ends if keeping == Keeping::Kept => return false,
                Use::Ends => {}
                Use::Held(by, held) if mention.lit.is_none() => {
                    gained.extend(by.into_iter().map(|local| Holder { local, whole: held.whole, same: held.same }));
                }
                // A variable of the literal.
                Use::Held(by, held) => {
                    let held = Held { resource: self.site.held.resource, ..held };
                    if by.into_iter().any(|local| summaries.fate(decl, local, held, DEPTH) != Fate::Lent) {
                        return false;
                    }
                }
                Use::Lent => {
                    state.lent = true;
                    self.outcome.ever_done = true;
                }
                Use::Released if let Some(error) = self.released_on_error(place, mention) => state.on_error = Some(error),
                Use::Released => {
                    self.outcome.lender |= state.lent;
                    return false;
                }
                Use::Leaves | Use::Returned => return false,
            }
        }
        if let Some(node) = self.body.graph.node(place) {
            // What is written here is written when all is read.
            let written: Vec<LocalId> = self.body.writes(node).map(|(local, _)| local).collect();
            gained.iter().filter(|holder| written.contains(&holder.local)).for_each(|gain| {
                state.holders.retain(|holder| holder.local != gain.local);
            });
        }
        for gain in gained {
            let held = self.as_held(gain);
            if self.is_done_before(gain.local, held, self.site.call) {
                return false;
            }
            if state.holds(gain.local).is_none() {
                state.holders.push(gain);
            }
        }
        true
    }

    /// `defer func() { if err != nil { f.Close() } }()`, of a result `err` of the body: the result.
    fn released_on_error(&self, place: Place, mention: &super::body::Mention) -> Option<LocalId> {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        let deferred = matches!(self.body.graph.node(place), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Defer { .. }));
        let Expr::FuncLit { body, .. } = *tree.expr(mention.lit.filter(|_| deferred)?) else { return None };
        let Stmt::Block { list } = tree.stmt(body) else { return None };
        let within = |stmt: StmtId| parents.within(Node::Expr(mention.ident), Node::Stmt(stmt));
        let &guard = list.iter().find(|&&stmt| within(stmt))?;
        let Stmt::If { init: None, cond, body, else_: None } = *tree.stmt(guard) else { return None };
        let (x, is_nil) = self.nil_test(tree.unparen(cond), true)?;
        let local = scopes.of_ident(x).filter(|_| !is_nil && within(body))?;
        let info = scopes.local(local);
        (matches!(info.kind, LocalKind::Result(_)) && info.function == self.body.lit).then_some(local)
    }

    /// Whether a `return` may set a result to an error.
    fn returns_error(&self, error: LocalId, results: &[ExprId]) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let LocalKind::Result(at) = sema.scopes(decl).local(error).kind else { return true };
        let value = results.get(at as usize).map(|&value| sema.tree(decl).unparen(value));
        value.is_none_or(|value| sema.tree(decl).ident(value) != Some("nil"))
    }

    /// Whether functions of the module are done with an argument when they return.
    fn is_done_with(&self, callees: &[DeclId], call: ExprId, arg: ExprId) -> bool {
        let Expr::Call { args, .. } = self.body.summaries.sema.tree(self.body.decl).expr(call) else { return false };
        let Some(at) = args.iter().position(|&other| other == arg) else { return false };
        let stores = |&callee: &DeclId| self.body.summaries.effects(callee, DEPTH - 1).stores.contains(&Slot::Param(at as u32));
        !callees.is_empty() && !callees.iter().any(stores)
    }

    /// Who has a function literal of the body.
    fn keeping(&self, lit: ExprId) -> Keeping {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        match parents.parent(Node::Expr(lit)) {
            Some(Node::Expr(call)) => match tree.expr(call) {
                Expr::Call { fun, .. } if *fun == lit => match parents.parent(Node::Expr(call)) {
                    Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Go { .. }) => Keeping::Spawned,
                    _ => Keeping::Here,
                },
                Expr::Call { .. } => match sema.callee(decl, call) {
                    Callee::Function(function) if sema.facts.spawns(&function.key).is_some() => Keeping::Spawned,
                    Callee::Function(function) if sema.facts.repeats(&function.key) || function.key.starts_with("sync.Once") => {
                        Keeping::Here
                    }
                    Callee::Function(function) if self.is_done_with(&function.decls, call, lit) => Keeping::Here,
                    _ => Keeping::Kept,
                },
                _ => Keeping::Kept,
            },
            Some(Node::Stmt(stmt)) => {
                let called = |ident: ExprId| matches!(parents.parent(Node::Expr(ident)), Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == ident));
                let only_called = |local: LocalId| scopes.uses(local).all(|ident| ident == scopes.local(local).ident || called(ident));
                let holds = |&local: &LocalId| {
                    let mut writes = scopes.local(local).writes.iter().filter(|write| write.stmt == stmt);
                    writes.any(|write| matches!(write.value, Value::Expr(value) if value == lit))
                };
                let mut holders = scopes.written_by(stmt).iter().copied().filter(holds).peekable();
                let known = holders.peek().is_some() && matches!(tree.stmt(stmt), Stmt::Assign { .. } | Stmt::Decl(_));
                if known && holders.all(only_called) { Keeping::Here } else { Keeping::Kept }
            }
            None => Keeping::Kept,
        }
    }

    /// The variable that says whether it was acquired is mentioned: other variables may say so from now on.
    fn error_mentioned(&self, ident: ExprId, local: LocalId, state: &mut State) {
        let Some(says) = state.says(local) else { return };
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        let Some(stmt) = parents.stmt(Node::Expr(ident)) else { return };
        let is_value = |write: &crate::sema::Write| match write.value {
            Value::Expr(of) | Value::Result { of, .. } => parents.within(Node::Expr(ident), Node::Expr(of)),
            _ => false,
        };
        for &other in scopes.written_by(stmt) {
            let Some(write) = scopes.local(other).writes.iter().find(|write| write.stmt == stmt && is_value(write)) else { continue };
            let new = match write.value {
                Value::Expr(of) if tree.unparen(of) == ident => says,
                Value::Result { of, index: 1, .. } if says == Says::Nil && matches!(tree.expr(of), Expr::TypeAssert { .. }) => {
                    Says::FailedIfTrue
                }
                _ => Says::Something,
            };
            state.errors.retain(|(known, _)| *known != other || other == local);
            if other != local {
                state.errors.push((other, new));
            }
        }
    }

    /// What a node writes. `false`: the last holder lost the resource.
    fn writes(&mut self, node: Node, state: &mut State, trail: &Trail) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let before = state.holders.clone();
        for (local, value) in self.body.writes(node) {
            let stays = self.keeps_error(local, value, state);
            if !stays {
                state.errors.retain(|(known, _)| *known != local);
            }
            state.known.forget(self.body, local);
            let got = |expr: ExprId| self.holds_after(tree.unparen(expr), &before);
            let still = match value {
                Value::Expr(expr) => got(expr),
                Value::Result { of, .. } => got(of),
                _ => false,
            };
            if !still && before.iter().any(|holder| holder.local == local) {
                state.holders.retain(|holder| holder.local != local);
            }
            state.known.assigned(self.body, local, value);
            if self.is_asserted(value, &before) {
                state.known.learn(self.body.is_true(local), true);
            }
        }
        state.known.fields_written(self.body, node);
        if !before.is_empty() && !state.holders.iter().any(|holder| holder.same) {
            // What was made from it may still lead to it.
            if state.holders.is_empty() {
                self.lost(Loss::Overwritten, Some(node), state, trail);
            }
            return false;
        }
        true
    }

    /// Whether a written value still has to do with the resource: what its mentions do was already looked at.
    fn holds_after(&self, expr: ExprId, holders: &[Holder]) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let mut found = false;
        tree.walk(Node::Expr(expr), |node| {
            if let Node::Expr(id) = node {
                found |= scopes.of_ident(id).is_some_and(|local| holders.iter().any(|holder| holder.local == local));
            }
            !found
        });
        found
    }

    /// `err = fmt.Errorf("…: %w", err)` and its like still say something about the acquisition.
    fn keeps_error(&self, local: LocalId, value: Value, state: &mut State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let (Value::Expr(of) | Value::Result { of, .. }) = value else { return false };
        let mut mentioned = false;
        tree.walk(Node::Expr(of), |node| {
            if let Node::Expr(id) = node {
                mentioned |= scopes.of_ident(id).is_some_and(|other| state.says(other).is_some());
            }
            !mentioned
        });
        if mentioned && let Some(known) = state.errors.iter_mut().find(|(known, _)| *known == local) {
            known.1 = Says::Something;
        }
        mentioned
    }
}
