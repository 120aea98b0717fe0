//! Does somebody who lets others go on need a lock before he gets there? He has it when he does it, or takes it on his way.
//!
//! ```go
//! defer close(b.done)
//! for v := range b.in {
//! 	b.add(v) // takes b.mu: on the way to close(b.done)
//! }
//! ```
//!
//! Not here: who waits with the lock held (`locked_fields`).

use super::guard::body_of;
use super::held::{Lock, Locks, Run, STEPS, Take};
use super::world::{Deed, Does};
use super::{At, is_fresh};
use crate::ast::{ExprId, Node, Stmt};
use crate::flow::{Place as Spot, reaches_again};
use crate::project::DeclId;
use crate::rules::lifetime::body::Body;
use crate::rules::spawns::{self, BodyId, Started};
use crate::sema::Callee;
use crate::summary::locks::Path;

/// The lock that somebody holds who waits for the other side.
pub(super) struct Wanted<'w> {
    pub(super) lock: &'w Lock,
    pub(super) read: bool,
    /// Where a wait group counts those who are waited for: who takes the lock before is not one of them yet.
    pub(super) counts: &'w [At],
    /// The body that hands out what waits, and where.
    pub(super) after: Option<(BodyId, Spot)>,
}

/// How somebody is behind a lock.
pub(super) struct Behind {
    /// He takes it on his way; else he has it.
    pub(super) takes: Option<At>,
    /// Perhaps he passes by it.
    pub(super) weak: bool,
    /// What he runs.
    pub(super) bodies: Vec<BodyId>,
}

/// When a body gets to what it does for others.
#[derive(Clone, Copy)]
enum When {
    At(Spot),
    /// At the end, if it came by this `defer`.
    Deferred(Spot),
    End,
}

impl Wanted<'_> {
    /// Whether it is the same lock, of the same value, and not for reading on both sides.
    fn is(&self, lock: &Lock, read: bool, owner: Option<&Path>) -> bool {
        let is_same = match &self.lock.owner {
            None => lock.owner.is_none(),
            Some(_) => owner.is_some() && lock.owner.as_ref() == owner,
        };
        self.lock.name == lock.name && is_same && !(self.read && read)
    }
}

impl Locks<'_, '_> {
    /// How a deed is behind a lock; `None` if it is not.
    pub(super) fn behind(&self, deed: &Deed, wanted: &Wanted, started: &[Started]) -> Option<Behind> {
        let sema = self.pass.sema();
        let owner = deed.owner.as_ref();
        if let Some(body) = deed.ends {
            return self.climb(body, When::End, owner, wanted, STEPS).map(|behind| self.counted(behind, deed, started));
        }
        let body = body_of(self.pass, deed.at);
        if self.is_before(deed, body) {
            return None;
        }
        let flow = self.flow(body)?;
        let node = deed.select.map_or(deed.at.node, Node::Stmt);
        let spot = match node {
            Node::Stmt(stmt) => flow.body.graph.place(stmt)?,
            Node::Expr(expr) => flow.body.graph.place_of(expr)?,
        };
        let parent = sema.parents(body.0).parent(node);
        let is_deferred = matches!(parent, Some(Node::Stmt(stmt)) if matches!(sema.tree(body.0).stmt(stmt), Stmt::Defer { .. }));
        let when = if is_deferred { When::Deferred(spot) } else { When::At(spot) };
        self.climb(body, when, owner, wanted, STEPS).map(|behind| self.counted(behind, deed, started))
    }

    /// Whether it is done while a value is made, before anybody else has it.
    fn is_before(&self, deed: &Deed, (decl, lit): BodyId) -> bool {
        let Some(owner) = &deed.owner else { return false };
        let made_by = |&(caller, call, run): &(DeclId, ExprId, Run)| {
            let at = At { decl: caller, node: Node::Expr(call) };
            let path = self.up(caller, call, decl, owner);
            matches!(run, Run::Called(_) | Run::Deferred(_)) && path.is_some_and(|path| is_fresh(self.pass, at, &path))
        };
        is_fresh(self.pass, deed.at, owner) || lit.is_none() && self.calls(decl).all.iter().any(made_by)
    }

