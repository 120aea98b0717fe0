//! `rules/iter-pull-not-stopped.md`: the stop function of `iter.Pull` is not called on every path.
//!
//! ```go
//! next, _ := iter.Pull(seq)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "iter-pull-not-stopped", page: include_str!("../../rules/iter-pull-not-stopped.md"), check: lifetime::check };
