//! `rules/timer-not-stopped.md`: a long timer is not stopped on every path, where old timers stay until they fire.
//!
//! ```go
//! t := time.NewTimer(time.Hour); select { case <-t.C: case <-done: }
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::project::timers::Timers;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "timer-not-stopped", page: include_str!("../../rules/timer-not-stopped.md"), check };

/// A shorter wait is not worth a word.
const SECONDS: i64 = 10;

fn check(pass: &mut Pass) {
    let timers = pass.timers();
    if timers.timers == Timers::Old {
        lifetime::check_where(pass, &|_, candidate| match candidate.is_short(0, SECONDS) && !candidate.is_called("Reset") {
            true => None,
            false => Some(timers.confidence.min(Confidence::Medium)),
        });
    }
}
