//! `rules/tick-in-function.md`: `time.Tick` in a function that can return, where old timers never collect it.
//!
//! ```go
//! for range time.Tick(d) { if done() { return } }
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "tick-in-function", page: include_str!("../../rules/tick-in-function.md"), check: lifetime::check_old_timers };
