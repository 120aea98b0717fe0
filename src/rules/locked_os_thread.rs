//! `rules/locked-os-thread.md`: a goroutine stays locked to its thread on some path of a function that gives it back on others.
//!
//! ```go
//! runtime.LockOSThread(); if !ok { return }; runtime.UnlockOSThread()
//! ```

use super::{lifetime, spawns};
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "locked-os-thread", page: include_str!("../../rules/locked-os-thread.md"), check };

fn check(pass: &mut Pass) {
    if is_given_back_for_others(pass) {
        return;
    }
    lifetime::check_where(pass, &|pass, candidate| {
        // A function that never unlocks means it, or its goroutine ends and takes the thread along.
        let returns_to_a_caller = candidate.ever_done && candidate.is_called_here(pass);
        let started = || spawns::all(pass).iter().any(|started| started.body == candidate.body());
        (returns_to_a_caller && !started()).then_some(Confidence::Medium)
    });
}

/// Whether a function of the package unlocks what it did not lock: the cleanup of a setup. Which one it is for is not known.
fn is_given_back_for_others(pass: &Pass) -> bool {
    pass.decls(|decl| decl.mentions.name("UnlockOSThread")).into_iter().any(|decl| {
        let text = pass.project().text(decl);
        text.contains("UnlockOSThread") && !text.contains(".LockOSThread")
    })
}