    /// One of several that run the same is not all of them.
    fn counted(&self, mut behind: Behind, deed: &Deed, started: &[Started]) -> Behind {
        let is_many = |started: &&Started| {
            let again = spawns::around(self.pass, started.decl, started.stmt);
            let place = again.as_ref().and_then(|of| of.graph.place(started.stmt));
            again.zip(place).is_some_and(|(of, place)| reaches_again(&of.graph, place, &|call| of.returns(call)))
        };
        if matches!(deed.does, Does::Send | Does::Receive) {
            behind.weak |= started.iter().filter(|started| behind.bodies.contains(&started.body)).any(|started| is_many(&started));
        }
        behind
    }

    /// Looks at a body, and at the ones that run it.
    fn climb(&self, body: BodyId, when: When, owner: Option<&Path>, wanted: &Wanted, steps: u8) -> Option<Behind> {
        let sema = self.pass.sema();
        if let When::At(spot) = when {
            let held = self.held_at(body, spot, self.entry(body, STEPS));
            if held.iter().any(|held| wanted.is(&held.lock, held.read, owner)) {
                return Some(Behind { takes: None, weak: false, bodies: vec![body] });
            }
        }
        let flow = self.flow(body)?;
        let takes = self.takes(body, STEPS);
        let is_in_time = |take: &&Take| {
            let is_after = |(of, spot): (BodyId, Spot)| of != body || reaches(&flow.body, spot, Some(take.spot));
            wanted.after.is_none_or(is_after) && self.is_counted(body, &flow.body, take, wanted.counts)
        };
        let is_it = |take: &&Take| wanted.is(&take.lock, take.read, owner) && precedes(&flow.body, take, when);
        let fits = takes.iter().filter(is_it).filter(is_in_time);
        let best = fits.map(|take| (take.guarded || is_outside(&flow.body, take, when), take.site)).min_by_key(|&(weak, _)| weak);
        if let Some((weak, site)) = best {
            return Some(Behind { takes: Some(site), weak, bodies: vec![body, body_of(self.pass, site)] });
        }
        let (decl, lit) = body;
        let steps = steps.checked_sub(1)?;
        let mut found = match lit {
            Some(lit) => {
                let around = (decl, sema.parents(decl).func_lit(sema.tree(decl), Node::Expr(lit)));
                let graph = &self.flow(around)?;
                let when = match self.run(decl, lit) {
                    Run::Deferred(stmt) => When::Deferred(graph.body.graph.place(stmt)?),
                    Run::Called(call) => When::At(graph.body.graph.place_of(call)?),
                    Run::Go | Run::Unknown => return None,
                };
                self.climb(around, when, owner, wanted, steps)?
            }
            None => self.climb_callers(decl, owner, wanted, steps)?,
        };
        found.bodies.push(body);
        Some(found)
    }

    /// Whether a lock is taken when the wait group counts the body already.
    fn is_counted(&self, body: BodyId, of: &Body, take: &Take, counts: &[At]) -> bool {
        let inner = body_of(self.pass, take.site);
        let is_behind = |flow: &Body, count: &At, take: Spot| {
            let Node::Expr(call) = count.node else { return true };
            flow.graph.place_of(call).is_none_or(|count| reaches(flow, count, Some(take)))
        };
        counts.iter().all(|count| {
            let counting = body_of(self.pass, *count);
            if counting == body {
                return is_behind(of, count, take.spot);
            }
            if counting != inner {
                return self.is_behind_calls(of, counting.0, take.spot);
            }
            let Some(flow) = self.flow(inner) else { return true };
            let Node::Expr(site) = take.site.node else { return true };
            flow.body.graph.place_of(site).is_none_or(|spot| is_behind(&flow.body, count, spot))
        })
    }

