//! `rules/waitgroup-by-value.md`: a copy of a wait group is done, and the original waits forever.
//!
//! ```go
//! go one(wg) // wg.Done() of its own copy
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "waitgroup-by-value", page: include_str!("../../rules/waitgroup-by-value.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "waitgroup-by-value");
}
