//! Who waits with a lock held that the other side needs, where no function can be run to see it? All that a package does with a field is
//! looked at (`world`), with the locks that are held there (`held`): a value's own lock, or one that everybody shares.
//!
//! ```go
//! func (b *box) stop() {
//! 	b.mu.Lock()
//! 	defer b.mu.Unlock()
//! 	close(b.in)
//! 	<-b.done // and whoever closes done may wait for mu
//! }
//! ```
//!
//! A wait that a condition guards in which the other side has a say, one behind another wait, and one that the function itself may have
//! answered end in silence; so does a field with which anything else is done.
//!
//! Not here: channels and locks that one function makes (`stuck`).

mod behind;
mod guard;
mod held;
mod world;

use super::spawns::{self, Started};
use super::stuck;
use crate::ast::{Expr, Node, Op, Stmt, StmtId};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalKind, Value};
use crate::source::Span;
use crate::summary::locks::{Act, Path, Root};
use crate::summary::simulate::Site;
use behind::{Behind, Wanted, reaches};
use guard::{Guards, body_of};
use held::{Held, Locks, Name, Run};
use std::cell::LazyCell;
use world::{Deed, Does, Sort, World, is_once};

/// Through how many calls a function may let itself go on.
const STEPS: usize = 3;

/// How many of those who need the lock are told.
const MOST_TOLD: usize = 3;

/// A place in a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    decl: DeclId,
    node: Node,
}

/// Something that waits: an operation, or a `select` with all of its cases.
struct Wait<'w> {
    /// What is reported.
    at: At,
    deeds: Vec<(&'w World, &'w Deed)>,
}

/// Reports what waits with a lock held that the other side needs, but for what is known already.
pub(super) fn check(pass: &mut Pass) {
    let is_locked = |decl: &crate::parse::OutlineDecl| {
        matches!(decl.kind, DeclKind::Type | DeclKind::Var) && ["Mutex", "RWMutex"].iter().any(|name| decl.mentions.name(name))
    };
    let locks = Locks::new(pass);
    let started = LazyCell::new(|| spawns::all(pass));
    let mut worlds: Vec<World> = Vec::new();
    if !pass.decls(is_locked).is_empty() {
        worlds.extend(world::candidates(pass).into_iter().filter_map(|candidate| World::of(&locks, candidate)));
    }
    worlds.extend(World::of_locals(&locks));
    let known = |finding: &Finding| pass.findings.iter().any(|other| other.span == finding.span);
    let waits = waits(pass, &worlds);
    let found: Vec<Finding> = waits.iter().filter_map(|wait| judge(&locks, wait, &started)).filter(|found| !known(found)).collect();
    pass.findings.extend(found);
}

/// All that may wait forever.
fn waits<'w>(pass: &Pass, worlds: &'w [World]) -> Vec<Wait<'w>> {
    let mut found: Vec<Wait> = Vec::new();
    for world in worlds {
        for deed in world.deeds.iter().filter(|deed| matches!(deed.does, Does::Send | Does::Receive | Does::Wait)) {
            let file = pass.project().file(deed.at.decl.file);
            if file.outline.generated || !file.target {
                continue;
            }
            let at = At { node: deed.select.map_or(deed.at.node, Node::Stmt), ..deed.at };
            match found.iter_mut().find(|wait| deed.select.is_some() && wait.at == at) {
                Some(wait) => wait.deeds.push((world, deed)),
                None => found.push(Wait { at, deeds: vec![(world, deed)] }),
            }
        }
    }
    // Who has another way out does not wait forever.
    found.retain(|wait| match wait.deeds[0].1.select {
        Some(select) => pass.sema().tree(wait.at.decl).clauses(select).len() == wait.deeds.len(),
        None => true,
    });
    found
}

fn judge(locks: &Locks, wait: &Wait, started: &LazyCell<Vec<Started>, impl FnOnce() -> Vec<Started>>) -> Option<Finding> {
    let body = body_of(locks.pass, wait.at);
    let flow = locks.flow(body)?;
    let spot = match wait.at.node {
        Node::Stmt(stmt) => flow.body.graph.place(stmt)?,
        Node::Expr(expr) => flow.body.graph.place_of(expr)?,
    };
    let mut held = locks.held_at(body, spot, locks.entry(body, held::STEPS));
    if body.1.is_none() {
        for (_, by_caller) in locks.held_by_callers(body.0) {
            let here = locks.held_at(body, spot, by_caller);
            held.extend(here.into_iter().filter(|held| held.call.is_some()));
        }
    }
    held.iter().filter(|held| is_held_when_run(locks, wait.at, held)).find_map(|held| case(locks, wait, held, started))
}

