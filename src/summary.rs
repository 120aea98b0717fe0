//! What does a function do to its arguments and results? Answers about the module's own functions, from their bodies.
//!
//! ```go
//! func closeQuietly(c io.Closer) { _ = c.Close() }         // releases its parameter
//! func (s *store) Close() { s.f.Close() }                  // releases its receiver
//! func mustOpen(p string) *os.File { f, _ := os.Open(p); return f } // its result is owned
//! func fatal(err error) { fmt.Println(err); os.Exit(1) }   // never returns
//! ```
//!
//! An answer is defined by how many calls it may look through ([`DEPTH`]), so it is the same whoever asks first, and recursive
//! functions end. What lies deeper is unknown: nothing is released, nothing owned, every call returns.
//!
//! Not here: library functions (`facts`).

pub mod containers;
pub mod follow;
pub mod handing;
pub mod locks;
pub mod once;
pub mod outlives;
pub mod resources;
mod returns;
pub mod simulate;
mod stores;
mod succeeds;
mod transports;
pub mod values;

pub use follow::{Fate, Held, Use};
pub use handing::Handed;
pub use outlives::Iteration;
pub use resources::{Kept, Release};

use crate::ast::ExprId;
use crate::module::Module;
use crate::parse::Word;
use crate::project::{DeclId, PackageId};
use crate::sema::Sema;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Through how many calls of the module's own functions an answer may look.
pub const DEPTH: u8 = 3;

/// Answers that were given, by question.
type Answers<Q, A> = Mutex<FxHashMap<Q, A>>;

/// The module's functions, summed up when they are asked for.
pub struct Summaries<'p> {
    pub sema: Sema<'p>,
    effects: Answers<(DeclId, u8), Arc<Effects>>,
    never_returns: Answers<(DeclId, Option<ExprId>, u8), bool>,
    surely_returns: Answers<(DeclId, u8), bool>,
    succeeds: Answers<DeclId, bool>,
    transports: Answers<(), Arc<transports::Transports>>,
    enders: Answers<PackageId, Arc<Vec<CompactString>>>,
    closures: Answers<(DeclId, ExprId, u8), Arc<Vec<Release>>>,
    fates: Answers<follow::FateQuestion, Fate>,
    acquirers: Answers<&'static str, Arc<handing::Acquirers>>,
    handed: Answers<(DeclId, u8), Arc<Vec<handing::Known>>>,
    gives: Answers<(DeclId, u8), Arc<BTreeSet<CompactString>>>,
    lock_users: Answers<(PackageId, CompactString), Arc<Vec<locks::LockUser>>>,
    given_back: Answers<(PackageId, CompactString, CompactString, locks::Token), bool>,
    simulated: Answers<DeclId, Arc<simulate::Seen>>,
    entries: Answers<PackageId, Arc<simulate::Entries>>,
    calls: Answers<(DeclId, ExprId), Arc<simulate::CallSite>>,
    pub module: Module,
    returned: Answers<(DeclId, u8), Arc<Vec<values::Returned>>>,
    large_names: Answers<(), Arc<values::Names>>,
    /// The names of what may never return, whoever wrote it.
    ends: Vec<(CompactString, Word)>,
}

/// What one function does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// What it releases, on some path.
    pub releases: Vec<(Slot, Kept)>,
    /// Which of the functions it gets it calls.
    pub calls: Vec<Slot>,
    /// Which results are owned by the caller.
    pub owned: Vec<(u32, Kept)>,
    /// Which of what it gets it stores where it outlives the call, as far as its own statements tell.
    pub stores: Vec<Slot>,
}

/// What a function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    Receiver,
    /// A parameter's number, from 0.
    Param(u32),
}

impl<'p> Summaries<'p> {
    pub fn new(sema: Sema<'p>) -> Summaries<'p> {
        Summaries {
            ends: returns::names_that_end(sema.facts),
            sema,
            effects: Mutex::default(),
            never_returns: Mutex::default(),
            surely_returns: Mutex::default(),
            succeeds: Mutex::default(),
            transports: Mutex::default(),
            enders: Mutex::default(),
            closures: Mutex::default(),
            fates: Mutex::default(),
            acquirers: Mutex::default(),
            handed: Mutex::default(),
            gives: Mutex::default(),
            lock_users: Mutex::default(),
            given_back: Mutex::default(),
            simulated: Mutex::default(),
            entries: Mutex::default(),
            calls: Mutex::default(),
            module: Module::default(),
            returned: Mutex::default(),
            large_names: Mutex::default(),
        }
    }
}

#[cfg(test)]
mod tests;
