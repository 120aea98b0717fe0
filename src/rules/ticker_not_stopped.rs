//! `rules/ticker-not-stopped.md`: a ticker is not stopped on every path, where old timers never collect it.
//!
//! ```go
//! t := time.NewTicker(d); <-t.C
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "ticker-not-stopped", page: include_str!("../../rules/ticker-not-stopped.md"), check: lifetime::check_old_timers };