/// Whether a lock is still held when a wait runs: what is deferred runs at the end, after all that is deferred behind it.
fn is_held_when_run(locks: &Locks, at: At, held: &Held) -> bool {
    let sema = locks.pass.sema();
    let (tree, parents) = (sema.tree(at.decl), sema.parents(at.decl));
    let own = match parents.parent(at.node) {
        Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Defer { .. }) && held.call.is_none() => stmt,
        _ => return true,
    };
    let Some(flow) = locks.flow(body_of(locks.pass, at)) else { return false };
    let gives = |defer: StmtId| {
        let ops = locks.pass.summaries.lock_ops(at.decl, Node::Stmt(defer));
        ops.iter().any(|op| op.act == Act::Give && op.path.class() == Some(held.lock.class.as_str()))
    };
    let mut unlocks = tree
        .index
        .defers
        .iter()
        .filter(|&&defer| defer != own && gives(defer))
        .filter_map(|&defer| flow.body.graph.place(defer))
        .peekable();
    let Some(here) = flow.body.graph.place(own).filter(|_| unlocks.peek().is_some()) else { return false };
    unlocks.all(|unlock| reaches(&flow.body, unlock, Some(here)))
}

/// Whether a wait with a lock held is one for somebody who needs the lock.
fn case(locks: &Locks, wait: &Wait, held: &Held, started: &LazyCell<Vec<Started>, impl FnOnce() -> Vec<Started>>) -> Option<Finding> {
    let is_own = |(world, _): &(&World, &Deed)| matches!(world.sort, Sort::Cond(own) if held.lock.name == Name::Field(own));
    if wait.deeds.iter().any(is_own) || held.lock.owner.as_ref().is_some_and(|owner| is_fresh(locks.pass, wait.at, owner)) {
        return None;
    }
    let mut confidence = Confidence::High;
    let mut others: Vec<(At, Behind)> = Vec::new();
    let mut lonely = None;
    for &(world, deed) in &wait.deeds {
        let met: Vec<&Deed> = world.met_by(deed.does).collect();
        if met.is_empty() {
            if world.local.is_some() {
                return None;
            }
            let is_certain = match world.sort {
                Sort::Channel { unbuffered } => !world.made.is_empty() && (unbuffered || deed.does == Does::Receive),
                Sort::Group => !world.counts.is_empty(),
                Sort::Cond(_) | Sort::Context => false,
            };
            if !is_certain || world.tested || world.lent && deed.does == Does::Send {
                return None;
            }
            lonely = Some((world, deed));
            continue;
        }
        if world.lent && deed.does == Does::Send || held.lock.owner.is_some() && held.lock.owner != deed.owner {
            return None;
        }
        let after = match (held.lock.name, world.local) {
            (Name::Local(decl, lock), Some(home)) => {
                let lock = locks.pass.sema().scopes(decl).local(lock);
                if !is_once(locks.pass, decl, lock) || (decl, lock.function) != home {
                    return None;
                }
                Some(handed_out(locks, wait.at, home)?)
            }
            (Name::Local(..), _) | (_, Some(_)) => return None,
            _ => None,
        };
        let wanted = Wanted { lock: &held.lock, read: held.read, counts: &world.counts, after };
        let all: Vec<(At, Option<Behind>)> = met.iter().map(|met| (met.at, locks.behind(met, &wanted, started))).collect();
        let missing = all.iter().filter(|(_, behind)| behind.is_none()).count();
        if missing == all.len() || missing > 0 && world.sort != Sort::Group {
            return None;
        }
        let behind: Vec<(At, Behind)> = all.into_iter().filter_map(|(at, behind)| behind.map(|behind| (at, behind))).collect();
        confidence = confidence.min(certainty(locks, wait, held, (world, deed), &behind)?);
        if missing > 0 || behind.iter().any(|(_, behind)| behind.weak) {
            confidence = confidence.min(Confidence::Medium);
        }
        others.extend(behind);
    }
    Some(told(locks.pass, wait, held, &others, lonely, confidence))
}

/// Where a body hands out the function literal around a place.
fn handed_out(locks: &Locks, at: At, home: spawns::BodyId) -> Option<(spawns::BodyId, crate::flow::Place)> {
    let sema = locks.pass.sema();
    let (decl, Some(lit)) = body_of(locks.pass, at) else { return None };
    let around = (decl, sema.parents(decl).func_lit(sema.tree(decl), Node::Expr(lit)));
    let spot = locks.flow(around)?.body.graph.place_of(lit)?;
    (around == home && locks.run(decl, lit) == Run::Unknown).then_some((around, spot))
}

