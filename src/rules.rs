//! Which rules are there?
//!
//! Not here: what a rule is (`rule`).

use crate::rule::Rule;

/// All rules, sorted by id.
pub const ALL: &[Rule] = &[];
