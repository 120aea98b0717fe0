//! Who is stuck? A goroutine that waits for something that no goroutine which goes on can reach, and nobody outside.
//!
//! ```go
//! return 0, ctx.Err() // the function's variables are gone: the goroutine at `ch <- v` has ch for itself
//! ```
//!
//! Of goroutines that wait for each other all are told; of one that waits for another that is stuck by itself, only the other.
//!
//! Not here: what is said about it (`rules`).

use super::Machine;
use super::value::{Event, Id, Kind, Pid, Site, State, Then, Turn, Value, Wait};
use crate::ast::{ExprId, Node, Stmt};
use crate::project::DeclId;

/// What a goroutine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    Send,
    Receive,
    /// The next value of a `range`.
    Range,
    Select,
    Lock {
        read: bool,
    },
    Group,
    Cond,
    Once,
}

/// A goroutine that never ends.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// Where it waits.
    pub site: Site,
    pub waits: Waits,
    /// The function or function literal whose statement that is.
    pub body: (DeclId, Option<ExprId>),
    /// Where it was started; nothing if it is the function itself that does not return.
    pub started: Option<Site>,
    /// The call of the function that started it, if that was called by the function that was run.
    pub through: Option<Site>,
    /// Where what it waits for was made.
    pub made: Option<Site>,
    /// The calls from the goroutine's own function to where it waits, outermost first.
    pub calls: Vec<Site>,
    /// The channel is nil.
    pub is_nil: bool,
    /// The same goroutine sent on the channel before.
    pub sent_before: Option<Site>,
    /// Who holds the lock, since where, and whether that is the goroutine itself.
    pub holder: Option<(Site, bool)>,
    /// What the one who holds the lock waits for.
    pub holder_waits: Option<Waits>,
    /// The locks that it holds itself, and where it took them.
    pub holds: Vec<Site>,
    /// Others that are stuck with it.
    pub others: Vec<(Site, Waits)>,
    /// What others did before, the last first.
    pub told: Vec<Told>,
    /// How often the loop turns is guessed: one with many turns was taken for one with few, or one that ends when nobody knows for one that fills
    /// a buffer.
    pub scaled: bool,
}

/// What happened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Another goroutine returned here.
    Returned(Site),
    /// A branch that nobody could decide.
    Chose(Site),
    /// A case of a `select` was taken.
    Took(Site),
    Received(Site),
    Sent(Site),
    Added(Site),
    Done(Site),
    /// It was taken for granted that somebody who is not seen lets a goroutine go on here.
    Assumed(Site),
    /// A signal that came when nobody waited.
    Signalled(Site),
    /// A copy of the wait group was done: by the goroutine that was started here, or by a call.
    DoneOnCopy(Site),
}

impl Stuck {
    /// How doubtful the way there is: what was taken for granted counts more than branches that nobody could decide.
    fn doubts(&self) -> usize {
        let granted = usize::from(self.scaled) + usize::from(self.is_assumed());
        self.choices() + 5 * granted
    }

    /// How many branches led there that nobody could decide.
    pub fn choices(&self) -> usize {
        let mut choices: Vec<Site> = Vec::new();
        for told in &self.told {
            if let Told::Chose(site) = told
                && !choices.contains(site)
            {
                choices.push(*site);
            }
        }
        choices.len()
    }

    /// Whether it is known what was done in the wrong place.
    fn is_explained(&self) -> bool {
        self.told.iter().any(|told| matches!(told, Told::DoneOnCopy(_)))
    }

    /// Whether it was taken for granted that somebody who is not seen does something.
    pub fn is_assumed(&self) -> bool {
        self.told.iter().any(|told| matches!(told, Told::Assumed(_)))
    }
}

/// What a goroutine needs to go on: any of these.
fn needs(state: &State, wait: &Wait) -> Vec<Value> {
    match wait {
        Wait::Send { chan, .. } | Wait::Receive { chan, .. } | Wait::Range { chan, .. } => vec![*chan],
        Wait::Select { cases, .. } => cases.iter().map(|case| case.chan).collect(),
        Wait::Lock { lock: id, .. } | Wait::Group { group: id, .. } | Wait::Cond { cond: id, .. } | Wait::Once { once: id, .. } => {
            vec![Value::Ref(*id)]
        }
        Wait::Nothing | Wait::Forever => Vec::new(),
    }
    .into_iter()
    .map(|value| state.resolved(value))
    .collect()
}

impl Machine<'_, '_> {
    /// Where a goroutine stands.
    pub(super) fn site(&self, state: &State, pid: Pid) -> Site {
        let frame = state.frame(pid);
        let code = &self.codes[frame.code];
        let node = match &state.goroutines[pid].wait {
            Wait::Receive { expr, .. } => Node::Expr(*expr),
            Wait::Range { stmt, .. } => Node::Stmt(*stmt),
            Wait::Lock { call, .. } | Wait::Group { call, .. } | Wait::Cond { call, .. } | Wait::Once { call, .. } => Node::Expr(*call),
            _ => {
                let nodes = &code.graph.blocks[frame.block as usize].nodes;
                nodes.get(frame.at).or(nodes.last()).copied().unwrap_or(Node::Stmt(code.graph.body))
            }
        };
        Site { decl: code.decl, node }
    }