/// How certain it is that a wait meets nobody: those who come behind the lock may have come by before.
fn certainty(locks: &Locks, wait: &Wait, held: &Held, (world, deed): (&World, &Deed), behind: &[(At, Behind)]) -> Option<Confidence> {
    let pass = locks.pass;
    let closes = world.deeds.iter().any(|other| other.does == Does::Close) && deed.does == Does::Receive;
    let lasts = match world.sort {
        Sort::Channel { unbuffered } => !unbuffered || closes,
        Sort::Group | Sort::Context => true,
        Sort::Cond(_) => false,
    };
    let only_closes = world.met_by(deed.does).all(|met| met.does == Does::Close);
    let has_room = matches!(world.sort, Sort::Channel { unbuffered: false }) && !(only_closes && deed.does == Does::Receive);
    // Who gives a place back has taken one.
    if has_room && world.places && deed.does == Does::Receive {
        return None;
    }
    // Where it waits, and where the caller who holds the lock calls it.
    let places: Vec<At> = std::iter::once(wait.at).chain(held.call).collect();
    if lasts && places.iter().any(|&at| may_let_go(locks, at, world, deed)) {
        return None;
    }
    let takes = behind.iter().any(|(_, behind)| behind.takes.is_some());
    let mut guards = Guards::default();
    for &at in &places {
        let flow = locks.flow(body_of(pass, at))?;
        let spot = match at.node {
            Node::Stmt(stmt) => flow.body.graph.place(stmt)?,
            Node::Expr(expr) => flow.body.graph.place_of(expr)?,
        };
        guards.add(pass, &flow.body, spot, at.node);
        if takes && waits_before(locks, at)? {
            return None;
        }
    }
    if !takes && !lasts {
        return Some(Confidence::High);
    }
    let bodies: Vec<spawns::BodyId> = behind.iter().flat_map(|(_, behind)| behind.bodies.iter().copied()).collect();
    let is_answered = guards.opaque || guards.are_changed_in(pass, &bodies);
    match (guards.any, has_room) {
        (true, true) => None,
        (true, false) if is_answered => None,
        (false, true) => Some(Confidence::Medium),
        (_, false) if guards.looped => Some(Confidence::Medium),
        (true, false) if !takes || guards.fields.is_empty() => Some(Confidence::Medium),
        _ => Some(Confidence::High),
    }
}

/// Whether the function around a place, or what it calls, may itself do what is waited for.
fn may_let_go(locks: &Locks, at: At, world: &World, deed: &Deed) -> bool {
    let sema = locks.pass.sema();
    let runs_here = |decl: DeclId, node: Node| match sema.parents(decl).func_lit(sema.tree(decl), node) {
        Some(lit) => !matches!(locks.run(decl, lit), Run::Go) && Some(lit) != body_of(locks.pass, at).1,
        None => true,
    };
    let mut decls = vec![at.decl];
    let mut first = 0;
    for _ in 0..STEPS {
        for of in std::mem::replace(&mut first, decls.len())..decls.len() {
            let decl = decls[of];
            let tree = sema.tree(decl);
            for &call in tree.index.calls.iter().filter(|&&call| runs_here(decl, Node::Expr(call))) {
                let is_started = matches!(sema.parents(decl).parent(Node::Expr(call)), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Go { .. }));
                if let (false, Callee::Function(function)) = (is_started, sema.callee(decl, call)) {
                    decls.extend(function.decls.iter().copied().filter(|callee| !decls.contains(callee)).collect::<Vec<_>>());
                }
            }
        }
    }
    let does = |met: &Deed| {
        let body = body_of(locks.pass, met.at);
        met.does != Does::End && (body == body_of(locks.pass, at) || decls.contains(&met.at.decl) && runs_here(met.at.decl, met.at.node))
    };
    world.met_by(deed.does).any(does)
}

/// Whether a body waits for something else on its way to a place: then others have come by.
fn waits_before(locks: &Locks, at: At) -> Option<bool> {
    let sema = locks.pass.sema();
    let flow = locks.flow(body_of(locks.pass, at))?;
    let graph = &flow.body.graph;
    let tree = sema.tree(at.decl);
    let spot = match at.node {
        Node::Stmt(stmt) => graph.place(stmt)?,
        Node::Expr(expr) => graph.place_of(expr)?,
    };
    let mut waits = false;
    for block in graph.ids() {
        for (number, &node) in graph.block(block).nodes.iter().enumerate() {
            let here = (block, number);
            let is_late = matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Go { .. } | Stmt::Defer { .. }));
            if here == spot || is_late || waits {
                continue;
            }
            let mut blocks = matches!(node, Node::Stmt(stmt) if is_wait(locks.pass, at.decl, stmt));
            graph.walk(tree, node, |expr| {
                blocks |= match tree.expr(expr) {
                    Expr::Unary { op: Op::Arrow, .. } => true,
                    Expr::Call { .. } => match sema.callee(at.decl, expr) {
                        Callee::Function(function) if function.decls.is_empty() => function.name() == "Wait",
                        Callee::Function(function) => function.decls.iter().any(|&callee| {
                            let mentions = &locks.pass.project().decl(callee).mentions;
                            mentions.has(crate::parse::Keyword::Arrow) || mentions.name("Wait")
                        }),
                        _ => false,
                    },
                    _ => false,
                };
                !blocks
            });
            waits |= blocks && reaches(&flow.body, here, Some(spot));
        }
    }
    Some(waits)
}

