//! `rules/goroutine-range-unclosed.md`: a goroutine ranges over a channel that is never closed.
//!
//! ```go
//! for j := range jobs { … } // and nobody closes jobs
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "goroutine-range-unclosed", page: include_str!("../../rules/goroutine-range-unclosed.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "goroutine-range-unclosed");
}