    /// Tells those of the goroutines that wait which never go on.
    pub(super) fn find_stuck(&mut self, state: &State, blocked: &[Pid]) {
        let mut stuck: Vec<Pid> = blocked.to_vec();
        let live = (0..state.goroutines.len()).filter(|pid| !state.goroutines[*pid].frames.is_empty() && !blocked.contains(pid));
        let mut roots: Vec<Value> = live.flat_map(|pid| state.goroutines[pid].roots()).collect();
        loop {
            let seen = state.reach(roots.iter().copied());
            let goes_on = |&pid: &Pid| {
                needs(state, &state.goroutines[pid].wait).into_iter().any(|value| match value {
                    Value::Ref(id) => seen[id as usize] || self.may_come_from_outside(state, pid, id, &stuck),
                    _ => false,
                })
            };
            let (free, rest): (Vec<Pid>, Vec<Pid>) = stuck.iter().partition(|pid| goes_on(pid));
            if free.is_empty() {
                break;
            }
            roots.extend(free.iter().flat_map(|&pid| state.goroutines[pid].roots()));
            stuck = rest;
        }
        if stuck.is_empty() {
            return;
        }
        for pid in causes(state, &stuck) {
            let site = self.site(state, pid);
            let Some(found) = self.told(state, pid, site, &stuck) else { continue };
            // The way on which least is taken for granted is told.
            match self.seen.stuck.iter_mut().find(|known| known.site == found.site) {
                Some(known) if known.doubts() <= found.doubts() && known.is_explained() >= found.is_explained() => {}
                Some(known) => *known = found,
                None => self.seen.stuck.push(found),
            }
        }
    }

    /// Whether somebody who is not seen may let a goroutine go on. A lock is given back by who holds it.
    fn may_come_from_outside(&self, state: &State, pid: Pid, id: Id, stuck: &[Pid]) -> bool {
        let object = state.object(id);
        match &object.kind {
            Kind::Lock(lock) if object.open => {
                let holders: Vec<Pid> = lock.writer.iter().chain(&lock.readers).map(|holder| holder.pid).collect();
                !holders.iter().all(|holder| *holder == pid || stuck.contains(holder)) || holders.is_empty()
            }
            Kind::Once(Turn::Running(runner)) => *runner != pid && !stuck.contains(runner),
            _ => object.open,
        }
    }

    /// Where the functions that a goroutine is in called the next one.
    pub(super) fn calls(&self, state: &State, pid: Pid) -> Vec<Site> {
        let frames = &state.goroutines[pid].frames;
        let callers = frames.iter().zip(frames.iter().skip(1));
        let calls = callers.filter_map(|(caller, callee)| match callee.then {
            Then::Answer(call) | Then::Once(_, call) => Some(Site { decl: self.codes[caller.code].decl, node: Node::Expr(call) }),
            Then::Nothing => None,
        });
        calls.collect()
    }