/// A send, a `select`, a `range` over a channel.
fn is_wait(pass: &Pass, decl: DeclId, stmt: StmtId) -> bool {
    let sema = pass.sema();
    match *sema.tree(decl).stmt(stmt) {
        Stmt::Send { .. } | Stmt::Select { .. } => true,
        Stmt::Range { x, .. } => sema.is_chan(sema.type_of(decl, x)),
        _ => false,
    }
}

/// Whether a value is made by the function that waits, so that nobody else has it yet.
fn is_fresh(pass: &Pass, at: At, owner: &Path) -> bool {
    let sema = pass.sema();
    let Root::Local(local) = owner.root else { return false };
    let (tree, local) = (sema.tree(at.decl), sema.scopes(at.decl).local(local));
    let is_made = |value: &Value| {
        let Value::Expr(value) = *value else { return *value == Value::Zero };
        let value = match *tree.expr(tree.unparen(value)) {
            Expr::Unary { op: Op::And, x } => x,
            _ => value,
        };
        match tree.expr(value) {
            Expr::CompositeLit { .. } => true,
            Expr::Call { .. } => matches!(sema.callee(at.decl, value), Callee::Builtin("new")),
            _ => false,
        }
    };
    local.kind == LocalKind::Var && local.function == body_of(pass, at).1 && local.writes.iter().any(|write| is_made(&write.value))
}

fn told(
    pass: &Pass,
    wait: &Wait,
    held: &Held,
    others: &[(At, Behind)],
    lonely: Option<(&World, &Deed)>,
    confidence: Confidence,
) -> Finding {
    let line = |at: At| stuck::first_line(pass, Site { decl: at.decl, node: at.node });
    let lock = pass.text(held.site.decl, held.site.node).rsplit_once('.').map_or("the lock", |(lock, _)| lock);
    let what = waiting(pass, wait);
    let message = match lonely.filter(|_| others.is_empty()) {
        Some((world, deed)) => {
            let missing = match deed.does {
                Does::Send => "receives from",
                Does::Receive => "sends on or closes",
                _ => "is done with",
            };
            format!("{what} waits with `{lock}` held, and nothing in the package {missing} `{}`", world.name)
        }
        None => format!("{what} waits with `{lock}` held, and whoever could let it go on needs `{lock}` first"),
    };
    let mut labels: Vec<Label> = Vec::new();
    let own = line(primary(pass, wait));
    let mut label = |span: Span, text: &str| {
        if span != own && labels.iter().all(|known| known.span != span) {
            labels.push(Label { span, text: text.to_owned() });
        }
    };
    label(line(held.site), "the lock is held since here");
    if let Some(call) = held.call {
        label(line(call), "and is held over this call");
    }
    for (at, behind) in others.iter().take(MOST_TOLD) {
        match behind.takes {
            Some(take) => {
                label(line(*at), "this would let it go on");
                label(line(take), "but needs the lock on the way");
            }
            None => label(line(*at), "this would let it go on, but is done with the lock held"),
        }
    }
    if let Some((world, _)) = lonely {
        for &made in world.made.iter().take(1) {
            label(line(made), "the channel is made here");
        }
    }
    Finding {
        rule: pass.rule,
        span: own,
        function: pass.function_name(wait.at.decl),
        message,
        severity: pass.severity,
        confidence,
        labels,
        help: Some("give the lock back before the wait".to_owned()),
        fix: None,
    }
}

/// What is reported: of a `select` with one case the case.
fn primary(pass: &Pass, wait: &Wait) -> At {
    match (wait.at.node, &wait.deeds[..]) {
        (Node::Stmt(select), [(_, deed)]) if deed.select == Some(select) => {
            let clause = pass.sema().tree(wait.at.decl).clauses(select).first().copied();
            At { node: Node::Stmt(clause.unwrap_or(select)), ..wait.at }
        }
        _ => wait.at,
    }
}

/// What waits, as the code writes it.
fn waiting(pass: &Pass, wait: &Wait) -> String {
    let tree = pass.sema().tree(wait.at.decl);
    let text = |node: Node| pass.text(wait.at.decl, node);
    match wait.at.node {
        Node::Stmt(stmt) => match *tree.stmt(stmt) {
            Stmt::Send { chan, .. } => format!("`{} <- …`", text(Node::Expr(chan))),
            Stmt::Range { x, .. } => format!("this loop over `{}`", text(Node::Expr(x))),
            _ => "this `select`".to_owned(),
        },
        Node::Expr(_) => format!("`{}`", text(wait.at.node)),
    }
}