    /// Whether a place comes after a call of a function, if that is called at all.
    fn is_behind_calls(&self, body: &Body, callee: DeclId, spot: Spot) -> bool {
        let sema = self.pass.sema();
        let calls = sema.tree(body.decl).index.calls.iter();
        let counting =
            calls.filter(|&&call| matches!(sema.callee(body.decl, call), Callee::Function(function) if function.decls.contains(&callee)));
        let mut spots = counting.filter_map(|&call| body.graph.place_of(call)).peekable();
        spots.peek().is_none() || spots.any(|from| reaches(body, from, Some(spot)))
    }

    /// All who call a function must be behind the lock.
    fn climb_callers(&self, decl: DeclId, owner: Option<&Path>, wanted: &Wanted, steps: u8) -> Option<Behind> {
        let calls = self.calls(decl);
        if !calls.complete || calls.all.is_empty() {
            return None;
        }
        let mut all: Option<Behind> = None;
        for &(caller, call, run) in &calls.all {
            let body = body_of(self.pass, At { decl: caller, node: Node::Expr(call) });
            let flow = self.flow(body)?;
            let when = match run {
                Run::Called(_) => When::At(flow.body.graph.place_of(call)?),
                Run::Deferred(stmt) => When::Deferred(flow.body.graph.place(stmt)?),
                Run::Go | Run::Unknown => return None,
            };
            let owner = match owner {
                Some(owner) => Some(self.up(caller, call, decl, owner)?),
                None => None,
            };
            let one = self.climb(body, when, owner.as_ref(), wanted, steps)?;
            match &mut all {
                Some(all) => {
                    all.weak |= one.weak;
                    all.takes = all.takes.or(one.takes);
                    all.bodies.extend(one.bodies);
                }
                None => all = Some(one),
            }
        }
        all
    }
}

/// Whether a path leads from one place to another; `None`: to the end.
pub(super) fn reaches(body: &Body, from: Spot, to: Option<Spot>) -> bool {
    let graph = &body.graph;
    if to.is_some_and(|to| to.0 == from.0 && from.1 < to.1) {
        return true;
    }
    let goal = to.map_or(graph.exit, |to| to.0);
    let returns = |call| body.returns(call);
    let mut seen = vec![false; graph.blocks.len()];
    let mut stack = vec![from.0];
    while let Some(block) = stack.pop() {
        for edge in graph.edges(block, &returns) {
            if edge.to == goal {
                return true;
            }
            if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                stack.push(edge.to);
            }
        }
    }
    false
}

/// Whether a body may want a lock before it gets somewhere.
fn precedes(body: &Body, take: &Take, when: When) -> bool {
    match (when, take.deferred) {
        (When::At(spot), false) => take.spot == spot && is_send(body, spot) || reaches(body, take.spot, Some(spot)),
        (When::At(_), true) => false,
        (When::End, false) => reaches(body, take.spot, None),
        (When::End, true) => true,
        // What is deferred later runs earlier.
        (When::Deferred(spot), true) => reaches(body, spot, Some(take.spot)),
        (When::Deferred(spot), false) => {
            let meets = reaches(body, take.spot, Some(spot)) || reaches(body, spot, Some(take.spot));
            meets && reaches(body, take.spot, None)
        }
    }
}

/// What is sent is computed first.
fn is_send(body: &Body, spot: Spot) -> bool {
    let tree = body.summaries.sema.tree(body.decl);
    matches!(body.graph.node(spot), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Send { .. }))
}

/// Whether a lock is taken outside of the loop in which a body gets somewhere: only before the first turn.
fn is_outside(body: &Body, take: &Take, when: When) -> bool {
    match when {
        When::At(spot) => reaches(body, spot, Some(spot)) && !reaches(body, spot, Some(take.spot)),
        _ => false,
    }
}
