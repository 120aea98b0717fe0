//! `rules/cond-wait-never-signalled.md`: a goroutine waits for a condition that nobody signals.
//!
//! ```go
//! c.Wait() // and nobody calls c.Signal
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule =
    Rule { id: "cond-wait-never-signalled", page: include_str!("../../rules/cond-wait-never-signalled.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "cond-wait-never-signalled");
}
