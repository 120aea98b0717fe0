//! What can happen when a function runs, with the goroutines that it starts? They are run, step by step and in many orders, on what the
//! code says: a goroutine that waits for something that nobody can do any more never ends.
//!
//! ```go
//! func first(ctx context.Context) (int, error) {
//! 	ch := make(chan int)          // made here, and nobody else has it
//! 	go func() { ch <- compute() }() // waits for a receiver
//! 	select {
//! 	case v := <-ch:
//! 		return v, nil
//! 	case <-ctx.Done():            // may be taken
//! 		return 0, ctx.Err()   // now nobody can receive from ch
//! 	}
//! }
//! ```
//!
//! **What is run.** A function as it stands, with parameters that nobody knows. Branches that nobody can decide go both ways, and what was
//! assumed about a value holds wherever it is copied to. A list that nobody knows has [`MANY`] elements, and so has a loop whose
//! bound is a number that nobody knows.
//!
//! **What is told.** A goroutine is stuck if what it waits for can be reached neither by a goroutine that goes on nor by anybody outside:
//! what was handed to code that is not followed is *open*, and whoever waits for something open is never stuck. So it needs no other state
//! to say that somebody is stuck in this one, and to look at fewer states only finds less. Whether the program gets there is another
//! question: two branches that nobody can decide may exclude each other, and lists may be shorter than they are taken for. `doubt` ends
//! the states of which that is seen, and a [`Stuck`] says what was taken for granted.
//!
//! **What it costs.** Only functions whose words say that they may matter are run (`entries`). A run has at most [`MOST_STATES`] states and
//! [`MOST_TICKS`] little steps, and goroutines are interrupted at most [`MOST_SWITCHES`] times where they could go on. What comes on top is
//! not looked at.
//!
//! Not here: which rule tells it, and with what words (`rules`).

mod branch;
mod call;
mod callee;
mod code;
mod compare;
mod doubt;
mod entries;
mod eval;
mod hash;
mod library;
mod make;
mod order;
mod search;
mod step;
mod store;
mod stuck;
mod value;
mod wait;

pub use entries::Entries;
pub use order::{Held, Link, Order, Reread};
pub use stuck::{Stuck, Told, Waits};
pub use value::Site;

use super::Summaries;
use crate::ast::ExprId;
use crate::project::DeclId;
pub(super) use callee::CallSite;
use code::Code;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use value::{Pid, State};

/// How long a list is of which nobody knows the length.
const MANY: i64 = 2;
/// A loop that turns more often is taken for one that turns [`MANY`] times.
const MOST_TURNS: i64 = 6;
/// How many goroutines run at a time.
const MOST_GOROUTINES: usize = 8;
/// How many states of a function are looked at.
const MOST_STATES: usize = 2000;
/// How many little steps are made in a function that starts goroutines, and in those that are looked at by themselves because of it.
const MOST_TICKS: usize = 20_000;
/// How many little steps are made in any other.
const FEW_TICKS: usize = 6_000;
/// How many little steps are made at least in a body that is looked at by itself.
const ROOT_TICKS: usize = 2_000;
/// How many little steps the reading of a body costs.
const CODE_TICKS: usize = 100;
/// How many little steps the first look at a call costs.
const CALL_TICKS: usize = 10;
/// How often a goroutine is interrupted where it could go on.
const MOST_SWITCHES: u32 = 2;
/// How many goroutines that share nothing with the function that starts them are looked at by themselves.
const MOST_ROOTS: usize = 16;

/// What was seen when a function was run.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub stuck: Vec<Stuck>,
    /// Locks that were taken with others held.
    pub orders: Vec<Order>,
    /// The same of two structs of which one leads to the other.
    pub linked: Vec<Order>,
    /// Read locks that were taken with the same one held.
    pub rereads: Vec<Reread>,
    /// There was more than may be looked at.
    pub is_cut: bool,
    pub took: Duration,
}

/// Runs one function.
struct Machine<'s, 'p> {
    summaries: &'s Summaries<'p>,
    codes: Vec<Rc<Code>>,
    by_body: FxHashMap<(DeclId, Option<ExprId>), Option<usize>>,
    calls: FxHashMap<(DeclId, ExprId), Arc<CallSite>>,
    texts: Vec<Box<[u8]>>,
    /// Bodies that are looked at by themselves, and where they are started.
    roots: Vec<(DeclId, Option<ExprId>, Option<Site>)>,
    /// Where what is made now is made.
    here: Option<Site>,
    /// How deep the expression at hand is.
    depth: u32,
    /// A number that nobody knows is taken for [`MANY`].
    counting: bool,
    ticks: usize,
    numbers: hash::Numbers,
    doubts: doubt::Doubts<'p>,
    /// All that could be looked at was.
    complete: bool,
    seen: Seen,
}

impl<'p> Summaries<'p> {
    /// Which goroutines never end when a function runs, the one that runs it included, and in which order they take locks.
    pub fn simulated(&self, decl: DeclId) -> Arc<Seen> {
        crate::sema::once_in(&self.simulated, decl, || {
            let started = Instant::now();
            let mut seen = Machine::new(self).run(decl);
            seen.took = started.elapsed();
            Arc::new(seen)
        })
    }

    /// The functions that were run so far, with what was seen; in no order.
    pub fn all_simulated(&self) -> Vec<(DeclId, Arc<Seen>)> {
        self.simulated.lock().map_or(Vec::new(), |known| known.iter().map(|(&decl, seen)| (decl, seen.clone())).collect())
    }
}

impl<'s, 'p> Machine<'s, 'p> {
    fn new(summaries: &'s Summaries<'p>) -> Machine<'s, 'p> {
        Machine {
            summaries,
            codes: Vec::new(),
            by_body: FxHashMap::default(),
            calls: FxHashMap::default(),
            texts: Vec::new(),
            roots: Vec::new(),
            here: None,
            depth: 0,
            counting: false,
            ticks: 0,
            numbers: hash::Numbers::default(),
            doubts: doubt::Doubts::default(),
            complete: true,
            seen: Seen::default(),
        }
    }

    fn run(mut self, decl: DeclId) -> Seen {
        self.add_root(decl, None, None);
        let mut at = 0;
        while let Some(&(decl, lit, started)) = self.roots.get(at) {
            at += 1;
            self.search(decl, lit, started);
        }
        self.seen.is_cut = !self.complete;
        self.seen
    }

    /// A body that is looked at by itself.
    fn add_root(&mut self, decl: DeclId, lit: Option<ExprId>, started: Option<Site>) {
        if self.roots.len() < MOST_ROOTS && self.roots.iter().all(|&(of, inner, _)| (of, inner) != (decl, lit)) {
            self.roots.push((decl, lit, started));
        }
    }

    /// The number of a body; `None` if it cannot be run.
    fn code(&mut self, decl: DeclId, lit: Option<ExprId>) -> Option<usize> {
        if let Some(&known) = self.by_body.get(&(decl, lit)) {
            return known;
        }
        self.spend(CODE_TICKS);
        let found = Code::of(&self.summaries.sema, decl, lit).map(|code| {
            self.codes.push(Rc::new(code));
            self.codes.len() - 1
        });
        self.by_body.insert((decl, lit), found);
        found
    }

    /// Takes what something costs, in little steps, from what may be spent on a function.
    fn spend(&mut self, ticks: usize) {
        self.ticks = self.ticks.saturating_sub(ticks);
    }

    /// The body that a goroutine runs at the moment.
    fn code_at(&self, state: &State, pid: Pid) -> Rc<Code> {
        self.codes[state.frame(pid).code].clone()
    }
}

#[cfg(test)]
mod tests;