    fn told(&self, state: &State, pid: Pid, mut site: Site, stuck: &[Pid]) -> Option<Stuck> {
        let goroutine = &state.goroutines[pid];
        let tree = self.summaries.sema.tree(site.decl);
        let waits = |wait: &Wait| match wait {
            Wait::Send { .. } => Some(Waits::Send),
            Wait::Receive { .. } => Some(Waits::Receive),
            Wait::Range { .. } => Some(Waits::Range),
            Wait::Select { cases, default: None } if cases.len() == 1 => match cases[0].sends {
                Some(_) => Some(Waits::Send),
                None => Some(Waits::Receive),
            },
            Wait::Select { .. } | Wait::Forever => Some(Waits::Select),
            Wait::Lock { read, .. } => Some(Waits::Lock { read: *read }),
            Wait::Group { .. } => Some(Waits::Group),
            Wait::Cond { .. } => Some(Waits::Cond),
            Wait::Once { .. } => Some(Waits::Once),
            Wait::Nothing => None,
        };
        if let Wait::Select { cases, .. } = &goroutine.wait
            && let [case] = cases[..]
            && let Stmt::Comm { comm: Some(comm), .. } = tree.stmt(case.clause)
        {
            site.node = Node::Stmt(*comm);
        }
        let needed = needs(state, &goroutine.wait);
        let first = needed.iter().find_map(|value| match value {
            Value::Ref(id) => Some(*id),
            _ => None,
        });
        let holder = first.and_then(|id| match &state.object(id).kind {
            Kind::Lock(lock) => {
                let mine = lock.writer.iter().chain(&lock.readers).find(|holder| holder.pid == pid);
                mine.or(lock.writer.as_ref()).or(lock.readers.first())
            }
            _ => None,
        });
        let holder_waits = holder.and_then(|holder| waits(&state.goroutines[holder.pid].wait));
        let holder = holder.map(|holder| (holder.site, holder.pid == pid));
        let holds = state.locks.iter().flat_map(|&id| match &state.object(id).kind {
            Kind::Lock(lock) => {
                lock.writer.iter().chain(&lock.readers).filter(|holder| holder.pid == pid).map(|holder| holder.site).collect()
            }
            _ => Vec::new(),
        });
        let others = stuck.iter().filter(|&&other| other != pid).filter_map(|&other| {
            let kind = waits(&state.goroutines[other].wait)?;
            Some((self.site(state, other), kind))
        });
        let steps = std::iter::successors(state.trace.as_deref(), |step| step.before.as_deref());
        let copies = copies(state, first);
        let mut sent_before = None;
        let mut told = Vec::new();
        let mut turns: Vec<Site> = Vec::new();
        for step in steps {
            let same = |id: Id| needed.contains(&Value::Ref(id));
            match step.event {
                Event::Sent(id) if same(id) && step.pid == pid && sent_before.is_none() => sent_before = Some(step.site),
                Event::Sent(id) if same(id) => told.push(Told::Sent(step.site)),
                Event::Received(id) if same(id) => told.push(Told::Received(step.site)),
                Event::Added(id) if same(id) => told.push(Told::Added(step.site)),
                Event::Done(id) if same(id) => told.push(Told::Done(step.site)),
                Event::Done(id) if copies.contains(&id) => {
                    told.push(Told::DoneOnCopy(state.goroutines[step.pid].started.unwrap_or(step.site)));
                }
                Event::Signalled(id) if same(id) => told.push(Told::Signalled(step.site)),
                Event::Returned if step.pid != pid => told.push(Told::Returned(step.site)),
                Event::Chose(usual) => {
                    told.extend((!usual).then_some(Told::Chose(step.site)));
                    turns.extend((step.pid == pid).then_some(step.site));
                }
                Event::Assumed => told.push(Told::Assumed(step.site)),
                Event::Took if step.pid != pid => told.push(Told::Took(step.site)),
                _ => {}
            }
        }
        // `for { v, err := next(); ch <- v; if err != nil { return } }` with room for five: that six come before the end is a guess.
        let has_room = first.is_some_and(|id| matches!(&state.object(id).kind, Kind::Chan(chan) if chan.room > 1));
        let fills =
            has_room && sent_before == Some(site) && turns.iter().any(|turn| turns.iter().filter(|other| *other == turn).count() > 2);
        let code = &self.codes[state.frame(pid).code];
        Some(Stuck {
            site,
            waits: waits(&goroutine.wait)?,
            body: (code.decl, code.lit),
            started: goroutine.started,
            through: goroutine.through,
            made: first.and_then(|id| state.object(id).made),
            calls: self.calls(state, pid),
            is_nil: needed.contains(&Value::Nil),
            sent_before,
            holder,
            holder_waits,
            holds: holds.collect(),
            others: others.collect(),
            told,
            scaled: state.scaled || fills,
        })
    }
}

/// The copies that were made of an object, and of those.
fn copies(state: &State, of: Option<Id>) -> Vec<Id> {
    let steps = std::iter::successors(state.trace.as_deref(), |step| step.before.as_deref());
    let mut made: Vec<(Id, Id)> = steps
        .filter_map(|step| match step.event {
            Event::Copied(from, to) => Some((from, to)),
            _ => None,
        })
        .collect();
    made.reverse();
    let mut found: Vec<Id> = Vec::new();
    for (from, to) in made {
        if of == Some(from) || found.contains(&from) {
            found.push(to);
        }
    }
    found
}

/// Of goroutines that are stuck those that wait for nobody else, or only for some that wait for them too.
fn causes(state: &State, stuck: &[Pid]) -> Vec<Pid> {
    // Who could help whom, if he went on.
    let helps = |helper: Pid, other: Pid| {
        let ends = matches!(state.goroutines[helper].wait, Wait::Forever);
        helper != other && !ends && {
            let seen = state.reach(state.goroutines[helper].roots());
            needs(state, &state.goroutines[other].wait).into_iter().any(|value| matches!(value, Value::Ref(id) if seen[id as usize]))
        }
    };
    let count = stuck.len();
    let mut reaches = vec![vec![false; count]; count];
    for (a, &of) in stuck.iter().enumerate() {
        for (b, &by) in stuck.iter().enumerate() {
            reaches[a][b] = helps(by, of);
        }
    }
    for through in 0..count {
        for a in 0..count {
            for b in 0..count {
                reaches[a][b] |= reaches[a][through] && reaches[through][b];
            }
        }
    }
    (0..count).filter(|&a| (0..count).all(|b| !reaches[a][b] || reaches[b][a])).map(|a| stuck[a]).collect()
}
